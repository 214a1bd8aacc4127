"""The two hottest loops, written out, for those who install `noticeguard[fast]`.

NumPy runs every step of the work over the whole batch before the next, and each step writes
its result to memory. Here a step's result is used while it is still at hand. The loops read
and write the same arrays as the NumPy code beside them (`Model.score`, `Dictionary.cut`),
and give the same results; tests hold the two together.

The functions below are plain Python, far too slow to be called as they are. `compiled` has
numba (https://numba.pydata.org) translate them, once for each machine: the translation is
kept beside this file, or where numba finds a place, and holds nothing of any message. Where
numba is missing, or the batch is too small to be worth its import, `compiled` says `None`
and the caller goes on in NumPy.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

LEAST_MESSAGES = 200
"""In a batch that is worth numba's import of a third of a second."""


def compiled(function: Callable[..., None], messages: int) -> Callable[..., None] | None:
    """A function of this module, translated, or `None`.

    Args:
        function: `sum_features` or `cut_words`.
        messages: how many the batch has.
    """
    return _compile(function) if messages >= LEAST_MESSAGES else None


@cache
def _compile(function: Callable[..., None]) -> Callable[..., None] | None:
    try:
        import numba  # here: it takes a third of a second

        translated: Callable[..., None] = numba.njit(cache=True, nogil=True)(function)
    except (ImportError, RuntimeError):  # not installed; or no folder is left to keep the translation in
        return None
    return translated


def sum_features(
    channels: NDArray[np.uint16],
    bounds: NDArray[np.int64],
    orders: NDArray[np.int64],
    codes: NDArray[np.uint64],
    places: NDArray[np.int32],
    multipliers: NDArray[np.uint64],
    shift: np.uint64,
    columns: NDArray[np.float64],
    features: NDArray[np.int32],
    sums: NDArray[np.float64],
) -> None:
    """Find the features of a batch and add up their columns, message by message.

    Args:
        channels: (2, s): the symbols and the syllables of the batch.
        bounds: (m + 1,): which of them are boundaries.
        orders: (2, 2): for each channel the shortest and the longest n-gram.
        codes, places, multipliers, shift: the vocabulary; `Vocabulary` says how a code is found.
        columns: (f + 1, c): what each feature adds.
        features: (k, s): -1; filled with the feature that begins at each symbol.
        sums: (m, c): zeros; filled with the sums of the columns over each message.
    """
    for message in range(bounds.size - 1):
        first_row = 0
        for channel in range(2):
            low, high = orders[channel]
            for i in range(bounds[message] + 1, bounds[message + 1]):
                code = np.uint64(0)
                for length in range(1, high + 1):
                    symbol = np.uint64(channels[channel, i + length - 1])
                    if symbol <= 1:  # a boundary or an unknown symbol: no longer n-gram begins here either
                        break
                    code = code << np.uint64(16) | symbol
                    if length < low:
                        continue
                    feature = places[(code * multipliers[0]) >> shift]
                    if codes[feature] != code:
                        feature = places[(code * multipliers[1]) >> shift]
                    if codes[feature] == code:
                        features[first_row + length - low, i] = feature
                        for column in range(columns.shape[1]):
                            sums[message, column] += columns[feature, column]
            first_row += high - low + 1


def cut_words(
    characters: NDArray[np.int64],
    first_number: int,
    likelihoods: NDArray[np.float64],
    codes: NDArray[np.uint64],
    places: NDArray[np.int32],
    multipliers: NDArray[np.uint64],
    shift: np.uint64,
    values: NDArray[np.float64],
    is_start: NDArray[np.bool_],
    ends: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> None:
    """Find the likeliest cut of a batch, from its last character to its first.

    Args:
        characters: (s,): code points, 0 where no word goes on.
        first_number: of a word of two characters and more.
        likelihoods: of each code point as a word.
        codes, places, multipliers, shift: the trie, as in `sum_features`.
        values: of each entry of the trie its likelihood, minus infinity where no word ends.
        is_start: (s,): False; filled with whether a word of the cut begins at each character.
        ends, numbers: (s,): filled with where the best word from each character on ends, and its number.
    """
    size = characters.size
    best = np.zeros(size + 1)
    for i in range(size - 1, -1, -1):
        ends[i], numbers[i] = i + 1, characters[i]
        if characters[i] == 0:
            continue
        best[i] = likelihoods[characters[i]] + best[i + 1]
        number, end = np.uint64(characters[i]), i + 1
        while characters[end] != 0:  # the last one is 0
            code = number << np.uint64(32) | np.uint64(characters[end])
            entry = places[(code * multipliers[0]) >> shift]
            if codes[entry] != code:
                entry = places[(code * multipliers[1]) >> shift]
            if codes[entry] != code:
                break
            number, end = np.uint64(first_number + entry), end + 1
            if values[entry] + best[end] >= best[i]:  # of equals the longest
                best[i], ends[i], numbers[i] = values[entry] + best[end], end, number
    i = 0
    while i < size:
        is_start[i] = True
        i = ends[i]
