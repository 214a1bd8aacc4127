"""Keywords: the words of a message, each with its exact share of a label's score."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, overload

import numpy as np

from noticeguard.characters import Positions
from noticeguard.model import MESSAGE_LIMIT, Floats, Scored
from noticeguard.normalize import BOUNDARY
from noticeguard.spans import Span

_NUMBER_BITS = 33  # of `Words.numbers`, and of any place in a batch
_PLACE_BITS = (6 * MESSAGE_LIMIT).bit_length()  # of a word's place in its message: folding makes six of some signs
_PARTS = 1e8  # of a weight that are told apart
_HEAVIEST = 1 << 34  # parts; what is heavier is as heavy
_AT_ONCE = 10  # keywords are made, a little more than are shown
_NONE = np.zeros((2, 0), np.int64)
_OWNER_SHIFT = _PLACE_BITS + 35  # which leaves room for four thousand messages


class Keyword(NamedTuple):
    """A word of the message and what it adds to the score.

    Places are in code points of the original message, ends exclusive.

    Attributes:
        text: the word as folded, or the original text of an entity.
        weight: its share of the best guess's score; negative where it speaks against.
        start, end: where it stands first.
        others: where else it stands, in order; most words stand nowhere else.
    """

    text: str
    weight: float
    start: int
    end: int
    others: tuple[Span, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every place where it stands, in order."""
        return ((self.start, self.end), *self.others)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"text": self.text, "weight": round(self.weight, 4), "spans": [list(span) for span in self.spans]}


class Keywords(Sequence[Keyword]):
    """The `k` keywords of a message, heaviest first; of equals, the one that stands first.

    A `Keyword` is made when it is asked for: most never are. Nothing changes once this is made. Numbers are kept in
    arrays, which Python's collector of garbage need not visit; with lists it took half of the time of a large batch.

    Args:
        message: the message.
        text: as folded.
        weights: float64 (k,).
        places: int64 (6, k): where each keyword begins and ends in `text`, the end 0 for an entity, which is known by
            its original; where it begins and ends in `message`; and from which to which of `others` it stands too.
        others: int64 (2, o): where words begin and end in `message` that are keywords already.
    """

    __slots__ = ("_message", "_others", "_places", "_text", "_weights")

    def __init__(self, message: str, text: str, weights: Floats, places: Positions, others: Positions) -> None:
        self._message = message
        self._text = text
        self._weights = weights
        self._places = places
        self._others = others

    def __len__(self) -> int:
        return self._weights.size

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
        return self._made(which, which + 1)[0] if isinstance(which, int) else tuple(self)[index]

    def __iter__(self) -> Iterator[Keyword]:
        for begin in range(0, len(self), _AT_ONCE):
            yield from self._made(begin, begin + _AT_ONCE)

    def _made(self, begin: int, end: int) -> list[Keyword]:
        message, text = self._message, self._text
        numbers = zip(self._weights[begin:end].tolist(), *self._places[:, begin:end].tolist(), strict=True)
        return [
            tuple.__new__(Keyword, (  # in half the time that calling it takes
                text[at:stop] if stop else message[start:behind], weight, start, behind,
                self._also(start, behind, first, last) if first < last else (),
            ))
            for weight, at, stop, start, behind, first, last in numbers
        ]  # fmt: skip

    def _also(self, start: int, end: int, first: int, last: int) -> tuple[Span, ...]:
        """The other places; of a sign that is folded to several of a word all stand in one."""
        begins, ends = self._others[:, first:last].tolist()
        return tuple(dict.fromkeys([(start, end), *zip(begins, ends, strict=True)]))[1:]


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
    stand = zip(owners[entities].tolist(), starts[entities].tolist(), ends[entities].tolist(), strict=True)
    numbers[entities] = [-known.setdefault(messages[i][start:end], len(known) + 1) for i, start, end in stand]

    # Equal words of a message are one keyword. Whatever decides an order is packed into one number: NumPy sorts
    # those several times as fast as it can by one key after the other.
    keys = (owners << _NUMBER_BITS) + numbers
    order = np.argsort(keys)
    is_new = np.diff(keys[order], prepend=-1 << 62) != 0
    keyword = np.empty_like(order)  # of each word
    keyword[order] = np.cumsum(is_new) - 1
    groups = np.flatnonzero(is_new)
    first = np.minimum.reduceat(order, groups) if groups.size else groups
    weights: Floats = np.bincount(keyword, shares, groups.size).astype(np.float64, copy=False)
    counts = np.diff(groups, append=keys.size)
    bounds = np.searchsorted(owners, np.arange(len(messages) + 1))
    # Running sums differ in their last digits with a message's place in its batch.
    heaviness = np.minimum(np.round(np.abs(weights) * _PARTS), _HEAVIEST).astype(np.int64)
    owner = owners[first]
    ranking = np.argsort((owner << _OWNER_SHIFT) - (heaviness << _PLACE_BITS) + first - bounds[owner])
    rank = np.empty_like(ranking)
    rank[ranking] = np.arange(ranking.size)
    is_first = np.zeros(keys.size, bool)
    is_first[first] = True
    again = np.flatnonzero(~is_first)
    again = again[np.argsort((rank[keyword[again]] << _NUMBER_BITS) + again)]

    first, owner = first[ranking], owner[ranking]
    text_starts = folded.starts[owner] + 1
    keyword_bounds = np.searchsorted(owner, np.arange(len(messages) + 1))
    lasts = np.cumsum(np.append(0, counts[ranking] - 1))
    other_bounds = lasts[keyword_bounds]
    before = other_bounds[owner]
    weights = weights[ranking]
    places = np.stack([
        begins[first] - text_starts, (stops[first] - text_starts) * (numbers[first] >= 0), starts[first], ends[first],
        lasts[:-1] - before, lasts[1:] - before,
    ])  # fmt: skip
    others = np.stack([starts[again], ends[again]])
    parts = zip(_pairs(keyword_bounds), _pairs(other_bounds), strict=True)
    return [  # copies: a view would keep the numbers of the whole batch
        Keywords(message, text, weights[a:b].copy(), places[:, a:b].copy(), others[:, i:j].copy() if i < j else _NONE)
        for message, text, ((a, b), (i, j)) in zip(messages, texts, parts, strict=True)
    ]


def _pairs(bounds: Positions) -> Iterable[tuple[int, int]]:
    return itertools.pairwise(bounds.tolist())
