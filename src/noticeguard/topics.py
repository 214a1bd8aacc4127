"""What a message talks about, by patterns in `tables/topics.tsv`. Topics describe; they decide nothing."""

import re
from functools import cache

from noticeguard.knowledge import rows


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(topic, re.compile(pattern)) for topic, pattern in rows("topics.tsv")]


def find_topics(text: str) -> tuple[str, ...]:
    """The topics of a folded text, in the order of the table.

    >>> find_topics("请到法院领取传票")
    ('court_notice',)
    """
    return tuple(topic for topic, pattern in _patterns() if pattern.search(text))
