from pathlib import Path

import jieba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noticeguard import Classifier, normalize
from noticeguard.artefact import load_model, shipped_path
from noticeguard.characters import decode
from noticeguard.corpus import read_examples
from noticeguard.explain import find_keywords
from noticeguard.features import Alphabet
from noticeguard.words import Dictionary

ROOT = Path(__file__).parents[1]
MODEL = load_model(shipped_path())
SHIPPED = MODEL.dictionary


def jieba_over(words, total):
    """jieba's own tokenizer over a dictionary of ours."""
    tokenizer = jieba.Tokenizer()
    beginnings = {word[:end]: 0 for word in words for end in range(1, len(word))}
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = {**beginnings, **words}, total, True
    return tokenizer


def jieba_words(tokenizer, folded, encoded):
    """The words of a batch as jieba cuts them between its entities and boundaries."""
    text, entities = decode(folded.codes), encoded.entities
    fixed = sorted([*zip(entities.starts.tolist(), entities.ends.tolist(), strict=True),
                    *((start, start + 1) for start in folded.starts.tolist())])  # fmt: skip
    words, at = [], 0
    for start, end in fixed:
        words += [*tokenizer.cut(text[at:start], HMM=False), *([text[start:end]] if text[start] != "\0" else [])]
        at = end
    return words


def our_words(dictionary, folded, encoded):
    text = decode(folded.codes)
    found = dictionary.cut(encoded)
    return [text[start:end] for start, end in zip(found.starts, found.ends, strict=True)]


def test_words_are_those_of_jieba():
    rows = (line.split() for line in SHIPPED.text.splitlines())
    tokenizer = jieba_over({word: int(count) for word, count in rows}, SHIPPED.total)
    messages = [example.text for example in read_examples(ROOT / "data" / "corpus")[::4]]
    folded = normalize.fold_many(messages)
    encoded = MODEL.alphabet.encode(folded)
    ours = our_words(SHIPPED, folded, encoded)
    assert len(messages) > 4000
    assert ours == jieba_words(tokenizer, folded, encoded)


@given(
    st.dictionaries(st.text("还款请转", min_size=1, max_size=5), st.sampled_from([0, 1, 3, 70, 5000]), max_size=12),
    st.lists(st.text("还款请转，龘 a", max_size=30), max_size=3),
)
@settings(deadline=None, max_examples=300)
def test_words_are_the_likeliest_over_any_dictionary(words, messages):
    # Of several best cuts jieba takes one by the last digit of its sums, so the likelihoods are compared. And it never
    # lets a character stand alone that begins a word and is none itself; the dictionary's own nearly always are.
    total = 100_000
    words |= {word[0]: max(words.get(word[0], 0), 1) for word in words}
    folded = normalize.fold_many(messages)
    encoded = Alphabet("还款请转，").encode(folded)

    def likelihood(cut):
        return sum(np.log(words.get(word) or 1) - np.log(total) for word in cut)

    ours, theirs = (
        our_words(Dictionary.of(words, total), folded, encoded),
        jieba_words(jieba_over(words, total), folded, encoded),
    )
    assert "".join(ours) == "".join(theirs)
    assert likelihood(ours) == pytest.approx(likelihood(theirs), abs=1e-9)


def test_of_equally_likely_cuts_the_one_with_the_longer_first_word_is_taken():
    folded = normalize.fold_many(["还款请"])
    encoded = Alphabet("还款请").encode(folded)
    words = {"还款": 5, "款请": 5}
    assert our_words(Dictionary.of(words, 100), folded, encoded) == ["还款", "请"]


def test_equal_words_have_equal_numbers_and_entities_stand_apart():
    folded = normalize.fold_many(["还款还款95188", "请还款，请"])
    encoded = MODEL.alphabet.encode(folded)
    words = SHIPPED.cut(encoded)
    first, second, entity, please, third, _, again = words.numbers.tolist()
    assert first == second == third
    assert please == again == ord("请")
    assert entity == normalize.BOUNDARY
    assert words.owners.tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_the_same_words_explain_any_label():
    messages = ["【公安局】您涉嫌洗钱，请将资金转入安全账户", "请还款", ""]
    scored = MODEL.score(messages)
    texts = scored.folded.texts()
    for label in range(5):
        sums = MODEL.contributions(scored, np.full(len(messages), label))
        found = find_keywords(scored, messages, texts, sums)
        for keywords, score in zip(found, scored.scores[:, label], strict=True):
            assert sum(k.weight for k in keywords) + MODEL.settings.bias[label] == pytest.approx(score, abs=1e-6)


def test_keywords_are_heaviest_first_and_a_repeated_word_is_one():
    message = "还款，请还款，联系95188或者95188"
    keywords = Classifier.load().classify(message).keywords
    weights = [abs(keyword.weight) for keyword in keywords]
    assert weights == sorted(weights, reverse=True)
    spans = {keyword.text: keyword.spans for keyword in keywords}
    assert spans["还款"] == ((0, 2), (4, 6))
    assert spans["95188"] == ((9, 14), (16, 21))
    assert keywords[-1] == list(keywords)[-1]
    assert keywords[:2] == tuple(keywords)[:2]
    with pytest.raises(IndexError):
        keywords[len(keywords)]
