"""What a message talks about, by patterns in `tables/topics.tsv`. Topics describe; they decide nothing."""

from collections.abc import Iterator
from functools import cache

from noticeguard.knowledge import rows
from noticeguard.patterns import Pattern

_NEVER = "(?!)"


@cache
def _patterns() -> list[tuple[str, Pattern, Pattern, Pattern]]:
    """The rows: a topic, its pattern, what must stand beside it and what must not."""
    return [
        (topic, Pattern(pattern), Pattern(beside), Pattern(without or _NEVER))
        for topic, pattern, beside, without in ([*row, "", ""][:4] for row in rows("topics.tsv"))
    ]


def patterns() -> Iterator[Pattern]:
    """Every pattern that is searched for, for `tools/build_screens.py`."""
    for _, *found in _patterns():
        yield from found


def find_topics(text: str) -> tuple[str, ...]:
    """The topics of a folded text, in the order of the table.

    >>> find_topics("请配合上门")
    ('home_visit',)
    """
    found = (
        topic
        for topic, pattern, beside, without in _patterns()
        if beside.regex.search(text) and pattern.regex.search(text) and not without.regex.search(text)
    )
    return tuple(dict.fromkeys(found))
