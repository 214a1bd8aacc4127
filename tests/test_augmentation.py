import random
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from noticeguard import knowledge
from noticeguard.augmentation import Word, disguised_copies, reword, reworded_copies, shortened_copies
from noticeguard.corpus import read_examples
from noticeguard.fitting import Options, fit_alphabet, fit_dictionary, written_words
from noticeguard.normalize import fold, fold_many

SMALL = read_examples(Path(__file__).parents[1] / "data" / "corpus")[::12]
SEED = 1
TABLE = {word: others.split() for word, others in knowledge.rows("synonyms.tsv")}


def test_every_other_message_gets_a_copy_that_folding_does_not_take_back():
    texts = [example.text for example in SMALL]
    words = [[text[i : i + 2] for i in range(0, len(text), 5)] for text in texts]
    rows = disguised_copies(texts, words, 0.5, SEED)
    assert len(rows.texts) == len(rows.owners) == len(set(rows.owners)) == round(len(texts) / 2)
    changed = [fold(copy) != fold(texts[owner]) for copy, owner in zip(rows.texts, rows.owners, strict=True)]
    assert np.mean(changed) > 0.5
    assert rows == disguised_copies(texts, words, 0.5, SEED)


def test_shortened_copies_are_stretches_of_whole_clauses():
    texts = [example.text for example in SMALL]
    rows = shortened_copies(texts, 2, SEED)
    assert list(rows.owners) == [*range(len(texts))] * 2
    assert all(copy in texts[owner] for copy, owner in zip(rows.texts, rows.owners, strict=True))
    shares = [len(copy) / len(texts[owner]) for copy, owner in zip(rows.texts, rows.owners, strict=True)]
    assert 0.5 < np.mean(shares) < 0.8
    assert rows.texts[: len(texts)] != rows.texts[len(texts) :]
    assert set(shortened_copies(["甲，乙。丙"] * 3, 1, SEED).texts) < {
        "甲，", "乙。", "丙", "甲，乙。", "乙。丙", "甲，乙。丙",
    }  # fmt: skip
    assert shortened_copies(["", "甲"], 1, SEED).texts == ["", "甲"]


def test_copies_hide_of_the_words_given_the_first_ones_and_nothing_else():
    text, words = "您的借款已经逾期，请尽快还款，谢谢配合，期待回复", ["逾期", "还款", "配合", "回复"]
    copies = [disguised_copies([text], [words], 1, seed).texts[0] for seed in range(100)]
    assert all(copy.startswith("您的借款已经") for copy in copies)
    hidden = [sum(word not in copy for copy in copies) for word in words]
    assert hidden[0] > hidden[3] > 0
    assert hidden[1] > hidden[3]
    assert disguised_copies([text], [[]], 1, SEED).texts == [text]


PLAIN = ["请尽快办理如有疑问"] * 2
ALPHABET = fit_alphabet(PLAIN, 2)
DICTIONARY = fit_dictionary(PLAIN, Options())


def in_words(*words):
    """A message of these words: its text, and where they stand."""
    text = "".join(words)
    starts = np.cumsum([0, *map(len, words)]).tolist()
    return text, [Word(start, start + len(word), word) for start, word in zip(starts, words, strict=False)]


def wordings(text, words, count=200):
    return {reword(text, words, random.Random(seed)) for seed in range(count)}


def test_words_are_replaced_by_those_of_the_table_and_the_rest_stays():
    text, words = in_words("【甲】", "尽快", "：", "办理", "123")
    expected = {
        f"【甲】{first}：{second}123" for first in ("尽快", *TABLE["尽快"]) for second in ("办理", *TABLE["办理"])
    }
    found = wordings(text, words, 2000)
    assert found <= expected
    assert len(found) > 0.9 * len(expected)


def test_a_known_phrase_is_replaced_as_a_whole():
    assert wordings(*in_words("如有", "疑问")) == {"如有疑问", *TABLE["如有疑问"]}


def test_words_that_do_not_touch_make_no_phrase():
    text = "如有。疑问"
    words = [Word(0, 2, "如有"), Word(3, 5, "疑问")]
    assert all("。" in found for found in wordings(text, words))


def test_some_copies_change_little_and_some_nearly_all():
    text, words = in_words(*["办理"] * 20)
    kept = [found.count("办理") for found in wordings(text, words)]
    assert min(kept) <= 2
    assert max(kept) >= 18


def test_of_each_message_there_are_two_wordings_and_they_are_the_same_again():
    texts = [example.text for example in SMALL]
    alphabet = fit_alphabet(texts, 2)
    words = written_words(texts, alphabet, fit_dictionary(texts, Options()))
    rows = reworded_copies(texts, words, 1, SEED)
    assert list(rows.owners) == [*range(len(texts))] * 2
    first, second = np.array(rows.texts).reshape(2, -1)
    assert np.mean(first != second) > 0.5
    assert np.mean(first != np.array(texts)) > 0.5
    assert rows == reworded_copies(texts, words, 1, SEED)
    assert reworded_copies(texts, words, 0, SEED).texts == []


def test_words_are_found_where_they_stand_in_the_message_as_it_was_sent():
    texts = ["請 尽.快 辦理", "x"]
    words, _ = written_words(texts, ALPHABET, DICTIONARY)
    assert [(texts[0][word.start : word.end], word.folded) for word in words] == [
        ("請", "请"), ("尽.快", "尽快"), ("辦理", "办理"),
    ]  # fmt: skip


@given(
    st.lists(st.sampled_from([*"请尽快办理", "讠午", "尽.快", "jinkuai", "（", "\0", "😀", " "]), max_size=20).map(
        "".join
    )
)
def test_of_any_message_what_is_not_replaced_stays(text):
    (words,) = written_words([text], ALPHABET, DICTIONARY)
    assert all(0 <= word.start < word.end <= len(text) for word in words)
    assert reword(text, [Word(word.start, word.end, "无此词") for word in words], random.Random(1)) == text
    if not any(word.folded in TABLE for word in words):
        assert reword(text, words, random.Random(1)) == text


def test_every_word_of_the_table_reads_as_it_is_written_and_is_not_its_own_alternative():
    rows = knowledge.rows("synonyms.tsv")
    assert len({word for word, _ in rows}) == len(rows)
    for word, others in rows:
        assert others
        assert word not in others.split()
        folded = fold_many([word, *others.split()], restore=False).texts()
        assert folded == [word, *others.split()]


def test_half_a_surrogate_pair_hinders_no_copy():
    texts = ["您的借款已经逾期\ud800，请加微信还款"] * 3
    words = written_words(texts, ALPHABET, DICTIONARY)
    for rows in (
        disguised_copies(texts, [["逾期"]] * 3, 1, SEED),
        shortened_copies(texts, 1, SEED),
        reworded_copies(texts, words, 0.5, SEED),
    ):
        assert rows.owners == [0, 1, 2]
        assert any("\ud800" in copy for copy in rows.texts)
