"""The hottest loops, written out, for those who install `noticeguard[fast]`.

NumPy runs every step of the work over the whole batch before the next, and each step writes
its result to memory. Here a step's result is used while it is still at hand. The loops read
and write the same arrays as the NumPy code beside them (in `normalize`, `restore`, `pairs`,
`entities`, `features`, `model`, `words`), and give the same results; tests hold the two together.

The functions below are plain Python, far too slow to be called as they are. `compiled` has
numba (https://numba.pydata.org) translate them, once for each machine: the translation is
kept beside this file, or where numba finds a place, and holds nothing of any message. Where
numba is missing, or the batch is too small to be worth its import and nobody has imported it
yet, `compiled` says `None` and the caller goes on in NumPy.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMNS = 6
"""Of the sums: five labels and the norm squared. Written down, for the compiler to unroll."""

CLASSES = _HAN, _LETTER, _DIGIT, _SEPARATOR, _, _, _ORDINARY = 1, 2, 4, 8, 16, 32, 64
"""Bits of what a folded character is."""

SPACED = _LETTER | _DIGIT | _SEPARATOR
"""What white space can separate."""

LEAST_MESSAGES = 200
"""In a batch that is worth numba's import of a third of a second."""


def compiled(function: Callable[..., Any], messages: int) -> Callable[..., Any] | None:
    """A function of this module, translated, or `None`.

    Args:
        function: what is to be run.
        messages: how many the batch has.
    """
    return _compile(function) if messages >= LEAST_MESSAGES or "numba" in sys.modules else None


@cache
def _compile(function: Callable[..., Any]) -> Callable[..., Any] | None:
    try:
        import numba  # here: it takes a third of a second

        translated: Callable[..., Any] = numba.njit(cache=True, nogil=True)(function)
    except (ImportError, RuntimeError):  # not installed; or no folder is left to keep the translation in
        return None
    if translated is function:  # its user has switched translating off
        return None

    def run(*arguments: Any) -> Any:
        """Run the translation: a call of new types reads and writes kept ones first, before any loop begins."""
        nonlocal translated
        try:
            return translated(*arguments)
        except SystemError:  # what numba makes of an interrupt: to go on would lose it
            raise
        except Exception:  # a full disk; a damaged file, of which unpickling can raise anything
            translated = numba.njit(nogil=True)(function)
            return translated(*arguments)

    return run


