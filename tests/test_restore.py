import numpy as np
import pytest

from noticeguard import Classifier
from noticeguard.evasion import disguise
from noticeguard.normalize import DISGUISES, fold, fold_many
from noticeguard.restore import _shapes, read_letters


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
        ("huankuan" * 20, []),
    ],
)
def test_words_in_letters_are_read(run, words):
    assert [word for _, _, word in read_letters(run)] == words


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
    "message", ["点huankuan.cn", "加huankuan88", "mail:huankuan@a.cn", "fy8821", "The design of an app"]
)
def test_letters_of_links_numbers_and_other_languages_are_left_alone(message):
    assert fold(message) == message.lower()


def test_a_word_in_look_alikes_is_read_as_what_it_looks_like():
    shown = {disguise("起诉", "shape", seed=seed) for seed in range(20)}
    read = {fold(f"将{pair}你") for pair in shown}
    assert "将起诉你" in read
    assert len(read & {"将起诉你"}) == 1
    hidden = next(pair for pair in shown if fold(f"将{pair}你") == "将起诉你")
    assert fold_many([f"将{hidden}你"]).disguises() == [("shape",)]


def test_plain_pairs_are_never_look_alikes():
    shapes = _shapes()
    assert np.intersect1d(shapes.pairs, shapes.plain).size == 0
    for message in ("货款已付清", "未来的末日", "请你查看，领取奖品", "对于云闪付"):
        assert "shape" not in fold_many([message]).disguises()[0]


def test_neighbours_that_only_happen_to_meet_stay():
    shapes = _shapes()
    first, second = divmod(int(shapes.pairs[0]), 1 << 32)
    pair, target = chr(first) + chr(second), "".join(map(chr, shapes.targets[0].tolist()))
    before = next(code >> 32 for code in shapes.plain.tolist() if code & 0xFFFFFFFF == first)
    assert fold(f"。{pair}。".replace("。", "")) == target
    assert fold(chr(before) + pair) == chr(before) + pair


def test_both_have_their_place_among_the_disguises():
    assert {"pinyin", "shape"} <= set(DISGUISES)
