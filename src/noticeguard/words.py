"""Cut a batch of messages into words, all of it at once.

The cut is the one that jieba calls accurate without its hidden Markov model: of all ways to
write a text as a row of dictionary words (and of single characters where none fits), the one
with the highest product of word frequencies; of equals, the one with the longer first word
(https://github.com/fxsjy/jieba, `Tokenizer.cut(text, HMM=False)`). A test holds the two
together; they differ for a rare character that begins words and is none itself, which jieba
never lets stand alone. jieba walks character by character in Python; here every step runs over all
messages at once:

1. `_find_edges`: which dictionary words begin at each character, one more character a step.
2. Where no word of two characters and more bridges two neighbours, every cut has a gap. The
   stretches between such gaps have two or three characters, seldom eight.
3. `_find_best`: the best cut of all stretches, from their last characters to their first.

An entity is one word. Words of one batch carry numbers, so that equal words can be told by
comparing arrays, and indices, by which the model knows them (`noticeguard.model`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from noticeguard.characters import CODE_LIMIT, Positions, encode
from noticeguard.features import Encoded
from noticeguard.kernel import compiled, cut_words
from noticeguard.normalize import BOUNDARY
from noticeguard.vocabulary import Vocabulary

_FIRST_NUMBER = CODE_LIMIT  # of a word of two characters and more; below stand the characters themselves
_NUMBER_BITS = np.uint64(32)
_LONGEST, _DIGITS = 32, 15  # characters of a word, and digits of a frequency that a float still holds
_PARTS = 1 << 20  # of a log-likelihood that are told apart
_NO_STEP = np.uint64(2**64 - 1)  # none leads there; a dictionary without long words still has a table


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch, in order.

    Attributes:
        starts: int64 (w,): where each begins in `Folded.codes`.
        ends: int64 (w,): where each ends, exclusive.
        owners: int64 (w,): the message that each belongs to.
        numbers: int64 (w,): equal for equal words; `BOUNDARY` for every entity.
        symbols: int64 (w,): the symbol of `Encoded.symbols` with which each begins.
        indices: int64 (w,): which word of the dictionary each is; −1 for a character alone or an entity, which is
            its symbol.
    """

    starts: Positions
    ends: Positions
    owners: Positions
    numbers: Positions
    symbols: Positions
    indices: Positions


