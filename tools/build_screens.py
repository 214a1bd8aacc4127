"""Read off the patterns what no match can do without: the tables of `noticeguard.screen` and `noticeguard.patterns`.

    python tools/build_screens.py

A pattern is read as Python's own parser reads it. Of each stretch of it whose words can be
listed, every word gives its rarest piece of one or two characters, as counted in the
messages of the corpus; of these sets, a pattern keeps those that spare it texts.

Of a pattern that begins with one of many words, `tables/starts.tsv` keeps the characters
that these begin with. Python's own compiler finds them where all words stand side by side.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noticeguard import checks, contacts, grounds, normalize, patterns, shown, topics
from noticeguard.corpus import read_examples

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "src" / "noticeguard" / "tables"
WORDS = 600  # of a stretch that are listed
RANGE = 64  # characters between brackets that are
SPARED = 0.9  # the share of texts that a further set leaves at most, to be kept
NOWHERE = {kinds.AT, kinds.ASSERT, kinds.ASSERT_NOT}  # what takes no room in a match

Strings = frozenset[str]
EMPTY: Strings = frozenset([""])


def listed(tokens: Iterable[tuple[Any, Any]]) -> Strings | None:
    """All that a sequence of tokens can match, where that is little enough."""
    found: Strings | None = EMPTY
    for token in tokens:
        words = listed_of(*token)
        if found is None or words is None or len(found) * len(words) > WORDS:
            return None
        found = frozenset(a + b for a in found for b in words)
    return found


def listed_of(kind: Any, value: Any) -> Strings | None:
    if kind in NOWHERE:
        return EMPTY
    if kind is kinds.LITERAL:
        return frozenset([chr(value)])
    if kind is kinds.IN:
        spans = [
            (part, part) if of is kinds.LITERAL else part for of, part in value if of in (kinds.LITERAL, kinds.RANGE)
        ]
        if len(spans) < len(value) or sum(last - first + 1 for first, last in spans) > RANGE:
            return None
        return frozenset(chr(code) for first, last in spans for code in range(first, last + 1))
    if kind is kinds.SUBPATTERN:
        return listed(value[3])
    if kind is kinds.BRANCH:
        ways = [listed(way) for way in value[1]]
        return None if None in ways else frozenset().union(*(way for way in ways if way is not None))
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[1] <= 2:
        times = [listed([token for _ in range(count) for token in value[2]]) for count in range(value[0], value[1] + 1)]
        return None if None in times else frozenset().union(*(time for time in times if time is not None))
    return None


def needs(tokens: Iterable[tuple[Any, Any]], best: Callable[[Sequence[Strings]], Strings]) -> list[Strings]:
    """Sets of words; what matches holds one of each.

    Args:
        tokens: of the parsed pattern.
        best: chooses the set that says most.
    """
    found: list[Strings] = []
    stretch = EMPTY
    for kind, value in tokens:
        words = listed_of(kind, value)
        if words is not None and len(stretch) * len(words) <= WORDS:
            stretch = frozenset(a + b for a in stretch for b in words)
            continue
        found.append(stretch)
        stretch = words or EMPTY
        if words is None:
            found += within(kind, value, best)
    found.append(stretch)
    return [words for words in found if "" not in words]


def within(kind: Any, value: Any, best: Callable[[Sequence[Strings]], Strings]) -> list[Strings]:
    """What a token needs whose words cannot be listed."""
    if kind is kinds.SUBPATTERN:
        return needs(value[3], best)
    if kind is kinds.BRANCH:
        ways = [needs(way, best) for way in value[1]]
        return [frozenset().union(*map(best, ways))] if all(ways) else []
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[0]:
        return needs(value[2], best)
    return []


class Counts:
    """Which of some texts hold a piece, as the bits of a number."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.all = (1 << len(texts)) - 1
        self._texts: dict[str, int] = {}
        for number, text in enumerate(texts):
            for piece in {*text, *map("".join, pairwise(text))}:
                self._texts[piece] = self._texts.get(piece, 0) | 1 << number

    def rarest(self, word: str) -> str:
        """The piece of a word that the fewest texts hold."""
        pieces = ["".join(pair) for pair in pairwise(word)] or [word]
        return min(pieces, key=lambda piece: self._texts.get(piece, 0).bit_count())

    def holding(self, words: Strings) -> int:
        """The texts that hold the rarest piece of one of the words."""
        held = 0
        for word in words:
            held |= self._texts.get(self.rarest(word), 0)
        return held

    def best(self, sets: Sequence[Strings]) -> Strings:
        """The set that the fewest texts meet."""
        return min(sets, key=lambda words: self.holding(words).bit_count())

    def chosen(self, sets: Sequence[Strings]) -> list[Strings]:
        """Sets of pieces: the best, and whichever after it spares texts."""
        left, kept = self.all, list[Strings]()
        for words in sorted(sets, key=lambda words: self.holding(words).bit_count()):
            after = left & self.holding(words)
            if not kept or after.bit_count() < left.bit_count() * SPARED:
                kept.append(frozenset(map(self.rarest, words)))
                left = after
        return kept


