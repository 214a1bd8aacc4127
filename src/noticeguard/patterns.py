"""Patterns written for reading: regular expressions with word lists, bounded gaps and a cheap test before each.

Three short forms are added to the syntax of `re`: `<name>` is any word of the list `name`,
`~8` is up to eight characters of the same clause, `≈20` up to twenty of the same sentence.
Every gap is bounded, so that the time stays linear in the length of the text.

Trying a few hundred patterns on every text would be slow, and so would compiling them. So
each pattern is read once for the pieces of one or two characters that no match can do
without; only a text that holds them is searched, and only then is the pattern compiled.
This is the literal filter of Russ Cox, *Regular Expression Matching with a Trigram Index*
(2012), with shorter pieces because Chinese words are short.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from noticeguard.normalize import Codes, Positions
from noticeguard.vocabulary import Vocabulary

Pieces = frozenset[str]
"""Pieces of text of which a match holds at least one; empty where nothing is known."""

_NOTHING: Pieces = frozenset()
_NEVER: Pieces = frozenset("\1")  # in no folded text: for the table, which needs a piece
_HALF = np.uint64(32)  # bits of a character in the code of a pair
_GAP = re.compile(r"([~≈])(\d+)")
_STAYS_IN = {"~": "[^,。!?;:]", "≈": "[^。!?]"}
_NAME = re.compile(r"<([a-z_]+)>")
_EVERYWHERE = frozenset("你您的了不有一在我是到请他她")
_QUANTIFIER = re.compile(r"(?:[?*+]|\{(\d*),?\d*\})\??")
_TOKEN = re.compile(
    r"<(?P<name>[a-z_]+)>|[~≈]\d+|(?P<opening>\((?:\?<?[!=]|\?:)?)|\[(?P<one_of>[^]^\\-]+)\]|\[.[^]]*\]"
    r"|\\(?P<literal>\W)|\\\w|[.^$]|(?P<plain>.)"
)

_LITERAL = r"[^()\[\]\\~≈<>?*+{}.^$|]"
_PLAIN = re.compile(rf"{_LITERAL}+(?:\|{_LITERAL}+)*(?=\)|\Z)")
"""Alternatives without any sign that means something."""
_RUN = re.compile(rf"{_LITERAL}{{2,}}(?![?*+{{])")
"""Characters without such a sign, none of which may be left out."""


@dataclass(frozen=True, slots=True)
class WordList:
    """A list of words that patterns name.

    Attributes:
        expression: any of the words, as a regular expression.
        pieces: of which each of the words holds one.
    """

    expression: str
    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern and what a text must hold for it to be worth trying.

    Attributes:
        expression: the regular expression, with the lists and gaps written out.
        needs: sets of pieces; a text that matches holds one of each set. None where no `Screen`
            is asked about the pattern.
    """

    expression: str
    needs: tuple[Pieces, ...] = ()

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled expression."""
        return _compiled(self.expression)

    def beside(self, others: Iterable["Pattern"]) -> "Pattern":
        """The same pattern, worth trying only where each of the `others` may match too."""
        needed = (pieces for other in others for pieces in other.needs)
        return Pattern(self.expression, (*self.needs, *needed))


class Screen:
    """Finds which of many patterns the texts of a batch may match, by the pieces that they hold.

    Each set of pieces has a bit; a piece carries the bits of all sets that it is in, and a text those of its pieces.

    Args:
        patterns: the patterns.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        bits = {
            needed: bit for bit, needed in enumerate(dict.fromkeys([_NEVER, *(n for p in patterns for n in p.needs)]))
        }
        rows = {piece: row for row, piece in enumerate(sorted(frozenset().union(*bits)))}
        held = np.zeros((len(rows), len(bits)), bool)
        for needed, bit in bits.items():
            held[[rows[piece] for piece in needed], bit] = True
        needs = np.zeros((len(patterns), len(bits)), bool)
        for i, pattern in enumerate(patterns):
            needs[i, [bits[needed] for needed in pattern.needs]] = True
        self._vocabulary = Vocabulary(np.array([_code(piece) for piece in rows], np.uint64))
        self._bits = self._vocabulary.arrange(_packed(held), 0)
        self._needs = _packed(needs)

    def candidates(self, codes: Codes, starts: Positions) -> list[list[int]]:
        """The patterns worth trying on each text of a batch, as their numbers, in order.

        Args:
            codes: the code points of the texts, with a boundary before, between and after them.
            starts: int64 (m + 1,): which of them are boundaries.

        >>> screen = Screen([read_pattern("还钱", {}), read_pattern("不.*钱", {})])
        >>> from noticeguard.normalize import encode
        >>> screen.candidates(encode("\\0不还钱\\0没钱\\0"), np.array([0, 4, 7]))
        [[0, 1], []]
        """
        single = codes.astype(np.uint64)
        bits = self._bits.take(self._vocabulary.find(single), axis=0)
        bits[1:] |= self._bits.take(self._vocabulary.find(single[:-1] << _HALF | single[1:]), axis=0)
        held = np.bitwise_or.reduceat(bits, starts)[:-1]
        texts, patterns = np.nonzero(((held[:, None] & self._needs) == self._needs).all(axis=2))
        found: list[list[int]] = [[] for _ in range(starts.size - 1)]
        for text, pattern in zip(texts.tolist(), patterns.tolist(), strict=True):
            found[text].append(pattern)
        return found


