"""Keywords: the words of a message, each with its exact share of a label's score."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np

from noticeguard.characters import Positions
from noticeguard.model import MESSAGE_LIMIT, Floats, Scored
from noticeguard.normalize import BOUNDARY

_NUMBER_BITS = 33  # of `Words.numbers`, and of any place in a batch
_PLACE_BITS = (6 * MESSAGE_LIMIT).bit_length()  # of a word's place in its message: folding makes six of some signs
_PARTS = 1e8  # of a weight that are told apart
_HEAVIEST = 1 << 34  # parts; what is heavier is as heavy
_OWNER_SHIFT = _PLACE_BITS + 35  # which leaves room for four thousand messages


class Keyword(NamedTuple):
    """A word of the message and what it adds to the score.

    Attributes:
        text: the word as folded, or the original text of an entity.
        weight: its share of the best guess's score; negative where it speaks against.
        spans: where it stands in the original message, in code points, end exclusive.
    """

    text: str
    weight: float
    spans: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"text": self.text, "weight": round(self.weight, 4), "spans": [list(span) for span in self.spans]}


class Keywords(Sequence[Keyword]):
    """The `k` keywords of a message, heaviest first; of equals, the one that stands first.

    A `Keyword` is made when it is asked for: most never are. Nothing changes once this is made.

    Args:
        message: the message.
        text: as folded.
        weights: k of them.
        begins, stops: where each keyword stands first in `text`; `stops` is 0 for an entity, known by its original.
        lasts: how many words are those of this keyword and of the ones before it.
        starts, ends: where each word stands in `message`, keyword by keyword.
    """

    __slots__ = ("_begins", "_ends", "_lasts", "_message", "_starts", "_stops", "_text", "_weights")

    def __init__(
        self, message: str, text: str, weights: list[float], begins: list[int], stops: list[int], lasts: list[int],
        starts: list[int], ends: list[int],
    ) -> None:  # fmt: skip
        self._message = message
        self._text = text
        self._weights = weights
        self._begins = begins
        self._stops = stops
        self._lasts = lasts
        self._starts = starts
        self._ends = ends

    def __len__(self) -> int:
        return len(self._weights)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keywords) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    @overload
    def __getitem__(self, index: int) -> Keyword: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Keyword, ...]: ...

    def __getitem__(self, index: int | slice) -> Keyword | tuple[Keyword, ...]:
        which = range(len(self))[index]
        return next(self._made(which, which + 1)) if isinstance(which, int) else tuple(self)[index]

    def __iter__(self) -> Iterator[Keyword]:
        return self._made(0, len(self))

    def _made(self, begin: int, end: int) -> Iterator[Keyword]:
        first = self._lasts[begin - 1] if begin else 0
        message, text, starts, ends = self._message, self._text, self._starts, self._ends
        columns = (column[begin:end] for column in (self._weights, self._begins, self._stops, self._lasts))
        for weight, at, stop, last in zip(*columns, strict=True):
            if last - first == 1:
                spans: tuple[tuple[int, int], ...] = ((starts[first], ends[first]),)
            else:
                spans = tuple(zip(starts[first:last], ends[first:last], strict=True))
            yield Keyword(text[at:stop] if stop else message[starts[first] : ends[first]], weight, spans)
            first = last


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """The words that set the best guess apart from another label.

    Attributes:
        label: the other label.
        keywords: every word; a positive weight speaks for the best guess, a negative for the other.
            They sum to the difference of the two scores less that of the biases and of the additions.
    """

    label: str
    keywords: Sequence[Keyword]


def find_keywords(scored: Scored, messages: Sequence[str], texts: Sequence[str], sums: Floats) -> list[Keywords]:
    """The keywords of each message of a batch, for one label per message.

    Args:
        scored: the batch.
        messages: the messages themselves.
        texts: as folded.
        sums: float64 (n + 1,): the running sums of `Model.contributions` for the labels in question.

    Returns:
        For each message every word that adds something; their weights sum to the score less the bias.
    """
    folded, words = scored.folded, scored.words
    shares = sums[words.ends] - sums[words.starts]
    which = np.flatnonzero(shares)
    shares, owners, numbers = shares[which], words.owners[which], words.numbers[which]
    begins, stops = words.starts[which], words.ends[which]
    starts, ends = folded.original_spans(owners, begins, stops)

    # An entity is known by its original text; its number, below those of the words, holds in this batch only.
    known: dict[str, int] = {}
    entities = np.flatnonzero(numbers == BOUNDARY)
    places = zip(owners[entities].tolist(), starts[entities].tolist(), ends[entities].tolist(), strict=True)
    numbers[entities] = [-known.setdefault(messages[i][start:end], len(known) + 1) for i, start, end in places]

    # Equal words of a message are one keyword. Whatever decides an order is packed into one number: NumPy sorts
    # those several times as fast as it can by one key after the other.
    keys = (owners << _NUMBER_BITS) + numbers
    order = np.argsort(keys)
    is_new = np.diff(keys[order], prepend=-1 << 62) != 0
    keyword = np.empty_like(order)  # of each word
    keyword[order] = np.cumsum(is_new) - 1
    groups = np.flatnonzero(is_new)
    first = np.minimum.reduceat(order, groups) if groups.size else groups
    weights, counts = np.bincount(keyword, shares, groups.size), np.diff(groups, append=keys.size)
    bounds = np.searchsorted(owners, np.arange(len(messages) + 1))
    # Running sums differ in their last digits with a message's place in its batch.
    heaviness = np.minimum(np.round(np.abs(weights) * _PARTS), _HEAVIEST).astype(np.int64)
    owner = owners[first]
    ranking = np.argsort((owner << _OWNER_SHIFT) - (heaviness << _PLACE_BITS) + first - bounds[owner])
    rank = np.empty_like(ranking)
    rank[ranking] = np.arange(ranking.size)
    order = np.argsort((rank[keyword] << _NUMBER_BITS) + np.arange(keys.size))

    first, owner = first[ranking], owner[ranking]
    text_starts = folded.starts[owner] + 1
    by_keyword = (
        weights[ranking], begins[first] - text_starts, (stops[first] - text_starts) * (numbers[first] >= 0),
        np.cumsum(counts[ranking]) - bounds[owner],
    )  # fmt: skip
    weights_of, begins_of, stops_of, lasts_of = (part.tolist() for part in by_keyword)
    starts_of, ends_of = starts[order].tolist(), ends[order].tolist()
    keyword_bounds = np.searchsorted(owner, np.arange(len(messages) + 1))
    found = []
    for message, text, (a, b), (i, j) in zip(messages, texts, _pairs(keyword_bounds), _pairs(bounds), strict=True):
        of_keywords = weights_of[a:b], begins_of[a:b], stops_of[a:b], lasts_of[a:b]
        found.append(Keywords(message, text, *of_keywords, starts_of[i:j], ends_of[i:j]))
    return found


def _pairs(bounds: Positions) -> Iterable[tuple[int, int]]:
    return itertools.pairwise(bounds.tolist())
