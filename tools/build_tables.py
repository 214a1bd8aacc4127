"""Build the character tables that travel with the package.

    pip install '.[tables]' && python tools/build_tables.py

writes `src/noticeguard/tables/fold.tsv` and `pinyin.tsv`. Their sources: Unicode's
character database (through `unicodedata`), Unicode's confusables (through
`confusable_homoglyphs`), OpenCC's script conversion and pypinyin's readings. The run
time reads the two tables alone, so that folding is the same under every Python.
"""

import unicodedata
from pathlib import Path

import opencc
from confusable_homoglyphs import confusables
from pypinyin import Style, pinyin

TABLES = Path(__file__).parents[1] / "src" / "noticeguard" / "tables"
LAST = 0x30000  # the run time reads every code point beyond as U+FFFD
PER_ROW = 60
# Scripts whose presentation forms are nobody's disguise in a Chinese message.
LEFT_ALONE = [(0xFB1D, 0xFE00), (0xFE70, 0xFEFF), (0xAC00, 0xD7B0), (0x1100, 0x1200)]
# Polyphonic characters, read as these messages use them.
READINGS = {"还": "huan", "行": "hang", "长": "zhang", "调": "diao", "重": "zhong", "传": "chuan", "着": "zhe"}
# Simplified characters that the conversion tables would move on to a rarer form.
KEPT = {"么": "么", "麼": "么", "麽": "么"}
SCRIPT = [opencc.OpenCC(name) for name in ("t2s", "tw2s", "hk2s")]


def strip_marks(char: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) not in {"Mn", "Me"})
    return unicodedata.normalize("NFC", plain)


def homoglyph(char: str) -> str | None:
    """The ASCII letter that a Cyrillic, Greek or other letter is confused with."""
    if char.isascii() or unicodedata.category(char)[0] != "L" or ord(char) >= 0x2E80:
        return None
    for entry in confusables.is_confusable(char, greedy=True) or []:
        for twin in entry["homoglyphs"]:
            if len(twin["c"]) == 1 and twin["c"].isascii() and twin["c"].isalnum():
                return twin["c"]
    return None


def simplified(char: str) -> str:
    if char in KEPT:
        return KEPT[char]
    for script in SCRIPT:
        target = script.convert(char)
        if target != char and ord(target) < LAST:
            return target
    return char


def step(char: str) -> tuple[str, str]:
    """One folding step of one character: (what it becomes, why); unchanged where nothing applies."""
    code, category = ord(char), unicodedata.category(char)
    if category in {"Mn", "Me"}:
        return "", "mark"
    if code != 0x0A and code != 0x09 and code != 0x0D and category in {"Cf", "Cc", "Co", "Cs"}:
        return "", "invisible"
    if char in "\u115f\u1160\u3164\uffa0\u2800":
        return "", "invisible"
    if char.isspace():
        return " ", "space"
    if any(first <= code < last for first, last in LEFT_ALONE):
        return char, ""
    digit = unicodedata.digit(char, None)
    if digit is not None and not char.isascii():
        return str(digit), "width" if 0xFF10 <= code <= 0xFF19 else "digit"
    if 0xFF01 <= code <= 0xFF5E:
        target = chr(code - 0xFEE0)
        return target, "width" if target.isalnum() else "punctuation"
    plain = strip_marks(char)
    if plain != char:
        if 0x1D400 <= code <= 0x1D7FF or 0x2460 <= code <= 0x24FF or 0x1F100 <= code <= 0x1F1FF:
            return plain, "digit" if plain.strip("().").isdigit() else "homoglyph"
        return plain, "compatibility"
    if char.lower() != char:
        return char.lower(), "case"
    twin = homoglyph(char)
    if twin is not None:
        return twin, "homoglyph"
    if code >= 0x3400:
        target = simplified(char)
        if target != char:
            return target, "traditional"
    return char, ""


# Marks of one kind, written one way.
PUNCTUATION = {
    **dict.fromkeys("（﹝〔［｛【〖", "("),
    **dict.fromkeys("）﹞〕］｝】〗", ")"),
    **dict.fromkeys("「」『』“”〝〞＂«»", '"'),
    **dict.fromkeys("‘’＇´", "'"),
    **dict.fromkeys("—–−‐‑‒―﹣－", "-"),
    **dict.fromkeys("～〜∼", "~"),
    **dict.fromkeys("•・‧∙⋅●○◦･", "·"),
    **dict.fromkeys("﹐", ","),
    "．": ".",
}


def fold(char: str) -> tuple[str, str]:
    """Fold until nothing changes; the first reason names the whole."""
    if char in PUNCTUATION:
        return PUNCTUATION[char], "punctuation"
    text, why = step(char)
    for _ in range(8):
        after = "".join(PUNCTUATION.get(c) or step(c)[0] for c in text)
        if after == text:
            return text, why
        text = after
    raise SystemExit(f"folding of U+{ord(char):04X} does not settle")


def write_fold() -> None:
    pairs: dict[str, list[tuple[str, str]]] = {}
    deleted: dict[tuple[str, str], list[int]] = {}
    expanded: list[tuple[str, str, str]] = []
    for code in range(LAST):
        char = chr(code)
        target, why = fold(char)
        if target == char:
            continue
        if target in {"", " "}:
            deleted.setdefault((why, target), []).append(code)
        elif len(target) == 1:
            pairs.setdefault(why, []).append((char, target))
        else:
            expanded.append((why, char, target))
    rows = ["# why\tfrom\tto : characters pairwise; U+ ranges go to nothing or to a space; one to many"]
    for (why, target), codes in sorted(deleted.items()):
        start = previous = codes[0]
        spans = []
        for code in [*codes[1:], None]:
            if code is None or code != previous + 1:
                spans.append(f"U+{start:04X}-{previous:04X}")
                start = code
            previous = code
        rows.append(f"{why}\t{' '.join(spans)}\t{'U+0020' if target else ''}")
    for why, listed in sorted(pairs.items()):
        for i in range(0, len(listed), PER_ROW):
            part = listed[i : i + PER_ROW]
            rows.append(f"{why}\t{''.join(a for a, _ in part)}\t{''.join(b for _, b in part)}")
    rows += [f"{why}\t{char}\t{target}" for why, char, target in expanded]
    (TABLES / "fold.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_pinyin() -> None:
    by_syllable: dict[str, list[str]] = {}
    for code in range(0x4E00, 0x9FA6):
        char = chr(code)
        if fold(char)[0] != char:
            continue
        syllable = READINGS.get(char) or pinyin(char, style=Style.NORMAL, errors="ignore")
        if isinstance(syllable, list):
            syllable = syllable[0][0] if syllable else ""
        syllable = strip_marks(syllable).lower().replace("ü", "v")
        if syllable.isascii() and syllable.isalpha():
            by_syllable.setdefault(syllable, []).append(char)
    rows = ["# syllable\tcharacters (folded) read so, without tone"]
    rows += [f"{syllable}\t{''.join(chars)}" for syllable, chars in sorted(by_syllable.items())]
    (TABLES / "pinyin.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_fold()
    write_pinyin()