def _code(piece: str) -> int:
    """A piece of one or two characters as a number; no character, and no pair, has that of another."""
    return ord(piece[0]) << 32 | ord(piece[1]) if len(piece) == 2 else ord(piece)


def _packed(flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Rows of flags as rows of 64 bits each."""
    wide = np.zeros((len(flags), -(-flags.shape[1] // 64) * 64), bool)
    wide[:, : flags.shape[1]] = flags
    return np.packbits(wide, axis=1).view(np.uint64)


def read_lists(table: Mapping[str, str]) -> dict[str, WordList]:
    """Word lists, each a string of words between white space; a word is a pattern and may name a list above it.

    >>> read_lists({"kin": "爸爸 妈妈", "folk": "<kin> 邻居"})["folk"].expression
    '(?:(?:爸爸|妈妈)|邻居)'
    """
    lists: dict[str, WordList] = {}
    for name, words in table.items():
        alternatives = "|".join(words.split())
        lists[name] = WordList(f"(?:{_expand(alternatives, lists)})", _Reader(alternatives, lists).alternatives())
    return lists


def read_pattern(pattern: str, lists: Mapping[str, WordList]) -> Pattern:
    """A pattern, its lists and gaps written out.

    Raises:
        KeyError: it names a list that is not there.

    >>> read_pattern("告诉~4<kin>", read_lists({"kin": "爸爸 妈妈"})).expression
    '告诉[^,。!?;:]{0,4}?(?:爸爸|妈妈)'
    """
    return Pattern(_expand(pattern, lists), tuple(_Reader(pattern, lists).needs()))


def read_plain(pattern: str, lists: Mapping[str, WordList]) -> Pattern:
    """As `read_pattern`, for one that no `Screen` is asked about: what it needs is not looked for."""
    return Pattern(_expand(pattern, lists))


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _expand(pattern: str, lists: Mapping[str, WordList]) -> str:
    named = _NAME.sub(lambda name: lists[name[1]].expression, pattern)
    return _GAP.sub(lambda gap: f"{_STAYS_IN[gap[1]]}{{0,{gap[2]}}}?", named)


class _Reader:
    """Reads a pattern from left to right for the pieces that it requires."""

    def __init__(self, pattern: str, lists: Mapping[str, WordList]) -> None:
        self._pattern = pattern
        self._lists = lists
        self._at = 0

    def needs(self) -> list[Pieces]:
        """The sets of pieces of a whole pattern."""
        sequence = self._sequence()
        if self._at == len(self._pattern):
            return sequence
        self._at = 0  # alternatives on the highest level: all that is known is one set
        return [pieces for pieces in [self.alternatives()] if pieces]

    def alternatives(self) -> Pieces:
        """Of which every alternative holds one, up to the closing bracket or the end."""
        plain = _PLAIN.match(self._pattern, self._at)
        if plain:  # most are; what follows would find the same
            self._at = plain.end()
            return frozenset(word[-2:] for word in plain[0].split("|"))
        found = [_best(self._sequence())]
        while self._here() == "|":
            self._at += 1
            found.append(_best(self._sequence()))
        return _NOTHING.union(*found) if all(found) else _NOTHING

    def _sequence(self) -> list[Pieces]:
        """What each part of one alternative requires; neighbouring characters become pairs."""
        found: list[Pieces] = []
        before = ""
        while self._here() not in {"", "|", ")"}:
            run = _RUN.match(self._pattern, self._at)
            if run:  # of neighbouring characters the last two are what is asked for
                self._at = run.end()
                found[len(found) - bool(before) :] = [frozenset((run[0][-2:],))]
                before = run[0][-1]
                continue
            pieces, literal = self._part()
            if self._may_be_left_out():
                pieces, literal = _NOTHING, ""
            if before and literal:
                found[-1] = frozenset((before + literal,))
            elif pieces:
                found.append(pieces)
            before = literal
        return found

    def _part(self) -> tuple[Pieces, str]:
        """The pieces of the next part, and the character itself where it is just one."""
        token = _TOKEN.match(self._pattern, self._at)
        assert token is not None
        self._at = token.end()
        if token["name"]:
            return self._lists[token["name"]].pieces, ""
        if token["opening"]:
            pieces = self.alternatives()
            self._at += 1
            return (pieces if token["opening"] in {"(", "(?:"} else _NOTHING), ""  # a look around is no part of a match
        if token["one_of"]:
            return frozenset(token["one_of"]), ""
        literal = token["literal"] or token["plain"]
        return (frozenset(literal), literal) if literal else (_NOTHING, "")

    def _may_be_left_out(self) -> bool:
        quantifier = _QUANTIFIER.match(self._pattern, self._at)
        if quantifier is None:
            return False
        self._at = quantifier.end()
        return quantifier[0][0] in "?*" or (quantifier[1] is not None and int(quantifier[1] or 0) == 0)

    def _here(self) -> str:
        return self._pattern[self._at : self._at + 1]


def _best(sets: list[Pieces]) -> Pieces:
    return sets[0] if len(sets) == 1 else min(sets, key=_commonness, default=_NOTHING)


def _commonness(pieces: Pieces) -> int:
    """How many texts hold one of the pieces, as far as one can tell: a character is in many more than a pair."""
    return sum(200 if piece in _EVERYWHERE else 16 if len(piece) == 1 else 1 for piece in pieces)
