"""The one definition of what the model sees.

A folded message becomes a sequence of *symbols*: its characters, with every entity
replaced by one symbol of its kind. A second channel holds the toneless pinyin of the same
symbols, so that a homophone keeps half of the evidence. Features are the n-grams of both,
packed into 64-bit codes; training counts them, scoring looks them up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noticeguard import normalize
from noticeguard.entities import Entities, find_entities
from noticeguard.normalize import BOUNDARY, Folded, Positions

NGram = NDArray[np.uint64]
Symbols = NDArray[np.uint16]

UNKNOWN = 1
"""The symbol of a character or entity kind that training never saw; 0 is the boundary."""

SYMBOL_BITS = 16
"""Of one symbol in a code; four of them fill it."""

_PINYIN_BIT = 1 << 15  # set in every symbol of the pinyin channel
_LIMIT = 0x30000  # folded code points lie below


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch as symbols.

    Attributes:
        symbols: uint16 (s,): the character channel, 0 at the boundaries.
        syllables: uint16 (s,): the pinyin channel.
        starts: int64 (s,): where each symbol begins in `Folded.codes`.
        bounds: int64 (m + 1,): which symbols are the boundaries.
        entities: the entities that became symbols.
    """

    symbols: Symbols
    syllables: Symbols
    starts: Positions
    bounds: Positions
    entities: Entities

    @property
    def owners(self) -> Positions:
        """int64 (s,): the message that each symbol, and the boundary before it, belongs to."""
        return np.repeat(np.arange(self.bounds.size), np.diff(self.bounds, append=self.symbols.size))


class Alphabet:
    """The symbols a model knows: characters (one letter) and entity kinds (`kind` in `⟨⟩`).

    Args:
        names: the known symbols in the order of their numbers, which begin at 2.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._kinds: dict[str, int] = {}
        self._characters = np.full(_LIMIT, UNKNOWN, np.uint16)
        self._characters[BOUNDARY] = 0
        # A syllable is numbered by the first symbol that is read so; what has no reading keeps its own number.
        syllables = np.arange(len(self.names) + 2, dtype=np.uint16)
        numbers: dict[str, int] = {}
        readings = normalize.syllables()
        for number, name in enumerate(self.names, 2):
            syllable: str | None
            if len(name) == 1:
                self._characters[ord(name)] = number
                syllable = readings.get(name)
            else:
                self._kinds[name[1:-1]] = number
                syllable = name[6:-1] if name.startswith("⟨word:") else None
            if syllable is not None:
                syllables[number] = numbers.setdefault(syllable, number)
        syllables[UNKNOWN + 1 :] |= _PINYIN_BIT
        self._symbol_syllables = syllables
        # A syllable that training never saw in letters is still heard.
        self._kind_syllables = {f"word:{syllable}": number | _PINYIN_BIT for syllable, number in numbers.items()}
        self._kind_syllables |= {kind: int(syllables[number]) for kind, number in self._kinds.items()}
        # A character too rare to be a symbol still has its reading: homophones are swapped in from there.
        self._syllables = syllables[self._characters]
        rare = [char for char in readings if self._characters[ord(char)] == UNKNOWN and readings[char] in numbers]
        self._syllables[[ord(char) for char in rare]] = [numbers[readings[char]] | _PINYIN_BIT for char in rare]
        self.tells = np.array([False, False, *(_tells(name) for name in self.names)])
        """bool: for each symbol, whether it can be evidence: a character or a known word, no sign or number."""

    def encode(self, folded: Folded) -> Encoded:
        """Replace the characters and entities of a folded batch by symbols."""
        entities = find_entities(folded)
        symbols, syllables = self._characters[folded.codes], self._syllables[folded.codes]
        keep = np.ones(symbols.size, bool)
        if entities.kinds:
            symbols[entities.starts] = [self.number(kind) for kind in entities.kinds]
            syllables[entities.starts] = [self._syllable(kind) for kind in entities.kinds]
            change = np.zeros(symbols.size + 1, np.int8)
            change[entities.starts + 1] = 1
            change[entities.ends] -= 1
            keep = np.cumsum(change[:-1], dtype=np.int8) == 0
        starts = np.flatnonzero(keep)
        symbols, syllables = symbols[starts], syllables[starts]
        return Encoded(symbols, syllables, starts, np.flatnonzero(symbols == BOUNDARY), entities)

    def number(self, kind: str) -> int:
        """The symbol of an entity kind; `word:xyz` unknown is read as `word`."""
        number = self._kinds.get(kind)
        if number is None:
            number = self._kinds.get(kind.partition(":")[0], UNKNOWN)
        return number

    def _syllable(self, kind: str) -> int:
        syllable = self._kind_syllables.get(kind)
        return int(self._symbol_syllables[self.number(kind)]) if syllable is None else syllable


def _tells(name: str) -> bool:
    if len(name) > 1:
        return name.startswith("⟨word:")
    return bool(normalize.character_classes()[ord(name)] & normalize.HAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Which n-grams are features: lengths from `low` to `high` of characters, and of syllables."""

    characters: tuple[int, int] = (1, 3)
    syllables: tuple[int, int] = (2, 3)

    @property
    def rows(self) -> list[tuple[int, int]]:
        """(channel, length) of each row of `ngrams`; channel 0 has the characters, 1 the syllables."""
        spans = enumerate((self.characters, self.syllables))
        return [(channel, length) for channel, (low, high) in spans for length in range(low, high + 1)]

    @property
    def lengths(self) -> list[int]:
        """The length of each row of `ngrams`."""
        return [length for _, length in self.rows]


