"""Find what a message *mentions*: links, phone numbers, case numbers, amounts, dates, words in Latin letters.

A run of letters, digits and link signs is one entity; its kind is the first row of
`tables/entities.tsv` whose pattern matches the whole run. The model sees the kind, never
the number or the host itself. `tables/entities.npy` holds all patterns as one automaton,
which takes a run character by character (`tools/build_automaton.py` makes it).
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from noticeguard import knowledge, normalize
from noticeguard.characters import Positions, decode, readings
from noticeguard.contacts import registry
from noticeguard.kernel import compiled, read_runs
from noticeguard.normalize import DIGIT, LETTER, LINK_SIGNS, Flags, Folded

_NEVER_FIRST = ".:/-_?=&%#~@"
_NEVER_LAST = ".:/-_?=&#~@+"
_IN_RUN, _FIRST, _LAST = 1, 2, 4  # bits of `_run_classes()`: may stand in a run, begin and end an entity
# 案号: year, court, type and number (最高人民法院《关于人民法院案件案号的若干规定》, 2016, amended 2018).
_CASE_NUMBER = re.compile(
    r"\(20\d\d\)(?:最高法|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋内陕吉闽黔粤青藏川宁琼军兵](?:\d{4}|\d{2})?)"
    r"[\u4e00-\u9fa5]{1,8}(?:\d{1,9}|\*{2,})号"
)
_LONGEST_SYLLABLE = 6
_PIECE = re.compile(r"[a-z\d*]+")
_WORD_AND_NUMBER = re.compile(r"([a-z]{1,6})(\d+)")  # `qq0123456`: a word that names what the number is
_LOOKED_UP = ("link", "word", "code", "range", "phone:service", "phone:rented", "phone:long")
"""Kinds that the characters alone do not settle: a run of them can be official, or several entities."""
_OF_KNOWN_NAMES = ("link:official", "link:vendor", "link:government", "link:familiar", "link:platform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One entity of one message.

    Attributes:
        kind: what it is, as in `Entities.kinds`.
        start, end: where it stands in the folded text of the message, end exclusive.
    """

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entities:
    """The entities of a batch, in order.

    Attributes:
        starts: int64 (k,): where each begins in `Folded.codes`.
        ends: int64 (k,): where each ends, exclusive.
        numbers: int64 (k,): the kind of each, as an index of `names`.
        names: the kinds, such as `phone:mobile`, `number:4`; first those of `fixed_kinds()`, then `link:official`,
            `word:app` and whatever else the batch holds.
    """

    starts: Positions
    ends: Positions
    numbers: Positions
    names: tuple[str, ...]

    @property
    def kinds(self) -> list[str]:
        """The name of each entity's kind."""
        return [self.names[number] for number in self.numbers.tolist()]

    def within(self, begin: int, end: int) -> list[Mention]:
        """The entities of the message whose folded text is `codes[begin:end]`, with spans in that text.

        >>> folded = normalize.fold_many(["已还", "请拨95188"])
        >>> begin, end = int(folded.starts[1]) + 1, int(folded.starts[2])
        >>> find_entities(folded).within(begin, end)
        [Mention(kind='phone:official', start=2, end=7)]
        """
        low, high = np.searchsorted(self.starts, (begin, end)).tolist()
        starts, ends = (self.starts[low:high] - begin).tolist(), (self.ends[low:high] - begin).tolist()
        numbers = self.numbers[low:high].tolist()
        return [
            Mention(kind=self.names[number], start=start, end=stop)
            for number, start, stop in zip(numbers, starts, ends, strict=True)
        ]


def find_entities(folded: Folded) -> Entities:
    """Find the entities of a folded batch.

    >>> find_entities(normalize.fold_many(["请拨95188，或点t.cn/x1 下载App"])).kinds
    ['phone:official', 'link:forwarding', 'word:app']
    """
    text = decode(folded.codes)
    classes = _run_classes().take(folded.codes)
    cases = [match.span() for match in _CASE_NUMBER.finditer(text)] if "号" in text else []
    for start, end in cases:
        classes[start:end] = 0
    starts, ends, numbers = _find_runs(folded, classes)

    open_ones = np.flatnonzero(_is_open()[numbers])
    if not cases and not open_ones.size:
        return Entities(starts, ends, numbers, fixed_kinds())

    names = list(fixed_kinds())
    more = [(start, end, "case") for start, end in cases]
    known: dict[str, list[tuple[int, int, str]]] = {}  # of this batch only: private text is not kept
    columns = (some[open_ones].tolist() for some in (starts, ends, numbers))
    for start, end, number in zip(*columns, strict=True):
        run = text[start:end]
        if run not in known:
            known[run] = _read_run(run, number)
        for first, last, kind in known[run]:
            # Folding turned foreign letters into the known name that they imitate.
            if kind in _OF_KNOWN_NAMES and folded.has("homoglyph", start + first, start + last):
                kind = "link:lookalike"
            more.append((start + first, start + last, kind))
    names += dict.fromkeys(kind for _, _, kind in more)
    places = {kind: number for number, kind in enumerate(names)}
    found = [(start, end, places[kind]) for start, end, kind in more]
    numbers[open_ones] = -1
    settled = numbers >= 0
    both = zip((starts, ends, numbers), np.array(found, np.int64).reshape(-1, 3).T, strict=True)
    starts, ends, numbers = (np.concatenate([some[settled], others]) for some, others in both)
    order = np.argsort(starts)
    return Entities(starts[order], ends[order], numbers[order], tuple(names))


