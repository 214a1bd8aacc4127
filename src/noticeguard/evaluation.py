"""Figures: how often the calls are right, over a set of labelled messages."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noticeguard.classifier import Classifier
from noticeguard.corpus import Example
from noticeguard.labels import label_ids, labels
from noticeguard.model import Floats
from noticeguard.verdict import Verdict

BINS = 15  # of the expected calibration error


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """Precision, recall and F1 of one label, and how many messages carry it."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one set.

    Attributes:
        count: how many messages.
        accuracy, macro_f1: of the best guess; macro-F1 over the labels that occur.
        labels: per label.
        confusion: rows are true labels, columns best guesses, both in label order.
        answers: rows are true labels, columns the answers: the labels, and `unsure` last.
        coverage: the share answered, that is not `unsure`.
        answered_accuracy: accuracy over those; `None` where nothing is answered.
        calibration_error: expected calibration error of the best guess's probability, 15 bins.
    """

    count: int
    accuracy: float
    macro_f1: float
    labels: dict[str, LabelFigures]
    confusion: list[list[int]]
    answers: list[list[int]]
    coverage: float
    answered_accuracy: float | None
    calibration_error: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def measure(truth: NDArray[np.int64], probabilities: Floats, answered: NDArray[np.bool_]) -> Figures:
    """Compute the figures.

    Args:
        truth: int64 (n,): the true labels' numbers.
        probabilities: float64 (n, 5).
        answered: bool (n,): where the answer is not `unsure`.
    """
    guess = probabilities.argmax(axis=1)
    right = guess == truth
    size = len(labels())
    confusion = np.bincount(truth * size + guess, minlength=size * size).reshape(size, size)
    hits, given, called = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = hits / np.maximum(called, 1), hits / np.maximum(given, 1)
    f1 = 2 * hits / np.maximum(called + given, 1)
    return Figures(
        count=truth.size,
        accuracy=float(right.mean()),
        macro_f1=float(f1[given > 0].mean()),
        labels={
            label.id: LabelFigures(
                precision=float(precision[i]), recall=float(recall[i]), f1=float(f1[i]), support=int(given[i])
            )
            for i, label in enumerate(labels())
        },
        confusion=confusion.tolist(),
        answers=np.bincount(truth * (size + 1) + np.where(answered, guess, size), minlength=size * (size + 1))
        .reshape(size, size + 1)
        .tolist(),
        coverage=float(answered.mean()),
        answered_accuracy=float(right[answered].mean()) if answered.any() else None,
        calibration_error=calibration_error(probabilities.max(axis=1), right),
    )


def calibration_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over equal-width bins (Naeini et al., AAAI 2015)."""
    _, said, held = reliability(confidence, right)
    return float(np.abs(said - held).sum() / confidence.size)


def reliability(confidence: Floats, right: NDArray[np.bool_]) -> Floats:
    """Of `BINS` equal bins how many calls each has, the sum of their probabilities, how many are right: (3, b)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return np.stack([np.bincount(bins, weights, BINS) for weights in (None, confidence, right)])


@dataclass(frozen=True, slots=True)
class Calls:
    """What a classifier says of labelled messages.

    Attributes:
        examples, verdicts: n of each.
        truth: int64 (n,): the true labels' numbers.
        probabilities: float64 (n, 5).
        answered: bool (n,): where the answer is not `unsure`.
    """

    examples: Sequence[Example]
    verdicts: Sequence[Verdict]
    truth: NDArray[np.int64]
    probabilities: Floats
    answered: NDArray[np.bool_]

    @property
    def confidence(self) -> Floats:
        """float64 (n,): the probability of each best guess."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """bool (n,): where the best guess is the true label."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.truth)


def call(classifier: Classifier, examples: Sequence[Example]) -> Calls:
    """Classify labelled messages."""
    verdicts = classifier.classify_many((example.text for example in examples), brief=True)
    names = label_ids()
    return Calls(
        examples,
        verdicts,
        np.array([names.index(example.label) for example in examples]),
        np.array([list(verdict.probabilities.values()) for verdict in verdicts]),
        np.array([verdict.label != "unsure" for verdict in verdicts]),
    )


def evaluate(calls: Calls) -> tuple[Figures, dict[str, Figures]]:
    """Figures over all examples, and over each slice: topic, origin, length band, disguise."""
    slices: dict[str, list[int]] = {}
    for i, (example, verdict) in enumerate(zip(calls.examples, calls.verdicts, strict=True)):
        for name in _slices(example, verdict):
            slices.setdefault(name, []).append(i)
    truth, probabilities, answered = calls.truth, calls.probabilities, calls.answered
    parts = {name: measure(truth[rows], probabilities[rows], answered[rows]) for name, rows in sorted(slices.items())}
    return measure(truth, probabilities, answered), parts


def _slices(example: Example, verdict: Verdict) -> list[str]:
    """The slices that a message belongs to."""
    return [
        *(f"topic {topic}" for topic in example.topic.split(",") if topic),
        *([f"origin {example.origin}"] if example.origin else []),
        f"length {_length_band(len(example.text))}",
        *([f"disguise {name}" for name in verdict.disguises] or ["disguise none"]),
    ]


def _length_band(length: int) -> str:
    for top in (20, 40, 80, 160):
        if length <= top:
            return f"≤{top}"
    return ">160"


def figures_text(figures: Figures, slices: dict[str, Figures] | None = None) -> str:
    """The figures as a table for a reader."""
    answered = "-" if figures.answered_accuracy is None else f"{figures.answered_accuracy:.3f}"
    lines = [
        f"messages {figures.count}   accuracy {figures.accuracy:.3f}   macro-F1 {figures.macro_f1:.3f}"
        f"   calibration error {figures.calibration_error:.3f}",
        f"answered {figures.coverage:.1%}   accuracy when answered {answered}",
        "",
        f"{'label':<20}{'precision':>10}{'recall':>8}{'F1':>8}{'messages':>10}"
        "   best guess (in this order)     |  answered so, and unsure",
    ]
    for (name, row), guessed, answers in zip(figures.labels.items(), figures.confusion, figures.answers, strict=True):
        numbers = "".join(f"{n:>6}" for n in guessed) + "  |" + "".join(f"{n:>6}" for n in answers)
        lines.append(f"{name:<20}{row.precision:>10.3f}{row.recall:>8.3f}{row.f1:>8.3f}{row.support:>10}   {numbers}")
    if slices:
        lines += ["", f"{'slice':<34}{'messages':>9}{'accuracy':>10}{'macro-F1':>10}{'answered':>10}"]
        lines += [
            f"{name:<34}{part.count:>9}{part.accuracy:>10.3f}{part.macro_f1:>10.3f}{part.coverage:>10.1%}"
            for name, part in slices.items()
        ]
    return "\n".join(lines) + "\n"