def table(screened: Sequence[Sequence[str]], counts: Counts) -> NDArray[np.uint64]:
    """What `Screen` reads. Of each pattern: the expressions that a text must match, all of them."""
    chosen = [
        counts.chosen([words for part in parts for words in needs(parser.parse(part), counts.best)])
        for parts in screened
    ]
    for parts, sets in zip(screened, chosen, strict=True):
        if not sets:
            raise SystemExit(f"nothing is needed by {parts[0]}: every text would be searched")
    bits = {pieces: bit for bit, pieces in enumerate(dict.fromkeys(pieces for sets in chosen for pieces in sets))}
    held: dict[str, list[int]] = {}
    for pieces, bit in bits.items():
        for piece in pieces:
            held.setdefault(piece, []).append(bit)
    rows = sorted((ord(piece[0]) << 32 | ord(piece[1:] or "\0"), marks) for piece, marks in held.items())
    rows += [(0, [bits[pieces] for pieces in sets]) for sets in chosen]
    flags = np.zeros((len(rows), -(-len(bits) // 64) * 64), bool)
    for row, (_, marks) in enumerate(rows):
        flags[row, marks] = True
    codes = np.array([code for code, _ in rows], np.uint64)
    return np.column_stack([codes, np.packbits(flags, axis=1).view(np.uint64)])


def screens() -> dict[str, NDArray[np.uint64]]:
    """What `tables/screens.npz` holds."""
    examples = read_examples(ROOT / "data" / "corpus")
    counts = Counts(normalize.fold_many([example.text for example in examples[::3]]).texts())
    screened = {
        "grounds": grounds.screened(strong=False),
        "strong": grounds.screened(strong=True),
        "shown": shown.screened(),
    }
    return {name: table(some, counts) for name, some in screened.items()}


def first(tokens: Iterable[tuple[Any, Any]]) -> tuple[frozenset[str], bool] | None:
    """The characters that a sequence of tokens can begin with, and whether it can be empty; `None`: any character."""
    found: Strings = frozenset()
    for token in tokens:
        begins = first_of(*token)
        if begins is None:
            return None
        found |= begins[0]
        if not begins[1]:
            return found, False
    return found, True


def first_of(kind: Any, value: Any) -> tuple[Strings, bool] | None:
    if kind in NOWHERE:
        return frozenset(), True
    if kind is kinds.SUBPATTERN:
        return first(value[3])
    if kind is kinds.BRANCH:
        ways = [first(way) for way in value[1]]
        known = [way for way in ways if way is not None]
        return (frozenset().union(*(way[0] for way in known)), any(way[1] for way in known)) if known == ways else None
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        begins = first(value[2])
        return begins and (begins[0], begins[1] or not value[0])
    characters = listed_of(kind, value)
    return (characters, False) if characters else None


def starts() -> dict[str, str]:
    """What `tables/starts.tsv` holds: of each pattern that its start makes quicker, the characters between brackets."""
    found: dict[str, str] = {}
    for pattern in (*grounds.patterns(), *checks.patterns(), *topics.patterns(), *contacts.patterns()):
        parsed = parser.parse(pattern.expression)
        begins = first(parsed)
        is_quick = compiler._get_literal_prefix(parsed, 0)[0] or compiler._get_charset_prefix(parsed, 0)
        if begins and begins[0] and not begins[1] and not is_quick:
            found[patterns.key(pattern.expression)] = "".join(map(re.escape, sorted(begins[0])))
    return found


if __name__ == "__main__":
    tables = screens()
    np.savez_compressed(TABLES / "screens.npz", allow_pickle=False, **tables)
    head = "# The characters that a pattern can begin with, by its key: tools/build_screens.py\n"
    rows = [f"{key}\t{characters}\n" for key, characters in sorted(starts().items())]
    (TABLES / "starts.tsv").write_text(head + "".join(rows), encoding="utf-8")
    print(f"starts: {len(rows)} patterns")
    for name, made in tables.items():
        pieces = int((made[:, 0] > 0).sum())
        print(f"{name}: {len(made) - pieces} patterns, {pieces} pieces, {made.shape[1] - 1} words of bits")
