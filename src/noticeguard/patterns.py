"""Patterns written for reading: regular expressions with word lists and bounded gaps.

Three short forms are added to the syntax of `re`: `<name>` is any word of the list `name`,
`~8` is up to eight characters of the same clause, `≈20` up to twenty of the same sentence.
Every gap is bounded, so that the time stays linear in the length of the text. A pattern is
compiled when it is first searched for: most never are (`noticeguard.screen`). Before one that
begins with one of many words stand the characters that it can begin with (`tables/starts.tsv`,
which `tools/build_screens.py` writes): where none of these is, no word needs to be tried.
"""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from noticeguard import knowledge

_GAP = re.compile(r"([~≈])(\d+)")
_STAYS_IN = {"~": "[^,。!?;:]", "≈": "[^。!?]"}
_NAME = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True)
class Pattern:
    """A pattern.

    Attributes:
        expression: the regular expression, with the lists and gaps written out.
    """

    expression: str

    def __reduce__(self) -> tuple[type["Pattern"], tuple[str]]:
        """Without what is compiled: whether that was needed yet is no part of it."""
        return Pattern, (self.expression,)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The compiled expression."""
        return _compiled(self.expression)


def read_lists(table: Mapping[str, str]) -> dict[str, str]:
    """Word lists, each a string of words between white space; a word is a pattern and may name a list above it.

    Returns:
        Of each list, an expression that matches any of its words.

    >>> read_lists({"kin": "爸爸 妈妈", "folk": "<kin> 邻居"})["folk"]
    '(?:(?:爸爸|妈妈)|邻居)'
    """
    lists: dict[str, str] = {}
    for name, words in table.items():
        lists[name] = f"(?:{_expand('|'.join(words.split()), lists)})"
    return lists


def read_pattern(pattern: str, lists: Mapping[str, str]) -> Pattern:
    """A pattern, its lists and gaps written out.

    Raises:
        KeyError: it names a list that is not there.

    >>> read_pattern("告诉~4<kin>", read_lists({"kin": "爸爸 妈妈"})).expression
    '告诉[^,。!?;:]{0,4}?(?:爸爸|妈妈)'
    """
    return Pattern(_expand(pattern, lists))


def key(expression: str) -> str:
    """By which `tables/starts.tsv` knows an expression: one changed since then is only slower."""
    return f"{zlib.crc32(expression.encode()):08x}"


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    starts = _starts().get(key(expression))
    return re.compile(f"(?=[{starts}])(?:{expression})" if starts else expression)


@cache
def _starts() -> dict[str, str]:
    return dict(knowledge.rows("starts.tsv"))


def _expand(pattern: str, lists: Mapping[str, str]) -> str:
    named = _NAME.sub(lambda name: lists[name[1]], pattern)
    return _GAP.sub(lambda gap: f"{_STAYS_IN[gap[1]]}{{0,{gap[2]}}}?", named)
