"""Give words back that a disguise leaves nothing of: in look-alike characters, homophones, or pinyin letters.

A single character so changed leaves its neighbours and its reading to go by. Of a whole
word nothing is left, so the words that weigh most in the model's calls are known by what
they look like (`tools/build_restored.py` writes the tables):

- `tables/shapes.npy`: two neighbours of such a word, one or both in look-alikes (`赴诉` for
  起诉), where no plain word and no message of the corpus has them side by side. They are
  read as the word unless one of them makes a plain pair with its other neighbour
  (`tables/plain_pairs.npy`): then they only happen to meet.
- `tables/heard.npy`: two neighbours of such a word by their toneless syllables, so that other
  characters with these syllables (`启素`) are read as the word; not those of
  `tables/plain_sounds.npy`, which plain words, our messages or names have side by side, nor
  where they only happen to meet, as above.
- `tables/spelled.tsv`: such a word in toneless pinyin, of neighbours one perhaps by its
  initial (`qisu`, `qis`). A run of letters is cut into words and syllables, words first, and
  the words are read as what they stand for. Letters left over, the initials of other words,
  are those of a whole clause in pinyin; in a short run they tell of another language. A word
  whose first character is an initial (`^hkuan`) only begins a run, or 官方 would be in `fangfang`.
- `tables/beside.tsv`: a syllable in letters right beside the other character of such a word
  (`逾qi`, `cui收`), or beside any, where it is most likely a word by itself (`ni不还`); so too what is too short
  or too English to be read anywhere, and most likely one word (`qsu`).
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from noticeguard import knowledge
from noticeguard.characters import Codes, Positions, readings, sounds
from noticeguard.kernel import compiled, find_heard
from noticeguard.pairs import Pairs

_LONGEST_RUN = 100  # letters; no word is written with more
_INITIALS_FROM = 12  # letters a run has in which single letters may be left over …
_INITIALS = 0.25  # … and the share of it that they may be
_TITLES = frozenset("姐哥总老先女同妈爸叔姨弟妹医律经教")  # what follows a name: Mei姐, Kai老师
_VOWELS = "aeo"  # begin no syllable within a run: spelling sets them apart (xi'an; GB/T 16159)
_WORD, _SYLLABLE, _LETTER = 1, 3, 8  # what each part of a run costs: the cheapest cut is taken


@dataclass(frozen=True, slots=True)
class _Shapes:
    pairs: Pairs
    targets: Codes  # (k, 2): what each pair is read as


@dataclass(frozen=True, slots=True)
class _Heard:
    syllables: np.uint32  # how many there are
    numbers: NDArray[np.uint16]  # of each two syllables, `first * syllables + second`, its target; 0 for none
    targets: Codes  # (k + 1, 2)


class Spelled:
    """Words in pinyin.

    Args:
        words: what stands for each word, in letters; with `^` before them, where they begin a run only.
        syllables: what else a run of letters may be made of.
    """

    def __init__(self, words: Mapping[str, str], syllables: AbstractSet[str]) -> None:
        spelled = {part: (_SYLLABLE, "") for part in syllables if len(part) > 1}
        plain = {part: (_WORD, word) for part, word in words.items() if part[0] != "^"}
        initial = {part[1:]: (_WORD, word) for part, word in words.items() if part[0] == "^"}
        self._first = spelled | initial | plain  # what a run may begin with: its cost, and the word
        self._within = {part: read for part, read in spelled.items() if part[0] not in _VOWELS} | plain
        self._longest = max(map(len, self._first))

    def read(self, run: str) -> list[tuple[int, int, str]]:
        """The words that a run of letters holds.

        Returns:
            (start, end, word): which letters stand for which word, in order.

        >>> spelled = Spelled({"jinkuai": "尽快", "huank": "还款", "^gfang": "官方"}, {"qing", "fang"})
        >>> spelled.read("qingjinkuaihuank"), spelled.read("gfang"), spelled.read("fangfang")
        ([(4, 11, '尽快'), (11, 16, '还款')], [(0, 5, '官方')], [])
        """
        if len(run) > _LONGEST_RUN:
            return []
        size = len(run)
        costs, cuts = [0] * (size + 1), [(0, "")] * size  # of the cheapest cut from each letter on; its first part
        for start in reversed(range(size)):
            cost, cut = costs[start + 1] + _LETTER, (start + 1, "")
            parts = self._within if start else self._first
            for end in range(start + 2, min(start + self._longest, size) + 1):
                part = parts.get(run[start:end])
                if part and part[0] + costs[end] < cost:
                    cost, cut = part[0] + costs[end], (end, part[1])
            costs[start], cuts[start] = cost, cut
        found, at, left_over = [], 0, 0
        while at < size:
            end, word = cuts[at]
            left_over += end - at == 1
            if word:
                found.append((at, end, word))
            at = end
        allowed = size * _INITIALS if size >= _INITIALS_FROM else 0
        return found if left_over <= allowed else []


def restore_shapes(codes: Codes, messages: int) -> Positions:
    """Read pairs of look-alikes as the words that they stand for, in place.

    Args:
        codes: the folded code points of a batch, with boundaries.
        messages: how many messages the batch has.

    Returns:
        Where characters were changed.
    """
    where, which = _shapes().pairs.find(codes, messages)
    return _read_as(codes, where, _shapes().targets[which])


def restore_homophones(codes: Codes, messages: int) -> Positions:
    """Read pairs of homophones as the words that they sound like, in place; otherwise as `restore_shapes`."""
    where, which = _find_heard(codes, messages)
    if not where.size:
        return where
    hides = ~_plain_sounds().has(codes[where], codes[where + 1])
    return _read_as(codes, where[hides], _heard().targets[which[hides]])


def _find_heard(codes: Codes, messages: int) -> tuple[Positions, Positions]:
    """Where two characters sound like a word that they are not, and which."""
    heard = _heard()
    run = compiled(find_heard, messages)
    if run is not None:
        where, which = run(codes, sounds(), heard.syllables, heard.numbers, heard.targets)
        return where, which
    syllables = sounds().take(codes)
    numbers = heard.numbers.take(syllables[:-1] * heard.syllables + syllables[1:])
    where = numbers.nonzero()[0]
    which = numbers[where].astype(np.int64)
    targets = heard.targets[which]
    hides = (codes[where] != targets[:, 0]) | (codes[where + 1] != targets[:, 1])
    return where[hides], which[hides]


def _read_as(codes: Codes, where: Positions, targets: Codes) -> Positions:
    """Write what pairs stand for over them, unless they happen to meet.

    Args:
        codes: as above.
        where: int64 (p,), in order: where pairs begin.
        targets: uint32 (p, 2): what they stand for.

    Returns:
        Where characters were changed.
    """
    if not where.size:
        return where
    before, behind = (codes[where - 1], codes[where]), (codes[where + 1], codes[where + 2])  # a boundary is in no pair
    by_chance = _plain_pairs().has(*before) | _plain_pairs().has(*behind)
    changed: dict[int, int] = {}
    for at, (first, second) in zip(where[~by_chance].tolist(), targets[~by_chance].tolist(), strict=True):
        if changed.get(at, first) == first:  # where pairs overlap, they agree on what they share, or the first is right
            changed |= {at: first, at + 1: second}
    places, new = np.array(list(changed), np.int64), np.array(list(changed.values()), np.uint32)
    is_new = codes[places] != new
    codes[places] = new
    return np.asarray(places[is_new])


def read_letters(run: str) -> list[tuple[int, int, str]]:
    """`Spelled.read`, by the table.

    >>> read_letters("qingjinkuaihuank")
    [(4, 11, '尽快'), (11, 16, '还款')]
    """
    return _spelled().read(run)


def read_syllable(run: str, before: str, behind: str) -> list[tuple[int, int, str]]:
    """The character, or short word, that letters beside Chinese stand for.

    Args:
        run: the letters.
        before, behind: what it touches.

    Returns:
        as of `Spelled.read`, at most one.

    >>> read_syllable("qi", "逾", ","), read_syllable("cui", ",", "收"), read_syllable("ni", ",", "不")
    ([(0, 2, '期')], [(0, 3, '催')], [(0, 2, '你')])
    """
    beside = _beside()
    char = beside.get(before + run) or beside.get(run + behind)
    if not char and behind not in _TITLES and (sounds()[ord(before)] or sounds()[ord(behind)]):
        char = beside.get(run)
    return [(0, len(run), char)] if char else []


@cache
def _shapes() -> _Shapes:
    table = knowledge.array("shapes.npy")
    return _Shapes(Pairs(table[:, :2]), table[:, 2:])


@cache
def _heard() -> _Heard:
    table = knowledge.array("heard.npy")
    syllables = sounds().max() + 1
    numbers = np.zeros(int(syllables) ** 2, np.uint16)
    numbers[table[:, 0] * syllables + table[:, 1]] = np.arange(1, len(table) + 1)
    return _Heard(syllables, numbers, np.vstack([np.zeros_like(table[:1, 2:]), table[:, 2:]]))


@cache
def _plain_pairs() -> Pairs:
    return Pairs(knowledge.array("plain_pairs.npy"))


@cache
def _plain_sounds() -> Pairs:
    return Pairs(knowledge.array("plain_sounds.npy"))


@cache
def _spelled() -> Spelled:
    return Spelled(dict(knowledge.rows("spelled.tsv")), readings())


@cache
def _beside() -> dict[str, str]:
    return dict(knowledge.rows("beside.tsv"))