def map_codes(
    raw: NDArray[np.uint32],
    raw_starts: NDArray[np.int64],
    targets: NDArray[np.uint32],
    first_expanded: int,
    expansions: NDArray[np.uint32],
    lengths: NDArray[np.int64],
    classes: NDArray[np.uint8],
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Take the code points of a batch through the table of folding, and drop idle white space.

    Args:
        raw: (r,): the code points.
        raw_starts: (m + 1,): which of them are boundaries.
        targets: of each code point what it is folded to: 0 where nothing is left, from `first_expanded` on several.
        expansions, lengths: (k, longest) and (k,): what those are.
        classes: of each folded code point its bits.

    Returns:
        the folded codes; which code point each came from; where white space stands around single characters.
    """
    size = raw.size
    for code in raw:
        target = targets[min(code, targets.size - 1)]
        if target >= first_expanded:
            size += lengths[target - first_expanded]
    codes, origins = np.empty(size, np.uint32), np.empty(size, np.int64)
    size = 0
    for message in range(raw_starts.size):
        codes[size], origins[size] = 0, raw_starts[message]
        size += 1
        end = raw_starts[min(message + 1, raw_starts.size - 1)]
        for i in range(raw_starts[message] + 1, end):
            target = targets[min(raw[i], targets.size - 1)]
            if target >= first_expanded:
                for k in range(lengths[target - first_expanded]):
                    codes[size], origins[size] = expansions[target - first_expanded, k], i
                    size += 1
            elif target != 0:
                codes[size], origins[size] = target, i
                size += 1

    spacing = np.empty(size, np.int64)
    i, count, places = 0, 0, 0
    while i < size:
        if codes[i] == 32:
            first = i
            while codes[i] == 32:  # the last code is a boundary
                i += 1
            if (
                i + 3 < size and classes[codes[i]] & _HAN and codes[i + 1] == 32
                and classes[codes[i + 2]] & _HAN and codes[i + 3] == 32
            ):  # fmt: skip
                spacing[places] = origins[i - 1]
                places += 1
            if classes[codes[count - 1]] & SPACED and classes[codes[i]] & SPACED:
                codes[count], origins[count] = 32, origins[first]
                count += 1
        codes[count], origins[count] = codes[i], origins[i]
        count, i = count + 1, i + 1
    return codes[:count], origins[:count], spacing[:places]


def close_up(
    codes: NDArray[np.uint32], origins: NDArray[np.int64], classes: NDArray[np.uint8]
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Drop runs of separators between two Chinese characters, in place; what the last result is, `normalize` says."""
    dropped = np.empty(codes.size, np.int64)
    count, places, first = 0, 0, -1
    for i in range(codes.size):
        here = classes[codes[i]]
        if here & _SEPARATOR:
            if first < 0 and count > 0 and classes[codes[count - 1]] & _HAN:
                first = count
        else:
            if first >= 0 and here & _HAN:
                if count - first == 1 and not classes[codes[first]] & _ORDINARY:
                    dropped[places] = origins[first]
                    places += 1
                count = first
            first = -1
        codes[count], origins[count] = codes[i], origins[i]
        count += 1
    return codes[:count], origins[:count], dropped[:places]


def find_stretches(codes: NDArray[np.uint32], classes: NDArray[np.uint8], bit: int) -> NDArray[np.int64]:
    """Where the runs of codes of a class begin and end (exclusive), (2, r); none begins or ends the batch."""
    found = np.empty((2, codes.size // 2 + 1), np.int64)
    starts, ends = found
    count, inside = 0, False
    for i in range(codes.size):
        here = classes[codes[i]] & bit != 0
        if here and not inside:
            starts[count] = i
        if inside and not here:
            ends[count] = i
            count += 1
        inside = here
    return found[:, :count]


def find_pairs(
    codes: NDArray[np.uint32], sieve: NDArray[np.bool_], factor: int, pairs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Where two neighbours are one of `pairs` (sorted), and which, (2, p); `pairs` says what the sieve is."""
    found = np.empty((2, codes.size), np.int64)
    where, which = found
    count = 0
    for i in range(codes.size - 1):
        if sieve[(np.uint64(codes[i]) * np.uint64(factor) ^ np.uint64(codes[i + 1])) & np.uint64(sieve.size - 1)]:
            pair = np.int64(codes[i]) << 32 | np.int64(codes[i + 1])
            place = np.searchsorted(pairs, pair)
            if place < pairs.size and pairs[place] == pair:
                where[count], which[count] = i, place
                count += 1
    return found[:, :count]


def find_heard(
    codes: NDArray[np.uint32],
    sounds: NDArray[np.uint32],
    syllables: np.uint32,
    numbers: NDArray[np.uint16],
    targets: NDArray[np.uint32],
) -> NDArray[np.int64]:
    """Where two neighbours sound like a word that they are not, and which, (2, p); `restore` has the tables."""
    found = np.empty((2, codes.size), np.int64)
    where, which = found
    count = 0
    for i in range(codes.size - 1):
        number = numbers[np.int64(sounds[codes[i]]) * syllables + sounds[codes[i + 1]]]
        if number != 0 and (codes[i] != targets[number, 0] or codes[i + 1] != targets[number, 1]):
            where[count], which[count] = i, number
            count += 1
    return found[:, :count]


def read_runs(codes: NDArray[np.uint32], classes: NDArray[np.uint8], automaton: NDArray[np.int16]) -> NDArray[np.int64]:
    """Find the runs of a batch, and take each through the automaton.

    Args:
        codes: (n,): the folded code points.
        classes: (n,): of each, 0 outside of runs, else the bits 2 where an entity can begin, 4 where one can end.
        automaton: (states, 129): `entities` says what it holds.

    Returns:
        starts, ends (exclusive) and the numbers of their kinds, (3, r).
    """
    found = np.empty((3, codes.size // 2 + 1), np.int64)
    starts, ends, numbers = found
    count, i = 0, 0
    while i < codes.size:
        if classes[i] == 0:
            i += 1
            continue
        start, end = -1, -1
        while classes[i] != 0:  # the last one is 0
            if start < 0 and classes[i] & 2:
                start = i
            if classes[i] & 4:
                end = i + 1
            i += 1
        if 0 <= start < end:
            state = 0
            for k in range(start, end):
                state = automaton[state, codes[k]]
            starts[count], ends[count], numbers[count] = start, end, automaton[state, -1]
            count += 1
    return found[:, :count]


def write_symbols(
    codes: NDArray[np.uint32],
    channels: NDArray[np.uint16],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.uint16],
    numbers: NDArray[np.int64],
) -> tuple[NDArray[np.uint16], NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Replace the characters and entities of a batch by symbols.

    Args:
        codes: (n,): the folded code points.
        channels: (2, CODE_LIMIT): of each code point its symbol and its syllable.
        starts, ends, numbers: (e,): where the entities stand, and the kind of each.
        kinds: (2, k): the symbol and the syllable of each kind.

    Returns:
        the symbols and syllables (2, s), the code points (0 of an entity), where each begins in `codes`, and which
        are boundaries.
    """
    size = codes.size - (ends - starts - 1).sum()
    written, kept = np.empty((2, size), np.uint16), np.empty(size, np.uint32)
    places, bounds = np.empty(size, np.int64), np.empty(size, np.int64)
    boundaries, entity, i = 0, 0, 0
    for at in range(size):
        places[at] = i
        if entity < starts.size and starts[entity] == i:
            kind = numbers[entity]
            written[0, at], written[1, at], kept[at] = kinds[0, kind], kinds[1, kind], 0
            i = ends[entity]
            entity += 1
        else:
            written[0, at], written[1, at], kept[at] = channels[0, codes[i]], channels[1, codes[i]], codes[i]
            if written[0, at] == 0:
                bounds[boundaries] = at
                boundaries += 1
            i += 1
    return written, kept, places, bounds[:boundaries]


def sum_features(
    channels: NDArray[np.uint16],
    bounds: NDArray[np.int64],
    orders: NDArray[np.int64],
    table: NDArray[np.uint64],
    displacements: NDArray[np.uint8],
    multipliers: NDArray[np.uint64],
    shift: np.uint64,
    columns: NDArray[np.float32],
    sums: NDArray[np.float64],
) -> NDArray[np.int32]:
    """Find the features of a batch and add up their columns, message by message.

    Args:
        channels: (2, s): the symbols and the syllables of the batch.
        bounds: (m + 1,): which of them are boundaries.
        orders: (2, 2): for each channel the shortest and the longest n-gram.
        table, displacements, multipliers, shift: the vocabulary; `Vocabulary` says how a code is found.
        columns: (t + 1, c): what each feature adds, by its slot.
        sums: (m, c): zeros; filled with the sums of the columns over each message.

    Returns:
        (k, s): the slot of the feature that begins at each symbol, or that of none.
    """
    slots = np.uint64(table.size)
    rows = (orders[:, 1] - orders[:, 0] + 1).sum()
    features = np.full((rows, channels.shape[1]), table.size, np.int32)
    for message in range(bounds.size - 1):
        for i in range(bounds[message] + 1, bounds[message + 1]):
            row = 0
            for channel in range(2):
                low, high = orders[channel]
                code = np.uint64(0)
                for length in range(1, high + 1):
                    symbol = np.uint64(channels[channel, i + length - 1])
                    if symbol <= 1:  # a boundary or an unknown symbol: no longer n-gram begins here either
                        break
                    code = code << np.uint64(16) | symbol
                    if length < low:
                        continue
                    mixed = code * multipliers[0]
                    move = np.uint64(displacements[mixed >> shift]) * multipliers[1]
                    slot = ((mixed ^ move) * multipliers[2] >> np.uint64(32)) * slots >> np.uint64(32)
                    # What is unknown adds a row of zeros: whether it is, no processor could guess and go on.
                    slot = slot if table[slot] == code else slots
                    features[row + length - low, i] = slot
                    for column in range(COLUMNS):
                        sums[message, column] += columns[slot, column]
                row += high - low + 1
    return features


def sum_words(
    owners: NDArray[np.int64], terms: NDArray[np.int64], columns: NDArray[np.float32], sums: NDArray[np.float64]
) -> None:
    """Add up the columns of words, message by message.

    Args:
        owners, terms: of each word its message and its row of `columns`.
        columns: (t, c): what each term adds.
        sums: (m, c): zeros; filled with the sums over each message.
    """
    for word in range(terms.size):
        for column in range(COLUMNS):
            sums[owners[word], column] += columns[terms[word], column]


def cut_words(
    characters: NDArray[np.uint32],
    symbols: NDArray[np.uint16],
    first_number: int,
    likelihoods: NDArray[np.float64],
    table: NDArray[np.uint64],
    displacements: NDArray[np.uint8],
    multipliers: NDArray[np.uint64],
    shift: np.uint64,
    entries: NDArray[np.int64],
    values: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Find the likeliest cut of a batch, from its last character to its first.

    Args:
        characters: (s,): code points, 0 where no word goes on.
        symbols: (s,): 0 at the boundaries.
        first_number: of a word of two characters and more.
        likelihoods: of each code point as a word.
        table, displacements, multipliers, shift: the steps of the trie, found as in `sum_features`.
        entries: the entry of the trie that each slot leads to.
        values: of each entry of the trie its likelihood, minus infinity where no word ends.

    Returns:
        of each word in turn the symbol with which it begins, the one behind it, its message and its number, (4, w).
    """
    size, slots = characters.size, np.uint64(table.size)
    best = np.zeros(size + 1)
    ends, numbers = np.empty((2, size), np.int64)
    for i in range(size - 1, -1, -1):
        ends[i], numbers[i] = i + 1, characters[i]
        if characters[i] == 0:
            continue
        best[i] = likelihoods[characters[i]] + best[i + 1]
        number, end = np.uint64(characters[i]), i + 1
        while characters[end] != 0:  # the last one is 0
            code = number << np.uint64(32) | np.uint64(characters[end])
            mixed = code * multipliers[0]
            move = np.uint64(displacements[mixed >> shift]) * multipliers[1]
            slot = ((mixed ^ move) * multipliers[2] >> np.uint64(32)) * slots >> np.uint64(32)
            if table[slot] != code:
                break
            entry = entries[slot]
            number, end = np.uint64(first_number + entry), end + 1
            if values[entry] + best[end] >= best[i]:  # of equals the longest
                best[i], ends[i], numbers[i] = values[entry] + best[end], end, number
    found = np.empty((4, size), np.int64)
    starts, stops, owners, words = found
    i, message, count = 0, -1, 0
    while i < size:
        if symbols[i] == 0:
            message += 1
        else:
            starts[count], stops[count], owners[count], words[count] = i, ends[i], message, numbers[i]
            count += 1
        i = ends[i]
    return found[:, :count]
