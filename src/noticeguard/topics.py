"""What a message talks about, by patterns in `tables/topics.tsv`. Topics describe; they decide nothing."""

from collections.abc import Iterable, Iterator
from functools import cache

from noticeguard import knowledge
from noticeguard.patterns import Pattern


@cache
def _patterns() -> list[tuple[str, Pattern, Pattern | None, Pattern | None]]:
    """The rows: a topic, its pattern, what must stand beside it and what must not."""
    return [
        (topic, Pattern(pattern), _optional(beside), _optional(without))
        for topic, pattern, beside, without in ([*row, "", ""][:4] for row in knowledge.rows("topics.tsv"))
    ]


def _optional(expression: str) -> Pattern | None:
    return Pattern(expression) if expression else None


def patterns() -> Iterator[Pattern]:
    """Every pattern that is searched for, for `tools/build_screens.py`."""
    for _, *found in _patterns():
        yield from filter(None, found)


def screened() -> list[tuple[str, ...]]:
    """What is looked for by a screen: of each row the expressions that a text must match, all of them."""
    return [(pattern.expression, *([beside.expression] if beside else ())) for _, pattern, beside, _ in _patterns()]


def find_topics(text: str, rows: Iterable[int] | None = None) -> tuple[str, ...]:
    """The topics of a folded text, in the order of the table.

    Args:
        text: the folded text.
        rows: which rows of the table are worth trying, in order (`noticeguard.shown`); by default all.

    >>> find_topics("请配合上门")
    ('home_visit',)
    """
    table = _patterns()
    found = (
        topic
        for topic, pattern, beside, without in (table if rows is None else map(table.__getitem__, rows))
        if pattern.regex.search(text)
        and (beside is None or beside.regex.search(text))
        and not (without and without.regex.search(text))
    )
    return tuple(dict.fromkeys(found))
