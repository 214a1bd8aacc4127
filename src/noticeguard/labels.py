"""The labels and what they mean (`tables/labels.toml`)."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from noticeguard import knowledge

RISKY = ("unlawful_threat", "impersonation_scam")
"""The labels of what nobody may send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One answer of the classifier.

    Attributes:
        id: the one spelling used in files, the API and the command line.
        title, title_en: its name for readers.
        meaning, meaning_en: what it is, in a sentence.
    """

    id: str
    title: str
    title_en: str
    meaning: str
    meaning_en: str


@cache
def _table() -> dict[str, Any]:
    return knowledge.toml("labels.toml")


@cache
def labels() -> tuple[Label, ...]:
    """The five labels, in the order of a model's scores."""
    return tuple(Label(**row) for row in _table()["label"])


@cache
def label_ids() -> tuple[str, ...]:
    """The ids of the five labels, in the order of a model's scores.

    >>> label_ids()[:2]
    ('genuine_reminder', 'legal_collection')
    """
    return tuple(label.id for label in labels())


@cache
def answers() -> dict[str, Label]:
    """Every answer by its id: the labels and `unsure`."""
    unsure = Label(**_table()["unsure"])
    return {label.id: label for label in (*labels(), unsure)}
