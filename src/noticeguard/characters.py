"""Characters: as code points in arrays, and how they are read."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from noticeguard import knowledge

Codes = NDArray[np.uint32]
"""Code points."""

Positions = NDArray[np.int64]
"""Places in an array."""

CODE_LIMIT = 0x30000
"""Folded code points lie below: the planes beyond hold nothing that a Chinese message is written in."""


def encode(text: str) -> Codes:
    """The code points of a string, uint32 (len(text),)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def decode(codes: Codes) -> str:
    """The string of an array of code points."""
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


@cache
def syllables() -> dict[str, str]:
    """Toneless pinyin of every folded character: `{"还": "huan", …}` (`tables/pinyin.tsv`)."""
    return {char: syllable for syllable, chars in knowledge.rows("pinyin.tsv") for char in chars}


@cache
def syllable_names() -> tuple[str, ...]:
    """The syllables by their numbers in `sounds`; the first stands for none and is empty."""
    return ("", *(syllable for syllable, _ in knowledge.rows("pinyin.tsv")))


@cache
def readings() -> frozenset[str]:
    """Every syllable that a character is read as."""
    return frozenset(syllable_names()[1:])


@cache
def sounds() -> Codes:
    """How each code point is read: uint32 (CODE_LIMIT,), the number of its syllable, 0 where it has none."""
    numbers = np.zeros(CODE_LIMIT, np.uint32)
    for number, (_, chars) in enumerate(knowledge.rows("pinyin.tsv"), 1):
        numbers[encode(chars)] = number
    return numbers