@cache
def fixed_kinds() -> tuple[str, ...]:
    """The kinds that the characters alone decide: those of the table, row by row, and case numbers."""
    return (*(kind for kind, _, _ in knowledge.rows("entities.tsv")), "case")


@cache
def _is_open() -> NDArray[np.bool_]:
    """bool: for each fixed kind, and last for none (-1), whether a run of it is to be looked at once more."""
    return np.array([*(kind in _LOOKED_UP for kind in fixed_kinds()), True])


@cache
def _automaton() -> NDArray[np.int16]:
    """int16 (states, 129): for each ASCII character the next state, and the number of the kind, or -1."""
    return knowledge.array("entities.npy")


@cache
def _rows() -> list[list[int]]:
    """The automaton for a single run: lists are read faster, one number at a time."""
    return _automaton().tolist()  # type: ignore[no-any-return]


@cache
def _run_classes() -> Flags:
    classes = np.zeros_like(normalize.character_classes())
    classes[normalize.character_classes() & (LETTER | DIGIT) != 0] = _IN_RUN | _FIRST | _LAST
    for sign in LINK_SIGNS:
        classes[ord(sign)] = _IN_RUN | _FIRST * (sign not in _NEVER_FIRST) | _LAST * (sign not in _NEVER_LAST)
    return classes


def _find_runs(folded: Folded, classes: Flags) -> tuple[Positions, Positions, Positions]:
    """The runs, each from where an entity can begin to where one can end.

    Args:
        folded: the batch.
        classes: `_run_classes()` of its codes, 0 where nothing is to be read.

    Returns:
        starts, ends (exclusive) and kinds, as numbers of `fixed_kinds()` or -1; each int64 (r,).
    """
    run = compiled(read_runs, folded.starts.size - 1)
    if run is not None:
        starts, ends, numbers = run(folded.codes, classes, _automaton())
        return starts, ends, numbers
    edges = np.flatnonzero(np.diff((classes != 0).view(np.int8))) + 1
    firsts = np.append(np.flatnonzero(classes & _FIRST), classes.size)
    lasts = np.append(0, np.flatnonzero(classes & _LAST))  # at 0 stands a boundary
    starts = firsts[np.searchsorted(firsts, edges[::2])]
    ends = lasts[np.searchsorted(lasts, edges[1::2]) - 1] + 1
    some = starts < ends
    starts, ends = starts[some], ends[some]
    spelled = folded.codes.astype(np.uint8).tobytes()  # runs are of ASCII characters
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return starts, ends, np.array([_follow(spelled[start:end]) for start, end in spans], np.int64)


def _follow(run: bytes) -> int:
    """The number of a run's kind, or -1."""
    state, rows = 0, _rows()
    for character in run:
        state = rows[state][character]
    return rows[state][-1]


def _read_run(run: str, number: int) -> list[tuple[int, int, str]]:
    """The entities inside one run of this kind: the whole of it where there is one, else its pieces."""
    kind = _kind(run, number)
    if kind not in (None, "code") and not _spelled(run):
        return [(0, len(run), kind)]
    found = []
    for piece in _PIECE.finditer(run):
        if not piece[0].strip("*"):
            continue
        at = piece.start()
        split = _WORD_AND_NUMBER.fullmatch(piece[0])
        parts = split.groups() if split else _spelled(piece[0]) or (piece[0],)
        for part in parts:
            found.append((at, at + len(part), _kind(part, _follow(part.encode())) or "code"))
            at += len(part)
    return found


def _spelled(run: str) -> list[str]:
    """The syllables of a run of pinyin, the longest first; nothing where it cannot be read as pinyin.

    >>> _spelled("daikuan"), _spelled("app")
    (['dai', 'kuan'], [])
    """
    if len(run) < 4 or not run.isalpha():
        return []
    readable = [False] * len(run) + [True]  # from here to the end
    lengths = [0] * len(run)  # of the longest syllable that leaves the rest readable
    for start in reversed(range(len(run))):
        for length in range(2, min(_LONGEST_SYLLABLE, len(run) - start) + 1):
            if readable[start + length] and run[start : start + length] in _syllables():
                readable[start], lengths[start] = True, length
    found, at = [], 0
    while readable[0] and at < len(run):
        found.append(run[at : at + lengths[at]])
        at += lengths[at]
    return found


@cache
def _syllables() -> frozenset[str]:
    """Of two letters and more: single ones are more often initials or drawings."""
    return frozenset(syllable for syllable in readings() if len(syllable) > 1)


def _kind(run: str, number: int) -> str | None:
    """What a run is that the automaton takes for the kind of this number, or for none (-1)."""
    if run.replace("-", "") in registry().phones:
        return "phone:official"
    if number < 0:
        return None
    kind = fixed_kinds()[number]
    if kind == "link":
        return f"link:{registry().listing(run)}"
    return f"word:{run}" if kind == "word" else kind
