"""The one definition of what the model sees.

A folded message becomes a sequence of *symbols*: its characters, with every entity
replaced by one symbol of its kind. A second channel holds the toneless pinyin of the same
symbols, so that a homophone keeps half of the evidence. Features are the n-grams of both,
packed into 64-bit codes; training counts them, scoring looks them up (`noticeguard.vocabulary`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noticeguard import normalize
from noticeguard.characters import CODE_LIMIT, Codes, Positions, sounds, syllable_names
from noticeguard.entities import Entities, find_entities, fixed_kinds
from noticeguard.kernel import compiled, write_symbols
from noticeguard.normalize import BOUNDARY, Folded
from noticeguard.vocabulary import Packed

Symbols = NDArray[np.uint16]

UNKNOWN = 1
"""The symbol of a character or entity kind that training never saw; 0 is the boundary."""

SYMBOL_BITS = 16
"""Of one symbol in a code; four of them fill it."""

_PINYIN_BIT = 1 << 15  # set in every symbol of the pinyin channel


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch as symbols.

    Attributes:
        channels: uint16 (2, s): the characters, and the pinyin, both 0 at the boundaries.
        characters: uint32 (s,): the code point of each symbol, `BOUNDARY` for an entity too.
        starts: int64 (s,): where each symbol begins in `Folded.codes`.
        bounds: int64 (m + 1,): which symbols are the boundaries.
        entities: the entities that became symbols.
    """

    channels: Symbols
    characters: Codes
    starts: Positions
    bounds: Positions
    entities: Entities

    @property
    def symbols(self) -> Symbols:
        """uint16 (s,): the character channel."""
        symbols: Symbols = self.channels[0]
        return symbols

    @property
    def syllables(self) -> Symbols:
        """uint16 (s,): the pinyin channel."""
        syllables: Symbols = self.channels[1]
        return syllables

    @property
    def owners(self) -> Positions:
        """int64 (s,): the message that each symbol, and the boundary before it, belongs to."""
        return np.cumsum(self.symbols == BOUNDARY) - 1


class Alphabet:
    """The symbols a model knows: characters (one letter) and entity kinds (`kind` in `⟨⟩`).

    Args:
        names: the known symbols in the order of their numbers, which begin at 2.

    Attributes:
        names: as given.
        size: how many numbers there are, those of the boundary and the unknown included.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.size = UNKNOWN + 1 + len(self.names)
        self._kinds: dict[str, int] = {}
        characters = np.full(CODE_LIMIT, UNKNOWN, np.uint16)
        characters[BOUNDARY] = 0
        # A syllable is numbered by the first symbol that is read so; what has no reading keeps its own number.
        heard = np.arange(self.size, dtype=np.uint16)
        numbers: dict[str, int] = {}
        names, sound = syllable_names(), sounds()
        for number, name in enumerate(self.names, UNKNOWN + 1):
            if len(name) == 1:
                characters[ord(name)] = number
                syllable = names[sound[ord(name)]]
            else:
                self._kinds[name[1:-1]] = number
                syllable = name[6:-1] if name.startswith("⟨word:") else ""
            if syllable:
                heard[number] = numbers.setdefault(syllable, number)
        heard[UNKNOWN + 1 :] |= _PINYIN_BIT
        self._symbol_syllables = heard
        # A syllable that training never saw in letters is still heard.
        self._kind_syllables = {f"word:{syllable}": number | _PINYIN_BIT for syllable, number in numbers.items()}
        self._kind_syllables |= {kind: int(heard[number]) for kind, number in self._kinds.items()}
        fixed = [[self.number(kind) for kind in fixed_kinds()], [self._syllable(kind) for kind in fixed_kinds()]]
        self._fixed_kinds = np.array(fixed, np.uint16)
        # A character too rare to be a symbol still has its reading: homophones are swapped in from there.
        by_sound = np.array([numbers.get(syllable, UNKNOWN) for syllable in names], np.uint16)
        by_sound[by_sound != UNKNOWN] |= _PINYIN_BIT
        syllables = np.where(characters == UNKNOWN, by_sound[sound], heard[characters])
        self._channels = np.stack([characters, syllables])  # of each code point
        of_symbols = np.array([0, 0, *(ord(name) if len(name) == 1 else 0 for name in self.names)])
        is_word = np.array([False, False, *(name.startswith("⟨word:") for name in self.names)])
        self.tells = is_word | (normalize.character_classes()[of_symbols] & normalize.HAN != 0)
        """bool: for each symbol, whether it can be evidence: a character or a known word, no sign or number."""

    def encode(self, folded: Folded) -> Encoded:
        """Replace the characters and entities of a folded batch by symbols."""
        entities = find_entities(folded)
        kinds = self._fixed_kinds
        if more := entities.names[kinds.shape[1] :]:
            also = [[self.number(kind) for kind in more], [self._syllable(kind) for kind in more]]
            kinds = np.hstack([kinds, np.array(also, np.uint16)])
        run = compiled(write_symbols, folded.starts.size - 1)
        if run is not None:
            written: tuple[Symbols, Codes, Positions, Positions] = run(
                folded.codes, self._channels, entities.starts, entities.ends, kinds, entities.numbers
            )
            return Encoded(*written, entities)
        channels, characters = self._channels.take(folded.codes, axis=1), folded.codes
        starts = np.arange(characters.size)
        if entities.starts.size:
            characters = characters.copy()
            characters[entities.starts] = BOUNDARY
            channels[:, entities.starts] = kinds[:, entities.numbers]
            change = np.zeros(characters.size + 1, np.int8)
            change[entities.starts + 1] = 1
            change[entities.ends] -= 1
            starts = np.flatnonzero(np.cumsum(change[:-1], dtype=np.int8) == 0)
            channels, characters = channels.take(starts, axis=1), characters[starts]
        return Encoded(channels, characters, starts, np.flatnonzero(channels[0] == BOUNDARY), entities)

    def number(self, kind: str) -> int:
        """The symbol of an entity kind; `word:xyz` unknown is read as `word`."""
        number = self._kinds.get(kind)
        if number is None:
            number = self._kinds.get(kind.partition(":")[0], UNKNOWN)
        return number

    def _syllable(self, kind: str) -> int:
        syllable = self._kind_syllables.get(kind)
        return int(self._symbol_syllables[self.number(kind)]) if syllable is None else syllable


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Which n-grams are features: lengths from `low` to `high` of characters, and of syllables."""

    characters: tuple[int, int] = (1, 2)
    syllables: tuple[int, int] = (2, 2)

    @property
    def rows(self) -> list[tuple[int, int]]:
        """(channel, length) of each row of `ngrams`; channel 0 has the characters, 1 the syllables."""
        spans = enumerate((self.characters, self.syllables))
        return [(channel, length) for channel, (low, high) in spans for length in range(low, high + 1)]

    @property
    def lengths(self) -> list[int]:
        """The length of each row of `ngrams`."""
        return [length for _, length in self.rows]


def ngrams(encoded: Encoded, orders: Orders) -> Packed:
    """The n-grams of a batch.

    Returns:
        uint64 (k, s): a row for each of `orders.lengths`; the code at `i` packs the symbols `i … i + length - 1`.
        It is 0 where a boundary or an unknown symbol is among them.
    """
    size = encoded.starts.size
    longest = max(orders.lengths)
    single = np.zeros((2, size + longest - 1), np.uint64)
    single[:, :size] = encoded.channels
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
