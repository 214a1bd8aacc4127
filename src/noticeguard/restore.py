"""Give words back that a disguise leaves nothing of: in look-alike characters, or in pinyin letters.

A single character so changed leaves its neighbours and its reading to go by. Of a whole
word nothing is left, so the words that weigh most in the model's calls are known by what
they look like (`tools/build_restored.py` writes the tables):

- `tables/shapes.npy`: two neighbours of such a word, one or both in look-alikes (`赴诉` for
  起诉), where no plain word and no message of the corpus has them side by side. They are
  read as the word unless one of them makes a plain pair with its other neighbour
  (`tables/plain_pairs.npy`): then they only happen to meet.
- `tables/spelled.tsv`: such a word in toneless pinyin, every second syllable perhaps by its
  initial (`qisu`, `qis`). A run of letters is cut into words, syllables and single letters,
  words first; the words are read as what they stand for.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from noticeguard.kernel import compiled, find_pairs

Codes = NDArray[np.uint32]
Positions = NDArray[np.int64]

_HALF = 32  # bits of a code in a pair
_SIEVE = 1 << 19  # places; see `_Shapes.sieve`
_FACTOR = 40503  # spreads a pair's first code over them: an odd number near 2^16 divided by the golden ratio
_LONGEST_RUN = 100  # letters; no word is written with more
_LONGEST_SPELLING = 24
_SINGLE = 0.25  # the share of a run that single letters may be: more, and it is no pinyin
_WORD, _SYLLABLE, _LETTER = 1, 3, 8  # what each part of a run costs: the cheapest cut is taken


@dataclass(frozen=True, slots=True)
class _Shapes:
    pairs: Positions  # two codes in one number, sorted
    targets: Codes  # (k, 2)
    sieve: NDArray[np.bool_]  # whether any pair falls on a place: of those that are none, nineteen in twenty do not
    plain: Positions  # pairs of plain words, sorted


def restore_shapes(codes: Codes, messages: int) -> Positions:
    """Read pairs of look-alikes as the words that they stand for, in place.

    Args:
        codes: the folded code points of a batch, with boundaries.
        messages: how many messages the batch has.

    Returns:
        Where characters were changed.
    """
    shapes = _shapes()
    run = compiled(find_pairs, messages)
    if run is not None:
        where, which = run(codes, shapes.sieve, _FACTOR, shapes.pairs)
    else:
        where = np.flatnonzero(shapes.sieve.take(_place(codes[:-1], codes[1:])))
        pairs = _pairs(codes, where)
        which = np.minimum(np.searchsorted(shapes.pairs, pairs), shapes.pairs.size - 1)
        found = shapes.pairs[which] == pairs
        where, which = where[found], which[found]
    if not where.size:
        return np.zeros(0, np.int64)
    by_chance = _is_plain(_pairs(codes, where - 1)) | _is_plain(_pairs(codes, where + 1))  # boundaries are in no pair
    changed: dict[int, int] = {}
    for at, (first, second) in zip(where[~by_chance].tolist(), shapes.targets[which[~by_chance]].tolist(), strict=True):
        if changed.get(at, first) == first:  # where pairs overlap, they agree on what they share, or the first is right
            changed |= {at: first, at + 1: second}
    places, targets = np.array(list(changed), np.int64), np.array(list(changed.values()), np.uint32)
    is_new = codes[places] != targets
    codes[places] = targets
    return np.asarray(places[is_new])


def read_letters(run: str) -> list[tuple[int, int, str]]:
    """The words that a run of letters holds.

    Returns:
        (start, end, word): which letters stand for which word, in order.

    >>> read_letters("qingjinkuaihuank")
    [(4, 11, '尽快'), (11, 16, '还款')]
    """
    if len(run) > _LONGEST_RUN:
        return []
    spelled, syllables = _spelled()
    costs, lengths = [0] * (len(run) + 1), [0] * len(run)  # of the cheapest cut from each letter on, its first part
    for start in reversed(range(len(run))):
        costs[start], lengths[start] = costs[start + 1] + _LETTER, 1
        for end in range(start + 2, min(start + _LONGEST_SPELLING, len(run)) + 1):
            part = run[start:end]
            cost = costs[end] + (_WORD if part in spelled else _SYLLABLE if part in syllables else _LETTER * len(run))
            if cost < costs[start]:
                costs[start], lengths[start] = cost, end - start
    found, at, single = [], 0, 0
    while at < len(run):
        end = at + lengths[at]
        single += end - at == 1
        if run[at:end] in spelled:
            found.append((at, end, spelled[run[at:end]]))
        at = end
    return found if single <= len(run) * _SINGLE else []


def _place(first: Codes, second: Codes) -> Codes:
    return np.asarray((first * np.uint32(_FACTOR) ^ second) & np.uint32(_SIEVE - 1))


def _pairs(codes: Codes, where: Positions) -> Positions:
    wide: Positions = codes[where].astype(np.int64) << _HALF | codes[where + 1]
    return wide


def _is_plain(pairs: Positions) -> NDArray[np.bool_]:
    plain = _shapes().plain
    return np.asarray(plain[np.minimum(np.searchsorted(plain, pairs), plain.size - 1)] == pairs)


@cache
def _shapes() -> _Shapes:
    table, plain = _load("shapes.npy"), _load("plain_pairs.npy").astype(np.int64)
    sieve = np.zeros(_SIEVE, bool)
    sieve[_place(table[:, 0], table[:, 1])] = True
    wide = table.astype(np.int64)
    return _Shapes(wide[:, 0] << _HALF | wide[:, 1], table[:, 2:], sieve, plain[:, 0] << _HALF | plain[:, 1])


@cache
def _spelled() -> tuple[dict[str, str], frozenset[str]]:
    """The words by their spelling, and the syllables."""
    tables = resources.files("noticeguard") / "tables"
    rows = [
        [row.split("\t") for row in (tables / name).read_text(encoding="utf-8").split("\n") if row[:1] not in ("", "#")]
        for name in ("spelled.tsv", "pinyin.tsv")
    ]
    words: dict[str, str] = dict(rows[0])
    return words, frozenset(syllable for syllable, _ in rows[1])


def _load(name: str) -> NDArray[np.uint32]:
    with (resources.files("noticeguard") / "tables" / name).open("rb") as stream:
        return np.asarray(np.load(stream, allow_pickle=False))
