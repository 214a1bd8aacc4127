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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

Pieces = frozenset[str]
"""Pieces of text of which a match holds at least one; empty where nothing is known."""

_NOTHING: Pieces = frozenset()
_GAP = re.compile(r"([~≈])(\d+)")
_STAYS_IN = {"~": "[^,。!?;:]", "≈": "[^。!?]"}
_NAME = re.compile(r"<([a-z_]+)>")
_EVERYWHERE = frozenset("你您的了不有一在我是到请他她")
_QUANTIFIER = re.compile(r"(?:[?*+]|\{(\d*),?\d*\})\??")
_TOKEN = re.compile(
    r"<(?P<name>[a-z_]+)>|[~≈]\d+|(?P<opening>\((?:\?<?[!=]|\?:)?)|\[(?P<one_of>[^]^\\-]+)\]|\[.[^]]*\]"
    r"|\\(?P<literal>\W)|\\\w|[.^$]|(?P<plain>.)"
)


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
        needs: sets of pieces, the rarest first; a text that matches holds one of each set.
    """

    expression: str
    needs: tuple[Pieces, ...]

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled expression."""
        return _compiled(self.expression)

    def beside(self, others: Iterable["Pattern"]) -> "Pattern":
        """The same pattern, worth trying only where each of the `others` may match too."""
        needed = (pieces for other in others for pieces in other.needs)
        return Pattern(self.expression, _rarest_first([*self.needs, *needed]))

    def may_match(self, pieces: set[str]) -> bool:
        """Whether a text with these `pieces_of` it is worth searching."""
        return not any(map(pieces.isdisjoint, self.needs))


def pieces_of(text: str) -> set[str]:
    """Every character and every two neighbours of a text.

    >>> sorted(pieces_of("不还钱"))
    ['不', '不还', '还', '还钱', '钱']
    """
    return {*text, *map("".join, pairwise(text))}


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
    return Pattern(_expand(pattern, lists), _rarest_first(_Reader(pattern, lists).needs()))


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


def _rarest_first(sets: Iterable[Pieces]) -> tuple[Pieces, ...]:
    return tuple(sorted(sets, key=_commonness))


def _best(sets: list[Pieces]) -> Pieces:
    return min(sets, key=_commonness, default=_NOTHING)


def _commonness(pieces: Pieces) -> int:
    """How many texts hold one of the pieces, as far as one can tell: a character is in many more than a pair."""
    return sum(200 if piece in _EVERYWHERE else 16 if len(piece) == 1 else 1 for piece in pieces)
