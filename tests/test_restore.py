from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noticeguard import Classifier, normalize
from noticeguard.characters import sounds
from noticeguard.corpus import read_examples
from noticeguard.evasion import disguise
from noticeguard.normalize import DISGUISES, _joins, fold, fold_many
from noticeguard.restore import _heard, _plain_pairs, _plain_sounds, _shapes, read_letters

CORPUS = Path(__file__).parents[1] / "data" / "corpus"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("huankuan", ["还款"]),
        ("fayuanqisu", ["法院", "起诉"]),
        ("zhengx", ["征信"]),
        ("qingjinkuaihuank", ["尽快", "还款"]),
        ("app", []),
        ("design", []),
        ("hello", []),
        ("yangyang", []),
        ("jiaoqx", []),
        ("huankuan" * 20, []),
    ],
)
def test_words_in_letters_are_read(run, words):
    assert [word for _, _, word in read_letters(run)] == words


@pytest.mark.parametrize(
    ("message", "folded"),
    [
        ("已逾qi三天", "已逾期三天"),
        ("再不还kuan就上men", "再不还款就上门"),
        ("爆tong讯录", "爆通讯录"),
        ("法yuan传piao", "法院传票"),
        ("ni不还就qisu", "你不还就起诉"),
        ("ni huankuan", "你还款"),
        ("nihuankuan", "你还款"),
        ("请hkuan", "请还款"),
        ("不还(huan)kuan", "不还款"),
        ("yan讠正码", "验证码"),
        ("can参加", "can参加"),
        ("打开app", "打开app"),
        ("qi.cn还", "qi.cn还"),
        ("逾qi7天", "逾qi7天"),
        ("qi su", "qi su"),
        ("fangfang到了", "fangfang到了"),
        ("在lianjia上看房", "在lianjia上看房"),
        ("she会唱", "she会唱"),
        ("mei姐来了", "mei姐来了"),
        ("各bu提交", "各bu提交"),
        ("将向fay起诉", "将向法院起诉"),
        ("将qsu。", "将起诉。"),
        ("fay姐来了", "fay姐来了"),
        ("找sam吃饭", "找sam吃饭"),
        ("huankuanhkuan", "还款还款"),
    ],
)
def test_a_syllable_in_letters_is_read_beside_chinese(message, folded):
    assert fold(message) == folded
    assert fold(folded) == folded


def test_letters_that_uncover_letters_are_read_again_so_often_and_no_more(monkeypatch):
    rounds = []
    read = normalize._read_pinyin
    monkeypatch.setattr(normalize, "_read_pinyin", lambda *batch: rounds.append(batch) or read(*batch))
    assert fold("不ni(ni)ni") == "不你你"
    assert len(rounds) == 2
    rounds.clear()
    fold("不" + "ni(ni)" * 1000)
    assert len(rounds) == normalize._ROUNDS
    assert fold("不" + "ni(ni)" * 9) == "不" + "你" * 9


def test_what_is_read_from_letters_points_at_them():
    message = "今天不HuanKuan，就去Fayuan"
    folded = fold_many(["前", message])
    assert folded.text(1) == "今天不还款,就去法院"
    start = int(folded.starts[1]) + 1 + 3
    assert folded.original_span(1, start, start + 2) == (3, 11)
    assert folded.disguises() == [(), ("pinyin",)]
    spans = [message[a:b] for keyword in Classifier.load().classify(message).keywords for a, b in keyword.spans]
    assert "Fayuan" in spans


@pytest.mark.parametrize(
    "message",
    [
        "点huankuan.cn",
        "加huankuan88",
        "mail:huankuan@a.cn",
        "fy8821",
        "The design of an app",
        "麻烦check一下账单",
        "membership将于今日到期",
        "touch id支付",
        "Please manage your account or you should reach the manager about the quantity shift",
    ],
)
def test_letters_of_links_numbers_and_other_languages_are_left_alone(message):
    assert fold(message) == message.lower()


def test_a_word_in_look_alikes_is_read_as_what_it_looks_like():
    shown = {disguise("起诉", "shape", seed=seed) for seed in range(20)}
    read = [pair for pair in shown if fold(f"将{pair}你") == "将起诉你"]
    assert len(read) > len(shown) / 2  # the rest are plain pairs of their own
    assert all(fold_many([f"将{pair}你"]).disguises() == [("shape",)] for pair in read)


