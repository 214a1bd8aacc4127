"""What to do now: for the answer and for what the message shows, from `tables/advice.toml`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from noticeguard import knowledge

MOST = 5
"""How many things to do a reader is told: more are not read."""

_OWN_WORDS = {"own_words"}  # the topic that stands among the labels of a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to do.

    Attributes:
        text, text_en: a sentence.
        source, source_en: where it is written; empty where it states nothing.
    """

    text: str
    text_en: str
    source: str
    source_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Advice about one thing, and when it fits; `None` asks for nothing."""

    about: str
    labels: frozenset[str] | None
    signs: frozenset[str] | None
    unless: frozenset[str]
    advice: Advice

    def fits(self, labels: Collection[str], signs: Collection[str]) -> bool:
        return (
            (self.labels is None or not self.labels.isdisjoint(labels))
            and (self.signs is None or not self.signs.isdisjoint(signs))
            and self.unless.isdisjoint(signs)
        )


@cache
def _rows() -> tuple[_Row, ...]:
    return tuple(_row(row) for row in knowledge.toml("advice.toml")["advice"])


def _row(row: Mapping[str, Any]) -> _Row:
    return _Row(
        about=row["about"],
        labels=frozenset(row["labels"]) if "labels" in row else None,
        signs=frozenset(row["signs"]) if "signs" in row else None,
        unless=frozenset(row.get("unless", ())),
        advice=Advice(**{name: row[name] for name in ("text", "text_en", "source", "source_en")}),
    )


def find_advice(
    label: str, topics: Collection[str], grounds: Collection[str] = (), plausible: Collection[str] = ()
) -> tuple[Advice, ...]:
    """What the reader of a message so labelled can do: most urgent first, `MOST` things at most.

    Args:
        label: the answer.
        topics: what the message talks about.
        grounds: the ids of the rules it meets, and the labels that they speak for.
        plausible: the labels that cannot be ruled out.

    >>> "12378" in find_advice("unlawful_threat", ["overdue"])[0].text
    True
    >>> "110" in find_advice("unlawful_threat", ["overdue"], ["violence"])[0].text
    True
    """
    labels = {label, *_OWN_WORDS.intersection(topics)}
    signs = {label, *topics, *grounds, *(f"maybe_{other}" for other in plausible)}
    shown: dict[str, Advice] = {}
    for row in _rows():
        if row.fits(labels, signs):
            shown.setdefault(row.about, row.advice)
    return tuple(shown.values())[:MOST]
