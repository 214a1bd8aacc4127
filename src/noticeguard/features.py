"""The one definition of what the model sees.

A folded message becomes a sequence of *symbols*: its characters, with every entity
replaced by one symbol of its kind. A second channel holds the toneless pinyin of the same
symbols, so that a homophone keeps half of the evidence. Features are the n-grams of both,
packed into 64-bit codes; training counts them, scoring looks them up.
"""

from collections.abc import Iterator, Sequence
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

_PINYIN_BIT = 1 << 15  # set in every symbol of the pinyin channel
_BITS = 16  # of one symbol: four of them fill a code
_LIMIT = 0x30000  # folded code points lie below


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch as symbols.

    Attributes:
        symbols: uint16 (s,): the character channel, 0 at the boundaries.
        syllables: uint16 (s,): the pinyin channel.
        starts: int64 (s,): where each symbol begins in `Folded.codes`.
        owners: int64 (s,): the message that each symbol belongs to.
        entities: the entities that became symbols.
    """

    symbols: Symbols
    syllables: Symbols
    starts: Positions
    owners: Positions
    entities: Entities


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
        # A syllable that training never saw in letters is still heard.
        self._kind_syllables = {f"word:{syllable}": number for syllable, number in numbers.items()}
        self._kind_syllables |= {kind: int(syllables[number]) for kind, number in self._kinds.items()}
        # A character too rare to be a symbol still has its reading: homophones are swapped in from there.
        self._syllables = syllables[self._characters]
        rare = [char for char in readings if self._characters[ord(char)] == UNKNOWN and readings[char] in numbers]
        self._syllables[[ord(char) for char in rare]] = [numbers[readings[char]] for char in rare]
        self.tells = np.array([False, False, *(_tells(name) for name in self.names)])
        """bool: for each symbol, whether it can be evidence: a character or a known word, no sign or number."""

    def encode(self, folded: Folded) -> Encoded:
        """Replace the characters and entities of a folded batch by symbols."""
        entities = find_entities(folded)
        symbols, syllables = self._characters[folded.codes], self._syllables[folded.codes]
        keep = np.ones(symbols.size, bool)
        if entities.kinds:
            symbols[entities.starts] = [self.number(kind) for kind in entities.kinds]
            syllables[entities.starts] = [self._kind_syllables.get(kind) or self.number(kind) for kind in entities.kinds]
            change = np.zeros(symbols.size + 1, np.int8)
            change[entities.starts + 1] = 1
            np.subtract.at(change, entities.ends, 1)
            keep = np.cumsum(change[:-1], dtype=np.int8) == 0
        starts = np.flatnonzero(keep)
        symbols, syllables = symbols[starts], syllables[starts]
        owners = np.cumsum(symbols == BOUNDARY) - 1
        return Encoded(symbols, syllables, starts, owners, entities)

    def number(self, kind: str) -> int:
        """The symbol of an entity kind; `word:xyz` unknown is read as `word`."""
        number = self._kinds.get(kind)
        if number is None:
            number = self._kinds.get(kind.partition(":")[0], UNKNOWN)
        return number


def _tells(name: str) -> bool:
    if len(name) > 1:
        return name.startswith("⟨word:")
    return bool(normalize.character_classes()[ord(name)] & normalize.HAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Which n-grams are features: lengths from `low` to `high` of characters, and of syllables."""

    characters: tuple[int, int] = (1, 3)
    syllables: tuple[int, int] = (2, 3)


def ngrams(encoded: Encoded, orders: Orders) -> Iterator[tuple[int, NGram]]:
    """The n-grams of a batch, one array of codes per channel and length.

    Yields:
        (length, codes): uint64 (s - length + 1,); the code at `i` packs the symbols
        `i … i + length - 1`. It is 0 where a boundary lies among them, and `UNKNOWN`
        where an unknown symbol does.
    """
    channels = ((encoded.symbols, 0, orders.characters), (encoded.syllables, _PINYIN_BIT, orders.syllables))
    for symbols, mark, (low, high) in channels:
        wide = symbols.astype(np.uint64) | np.uint64(mark)
        lowest = symbols  # of the symbols of each n-gram so far
        codes = wide
        for length in range(1, high + 1):
            if length > 1:
                codes = (codes[:-1] << np.uint64(_BITS)) | wide[length - 1 :]
                lowest = np.minimum(lowest[:-1], symbols[length - 1 :])
            if length >= low:
                yield length, np.where(lowest > UNKNOWN, codes, lowest)


class Vocabulary:
    """Find n-gram codes among those that a model knows: an open-addressing table in two arrays.

    Args:
        codes: uint64 (f,): the known codes, each once, none 0; feature `i` is `codes[i]`.
    """

    _MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: Knuth, TAOCP 3, 6.4

    def __init__(self, codes: NGram) -> None:
        self.codes = codes
        bits = max(int(codes.size * 4 - 1).bit_length(), 4)
        self._shift = np.uint64(64 - bits)
        self._mask = np.int64((1 << bits) - 1)
        self._slots = np.zeros(1 << bits, np.uint64)
        self._features = np.full(1 << bits, -1, np.int32)
        pending = np.arange(codes.size, dtype=np.int32)
        slots = self._home(codes)
        while pending.size:
            free = self._slots[slots] == 0
            taken, chosen = np.unique(slots[free], return_index=True)
            winners = np.flatnonzero(free)[chosen]
            self._slots[taken] = codes[pending[winners]]
            self._features[taken] = pending[winners]
            lost = np.ones(pending.size, bool)
            lost[winners] = False
            pending, slots = pending[lost], (slots[lost] + 1) & self._mask

    def find(self, codes: NGram) -> NDArray[np.int32]:
        """The feature of each code, -1 where it is unknown or 0. Shape as `codes`."""
        slots = self._home(codes)
        there = self._slots[slots]
        features = np.where(there == codes, self._features[slots], np.int32(-1))
        pending = np.flatnonzero((there != codes) & (there != 0) & (codes != 0))
        slots = slots[pending]
        while pending.size:
            slots = (slots + 1) & self._mask
            there = self._slots[slots]
            hit = there == codes[pending]
            features[pending[hit]] = self._features[slots[hit]]
            on = ~hit & (there != 0)
            pending, slots = pending[on], slots[on]
        return features

    def _home(self, codes: NGram) -> Positions:
        return ((codes * self._MULTIPLIER) >> self._shift).astype(np.int64)
