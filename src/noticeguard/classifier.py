"""The conductor: messages in, verdicts out. It calls each room once and decides the answer."""

import string
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from noticeguard.explain import Keyword, Segmenter, find_keywords
from noticeguard.labels import answers, labels
from noticeguard.model import MESSAGE_LIMIT, Floats, Model, Scored, load_model, shipped_path
from noticeguard.topics import find_topics

_SIGNS = string.punctuation + "。、"

Reason = Literal["confident", "low_confidence", "out_of_scope", "no_evidence"]

KEYWORDS = 8
"""How many keywords are shown where nobody asks for another number."""

RISKY = ("unlawful_threat", "impersonation_scam")
"""The labels that `noticeguard classify --check` reports by its exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the classifier says of one message.

    Attributes:
        label: one of the five labels, or `unsure`.
        best_guess: the label with the highest score, always one of the five.
        probability: the calibrated probability of the best guess.
        probabilities: of each label; they sum to 1.
        reason: why `label` is what it is: `confident`, or what made it `unsure`.
        score, bias: of the best guess; the weights of all keywords plus the bias are the score.
        keywords: every word that speaks for or against the best guess, heaviest first.
        grounds, checks: the law and the facts behind the call; empty in this version.
        topics: what the message talks about.
        disguises: what folding had to undo.
        advice: what the reader can do next, in Chinese.
        model: the version of the model.
        truncated: whether the message is longer than `MESSAGE_LIMIT` and only its first part was judged.
    """

    label: str
    best_guess: str
    probability: float
    probabilities: Mapping[str, float]
    reason: Reason
    score: float
    bias: float
    keywords: tuple[Keyword, ...]
    grounds: tuple[Mapping[str, Any], ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()
    topics: tuple[str, ...]
    disguises: tuple[str, ...]
    advice: tuple[str, ...]
    model: str
    truncated: bool = False

    def top_keywords(self, count: int | None) -> tuple[Keyword, ...]:
        """The `count` heaviest keywords that hold a letter or digit; `None` for all, punctuation too."""
        if count is None:
            return self.keywords
        return tuple(keyword for keyword in self.keywords if any(map(str.isalnum, keyword.text)))[: max(count, 0)]

    def to_dict(self, *, keywords: int | None = None) -> dict[str, Any]:
        """The verdict as JSON holds it, with `top_keywords(keywords)`."""
        return {
            "label": self.label,
            "best_guess": self.best_guess,
            "probability": round(self.probability, 6),
            "probabilities": {label: round(value, 6) for label, value in self.probabilities.items()},
            "reason": self.reason,
            "score": self.score,
            "bias": self.bias,
            "keywords": [keyword.to_dict() for keyword in self.top_keywords(keywords)],
            "grounds": [dict(ground) for ground in self.grounds],
            "checks": [dict(check) for check in self.checks],
            "topics": list(self.topics),
            "disguises": list(self.disguises),
            "advice": list(self.advice),
            "model": self.model,
            "truncated": self.truncated,
        }


class Classifier:
    """Classifies messages with a loaded model. Immutable, safe to share between threads, picklable.

    Example:
        >>> classifier = Classifier.load()
        >>> classifier.classify("法院传票：请把保证金转账到安全账户，否则逮捕").label
        'impersonation_scam'
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._segmenter: Segmenter | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type["Classifier"], tuple[Model]]:
        return (Classifier, (self._model,))

    @classmethod
    def load(cls, path: str | Path | None = None) -> "Classifier":
        """Load a model folder; `None` loads the one that comes with the package.

        Raises:
            ModelError: the folder is missing, damaged or of another format.
        """
        return cls(load_model(shipped_path() if path is None else Path(path)))

    @property
    def version(self) -> str:
        """The version of the model."""
        return self._model.settings.version

    def classify(self, message: str) -> Verdict:
        """Classify one message.

        Raises:
            TypeError: `message` is not a `str`.
        """
        if not isinstance(message, str):
            raise TypeError(f"message must be a str, not {type(message).__name__}; decode bytes first")
        return self.classify_many([message])[0]

    def classify_many(self, messages: Iterable[str]) -> list[Verdict]:
        """Classify messages, in order.

        Raises:
            TypeError: `messages` is a bare `str`, or holds something that is not one.
        """
        batch = _batch(messages)
        scored = self._model.score(batch)
        best = scored.scores.argmax(axis=1)
        contributions = self._model.contributions(scored, best)
        segmenter = self._words()
        return [
            self._verdict(scored, i, message, int(best[i]), find_keywords(scored, i, message, contributions, segmenter))
            for i, message in enumerate(batch)
        ]

    def predict_proba(self, messages: Iterable[str]) -> Floats:
        """The calibrated probabilities alone, without explanation.

        Returns:
            float64 (n, 5): a row per message, columns in the order of `noticeguard.labels.labels()`.

        Raises:
            TypeError: as `classify_many`.
        """
        return self._model.score(_batch(messages)).probabilities

    def _words(self) -> Segmenter:
        with self._lock:
            if self._segmenter is None:
                self._segmenter = Segmenter(self._model.words, self._model.settings.word_total)
            return self._segmenter

    def _verdict(
        self, scored: Scored, index: int, message: str, best: int, keywords: tuple[Keyword, ...]
    ) -> Verdict:  # fmt: skip
        settings, text = self._model.settings, scored.folded.text(index)
        probability = float(scored.probabilities[index, best])
        reason: Reason = "confident"
        if scored.evidence[index] == 0:
            reason = "no_evidence"
        elif scored.evidence[index] < settings.least_evidence or scored.familiarity[index] < settings.least_familiarity:
            reason = "out_of_scope"
        elif text.strip(_SIGNS) in self._model.words:
            reason = "out_of_scope"  # one word alone says nothing, however familiar
        elif probability < settings.thresholds[best]:
            reason = "low_confidence"
        best_guess = labels()[best].id
        label = best_guess if reason == "confident" else "unsure"
        return Verdict(
            label=label,
            best_guess=best_guess,
            probability=probability,
            probabilities={known.id: float(p) for known, p in zip(labels(), scored.probabilities[index], strict=True)},
            reason=reason,
            score=float(scored.scores[index, best]),
            bias=settings.bias[best],
            keywords=keywords,
            topics=find_topics(text),
            disguises=scored.folded.disguises(index),
            advice=answers()[label].advice,
            model=settings.version,
            truncated=len(message) > MESSAGE_LIMIT,
        )


def classify(message: str) -> Verdict:
    """Classify one message with the shipped model, loaded at the first call.

    Raises:
        TypeError: `message` is not a `str`.
        ModelError: the shipped model is missing or damaged.

    Example:
        >>> classify("您尾号1234的信用卡本期账单2,000元，最后还款日5月8日，已还请忽略").label
        'genuine_reminder'
    """
    return _default().classify(message)


@cache
def _default() -> Classifier:
    return Classifier.load()


def _batch(messages: Iterable[str]) -> list[str]:
    if isinstance(messages, str):
        raise TypeError("messages must be an iterable of str, not one str; use classify() for a single message")
    batch = list(messages)
    for message in batch:
        if not isinstance(message, str):
            raise TypeError(f"every message must be a str, not {type(message).__name__}; decode bytes first")
    return batch
