"""Fold messages: undo what hides words, and keep the way back to the original.

Folding maps every code point through one table (`tables/fold.tsv`: width, script, case,
look-alike letters and digits, invisible characters), then repairs what only neighbours
show: white space, the pinyin gloss of a scraped page (`催(cuī)收`), separators inside
words (`起.诉`), characters taken apart and stand-ins for words (`讠午`, `薇信`:
`tables/joins.tsv`). It works on a whole batch at once, as one array of code points; one
message is a batch of one. Folding a folded text changes nothing (unless it was made to: `_ROUNDS`).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from noticeguard import knowledge
from noticeguard.characters import CODE_LIMIT, Codes, Positions, decode, encode, readings
from noticeguard.kernel import CLASSES, SPACED, close_up, compiled, find_stretches, map_codes
from noticeguard.pairs import Pairs
from noticeguard.restore import read_letters, read_syllable, restore_homophones, restore_shapes
from noticeguard.spans import Span

Flags = NDArray[np.uint8]

BOUNDARY = 0
"""The code before, between and after the messages of a batch; no folded message holds it."""

HAN, LETTER, DIGIT, SEPARATOR, JOINED, OPENING, ORDINARY = CLASSES
"""Bits of `character_classes()`."""

DISGUISES = (
    "width", "traditional", "invisible", "mark", "digit", "homoglyph", "separator", "spacing", "annotation",
    "split", "substitute", "pinyin", "shape", "homophone",
)  # fmt: skip
"""The disguises that folding can name, in the order in which a verdict lists them."""

_EXPANDED = 0x110000  # a target from here on is an index into the expansions
_SEPARATORS = " .·-_~*^`'\"|\\/+=#@&$%<>\ufffd\ufffc¤¦§¨©¬®¯°´¶¸ˇˉ˙†‡‖‰′″※‾⁂⁎〃〆〓"
_ORDINARY = " /-~+\"'"  # of these, what is set between characters without any wish to hide them
_SYMBOL_BLOCKS = ((0x2190, 0x2BFF), (0x1F000, 0x1FAFF))  # arrows … emoji: signs set between characters
_HAN_BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2FFFE), (0x3005, 0x3007))
_JOINS = ("split", "substitute")
_LEAST_LETTERS, _LEAST_SYLLABLE = 4, 2  # of a word in pinyin, and of a syllable
_Letters = tuple[int, int, int, int]  # a run: where its first and its last come from, and what stands before and behind
_ROUNDS = 10  # more than a message needs whose letters uncover letters; a bound on what one made for it may cost
LINK_SIGNS = ".:/-_?=&%#~+*@"
"""What links, and numbers with signs, hold besides letters and digits."""
_GLOSS = re.compile(r"(?:\([a-z]{1,6}\))+")


@dataclass(frozen=True, slots=True)
class Folded:
    """A batch of `m` folded messages as one array.

    Attributes:
        codes: uint32 (n,): the folded code points, `BOUNDARY` before, between and after messages.
        starts: int64 (m + 1,): where in `codes` the boundary before each message stands, and the last one.
        origins: int64 (n,): for each code, the position in `raw` that it came from.
        raw: uint32: the original code points with the same boundaries.
        raw_starts: int64 (m + 1,): as `starts`, in `raw`.
        reaches: int64 (r,): for each code point of `raw` that `origins` names, where ends what came from it: right
            behind it, but for characters that were put together or read from letters.
        repairs: by name of a disguise, where one was looked for, int64: the positions in `raw` where neighbours
            showed it. `separator` are lone signs taken out between characters, `spacing` the white
            space around characters that each stand alone, `annotation` pinyin glosses, `split` and `substitute`
            what was joined, `pinyin`, `shape` and `homophone` what was read back.
    """

    codes: Codes
    starts: Positions
    origins: Positions
    raw: Codes
    raw_starts: Positions
    reaches: Positions
    repairs: dict[str, Positions]

    def text(self, index: int) -> str:
        """The folded text of message `index`."""
        return decode(self.codes[self.starts[index] + 1 : self.starts[index + 1]])

    def texts(self) -> list[str]:
        """The folded text of each message."""
        return decode(self.codes).split(chr(BOUNDARY))[1:-1]

    def original_span(self, index: int, start: int, end: int) -> tuple[int, int]:
        """The span in message `index` itself that `codes[start:end]` came from, end exclusive.

        >>> fold_many(["不讠斥"]).original_span(0, 2, 3)
        (1, 3)
        """
        starts, ends = self.original_spans(*np.array([[index], [start], [end]]))
        return int(starts[0]), int(ends[0])

    def original_spans(self, indices: Positions, starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
        """As `original_span`, of many: int64 (k,) each, as what is given."""
        bases = self.raw_starts[indices] + 1
        return self.origins[starts] - bases, self.reaches[self.origins[ends - 1]] - bases

    def has(self, disguise: str, start: int, end: int) -> bool:
        """Whether a character of `codes[start:end]` came from one that wore a disguise of the table.

        >>> fold_many(["\u0430bc"]).has("homoglyph", 1, 2)
        True
        """
        origins = np.minimum(self.raw[self.origins[start:end]], CODE_LIMIT - 1)
        return bool((_table().reasons[origins] == _table().names.index(disguise)).any())

    def disguises(self) -> list[tuple[str, ...]]:
        """Which of `DISGUISES` each message carries."""
        table = _table()
        reasons = table.reasons[np.minimum(self.raw, CODE_LIMIT - 1)]
        reasons[self.raw_starts] = 0  # a boundary is no disguise
        found: list[tuple[str, ...]] = [()] * (self.starts.size - 1)
        places = dict(self.repairs)
        disguised = np.flatnonzero(reasons)
        if disguised.size:
            which = reasons[disguised]
            places |= {table.names[number]: disguised[which == number] for number in set(which.tolist())}
        for name in DISGUISES:
            if name in places and places[name].size:
                for owner in set((np.searchsorted(self.raw_starts, places[name]) - 1).tolist()):
                    found[owner] += (name,)
        return found


@dataclass(frozen=True, slots=True)
class _Joins:
    pairs: Pairs
    targets: Codes  # (k, 2), the second 0 where two become one
    reasons: Flags
    firsts: Codes


@dataclass(frozen=True, slots=True)
class _Table:
    targets: Codes
    reasons: Flags
    names: tuple[str, ...]
    expansions: Codes  # (k, longest), padded with 0
    expansion_lengths: Positions


def fold(message: str) -> str:
    """Fold one message.

    >>> fold("【Ｘ银行】起.诉 貸款，催(cuī)收")
    '(x银行)起诉贷款,催收'
    """
    return fold_many([message]).text(0)


def fold_many(messages: Sequence[str], *, restore: bool = True) -> Folded:
    """Fold a batch of messages.

    Args:
        messages: `m` strings; lone surrogates are allowed and deleted.
        restore: whether to read back words of which a disguise leaves nothing (`noticeguard.restore`).

    Returns:
        The folded batch; `Folded.text(i)` is the text of message `i`.
    """
    raw = encode("\0".join(["", *messages, ""]))
    raw_starts = np.zeros(len(messages) + 1, np.int64)
    raw_starts[1:] = [len(message) + 1 for message in messages]
    raw_starts.cumsum(out=raw_starts)

    codes, origins, spacing = _map(raw, raw_starts)
    reaches = np.arange(1, raw.size + 1)
    repairs = {"spacing": [spacing]}
    seen = _seen(codes)  # what none of the messages holds is not looked for
    if seen & OPENING:  # what stands between a character and the letters behind it
        codes, origins, glosses = _drop_glosses(codes, origins)
        repairs["annotation"] = [glosses]
    settled: set[_Letters] = set()
    for number in range(_ROUNDS):
        found = {}
        if restore and seen & LETTER:  # first: what becomes Chinese is a neighbour of glosses and separators like any
            codes, origins, found["pinyin"] = _read_pinyin(codes, origins, reaches, len(messages), settled)
            if number and not found["pinyin"].size:
                break
            seen |= _seen(codes)
            if seen & OPENING and found["pinyin"].size:
                codes, origins, found["annotation"] = _drop_glosses(codes, origins)
        if seen & SEPARATOR:
            codes, origins, found["separator"] = _close_up(codes, origins, len(messages))
        codes, origins, joined = _join(codes, origins, reaches, len(messages), restore, bool(seen & JOINED))
        found |= joined
        for why, places in found.items():
            repairs.setdefault(why, []).append(places)
        if not (restore and seen & LETTER and any(places.size for places in found.values())):
            break  # else letters came to stand beside others, and may be read otherwise
        seen = _seen(codes)
    starts = np.flatnonzero(codes == BOUNDARY)
    return Folded(codes, starts, origins, raw, raw_starts, reaches, {why: _together(p) for why, p in repairs.items()})


@cache
def character_classes() -> Flags:
    """For every folded code point below `CODE_LIMIT`, the bits of what it is: `HAN`, `LETTER` …"""
    classes = np.zeros(CODE_LIMIT, np.uint8)
    for first, last in _HAN_BLOCKS:
        classes[first : last + 1] = HAN
    for first, last in _SYMBOL_BLOCKS:
        classes[first : last + 1] = SEPARATOR
    classes[ord("a") : ord("z") + 1] = LETTER
    classes[ord("0") : ord("9") + 1] = DIGIT
    for char in _SEPARATORS:
        classes[ord(char)] = SEPARATOR
    for char in _ORDINARY:
        classes[ord(char)] |= ORDINARY
    classes[_joins().firsts] |= JOINED
    classes[ord("(")] = OPENING
    return classes


@cache
def _table() -> _Table:
    targets = np.arange(CODE_LIMIT, dtype=np.uint32)
    reasons = np.zeros(CODE_LIMIT, np.uint8)
    names = [""]
    expansions: list[str] = []
    for why, source, target in knowledge.rows("fold.tsv"):
        if why not in names:
            names.append(why)
        if source.startswith("U+"):
            for span in source.split():
                first, last = (int(part, 16) for part in span[2:].split("-"))
                targets[first : last + 1] = int(target[2:], 16) if target else 0
                reasons[first : last + 1] = names.index(why)
            continue
        codes = encode(source)
        if len(source) == len(target):
            targets[codes] = encode(target)
        else:
            targets[codes] = _EXPANDED + len(expansions)
            expansions.append(target)
        reasons[codes] = names.index(why)
    targets[0] = 0
    targets[CODE_LIMIT - 1] = 0  # as which all beyond are read: tags, more variation selectors, private use
    reasons[CODE_LIMIT - 1] = names.index("invisible")
    longest = max(map(len, expansions))
    padded = np.array([encode(text.ljust(longest, "\0")) for text in expansions])
    return _Table(targets, reasons, tuple(names), padded, np.array([len(text) for text in expansions]))


@cache
def _joins() -> _Joins:
    """The pairs of `tables/joins.tsv`: a row of many pairs goes to a character each, a row of one to two."""
    found = []
    for why, source, target in knowledge.rows("joins.tsv"):
        targets = [target] if len(source) == 2 else list(target)
        found += [
            (*map(ord, source[2 * i : 2 * i + 2] + target.ljust(2, "\0")), _JOINS.index(why))
            for i, target in enumerate(targets)
        ]
    table = np.array(sorted(found), np.uint32)
    return _Joins(Pairs(table[:, :2]), table[:, 2:4], table[:, 4].astype(np.uint8), table[:, 0])


def _map(raw: Codes, raw_starts: Positions) -> tuple[Codes, Positions, Positions]:
    """Take every code point through the table, and drop idle white space.

    Returns:
        the codes, their origins, and where white space stands around characters that are each alone.
    """
    table = _table()
    run = compiled(map_codes, raw_starts.size - 1)
    if run is not None:
        mapped: tuple[Codes, Positions, Positions] = run(
            raw, raw_starts, table.targets, _EXPANDED, table.expansions, table.expansion_lengths, character_classes()
        )
        return mapped
    codes = table.targets.take(raw, mode="clip")
    codes[raw_starts] = BOUNDARY
    keep = codes != 0
    keep[raw_starts] = True
    origins = np.flatnonzero(keep)
    codes = codes[origins]
    if (codes >= _EXPANDED).any():
        codes, origins = _expand(codes, origins, table)
    spaces = np.flatnonzero(codes == ord(" "))
    if not spaces.size:
        return codes, origins, spaces
    keep = ~_idle_spaces(codes, spaces)
    spacing = origins[_spacing(codes, spaces)]
    return codes[keep], origins[keep], spacing


def _close_up(codes: Codes, origins: Positions, messages: int) -> tuple[Codes, Positions, Positions]:
    """Drop runs of separators, signs and emoji between two Chinese characters.

    Returns:
        the codes, their origins, and where a sign stood alone that nobody sets there to no end.
    """
    run = compiled(close_up, messages)
    if run is not None:
        closed: tuple[Codes, Positions, Positions] = run(codes, origins, character_classes())
        return closed
    classes = character_classes().take(codes)
    split = classes & SEPARATOR != 0
    edges = np.flatnonzero(split[1:] != split[:-1])
    first, after = edges[::2] + 1, edges[1::2] + 1  # a boundary stands at either end, so runs are closed
    between = classes[first - 1] & classes[after] & HAN != 0
    first, after = first[between], after[between]
    if not first.size:
        return codes, origins, first
    signs = first[(after - first == 1) & (classes[first] & ORDINARY == 0)]
    change = np.zeros(codes.size + 1, np.int8)
    change[first] = 1
    change[after] = -1
    split = np.cumsum(change[:-1], dtype=np.int8).view(np.bool_)
    return codes[~split], origins[~split], origins[signs]


def _find_joins(codes: Codes, messages: int) -> tuple[Positions, Positions]:
    """Where two codes stand for something else, and which of the known pairs they are; none overlap."""
    where, which = _joins().pairs.find(codes, messages)
    if where.size < 2:
        return where, which
    numbers = np.arange(where.size)
    is_first = np.diff(where, prepend=-2) > 1
    first = np.maximum.accumulate(numbers * is_first)
    taken = (numbers - first) % 2 == 0  # of a chain of overlapping pairs the first, the third …
    return where[taken], which[taken]


def _join(
    codes: Codes, origins: Positions, reaches: Positions, messages: int, restore: bool, is_split: bool
) -> tuple[Codes, Positions, dict[str, Positions]]:
    """Replace pairs by what they stand for, until there are none: what was replaced can be half of another pair.

    All are Chinese characters, and stand where no space, gloss or separator is left to judge by them.

    Args:
        codes, origins, messages: a batch.
        reaches: as in `Folded`, written to.
        restore: whether to read look-alikes and homophones too.
        is_split: whether it holds what begins a pair of `tables/joins.tsv`.

    Returns:
        the codes, their origins, and where each disguise stood.
    """
    places: dict[str, list[Positions]] = {}
    while True:
        where, which = _find_joins(codes, messages) if is_split else (origins[:0], origins[:0])
        if not where.size:
            alike = restore_shapes(codes, messages) if restore else origins[:0]
            heard = restore_homophones(codes, messages) if restore else origins[:0]
            if not alike.size and not heard.size:
                return codes, origins, {why: _together(parts) for why, parts in places.items()}
            places.setdefault("shape", []).append(origins[alike])
            places.setdefault("homophone", []).append(origins[heard])
            is_split = True
            continue
        for number, why in enumerate(_JOINS):
            places.setdefault(why, []).append(origins[where[_joins().reasons[which] == number]])
        targets = _joins().targets[which]
        codes[where], codes[where + 1] = targets[:, 0], targets[:, 1]
        put_together = where[targets[:, 1] == 0]
        reaches[origins[put_together]] = reaches[origins[put_together + 1]]
        keep = np.ones(codes.size, bool)
        keep[put_together + 1] = False
        codes, origins = codes[keep], origins[keep]


def _together(parts: list[Positions]) -> Positions:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _expand(codes: Codes, origins: Positions, table: _Table) -> tuple[Codes, Positions]:
    """Replace each code that stands for several by those."""
    where = np.flatnonzero(codes >= _EXPANDED)
    which = codes[where] - _EXPANDED
    counts = np.ones(codes.size, np.int64)
    counts[where] = table.expansion_lengths[which]
    first = (np.cumsum(counts) - counts)[where]
    codes, origins = np.repeat(codes, counts), np.repeat(origins, counts)
    for j in range(table.expansions.shape[1]):
        longer = table.expansion_lengths[which] > j
        codes[first[longer] + j] = table.expansions[which[longer], j]
    return codes, origins


def _idle_spaces(codes: Codes, spaces: Positions) -> NDArray[np.bool_]:
    """White space that separates no two Latin words, numbers or signs, and all but the first of a run that does."""
    idle = np.zeros(codes.size, bool)
    idle[spaces] = True
    is_first = np.diff(spaces, prepend=-1) > 1
    is_last = np.diff(spaces, append=codes.size + 1) > 1
    first, after = spaces[is_first], spaces[is_last] + 1
    classes = character_classes()
    between = (classes[codes[first - 1]] & SPACED != 0) & (classes[codes[after]] & SPACED != 0)
    idle[first[between]] = False
    return idle


def _spacing(codes: Codes, spaces: Positions) -> Positions:
    """White space before characters that each stand alone: one a line, or all spaced out."""
    characters = character_classes()[codes[np.minimum(spaces + 1, codes.size - 1)]] & HAN != 0
    alone = (np.diff(spaces, append=-1) == 2) & characters  # white space, a character, white space
    return np.asarray(spaces[alone & np.append(alone[1:], False)[: alone.size]])


def _drop_glosses(codes: Codes, origins: Positions) -> tuple[Codes, Positions, Positions]:
    """Drop pinyin in brackets right behind a Chinese character.

    Returns:
        the codes, their origins, and where the glosses stood.
    """
    opening = np.flatnonzero(codes == ord("("))  # a boundary stands at either end of the codes
    before, behind = character_classes().take(codes[[opening - 1, opening + 1]])
    opening = opening[(before & HAN != 0) & (behind & LETTER != 0)]
    if not opening.size:
        return codes, origins, opening
    gloss = np.zeros(codes.size, bool)
    text = decode(codes)
    for match in filter(None, (_GLOSS.match(text, at) for at in opening.tolist())):
        end = match.start()
        for part in match[0][1:-1].split(")("):
            if part not in readings():
                break
            end += len(part) + 2
        gloss[match.start() : end] = True
    return codes[~gloss], origins[~gloss], origins[gloss]


def _letter_runs(codes: Codes, messages: int) -> tuple[Positions, Positions]:
    """Where each run of letters begins and ends, exclusive."""
    run = compiled(find_stretches, messages)
    if run is not None:
        first, after = run(codes, character_classes(), LETTER)
        return first, after
    letters = character_classes().take(codes) & LETTER != 0
    edges = np.flatnonzero(letters[1:] != letters[:-1]) + 1  # a boundary stands at either end
    return edges[::2], edges[1::2]


def _seen(codes: Codes) -> int:
    """The bits of all classes of characters that a batch holds."""
    return int(np.bitwise_or.reduce(character_classes().take(codes)))


def _lone_letters(codes: Codes, origins: Positions, messages: int) -> dict[_Letters, Span]:
    """The runs of letters that may stand for Chinese, and where each begins and ends, exclusive."""
    first, after = _letter_runs(codes, messages)
    touched = _touches_no_word()
    alone = (after - first >= _LEAST_SYLLABLE) & ~touched[codes[first - 1]] & ~touched[codes[after]]
    first, after = first[alone], after[alone]
    marks = (origins[first], origins[after - 1], codes[first - 1], codes[after])
    spans = zip(first.tolist(), after.tolist(), strict=True)
    return dict(zip(zip(*(some.tolist() for some in marks), strict=True), spans, strict=True))


def _read_pinyin(
    codes: Codes, origins: Positions, reaches: Positions, messages: int, settled: set[_Letters]
) -> tuple[Codes, Positions, Positions]:
    """Write in Chinese what stands alone in letters: first whole words, then syllables beside what is Chinese by then.

    Args:
        codes, origins: a batch.
        reaches: as in `Folded`, written to.
        messages: how many it has.
        settled: the runs that are known to be left as they are; those that turn out so are added.

    Returns:
        the codes, their origins, and where what was read begins.
    """
    places: list[Positions] = []
    while True:
        runs = _lone_letters(codes, origins, messages)
        spans = [span for letters, span in runs.items() if letters not in settled]
        codes, origins, words = _read_runs(codes, origins, reaches, spans, _read_words)
        places.append(words)
        if not words.size:  # else what is left of a run may begin with a word
            break
    settled.update(runs)  # those that are read now are no more
    codes, origins, syllables = _read_runs(codes, origins, reaches, spans, _read_beside)
    return codes, origins, np.concatenate([*places, syllables])


def _read_words(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    return read_letters(text[start:end]) if end - start >= _LEAST_LETTERS else []


def _read_beside(text: str, start: int, end: int) -> list[tuple[int, int, str]]:
    before, behind = text[start - 1], text[end]
    if " " in (before, behind):  # which would be idle beside Chinese, and leave other neighbours
        return []
    return read_syllable(text[start:end], before, behind)


def _read_runs(
    codes: Codes,
    origins: Positions,
    reaches: Positions,
    spans: Sequence[Span],
    read: Callable[[str, int, int], list[tuple[int, int, str]]],
) -> tuple[Codes, Positions, Positions]:
    """Write runs of letters in Chinese where they can be read, each character from its share of the letters."""
    text = decode(codes) if spans else ""
    parts, places, at = [], [], 0
    for start, end in spans:
        for begin, stop, word in read(text, start, end):
            first_letter, behind = start + begin, start + stop
            shares = first_letter + np.arange(len(word) + 1) * (stop - begin) // len(word)
            reaches[origins[shares[:-1]]] = reaches[origins[shares[1:] - 1]]
            # White space that set the letters apart is idle beside Chinese.
            before = first_letter - (codes[first_letter - 1] == ord(" "))
            parts += [(codes[at:before], origins[at:before]), (encode(word), origins[shares[:-1]])]
            places.append(int(origins[first_letter]))
            at = behind + (codes[behind] == ord(" "))
    if not parts:
        return codes, origins, origins[:0]
    parts.append((codes[at:], origins[at:]))
    return (
        np.concatenate([part for part, _ in parts]),
        np.concatenate([part for _, part in parts]),
        np.array(places, np.int64),
    )


@cache
def _touches_no_word() -> NDArray[np.bool_]:
    """The code points that touch codes and links, but no letters that stand for Chinese."""
    signs: NDArray[np.bool_] = character_classes() & DIGIT != 0
    signs[[ord(sign) for sign in LINK_SIGNS]] = True
    return signs