def ngrams(encoded: Encoded, orders: Orders) -> NGram:
    """The n-grams of a batch.

    Returns:
        uint64 (k, s): a row for each of `orders.lengths`; the code at `i` packs the symbols `i … i + length - 1`.
        It is 0 where a boundary or an unknown symbol is among them.
    """
    size = encoded.symbols.size
    longest = max(orders.lengths)
    single = np.zeros((2, size + longest - 1), np.uint64)
    single[0, :size], single[1, :size] = encoded.symbols, encoded.syllables
    single[single == UNKNOWN] = 0
    codes = single[:, :size]
    by_length = [codes]
    for length in range(2, longest + 1):
        last = single[:, length - 1 : length - 1 + size]
        codes = (codes << np.uint64(SYMBOL_BITS) | last) * (np.minimum(codes, last) != 0)
        by_length.append(codes)
    rows = np.empty((len(orders.rows), size), np.uint64)
    for row, (channel, length) in zip(rows, orders.rows, strict=True):
        row[:] = by_length[length - 1][channel]
    return rows


class Vocabulary:
    """Find n-gram codes among those that a model knows: a table in which each code has one of two places.

    Every code is found by one look or two, without a walk (Pagh and Rodler, "Cuckoo hashing", 2004);
    the table is filled by all codes at once, each pushing others to their second places.

    Args:
        codes: uint64 (f,): the known codes, each once, none 0; feature `i` is `codes[i]`.

    Attributes:
        places: int32: the feature that stands in each place of the table.
        multipliers, shift: the places of a code are `code * multipliers >> shift`, in 64 bits.

    Raises:
        ValueError: the codes find no places. Chance leaves none without; codes made for it might be.
    """

    # Odd numbers with well mixed bits: the golden ratio (Knuth, TAOCP 3, 6.4) and the primes of xxHash.
    _FIRST = 0x9E3779B97F4A7C15
    _SECONDS = (0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)
    _ROUNDS = 100  # a table that can be filled is so after some ten

    def __init__(self, codes: NGram) -> None:
        self.codes = codes
        self.shift = np.uint64(64 - max(int(codes.size * 4 - 1).bit_length(), 4))
        for second in self._SECONDS:
            self.multipliers = np.array([self._FIRST, second], np.uint64)
            if self._fill():
                return
        raise ValueError("codes")

    def _fill(self) -> bool:
        # A place that nobody takes says 0, the first code: whether it is the one asked for is compared in any case.
        self.places = np.zeros(1 << (64 - int(self.shift)), np.int32)
        first, second = self._place(self.codes, 0), self._place(self.codes, 1)
        places = first.copy()
        pending = np.arange(self.codes.size, dtype=np.int32)
        for _ in range(self._ROUNDS):
            pushed = self.places[places[pending]]
            self.places[places[pending]] = pending
            pushed = pushed[self.places[places[pushed]] != pushed]
            pending = np.union1d(pending[self.places[places[pending]] != pending], pushed)
            places[pending] ^= first[pending] ^ second[pending]
            if not pending.size:
                return True
        return False

    def find(self, codes: NGram) -> NDArray[np.int32]:
        """The feature of each code, -1 where it is unknown or 0. Shape as `codes`."""
        asked = codes.ravel()
        features = self.places.take(self._place(asked, 0))
        missed = np.flatnonzero(self.codes.take(features) != asked)
        asked = asked[missed]
        second = self.places.take(self._place(asked, 1))
        features[missed] = np.where(self.codes.take(second) == asked, second, np.int32(-1))
        return features.reshape(codes.shape)

    def _place(self, codes: NGram, which: int) -> Positions:
        places: NGram = (codes * self.multipliers[which]) >> self.shift
        return places.astype(np.int64)
