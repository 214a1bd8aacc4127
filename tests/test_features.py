import numpy as np

from noticeguard.features import UNKNOWN, Alphabet, Orders, ngrams
from noticeguard.normalize import fold_many

ALPHABET = Alphabet(["还", "环", "款", "，", "⟨number⟩", "⟨number:4⟩", "⟨word⟩", "⟨word:huan⟩"])


def symbols(message):
    encoded = ALPHABET.encode(fold_many([message]))
    return encoded.symbols.tolist(), encoded.syllables.tolist()


def test_homophones_and_pinyin_share_a_syllable():
    assert symbols("还款")[1] == symbols("环款")[1] == symbols("huan款")[1]
    assert symbols("还款")[0] != symbols("环款")[0]


def test_a_character_too_rare_to_be_a_symbol_keeps_its_reading():
    assert symbols("环寰")[0][2] == UNKNOWN
    assert symbols("环寰")[1] == symbols("环还")[1]


def test_an_ngram_with_an_unknown_symbol_is_no_feature():
    encoded = ALPHABET.encode(fold_many(["还龘款"]))
    characters, pairs, _ = ngrams(encoded, Orders(characters=(1, 2), syllables=(4, 4)))
    assert encoded.symbols[2] == UNKNOWN
    assert np.flatnonzero(characters).tolist() == [1, 3]
    assert not pairs.any()


def test_an_entity_is_one_symbol_and_an_unknown_one_its_family():
    assert symbols("1234")[0][1:-1] == [ALPHABET.number("number:4")]
    assert symbols("99")[0][1:-1] == [ALPHABET.number("number")]
    assert symbols("龘")[0][1:-1] == [UNKNOWN]


def test_no_ngram_crosses_a_boundary():
    encoded = ALPHABET.encode(fold_many(["还款", "款还", ""]))
    orders = Orders(characters=(1, 3), syllables=(4, 4))
    counts = np.count_nonzero(ngrams(encoded, orders), axis=1)
    assert dict(zip(orders.lengths, counts.tolist(), strict=True)) == {1: 4, 2: 2, 3: 0, 4: 0}
