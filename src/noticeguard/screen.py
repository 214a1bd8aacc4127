"""Tell which of many patterns the texts of a batch may match, by pieces that no match can do without.

Trying a few hundred patterns on every text would be slow, and so would compiling them. A
pattern has sets of pieces, of one or two characters each; a text that it matches holds one
of each set. This is the literal filter of Russ Cox, *Regular Expression Matching with a
Trigram Index* (2012), with shorter pieces because Chinese words are short.

`tools/build_screens.py` reads the sets off the patterns and writes `tables/screens.npz`.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from noticeguard import knowledge
from noticeguard.characters import CODE_LIMIT, encode
from noticeguard.normalize import BOUNDARY
from noticeguard.pairs import Pairs

_HALF = np.uint64(32)  # bits of a character in a piece


class Screen:
    """The sets of many patterns.

    Each set has a bit. A piece carries the bits of all sets that it is in, a text those of its pieces, and a pattern
    those of its own sets.

    Args:
        table: uint64 (p + n, 1 + w): first the pieces, in order, a row each: its two characters, the second 0 where
            there is none, in one number, then its bits; behind them the patterns: 0, then their bits.
    """

    def __init__(self, table: NDArray[np.uint64]) -> None:
        first, second = (table[:, 0] >> _HALF).astype(np.uint32), table[:, 0].astype(np.uint32)
        is_pair, is_single = second != 0, (first != 0) & (second == 0)
        self._pairs = Pairs(np.column_stack([first, second])[is_pair])
        self._first_pair = int(is_single.sum()) + 1  # of the rows of bits: one for no piece, the single ones, the pairs
        self._single_rows = np.zeros(CODE_LIMIT, np.uint16)
        self._single_rows[first[is_single]] = np.arange(1, self._first_pair)
        self._bits = np.concatenate([np.zeros_like(table[:1, 1:]), table[is_single, 1:], table[is_pair, 1:]])
        # Of each pattern the words of bits that its sets are in: one or two of them all.
        needs = table[first == 0, 1:]
        is_needed = needs != 0
        is_needed[~is_needed.any(axis=1), 0] = True
        patterns, self._words = np.nonzero(is_needed)
        self._needed = needs[is_needed]
        self._starts = np.flatnonzero(np.diff(patterns, prepend=-1))

    @classmethod
    def read(cls, name: str) -> "Screen":
        """A screen of the package, by name."""
        return cls(knowledge.array("screens.npz", name))

    def candidates(self, texts: Sequence[str]) -> list[list[int]]:
        """The patterns worth trying on each text of a batch, none of which holds a boundary: as numbers, in order."""
        codes = encode(chr(BOUNDARY).join(["", *texts, ""]))
        starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
        single = self._single_rows.take(codes)
        alone = np.flatnonzero(single)
        where, which = self._pairs.find(codes, starts.size - 1)
        places = np.concatenate([alone, where])
        order = np.argsort(places, kind="stable")
        rows = np.concatenate([single[alone], self._first_pair + which, [0]])[np.append(order, places.size)]
        bounds = np.searchsorted(places[order], starts)
        held = np.bitwise_or.reduceat(self._bits.take(rows, axis=0), bounds)[:-1]
        held[bounds[1:] == bounds[:-1]] = 0  # of a text without any piece, `reduceat` gives the next one's
        has = held[:, self._words] & self._needed == self._needed
        may = np.logical_and.reduceat(has, self._starts, axis=1)
        owners, patterns = np.divmod(np.flatnonzero(may), self._starts.size)  # a quarter of what `nonzero` takes
        ends = np.cumsum(np.bincount(owners, minlength=starts.size - 1)).tolist()
        numbers = patterns.tolist()
        return [numbers[first:end] for first, end in pairwise([0, *ends])]
