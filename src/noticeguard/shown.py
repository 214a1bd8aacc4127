"""What a reader is shown besides the call, checks, topics and contacts: which patterns of theirs are worth trying.

One screen for all three, over a whole batch: to try every pattern on every text takes several times as long.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from noticeguard import checks, contacts, topics
from noticeguard.screen import Screen


class Rows(NamedTuple):
    """Which rows are worth trying on a text, in order: of `checks.screened`, `topics.screened`, `contacts.screened`."""

    checks: Sequence[int]
    topics: Sequence[int]
    contacts: Sequence[int]


def screened() -> list[tuple[str, ...]]:
    """What the screen looks for: of each row in turn, the expressions that a text must match, all of them."""
    return [*checks.screened(), *topics.screened(), *contacts.screened()]


def worth_trying(texts: Sequence[str]) -> list[Rows]:
    """The rows that each folded text of a batch may match.

    >>> [(rows.checks, len(rows.topics)) for rows in worth_trying(["好", "请配合上门"])]
    [([], 0), ([], 1)]
    """
    first_topic, first_contact = _firsts()
    found = []
    for numbers in _screen().candidates(texts):
        topic, contact = bisect_left(numbers, first_topic), bisect_left(numbers, first_contact)
        found.append(
            Rows(
                numbers[:topic],
                [number - first_topic for number in numbers[topic:contact]],
                [number - first_contact for number in numbers[contact:]],
            )
        )
    return found


@cache
def _firsts() -> tuple[int, int]:
    """The numbers of the first row of topics and of contacts."""
    first_topic = len(checks.screened())
    return first_topic, first_topic + len(topics.screened())


@cache
def _screen() -> Screen:
    return Screen.read("shown")
