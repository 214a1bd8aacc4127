"""Disguise messages as evaders do: for tests, for training, and to audit a classifier.

Each disguise changes *places* of a message: characters, numbers, words, or the gaps between
two Chinese characters. Links are never touched, and what is written in Latin letters never
joins a number or a word beside it, so that a reader could still act on the message.

What stands for what: `tables/disguises.tsv`, `pinyin.tsv` and, backwards, `fold.tsv`. The
disguises are those of Li et al., "TextShield" (USENIX Security 2020), and Su et al.,
"RoCBert" (ACL 2022), and what spam in Chinese shows besides.
"""

import random
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache

from noticeguard import knowledge
from noticeguard.characters import syllables

_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_GAP = re.compile(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])")
_LINK = re.compile(r"[a-z]{2,6}:/*[!-~]+|(?<![\w.-])(?:[\w-]++\.)+[a-z]{2,}[!-~]*", re.ASCII | re.IGNORECASE)
_LETTER = re.compile(r"[A-Za-z]")
_LETTER_OR_DIGIT = re.compile(r"[A-Za-z0-9]")
_LINK_CHARACTER = re.compile(r"[A-Za-z0-9.:/\-_?=&%#~+*@]")
_DIGITS = re.compile(r"[0-9]+")

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_SEPARATORS = " .·-_~*^|/"
_EMOJI = "😀🔥💰❗✨👉⭐📣💥🎁"
_LETTER_BLOCKS = ((0x400, 0x52F), (0x1D400, 0x1D7FF))  # Cyrillic, and mathematical letters
_LEVEL_1 = range(0xB0, 0xD8)  # first bytes of the 3,755 most used characters in GB 2312-80


@dataclass(frozen=True, slots=True)
class _Place:
    """A span of a message and what can stand there instead."""

    start: int
    end: int
    stand_ins: tuple[str, ...]


def disguise(
    message: str, kind: str, *, strength: float = 1.0, seed: int = 0, words: Collection[str] | None = None
) -> str:
    """Disguise a message.

    Args:
        message: any message.
        kind: one of `DISGUISES`.
        strength: the share of the places where it can be done at which it is done, 0 to 1.
        seed: of the choice of places and stand-ins; the same arguments give the same text.
        words: only places inside these words of the message; `None` for everywhere.

    Raises:
        ValueError: no such disguise, or a strength outside 0 to 1.

    Example:
        >>> disguise("法院通知", "separator", seed=1, words=["法院"])
        '法/院通知'
        >>> disguise("请还款", "traditional")
        '請還款'
    """
    if kind not in DISGUISES:
        raise ValueError(f"no disguise {kind!r}; known: {', '.join(DISGUISES)}")
    if not 0 <= strength <= 1:
        raise ValueError(f"strength {strength} is not between 0 and 1")
    open_spans = _open_spans(message, words)
    places = [place for place in _KINDS[kind][1](message) if place.stand_ins and _is_open(place, open_spans)]
    chooser = random.Random(f"{seed} {kind} {message}".encode("utf-8", "surrogatepass"))
    chosen = sorted(chooser.sample(range(len(places)), round(strength * len(places))))
    parts, at = [], 0
    for place in (places[i] for i in chosen):
        parts += [message[at : place.start], chooser.choice(place.stand_ins)]
        at = place.end
    return "".join([*parts, message[at:]])


def _is_open(place: _Place, open_spans: list[int]) -> bool:
    """Whether both ends of a place, or both sides of a gap, lie in one span that may be changed."""
    first, last = sorted((place.start, place.end - 1))
    return open_spans[first] == open_spans[last] != 0


def _open_spans(message: str, words: Collection[str] | None) -> list[int]:
    """For each character, the number of the word in which it may be changed; 0 where it may not."""
    spans = [1 if words is None else 0] * len(message)
    for number, word in enumerate(words or (), 1):
        for match in re.finditer(re.escape(word), message):
            spans[match.start() : match.end()] = [number] * len(word)
    for link in _LINK.finditer(message):
        spans[link.start() : link.end()] = [0] * len(link[0])
    return spans


@cache
def _table(kind: str) -> dict[str, tuple[str, ...]]:
    """What can stand for each character or word, from `tables/disguises.tsv`."""
    found: dict[str, tuple[str, ...]] = {}
    for row, source, targets in knowledge.rows("disguises.tsv"):
        if row != kind:
            continue
        if kind == "traditional":
            found.update((char, (target,)) for char, target in zip(source, targets, strict=True))
        else:
            found[source] = tuple(targets.split(" "))
    return found


@cache
def _backwards(*reasons: str) -> dict[str, tuple[str, ...]]:
    """What folding reads as each ASCII letter or digit for these reasons, from `tables/fold.tsv`."""
    found: dict[str, list[str]] = {}
    for why, source, target in knowledge.rows("fold.tsv"):
        if why in reasons and len(source) == len(target):
            for char, plain in zip(source, target, strict=True):
                if plain.isascii() and plain.isalnum():
                    found.setdefault(plain, []).append(char)
    return {plain: tuple(chars) for plain, chars in found.items()}


@cache
def _homophones() -> dict[str, tuple[str, ...]]:
    """The common characters that are read as each character, tones aside."""
    found = {}
    for _, chars in knowledge.rows("pinyin.tsv"):
        common = [char for char in chars if _is_common(char)]
        found.update({char: tuple(twin for twin in common if twin != char) for char in chars})
    return found


