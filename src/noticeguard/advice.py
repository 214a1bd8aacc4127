"""What to do next: per label from `tables/labels.toml`, per topic from `tables/advice.toml`."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from noticeguard import knowledge
from noticeguard.labels import answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to do.

    Attributes:
        text, text_en: a sentence.
        source, source_en: where it is written.
    """

    text: str
    text_en: str
    source: str
    source_en: str


@cache
def _rows() -> list[tuple[frozenset[str], frozenset[str], Advice]]:
    """The topics' advice: (labels, topics, advice)."""
    table = knowledge.toml("advice.toml")
    return [
        (
            frozenset(row["labels"]),
            frozenset(row["topics"]),
            Advice(**{name: row[name] for name in ("text", "text_en", "source", "source_en")}),
        )
        for row in table["advice"]
    ]


def find_advice(label: str, topics: Collection[str]) -> tuple[Advice, ...]:
    """What the reader of a message so labelled, about these topics, can do: most urgent first.

    >>> "12378" in find_advice("unlawful_threat", ["overdue"])[1].text
    True
    """
    answer = answers()[label]
    general = (
        Advice(text=text, text_en=text_en, source=answer.source, source_en=answer.source_en)
        for text, text_en in zip(answer.advice, answer.advice_en, strict=True)
    )
    special = (advice for labels, about, advice in _rows() if label in labels and not about.isdisjoint(topics))
    return (*general, *special)