class Dictionary:
    """The words that can be cut, with how likely each is.

    Args:
        text: a word and its frequency a line, as in `安全 9\\n`; words of 1 to 32 characters, sorted, each once, and
            frequencies of at least 1.
        total: the sum of frequencies of the dictionary that these words are a part of. Against a smaller
            total two characters would be likelier than the word that they make.
        displacements: of the table of its steps (`Vocabulary`), to save the search for them.

    Attributes:
        text, total: as given.
        characters: uint32: every character of every word.
        longest: how many characters the longest word has.

    Raises:
        ValueError: the text is not as asked for, or its frequencies exceed the total.

    Example:
        >>> from noticeguard.features import Alphabet
        >>> from noticeguard.normalize import fold_many
        >>> folded = fold_many(["请转安全账户"])
        >>> dictionary = Dictionary.of({"安全": 9, "账户": 9, "安全账户": 2}, 100)
        >>> words = dictionary.cut(Alphabet("请转安全账户").encode(folded))
        >>> [folded.text(0)[start - 1 : end - 1] for start, end in zip(words.starts, words.ends)]
        ['请', '转', '安全账户']
        >>> "安全" in dictionary, "安" in dictionary
        (True, False)
    """

    def __init__(self, text: str, total: int, displacements: NDArray[np.uint8] | None = None) -> None:
        self.text = text
        self.total = total
        self.characters, lengths, frequencies = _read(text)
        if frequencies.sum() > total:
            raise ValueError("word_total")
        codes = self.characters.astype(np.uint64)
        likelihoods = _exact(np.log(frequencies) - np.log(total))
        firsts = np.cumsum(lengths) - lengths
        single = lengths == 1
        if not _is_rising(codes[firsts[single]]):
            raise ValueError("words")
        self._alone = _exact(np.full(_FIRST_NUMBER, -np.log(total)))  # jieba takes a strange character for one met once
        self._alone[codes[firsts[single]]] = likelihoods[single]
        # The trie: a beginning of a word (its number) and the next character lead to the next beginning.
        # Words are sorted, so those that begin alike are neighbours.
        steps, values = [np.array([_NO_STEP])], [np.array([-np.inf])]
        indices = [np.full(_FIRST_NUMBER + 1, -1)]
        rows, numbers, count = np.arange(lengths.size), codes[firsts], 1
        for length in range(2, int(lengths.max(initial=1)) + 1):
            longer = lengths[rows] >= length
            rows = rows[longer]
            step = numbers[longer] << _NUMBER_BITS | codes[firsts[rows] + length - 1]
            new = np.diff(step, prepend=np.uint64(0)) != 0
            numbers = (np.cumsum(new) + (_FIRST_NUMBER - 1 + count)).astype(np.uint64)
            value = np.full(int(new.sum()), -np.inf)
            index = np.full(value.size, -1)
            whole = lengths[rows] == length
            if not _is_rising(numbers[whole]):  # a word stands twice; of words out of order some step does
                raise ValueError("words")
            entries = (numbers[whole] - np.uint64(_FIRST_NUMBER + count)).astype(np.int64)
            value[entries], index[entries] = likelihoods[rows[whole]], rows[whole]
            steps.append(step[new])
            values.append(value)
            indices.append(index)
            count += value.size
        self._steps = Vocabulary(np.concatenate(steps), displacements)
        self._entries = self._steps.arrange(np.arange(count), -1)
        self._values = np.concatenate(values)
        self._indices = np.concatenate(indices)
        self._size, self.longest = lengths.size, int(lengths.max(initial=0))

    @classmethod
    def of(cls, words: Mapping[str, int], total: int) -> "Dictionary":
        """The dictionary of words and their frequencies; those of frequency 0 are left out."""
        rows = sorted((word, frequency) for word, frequency in words.items() if frequency)
        return cls("".join(f"{word} {frequency}\n" for word, frequency in rows), total)

    @property
    def displacements(self) -> NDArray[np.uint8]:
        """What `Dictionary` takes to be built sooner."""
        return self._steps.displacements

    def __len__(self) -> int:
        return self._size

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and len(word) <= self.longest and word in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.text.split()[::2])

    def cut(self, encoded: Encoded) -> Words:
        """Cut a batch of symbols, each a character or an entity."""
        first, behind, owners, numbers = self._cut(encoded)
        return Words(
            starts=encoded.starts[first],
            ends=encoded.starts[behind],
            owners=owners,
            numbers=numbers,
            symbols=first,
            indices=self._indices[numbers],
        )

    def _cut(self, encoded: Encoded) -> tuple[Positions, Positions, Positions, Positions]:
        """The likeliest cut: of each word the symbol with which it begins, the one behind, its message, its number."""
        run = compiled(cut_words, encoded.bounds.size - 1)
        if run is not None:
            first, behind, owners, numbers = run(
                encoded.characters, encoded.symbols, _FIRST_NUMBER, self._alone,
                self._steps.table, self._steps.displacements, self._steps.multipliers, self._steps.shift,
                self._entries, self._values,
            )  # fmt: skip
            return first, behind, owners, numbers
        codes = encoded.characters.astype(np.int64)
        is_start, ends, numbers = self._find_best(codes, *self._find_edges(codes))
        first = np.flatnonzero(is_start & (encoded.symbols != BOUNDARY))
        return first, ends[first], encoded.owners[first], numbers[first]

    def _find_edges(self, codes: Positions) -> tuple[Positions, Positions, Positions]:
        """Every dictionary word of two characters and more in `codes`, the shorter first.

        Returns:
            starts, ends (exclusive), entries in the trie.
        """
        wide = codes.astype(np.uint64)
        at = np.flatnonzero((codes[:-1] != BOUNDARY) & (codes[1:] != BOUNDARY))
        numbers = wide[at]
        starts, ends, entries = [at[:0]], [at[:0]], [at[:0]]
        length = 1
        while at.size:  # the last code is a boundary, and no word goes on with one
            found = self._entries.take(self._steps.find(numbers << _NUMBER_BITS | wide[at + length]))
            known = np.flatnonzero(found >= 0)
            at, found = at[known], found[known]
            length += 1
            whole = self._values[found] > -np.inf
            starts.append(at[whole])
            ends.append(at[whole] + length)
            entries.append(found[whole])
            numbers = found.astype(np.uint64) + np.uint64(_FIRST_NUMBER)
        return np.concatenate(starts), np.concatenate(ends), np.concatenate(entries)

    def _find_best(
        self, codes: Positions, starts: Positions, ends: Positions, entries: Positions
    ) -> tuple[NDArray[np.bool_], Positions, Positions]:
        """The likeliest cut along edges, from the right (Viterbi, 1967).

        Returns:
            bool (n,): where a word begins; int64 (n,): where the best word from each character on ends;
            int64 (n,): its number.
        """
        size = codes.size
        bridges = np.bincount(starts + 1, minlength=size + 1) - np.bincount(ends, minlength=size + 1)
        is_gap = np.cumsum(bridges) == 0  # between this character and the one before
        gaps = np.flatnonzero(is_gap)
        to_gap = np.repeat(gaps[1:], np.diff(gaps)) - np.arange(size)

        # Of the best cut from each character to the next gap: its likelihood, and what a longer cut adds to it.
        best, rest = np.zeros(size + 1), np.zeros(size + 1)
        likelihoods = self._values[entries]
        characters = np.flatnonzero(~(is_gap[:-1] & is_gap[1:]))
        alone = self._alone[codes[characters]]
        for some, edges in zip(_by_rank(to_gap[characters]), _by_rank(to_gap[starts]), strict=True):
            at = characters[some]
            best[at] = alone[some] + rest[at + 1]
            likelihoods[edges] += rest[ends[edges]]
            np.maximum.at(best, starts[edges], likelihoods[edges])
            rest[at] = np.where(is_gap[at], 0.0, best[at])

        next_start, numbers = np.arange(1, size + 1), codes.copy()
        chosen = np.flatnonzero(likelihoods >= best[starts])  # of equals the last, which is the longest, stays
        next_start[starts[chosen]] = ends[chosen]
        numbers[starts[chosen]] = entries[chosen] + _FIRST_NUMBER
        is_start = is_gap[:-1].copy()
        at = next_start[is_start]
        while at.size:
            at = at[~is_gap[at]]
            is_start[at] = True
            at = next_start[at]
        return is_start, next_start, numbers


