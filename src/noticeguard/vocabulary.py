"""A table of known codes, in NumPy arrays: n-grams of the model, steps of the dictionary, pieces of patterns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Packed = NDArray[np.uint64]
"""Codes that hold several others."""

Slots = NDArray[np.int64]


class Vocabulary:
    """Find codes among those that are known: a table with a slot for each, found by one look.

    A code's hash leads to a bucket, and the bucket's displacement to the slot: no two codes share one
    (Belazzougui, Botelho and Dietzfelbinger, "Hash, displace, and compress", 2009). The fullest buckets are
    placed first, all of one size at once, each trying displacements until its slots are free.

    Args:
        codes: uint64 (f,), at least one: the known codes, each once, none 0.
        displacements: those of a table over the same codes, to save the search for them.

    Attributes:
        slots: int64 (f,): where each code stands.
        table: uint64 (t,): the code in each slot. In a slot that none has stands one that belongs elsewhere.
        displacements: uint8 (b,): of each bucket.
        multipliers, shift: of the hash; `_find_slots` says how.

    Raises:
        ValueError: the codes find no slots (chance leaves none without; codes made for it might be), or none by
            `displacements`.
    """

    _LOAD = 0.7  # of the slots that codes have: the fuller, the longer buckets look for free ones
    # Odd numbers with well mixed bits: the golden ratio (Knuth, TAOCP 3, 6.4) and the primes of xxHash.
    _FIRSTS = (0x9E3779B97F4A7C15, 0x27D4EB2F165667C5, 0x85EBCA77C2B2AE63)
    _OTHERS = (0x165667B19E3779F9, 0xC2B2AE3D27D4EB4F)

    def __init__(self, codes: Packed, displacements: NDArray[np.uint8] | None = None) -> None:
        bits = max(int(codes.size - 1).bit_length() - 2, 1)  # two to four codes a bucket
        self.shift = np.uint64(64 - bits)
        self.displacements = np.zeros(1 << bits, np.uint8) if displacements is None else displacements
        if self.displacements.shape != (1 << bits,):
            raise ValueError("displacements")
        self.table = np.full(int(codes.size / self._LOAD) + 16, codes[0])
        for first in self._FIRSTS:
            self.multipliers = np.array([first, *self._OTHERS], np.uint64)
            if displacements is None and not self._displace(codes):
                continue
            self.slots = self._find_slots(codes)
            self.table[self.slots] = codes
            if (self.table[self.slots] == codes).all():  # no two in one slot
                return
        raise ValueError("codes")

    def find(self, codes: Packed) -> NDArray[np.int32]:
        """The slot of each code; `t`, the number of slots, where it is unknown or 0. Shape as `codes`."""
        slots = self._find_slots(codes)
        return np.where(self.table.take(slots) == codes, slots, self.table.size).astype(np.int32)

    def arrange(self, values: NDArray[Any], missing: float) -> NDArray[Any]:
        """Put what belongs to each code into the order of the slots.

        Args:
            values: (f, …): a row for each code.
            missing: stands in slots that none has, and behind the last, where an unknown code finds it.

        Returns:
            (t + 1, …).
        """
        arranged = np.full((self.table.size + 1, *values.shape[1:]), missing, values.dtype)
        arranged[self.slots] = values
        return arranged

    def _displace(self, codes: Packed) -> bool:
        """Find a displacement for every bucket."""
        hashes = codes * self.multipliers[0]
        buckets = (hashes >> self.shift).astype(np.min_scalar_type(self.displacements.size - 1))
        sizes = np.bincount(buckets)[buckets]
        order = np.argsort(buckets, kind="stable")  # small integers are sorted by radix
        order = order[np.argsort(sizes[order].astype(np.min_scalar_type(sizes.max())), kind="stable")]
        hashes, buckets, sizes = hashes[order], buckets[order], sizes[order]
        moves = np.arange(256, dtype=np.uint64) * self.multipliers[1]
        taken, wanted_by = np.zeros(self.table.size, bool), np.zeros(self.table.size, np.int32)
        for size in np.flatnonzero(np.bincount(sizes))[::-1].tolist():
            first, last = np.searchsorted(sizes, (size, size + 1)).tolist()
            pending, homes = hashes[first:last], buckets[first:last]
            for displacement in range(256):
                slots = self._move(pending, moves[displacement])
                wanted_by[slots] = numbers = np.arange(slots.size, dtype=np.int32)  # the last that wants a slot has it
                free = ~taken[slots] & (wanted_by[slots] == numbers)
                placed = np.repeat(free.reshape(-1, size).all(axis=1), size)
                taken[slots[placed]] = True
                self.displacements[homes[placed]] = displacement
                pending, homes = pending[~placed], homes[~placed]
                if not pending.size:
                    break
            else:
                return False
        return True

    def _find_slots(self, codes: Packed) -> Slots:
        """The one slot where each code can stand."""
        hashes = codes * self.multipliers[0]
        homes = (hashes >> self.shift).view(np.int64)
        return self._move(hashes, self.displacements.take(homes) * self.multipliers[1])

    def _move(self, hashes: Packed, moves: Packed | np.uint64) -> Slots:
        slots = hashes ^ moves
        for factor in (self.multipliers[2], np.uint64(self.table.size)):
            slots *= factor
            slots >>= np.uint64(32)
        return slots.view(np.int64)