def _is_common(char: str) -> bool:
    return char.encode("gb2312", "replace")[0] in _LEVEL_1


def _characters(table: Callable[[], dict[str, tuple[str, ...]]]) -> Callable[[str], Iterator[_Place]]:
    """Places of single characters that a table knows."""

    def find(message: str) -> Iterator[_Place]:
        known = table()
        return (_Place(i, i + 1, known[char]) for i, char in enumerate(message) if char in known)

    return find


def _gaps(*signs: str) -> Callable[[str], Iterator[_Place]]:
    """The gaps between two Chinese characters."""
    return lambda message: (_Place(match.end(), match.end(), signs) for match in _GAP.finditer(message))


def _find_width(message: str) -> Iterator[_Place]:
    for match in _LETTER_OR_DIGIT.finditer(message):
        yield _Place(match.start(), match.end(), (chr(ord(match[0]) + 0xFEE0),))


def _find_letters(message: str) -> Iterator[_Place]:
    known = _look_alike_letters()
    for match in _LETTER.finditer(message):
        yield _Place(match.start(), match.end(), known.get(match[0].lower(), ()))


@cache
def _look_alike_letters() -> dict[str, tuple[str, ...]]:
    return {
        plain: tuple(char for char in chars if any(first <= ord(char) <= last for first, last in _LETTER_BLOCKS))
        for plain, chars in _backwards("homoglyph").items()
    }


def _find_digits(message: str) -> Iterator[_Place]:
    """Whole numbers, so that each is written in one style: circled, mathematical, keycaps."""
    for match in _DIGITS.finditer(message):
        styles = [*zip(*(_digit_styles()[digit] for digit in match[0]), strict=True)]
        yield _Place(match.start(), match.end(), tuple(map("".join, styles)))


@cache
def _digit_styles() -> dict[str, tuple[str, ...]]:
    circled = "⓪①②③④⑤⑥⑦⑧⑨"
    return {
        str(i): (circled[i], *(chr(first + i) for first in (0x1D7CE, 0x1D7D8, 0x1D7EC)), f"{i}\ufe0f\u20e3")
        for i in range(10)
    }


def _find_pinyin(message: str) -> Iterator[_Place]:
    """Single characters; by the initial alone at most every other one, or nobody could read it."""
    readings = syllables()
    for run in _HAN_RUN.finditer(message):
        for i in range(*run.span()):
            syllable = readings.get(message[i])
            if syllable and _stands_apart(message, i, i + 1):
                yield _Place(i, i + 1, (syllable, syllable[0]) if (i - run.start()) % 2 else (syllable,))


def _find_glosses(message: str) -> Iterator[_Place]:
    readings = syllables()
    for i, char in enumerate(message):
        if char in readings:
            yield _Place(i, i + 1, tuple(char + bracket.format(readings[char]) for bracket in ("({})", "（{}）")))


def _find_substitutes(message: str) -> Iterator[_Place]:
    known = _table("substitute")
    for match in _substituted().finditer(message):
        apart = _stands_apart(message, match.start(), match.end())
        stand_ins = known[match[0].lower()]
        yield _Place(*match.span(), tuple(word for word in stand_ins if apart or not _LETTER_OR_DIGIT.search(word)))


@cache
def _substituted() -> re.Pattern[str]:
    words = sorted(_table("substitute"), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)), re.IGNORECASE)


def _stands_apart(message: str, start: int, end: int) -> bool:
    """Whether no letter, digit or link sign touches a span: what is put there in letters stays a word of its own."""
    sides = message[max(start - 1, 0) : start] + message[end : end + 1]
    return not _LINK_CHARACTER.search(sides)


_KINDS: dict[str, tuple[str, Callable[[str], Iterator[_Place]]]] = {
    "traditional": (
        "Simplified characters in their traditional form.",
        _characters(lambda: _table("traditional")),
    ),
    "width": ("Letters and digits full-width.", _find_width),
    "invisible": ("Invisible characters between Chinese characters.", _gaps(*_INVISIBLE)),
    "separator": ("Spaces, dots and other signs between Chinese characters.", _gaps(*_SEPARATORS)),
    "digit": ("Numbers circled, mathematical or as emoji keycaps.", _find_digits),
    "homoglyph": ("Latin letters by Cyrillic and mathematical ones that look alike.", _find_letters),
    "homophone": ("Characters by common ones with the same toneless reading.", _characters(_homophones)),
    "shape": ("Characters by ones that look alike.", _characters(lambda: _table("shape"))),
    "split": ("Characters taken apart into two side by side.", _characters(lambda: _table("split"))),
    "pinyin": ("Characters by their toneless pinyin or its initial.", _find_pinyin),
    "annotation": ("Toneless pinyin in brackets behind each character.", _find_glosses),
    "substitute": ("Words by what evaders write for them.", _find_substitutes),
    "emoji": ("Emoji between Chinese characters.", _gaps(*_EMOJI)),
    "line_break": ("A line break between Chinese characters.", _gaps("\n")),
}

DISGUISES: dict[str, str] = {kind: sentence for kind, (sentence, _) in _KINDS.items()}
"""The disguises: what each does."""

FOLDED = ("traditional", "width", "invisible", "separator", "digit", "homoglyph", "annotation", "emoji", "line_break")
"""Those that folding takes back whole; of `split` and `substitute` it takes back what is safe."""
