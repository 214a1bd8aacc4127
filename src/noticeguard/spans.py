"""Spans: where something stands in a text, in code points, end exclusive."""

from collections.abc import Iterable

Span = tuple[int, int]


def merge(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same places in order, those that touch or overlap made one.

    >>> merge([(5, 8), (0, 2), (2, 3)])
    ((0, 3), (5, 8))
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
