"""The conductor: messages in, verdicts out. It calls each room once and decides the answer."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from noticeguard.explain import Keyword, find_keywords
from noticeguard.labels import answers, labels
from noticeguard.model import Floats, Model, Scored, load_model, shipped_path
from noticeguard.topics import find_topics
from noticeguard.words import Dictionary

Reason = Literal["confident", "low_confidence", "out_of_scope", "no_evidence"]

KEYWORDS = 8
"""How many keywords are shown where nobody asks for another number."""

BATCH = 500
"""How many messages are worked on at once: their arrays still fit into a processor's cache."""

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
    """

    label: str
    best_guess: str
    probability: float
    probabilities: Mapping[str, float]
    reason: Reason
    score: float
    bias: float
    keywords: Sequence[Keyword]
    grounds: tuple[Mapping[str, Any], ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()
    topics: tuple[str, ...]
    disguises: tuple[str, ...]
    advice: tuple[str, ...]
    model: str

    def top_keywords(self, count: int | None) -> tuple[Keyword, ...]:
        """The `count` heaviest keywords that hold a letter or digit; `None` for all, punctuation too."""
        if count is None:
            return tuple(self.keywords)
        named = (keyword for keyword in self.keywords if any(map(str.isalnum, keyword.text)))
        return tuple(itertools.islice(named, max(count, 0)))

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
        self._names = [label.id for label in labels()]

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
        return [verdict for part in _parts(messages) for verdict in self._classify(part)]

    def predict_proba(self, messages: Iterable[str]) -> Floats:
        """The calibrated probabilities alone, without explanation.

        Returns:
            float64 (n, 5): a row per message, columns in the order of `noticeguard.labels.labels()`.

        Raises:
            TypeError: as `classify_many`.
        """
        return np.concatenate([self._model.score(part).probabilities for part in _parts(messages)])

    def _classify(self, messages: list[str]) -> list[Verdict]:
        scored = self._model.score(messages)
        best = scored.scores.argmax(axis=1)
        words = self._dictionary.cut(scored.folded, scored.encoded)
        keywords = find_keywords(scored, messages, words, self._model.contributions(scored, best))
        texts, disguises = scored.folded.texts(), scored.folded.disguises()
        return [
            self._verdict(scored, i, *parts)
            for i, parts in enumerate(zip(best.tolist(), texts, disguises, keywords, strict=True))
        ]

    @cached_property
    def _dictionary(self) -> Dictionary:
        return Dictionary(self._model.words, self._model.settings.word_total)

    def _verdict(
        self, scored: Scored, index: int, best: int, text: str, disguises: tuple[str, ...], keywords: Sequence[Keyword]
    ) -> Verdict:  # fmt: skip
        settings = self._model.settings
        probability = float(scored.probabilities[index, best])
        reason: Reason = "confident"
        if scored.evidence[index] == 0:
            reason = "no_evidence"
        elif scored.evidence[index] < settings.least_evidence or scored.familiarity[index] < settings.least_familiarity:
            reason = "out_of_scope"
        elif probability < settings.thresholds[best]:
            reason = "low_confidence"
        best_guess = self._names[best]
        label = best_guess if reason == "confident" else "unsure"
        return Verdict(
            label=label,
            best_guess=best_guess,
            probability=probability,
            probabilities=dict(zip(self._names, scored.probabilities[index].tolist(), strict=True)),
            reason=reason,
            score=float(scored.scores[index, best]),
            bias=settings.bias[best],
            keywords=keywords,
            topics=find_topics(text),
            disguises=disguises,
            advice=answers()[label].advice,
            model=settings.version,
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


def _parts(messages: Iterable[str]) -> list[list[str]]:
    """The messages, checked, in batches; at least one, so that no messages have probabilities of the right shape."""
    if isinstance(messages, str):
        raise TypeError("messages must be an iterable of str, not one str; use classify() for a single message")
    batch = list(messages)
    for message in batch:
        if not isinstance(message, str):
            raise TypeError(f"every message must be a str, not {type(message).__name__}; decode bytes first")
    return [batch[i : i + BATCH] for i in range(0, len(batch), BATCH)] or [[]]