def _read(text: str) -> tuple[NDArray[np.uint32], Positions, NDArray[np.float64]]:
    """The rows of a dictionary: its characters one after another, and of each word its length and its frequency."""
    codes = encode(text)
    spaces, ends = np.flatnonzero(codes == ord(" ")), np.flatnonzero(codes == ord("\n"))
    if spaces.size != ends.size or (ends.size and ends[-1] != codes.size - 1):
        raise ValueError("words")
    starts = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    lengths, digits = spaces - starts, ends - spaces - 1
    if not ((lengths > 0) & (lengths <= _LONGEST) & (digits > 0) & (digits <= _DIGITS)).all():
        raise ValueError("words")
    frequencies = np.zeros(ends.size)
    for place in range(int(digits.max(initial=0))):
        some = digits > place
        digit = codes[spaces[some] + 1 + place].astype(np.int64) - ord("0")
        if not ((digit >= 0) & (digit <= 9)).all():
            raise ValueError("words")
        frequencies[some] = frequencies[some] * 10 + digit
    is_word = np.zeros(codes.size + 1, np.int8)
    is_word[starts] += 1
    is_word[spaces] -= 1
    if not (frequencies > 0).all():
        raise ValueError("words")
    return codes[np.cumsum(is_word[:-1], dtype=np.int8).view(np.bool_)], lengths, frequencies


def _exact(likelihoods: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to binary millionths, so that a sum is the same in whatever order: cuts that are equal stay so."""
    return np.asarray(np.round(likelihoods * _PARTS) / _PARTS)


def _is_rising(numbers: NDArray[np.uint64]) -> bool:
    return bool((numbers[1:] > numbers[:-1]).all())


def _by_rank(ranks: Positions) -> list[Positions]:
    """The indices of the elements of rank 1, those of rank 2 …"""
    last = int(ranks.max(initial=0))
    order = np.argsort(ranks.astype(np.min_scalar_type(last)), kind="stable")  # small integers are sorted by radix
    return np.split(order, np.searchsorted(ranks[order], np.arange(2, last + 1)))