def test_a_word_in_homophones_is_read_as_what_it_sounds_like():
    shown = {disguise("起诉", "homophone", seed=seed) for seed in range(40)}
    read = [pair for pair in shown if fold(f"将{pair}你") == "将起诉你"]
    assert len(read) > len(shown) * 0.7  # the rest are plain pairs of their own
    assert all(fold_many([f"将{pair}你"]).disguises() == [("homophone",)] for pair in read)


def test_names_that_sound_like_a_word_stay_names():
    for name in ("雨琪", "玉琦", "昱琪", "正鑫"):
        assert fold(f"{name}你好") == f"{name}你好"


def test_plain_pairs_are_never_homophones():
    targets = _heard().targets[1:]
    assert not _plain_sounds().has(*targets.T).any()
    for message in ("我们班的同学", "这里的事情很多", "以其人之道", "他是一位诗人"):
        assert "homophone" not in fold_many([message]).disguises()[0]


def test_homophones_have_the_same_sound_and_no_other_sign_has_one():
    assert sounds()[ord("还")] == sounds()[ord("环")] != sounds()[ord("款")]
    assert not sounds()[[0, ord("a"), ord("1"), ord(",")]].any()


def test_plain_pairs_are_never_look_alikes():
    shapes = _shapes()
    assert np.intersect1d(shapes.pairs.codes, _plain_pairs().codes).size == 0
    for message in ("货款已付清", "未来的末日", "请你查看，领取奖品", "对于云闪付"):
        assert "shape" not in fold_many([message]).disguises()[0]


def test_no_look_alikes_or_homophones_are_read_in_plain_messages():
    """What our own messages hold is plain: the table is made so, and no plain text beside them is known to be read."""
    messages = [
        *(example.text for example in read_examples(CORPUS)),
        "先冲罚息再冲本金",
        "昆山周市店",
        "我们要派人过去",
    ]
    assert not {"shape", "homophone"} & {name for names in fold_many(messages).disguises() for name in names}


def test_neighbours_that_only_happen_to_meet_stay():
    shapes = _shapes()
    first, second = divmod(int(shapes.pairs.codes[0]), 1 << 32)
    pair, target = chr(first) + chr(second), "".join(map(chr, shapes.targets[0].tolist()))
    before = chr(next(code >> 32 for code in _plain_pairs().codes.tolist() if code & 0xFFFFFFFF == first))
    assert fold(pair) == target
    assert fold(before + pair) == before + pair


def test_what_was_read_is_never_read_again_as_something_else():
    """So folding ends: a pair read as a plain one holds both its characters, and no other rule lengthens a text."""
    shapes = _shapes()
    for targets in (shapes.targets, _heard().targets[1:]):
        assert _plain_pairs().has(*targets.T).all()
    hidden = np.stack(np.divmod(shapes.pairs.codes, 1 << 32), 1)
    changed = hidden[hidden != shapes.targets]
    replaced = _joins().targets[_joins().targets[:, 1] != 0]  # two characters for two
    assert replaced.size
    assert np.intersect1d(changed, replaced).size == 0
    read = {chr(first) + chr(second) for first, second in _heard().targets[1:].tolist()}
    assert not {"薇信", "扣扣"} & read  # they are joined to something else
    assert ord("薇") not in _heard().targets


PIECES = [
    "huankuan", "qisu", "zhengx", "fayuan", "xiang", "kuan", "Zz", "还", "款项", "催", "讠", "午", "薇", "信", "亻",
    "扣扣", "huan", "q", "逾", "qi", "ni", "(huan)", "v", "正", "·",
    " ", "  ", "\n", "😀", ".", "/", "(", ")", "(kuan)", "1", "12", "a.cn", "。",
]  # fmt: skip
HIDDEN = [chr(code >> 32) + chr(code & 0xFFFFFFFF) for code in _shapes().pairs.codes.tolist()]
HEARD = ["启素", "法援", "幻款", "欲期", "瑜欺", "征心", "正信", "转掌", "安泉帐护", "严正马"]


@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.sampled_from(HIDDEN), st.sampled_from(HEARD)), max_size=10).map(
        "".join
    )
)
@settings(max_examples=1000, deadline=None)
def test_what_was_read_back_folds_no_further(message):
    folded = fold_many([message])
    assert fold(folded.text(0)) == folded.text(0)
    assert folded.origins.size == folded.codes.size
    assert (np.diff(folded.origins) >= 0).all()


def test_both_have_their_place_among_the_disguises():
    assert {"pinyin", "shape", "homophone"} <= set(DISGUISES)
