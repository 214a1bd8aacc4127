"""What the classifier says of one message: plain data, and the facts that every report shows."""

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from noticeguard.advice import Advice
from noticeguard.checks import Check
from noticeguard.contacts import Contact
from noticeguard.counterfactual import Counterfactual
from noticeguard.explain import Contrast, Keyword
from noticeguard.grounds import Ground
from noticeguard.labels import answers
from noticeguard.model import MESSAGE_LIMIT
from noticeguard.render import Language, render_fragment
from noticeguard.spans import Span, merge

Reason = Literal["confident", "low_confidence", "contradicted", "out_of_scope", "no_evidence"]

_HAN = ((0x2E80, 0x2FDF), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_STOPS = "，。！？；：、…,.!?;:"
_OPENING, _CLOSING = "（(【[「『《〈“‘", "）)】]」』》〉”’"

KEYWORDS = 8
"""How many keywords are shown where nobody asks for another number."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Verdict:
    """What the classifier says of one message. Its `repr` holds no word of the message, so that no log does.

    Attributes:
        message: the message itself.
        label: one of the five labels, or `unsure`.
        best_guess: the label with the highest score, always one of the five.
        probability: the calibrated probability of the best guess.
        probabilities: of each label; they sum to 1.
        plausible: the labels that cannot be ruled out, likeliest first (`Settings.plausible`); never empty.
        reason: why `label` is what it is: `confident`, or what made it `unsure`.
        score, bias, addition: of the best guess; the weights of all keywords, the bias, and what the rules add
            (`noticeguard.fusion`) are the score.
        keywords: every word that speaks for or against the best guess, heaviest first.
        contrast: the words that set the best guess apart from another label, where one was asked for.
        counterfactual: what would have to go for another call, where that was asked for and few words suffice.
        grounds: the rules that the text meets.
        checks: what speaks for the message being real, or against.
        contacts: whom to ask, by our own registry.
        topics: what the message talks about.
        disguises: what folding had to undo.
        advice: what the reader can do next.
        mode: how readily the classifier answers: `cautious`, `balanced` or `best-guess`.
        model: the version of the model.
    """

    message: str
    label: str
    best_guess: str
    probability: float
    probabilities: Mapping[str, float] = field(hash=False)  # a dict has no hash
    plausible: tuple[str, ...]
    reason: Reason
    score: float
    bias: float
    addition: float
    keywords: Sequence[Keyword]
    contrast: Contrast | None = None
    counterfactual: Counterfactual | None = None
    grounds: tuple[Ground, ...] = ()
    checks: tuple[Check, ...] = ()
    contacts: tuple[Contact, ...] = ()
    topics: tuple[str, ...] = ()
    disguises: tuple[str, ...]
    advice: tuple[Advice, ...] = ()
    mode: str
    model: str

    def __repr__(self) -> str:
        return f"Verdict(label={self.label!r}, best_guess={self.best_guess!r}, probability={self.probability:.3f})"

    @property
    def truncated(self) -> bool:
        """Whether the message is longer than `MESSAGE_LIMIT`, so that only its first part was judged."""
        return len(self.message) > MESSAGE_LIMIT

    def top_keywords(self, count: int | None) -> tuple[Keyword, ...]:
        """The `count` heaviest keywords that hold a letter or digit; `None` for all, punctuation too."""
        return _top(self.keywords, count)

    def to_dict(self, *, keywords: int | None = None, language: Language = "zh") -> dict[str, Any]:
        """The facts as JSON holds them: what every report is made from.

        Args:
            keywords: how many keywords; `None` for all.
            language: of titles, advice, grounds and checks: `zh` or `en`.

        Raises:
            ValueError: no such language.
        """
        if language not in get_args(Language):
            raise ValueError(f"language must be one of {', '.join(get_args(Language))}")
        answer = answers()[self.label]
        shown = self.top_keywords(keywords)
        return {
            "label": self.label,
            "title": _in(language, answer, "title"),
            "meaning": _in(language, answer, "meaning"),
            "best_guess": self.best_guess,
            "best_guess_title": _title(self.best_guess, language),
            "probability": round(self.probability, 6),
            "probabilities": {label: round(value, 6) for label, value in self.probabilities.items()},
            "plausible": [{"label": label, "title": _title(label, language)} for label in self.plausible],
            "reason": self.reason,
            "truncated": MESSAGE_LIMIT if self.truncated else None,
            "chinese": any(first <= ord(char) <= last for char in self.message for first, last in _HAN),
            "score": round(self.score, 6),
            "bias": round(self.bias, 6),
            "addition": round(self.addition, 6),
            "keywords": [keyword.to_dict() for keyword in shown],
            "weaker": 0 if keywords is None else sum(1 for _ in _named(self.keywords)) - len(shown),
            "contrast": self.contrast and self._contrast(self.contrast, keywords, language),
            "counterfactual": self.counterfactual and self._counterfactual(self.counterfactual, language),
            "grounds": self._grounds(language),
            "checks": [
                {
                    "id": check.id,
                    "status": check.status,
                    "title": _in(language, check, "title"),
                    "text": _in(language, check, "text"),
                    "spans": [list(span) for span in check.spans],
                }
                for check in self.checks
            ],
            "contacts": [
                {
                    "organisation": _in(language, contact, "organisation"),
                    "phone": contact.phones[0],
                    "note": _in(language, contact, "note"),
                    "source": contact.source,
                }
                for contact in self.contacts
            ],
            "topics": list(self.topics),
            "disguises": list(self.disguises),
            "advice": [
                {"text": _in(language, advice, "text"), "source": _in(language, advice, "source")}
                for advice in self.advice
            ],
            "mode": self.mode,
            "model": self.model,
            "language": language,
        }

    def _repr_html_(self) -> str:
        return render_fragment(self.to_dict(keywords=KEYWORDS), self.message)

    def _grounds(self, language: Language) -> list[dict[str, Any]]:
        words = sorted(span for keyword in self.keywords for span in keyword.spans) if self.grounds else []
        return [self._ground(ground, _whole(self.message, ground.spans, words), language) for ground in self.grounds]

    def _ground(self, ground: Ground, spans: Sequence[Span], language: Language) -> dict[str, Any]:
        rule = ground.rule
        return {
            "id": rule.id,
            "label": rule.label,
            "title": _in(language, rule, "title"),
            "statement": _in(language, rule, "statement"),
            "instrument": _in(language, rule, "instrument"),
            "source": rule.source,
            "evidence": rule.evidence,
            "reviewed": rule.reviewed.isoformat(),
            "words": [self.message[start:end] for start, end in spans],
            "spans": [list(span) for span in spans],
        }

    def _contrast(self, contrast: Contrast, count: int | None, language: Language) -> dict[str, Any]:
        return {
            "label": contrast.label,
            "title": _title(contrast.label, language),
            "keywords": [keyword.to_dict() for keyword in _top(contrast.keywords, count)],
        }

    def _counterfactual(self, found: Counterfactual, language: Language) -> dict[str, Any]:
        return {
            "phrases": [keyword.to_dict() for keyword in found.phrases],
            "label": found.label,
            "title": _title(found.label, language),
            "probability": round(found.probability, 6),
        }


def _whole(message: str, spans: Sequence[Span], words: Sequence[Span]) -> tuple[Span, ...]:
    """What a pattern matched, for readers: words that it cut in two made whole, no punctuation at the ends."""
    begins = [begin for begin, _ in words]
    whole = []
    for start, end in spans:
        first, last = (words[i - 1] if (i := bisect_right(begins, at)) else (at, at) for at in (start, end - 1))
        start, end = (first[0] if first[1] > start else start), max(end, last[1])
        while end - start > 1 and not _is_worth_showing(message[end - 1], _OPENING):
            end -= 1
        while end - start > 1 and not _is_worth_showing(message[start], _CLOSING):
            start += 1
        whole.append((start, end))
    return merge(whole)


def _is_worth_showing(char: str, torn: str) -> bool:
    """Whether a character may stand at the end of what is shown; `torn` are brackets whose other half is missing."""
    return not (char.isspace() or char in _STOPS or char in torn)


def _top(keywords: Sequence[Keyword], count: int | None) -> tuple[Keyword, ...]:
    return tuple(keywords if count is None else itertools.islice(_named(keywords), max(count, 0)))


def _named(keywords: Sequence[Keyword]) -> Iterator[Keyword]:
    """Those that hold a letter or digit."""
    return (keyword for keyword in keywords if keyword.text[0].isalnum() or any(map(str.isalnum, keyword.text)))


def _title(label: str, language: Language) -> str:
    return _in(language, answers()[label], "title")


def _in(language: Language, row: object, name: str) -> str:
    """A sentence of a table's row in a language: both stand side by side."""
    return str(getattr(row, name if language == "zh" else f"{name}_en"))
