"""Find pairs of neighbouring characters in a batch: parts of a split character, a word in look-alikes."""

import numpy as np
from numpy.typing import NDArray

from noticeguard.characters import Codes, Positions
from noticeguard.kernel import compiled, find_pairs

_HALF = 32  # bits of a code in a pair
_SIEVE = 1 << 19  # places; see `Pairs`
_FACTOR = 40503  # spreads a pair's first code over them: an odd number near 2^16 divided by the golden ratio


class Pairs:
    """A set of pairs of code points.

    The pairs are sorted, and a sieve stands before the search: a place of it says whether any pair falls there,
    so that nearly all neighbours that are no pair are told by one look.

    Args:
        table: uint32 (k, 2): the pairs, in order, each once.
    """

    def __init__(self, table: Codes) -> None:
        self.codes = _joined(table[:, 0], table[:, 1])
        self._sieve = np.zeros(_SIEVE, bool)
        self._sieve[_place(table[:, 0], table[:, 1])] = True

    def find(self, codes: Codes, messages: int) -> tuple[Positions, Positions]:
        """Where neighbours are a pair, and which.

        Args:
            codes: the code points of a batch.
            messages: how many messages it has.

        Returns:
            int64 (p,), in order: where the first of the two stands, and the number of the pair.
        """
        run = compiled(find_pairs, messages)
        if run is not None:
            where, which = run(codes, self._sieve, _FACTOR, self.codes)
            return where, which
        where = np.flatnonzero(self._sieve.take(_place(codes[:-1], codes[1:])))
        which, is_pair = self._search(_joined(codes[where], codes[where + 1]))
        return where[is_pair], which[is_pair]

    def has(self, first: Codes, second: Codes) -> NDArray[np.bool_]:
        """Whether each `first` and `second` are a pair."""
        return self._search(_joined(first, second))[1]

    def _search(self, pairs: Positions) -> tuple[Positions, NDArray[np.bool_]]:
        which = np.minimum(np.searchsorted(self.codes, pairs), self.codes.size - 1)
        return which, np.asarray(self.codes[which] == pairs)


def _joined(first: Codes, second: Codes) -> Positions:
    pairs: Positions = first.astype(np.int64) << _HALF | second
    return pairs


def _place(first: Codes, second: Codes) -> Codes:
    return np.asarray((first * np.uint32(_FACTOR) ^ second) & np.uint32(_SIEVE - 1))
