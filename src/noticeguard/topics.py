"""What a message talks about, by patterns in `tables/topics.tsv`. Topics describe; they decide nothing."""

import re
from functools import cache

from noticeguard.knowledge import rows

_NEVER = re.compile(r"(?!)")


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], re.Pattern[str], re.Pattern[str]]]:
    """The rows: a topic, its pattern, what must stand beside it and what must not."""
    return [
        (topic, re.compile(pattern), re.compile(beside), re.compile(without) if without else _NEVER)
        for topic, pattern, beside, without in ([*row, "", ""][:4] for row in rows("topics.tsv"))
    ]


def find_topics(text: str) -> tuple[str, ...]:
    """The topics of a folded text, in the order of the table.

    >>> find_topics("请到法院领取传票")
    ('court_notice',)
    """
    found = (
        topic
        for topic, pattern, beside, without in _patterns()
        if beside.search(text) and pattern.search(text) and not without.search(text)
    )
    return tuple(dict.fromkeys(found))
