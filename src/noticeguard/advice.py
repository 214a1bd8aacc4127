"""What to do next: for the label from `tables/labels.toml`, for what the message shows from `tables/advice.toml`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from noticeguard import knowledge
from noticeguard.labels import answers

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
    """Advice for what a message shows: for these answers, where any of the other signs is there."""

    labels: frozenset[str]
    topics: frozenset[str]
    grounds: frozenset[str]
    plausible: frozenset[str]
    first: bool
    advice: Advice


@cache
def _rows() -> list[_Row]:
    return [_row(row) for row in knowledge.toml("advice.toml")["advice"]]


def _row(row: Mapping[str, Any]) -> _Row:
    signs = {name: frozenset(row.get(name, ())) for name in ("labels", "topics", "grounds", "plausible")}
    advice = Advice(**{name: row[name] for name in ("text", "text_en", "source", "source_en")})
    return _Row(**signs, first=row.get("first", False), advice=advice)


def find_advice(
    label: str, topics: Collection[str], grounds: Collection[str] = (), plausible: Collection[str] = ()
) -> tuple[Advice, ...]:
    """What the reader of a message so labelled can do: most urgent first.

    Args:
        label: the answer.
        topics: what the message talks about.
        grounds: the labels that the rules it meets speak for.
        plausible: the labels that cannot be ruled out.

    >>> "12378" in find_advice("unlawful_threat", ["overdue"])[1].text
    True
    >>> "12356" in find_advice("unrelated", ["distress"])[0].text
    True
    """
    answer = answers()[label]
    general = [
        Advice(text=text, text_en=text_en, source=answer.source, source_en=answer.source_en)
        for text, text_en in zip(answer.advice, answer.advice_en, strict=True)
    ]
    labels = {label, *(_OWN_WORDS & set(topics))}
    fitting = [
        row
        for row in _rows()
        if not row.labels.isdisjoint(labels)
        and not (
            row.topics.isdisjoint(topics) and row.grounds.isdisjoint(grounds) and row.plausible.isdisjoint(plausible)
        )
    ]
    first = [row.advice for row in fitting if row.first]
    then = [row.advice for row in fitting if not row.first]
    # Who speaks himself has use for what fits his case before what the label says of a message.
    return (*first, *then, *general) if len(labels) > 1 else (*first, *general, *then)
