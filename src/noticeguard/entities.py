"""Find what a message *mentions*: links, phone numbers, case numbers, amounts, dates, words in Latin letters.

A run of letters, digits and link signs is one entity; its kind is the first row of
`tables/entities.tsv` whose pattern matches the whole run. The model sees the kind, never
the number or the host itself.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from noticeguard import normalize
from noticeguard.contacts import registry
from noticeguard.normalize import DIGIT, LETTER, Folded, Positions

_LINK_SIGNS = ".:/-_?=&%#~+*@"
# 案号: year, court, type and number (最高人民法院《关于人民法院案件案号的若干规定》, 2016, amended 2018).
_CASE_NUMBER = re.compile(
    r"\(20\d\d\)(?:最高法|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋内陕吉闽黔粤青藏川宁琼军兵](?:\d{4}|\d{2})?)"
    r"[\u4e00-\u9fa5]{1,8}(?:\d{1,9}|\*{2,})号"
)
_LONGEST_SYLLABLE = 6
_PIECE = re.compile(r"[a-z\d*]+")
_WORD_AND_NUMBER = re.compile(r"([a-z]{1,6})(\d+)")  # `qq0123456`: a word that names what the number is


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
        kinds: k names such as `link:official`, `phone:mobile`, `number:4`, `word:app`.
    """

    starts: Positions
    ends: Positions
    kinds: list[str]

    def within(self, begin: int, end: int) -> list[Mention]:
        """The entities of the message whose folded text is `codes[begin:end]`, with spans in that text.

        >>> folded = normalize.fold_many(["已还", "请拨95188"])
        >>> begin, end = int(folded.starts[1]) + 1, int(folded.starts[2])
        >>> find_entities(folded).within(begin, end)
        [Mention(kind='phone:official', start=2, end=7)]
        """
        low, high = np.searchsorted(self.starts, (begin, end)).tolist()
        starts, ends = (self.starts[low:high] - begin).tolist(), (self.ends[low:high] - begin).tolist()
        return [
            Mention(kind=kind, start=start, end=stop)
            for kind, start, stop in zip(self.kinds[low:high], starts, ends, strict=True)
        ]


def find_entities(folded: Folded) -> Entities:
    """Find the entities of a folded batch.

    >>> find_entities(normalize.fold_many(["请拨95188，或点t.cn/x1 下载App"])).kinds
    ['phone:official', 'link:forwarding', 'word:app']
    """
    codes = folded.codes
    text = normalize.decode(codes)
    classes = _run_classes()[codes]
    cases = [match.span() for match in _CASE_NUMBER.finditer(text)] if "号" in text else []
    for start, end in cases:
        classes[start:end] = 0
    edges = np.flatnonzero(np.diff((classes != 0).view(np.int8))) + 1
    found = [(start, end, "case") for start, end in cases]
    known: dict[str, list[tuple[int, int, str]]] = {}  # of this batch only: private text is not kept
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        run = text[start:end]
        if run not in known:
            known[run] = _read_run(run)
        for first, last, kind in known[run]:
            # Folding turned foreign letters into the official name that they imitate.
            is_imitation = kind == "link:official" and folded.has("homoglyph", start + first, start + last)
            found.append((start + first, start + last, "link:lookalike" if is_imitation else kind))
    if cases:
        found.sort()
    starts, ends, kinds = zip(*found, strict=True) if found else ((), (), ())
    return Entities(np.array(starts, np.int64), np.array(ends, np.int64), list(kinds))


@cache
def _run_classes() -> normalize.Flags:
    classes = normalize.character_classes() & np.uint8(LETTER | DIGIT)
    for sign in _LINK_SIGNS:
        classes[ord(sign)] = 1
    return classes


@cache
def _kinds() -> tuple[list[str], re.Pattern[str]]:
    """The kinds, and one pattern whose group `n` is the pattern of kind `n - 1`: the first that matches wins."""
    rows = normalize.rows("entities.tsv")
    return [kind for kind, _, _ in rows], re.compile("|".join(f"({pattern})" for _, pattern, _ in rows))


def _read_run(run: str) -> list[tuple[int, int, str]]:
    """The entities inside one run: the whole of it where a kind matches, else its pieces."""
    core = run.lstrip(".:/-_?=&%#~@").rstrip(".:/-_?=&#~@+")
    if not core:
        return []
    start = run.index(core)
    kind = _kind(core)
    if kind is not None and kind != "code" and not _spelled(core):
        return [(start, start + len(core), kind)]
    found = []
    for piece in _PIECE.finditer(core):
        if not piece[0].strip("*"):
            continue
        at = start + piece.start()
        split = _WORD_AND_NUMBER.fullmatch(piece[0])
        parts = split.groups() if split else _spelled(piece[0]) or (piece[0],)
        for part in parts:
            found.append((at, at + len(part), _kind(part) or "code"))
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
    return frozenset(syllable for syllable in normalize.syllables().values() if len(syllable) > 1)


def _kind(run: str) -> str | None:
    digits = run.replace("-", "")
    if digits in registry().phones:
        return "phone:official"
    kinds, pattern = _kinds()
    match = pattern.fullmatch(run)
    if match is None or match.lastindex is None:
        return None
    kind = kinds[match.lastindex - 1]
    if kind == "link":
        return f"link:{registry().listing(run)}"
    if kind == "number":
        return f"number:{min(len(run), 7)}"
    return f"word:{run}" if kind == "word" else kind
