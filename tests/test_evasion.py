import random
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noticeguard import normalize
from noticeguard.characters import syllables
from noticeguard.corpus import read_examples
from noticeguard.entities import find_entities
from noticeguard.evasion import DISGUISES, FOLDED, disguise
from noticeguard.normalize import fold, fold_many
from noticeguard.render import phrases

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
MESSAGE = "【某银行】请于5月8日前把借款1200元转账还清，加微信wxid或QQ，详情点 https://t.cn/a1b2 或 t.cn/xy9，APP可查"


@pytest.fixture(scope="module")
def messages():
    return [example.text for example in random.Random(20261121).sample(read_examples(CORPUS), 400)]


@pytest.mark.parametrize("kind", DISGUISES)
def test_a_disguise_changes_the_message_and_is_the_same_for_the_same_seed(kind):
    changed = disguise(MESSAGE, kind, seed=3)
    assert changed != MESSAGE
    assert disguise(MESSAGE, kind, seed=3) == changed


@pytest.mark.parametrize("kind", DISGUISES)
def test_links_stay_usable(kind):
    changed = disguise(MESSAGE, kind)
    assert "https://t.cn/a1b2" in changed
    assert "t.cn/xy9" in changed
    assert find_entities(fold_many([changed])).kinds.count("link:forwarding") == 2


@pytest.mark.parametrize("kind", DISGUISES)
def test_numbers_read_the_same_once_folded(kind):
    assert re.findall(r"\d+", fold(disguise(MESSAGE, kind))) == re.findall(r"\d+", MESSAGE)


@pytest.mark.parametrize("kind", FOLDED)
def test_folding_takes_the_disguise_back_whole(kind, messages):
    for seed, message in enumerate(messages):
        assert fold(disguise(message, kind, seed=seed)) == fold(message)
        assert fold(disguise(message, kind, strength=0.4, seed=seed)) == fold(message)


@given(
    st.text(alphabet="催收法院还款请账户微信加qQaＶ1 2.，。(（)）t.cn/\n😀", max_size=30),
    st.sampled_from(sorted(DISGUISES)),
    st.integers(0, 9),
)
@settings(max_examples=300, deadline=None)
def test_any_disguise_of_any_text_folds_once_and_for_all(message, kind, seed):
    once = fold(disguise(message, kind, strength=0.7, seed=seed))
    assert fold(once) == once


@pytest.mark.parametrize("kind", DISGUISES)
def test_no_strength_changes_nothing_and_more_changes_more(kind, messages):
    def changed(strength):
        return sum(disguise(message, kind, strength=strength) != message for message in messages)

    assert changed(0) == 0
    assert 0 < changed(0.5) <= changed(1)


@pytest.mark.parametrize("kind", DISGUISES)
def test_only_the_asked_words_are_disguised(kind):
    before, word, after = "您的借款", "微信转账1200元qq", "已经逾期"
    changed = disguise(before + word + after, kind, words=[word])
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert changed != before + word + after
    assert disguise(before + word + after, kind, words=[]) == before + word + after


def test_homophones_are_read_alike_and_look_alikes_are_other_characters():
    plain = "逾期账户请尽快还款"
    readings = syllables()
    for seed in range(5):
        heard = disguise(plain, "homophone", seed=seed)
        assert [readings[char] for char in heard] == [readings[char] for char in plain]
        assert all(a != b for a, b in zip(heard, plain, strict=True))
    assert disguise("贷款", "shape", strength=1, seed=1)[0] in "货袋"


def test_split_characters_come_back_where_it_is_safe():
    assert fold("钅艮行亻昔款，讠午女士") == "银行借款,许女士"
    assert fold_many(["亻昔款"]).disguises()[0] == ("split",)


@pytest.mark.parametrize(
    "text", ["女子", "公积金累计", "本月欠费", "窗口刷卡", "免力度", "如今人言可畏", "木材", "王元"]
)
def test_characters_that_meet_in_plain_text_are_not_joined(text):
    assert fold(text) == text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("加薇信", "加微信"), ("扣扣123", "qq123"), ("加 薇·信", "加微信"),
        ("薇亻言", "微信"), ("a 扣扣 1", "aqq1"), ("v信", "v信"),
    ],
)  # fmt: skip
def test_stand_ins_for_words_come_back(text, folded):
    assert fold(text) == folded
    assert fold(fold(text)) == fold(text)


def test_one_character_a_line_is_named():
    assert fold_many(["催\n收\n法\n院\n见"]).disguises()[0] == ("spacing",)
    assert fold_many(["催收\n法院见\n好"]).disguises()[0] == ()


def test_pictures_of_letters_are_read():
    assert fold("🅰🅿🅿 🇶🇶 ᴀʙᴄ") == "app qq abc"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_disguise_that_folding_names_has_a_name_for_readers(language):
    assert set(normalize.DISGUISES) == phrases(language)["disguises"].keys()


def test_pinyin_is_read_back_as_its_syllables():
    assert find_entities(fold_many(["请pengnuo，app"])).kinds == ["word:peng", "word:nuo", "word:app"]


@pytest.mark.parametrize("kind", DISGUISES)
def test_half_a_surrogate_pair_hinders_no_disguise(kind):
    assert "\ud800" in disguise(MESSAGE + "\ud800", kind)


def test_what_chance_chooses_for_a_message_stays():
    assert disguise("请尽快还款，逾期上报征信", "homophone", strength=0.5, seed=7) == "请尽快痪宽，逾祈商堡狰信"


def test_what_cannot_be_done_is_refused_by_name():
    with pytest.raises(ValueError, match="known: traditional"):
        disguise("请还款", "rot13")
    with pytest.raises(ValueError, match="between 0 and 1"):
        disguise("请还款", "emoji", strength=2)


def test_invisible_means_invisible():
    changed = disguise("请尽快还款", "invisible")
    assert all(unicodedata.category(char) == "Cf" for char in changed if char not in "请尽快还款")
