import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noticeguard.normalize import BOUNDARY, fold, fold_many

# Text of the characters that folding treats specially, so that the rules meet one another.
ODD = st.text(
    alphabet="催收法院还款a1ｉ①𝟏. -/*·(（)）cuīshōu\u200b\ufe0f\u0301\t\n\r😀，。\x00\ud800貸⑽㎡", max_size=40
)


def test_folding_is_idempotent_over_every_code_point():
    once = fold_many([chr(code) for code in range(0x110000)])
    texts = [once.text(i) for i in range(0x110000)]
    twice = fold_many(texts)
    assert [texts[i] for i in range(0x110000) if twice.text(i) != texts[i]] == []


@given(st.one_of(st.text(max_size=60), ODD))
@settings(max_examples=500, deadline=None)
def test_folding_is_idempotent_over_texts(message):
    assert fold(fold(message)) == fold(message)


@given(st.lists(st.one_of(st.text(max_size=30), ODD), max_size=5))
@settings(deadline=None)
def test_a_batch_folds_as_its_messages_one_by_one(messages):
    folded = fold_many(messages)
    assert [folded.text(i) for i in range(len(messages))] == [fold(message) for message in messages]
    assert (folded.codes == BOUNDARY).sum() == len(messages) + 1


@given(st.lists(st.one_of(st.text(max_size=30), ODD), min_size=1, max_size=4))
@settings(deadline=None)
def test_every_folded_character_leads_back_into_its_own_message(messages):
    folded = fold_many(messages)
    for i, message in enumerate(messages):
        spans = [folded.original_span(i, at, at + 1) for at in range(folded.starts[i] + 1, folded.starts[i + 1])]
        assert all(0 <= start < end <= len(message) for start, end in spans)
        assert spans == sorted(spans)


def test_the_way_back_points_at_the_character_it_came_from():
    message = "催(cuī)收 法 院Ａ"
    folded = fold_many(["前", message])
    assert folded.text(1) == "催收法院a"
    spans = [folded.original_span(1, at, at + 1) for at in range(folded.starts[1] + 1, folded.starts[2])]
    assert [message[start:end] for start, end in spans] == ["催", "收", "法", "院", "Ａ"]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("法 院", "法院"),
        ("起.诉", "起诉"),
        ("征-信", "征信"),
        ("催(cuī)收", "催收"),
        ("催（cuī）收（shōu）", "催收"),
        ("Ｌ０ａｎ", "l0an"),
        ("貸款逾期，請還款", "贷款逾期,请还款"),
        ("逾\u200b期\ufeff", "逾期"),
        ("法\n院", "法院"),
        ("还😀款", "还款"),
        ("①②❸𝟒⓹5\ufe0f\u20e3", "123455"),
        ("аррlе", "apple"),
        ("什么、甚麼", "什么、甚么"),
        ("还款 1200 元 APP 下载", "还款1200元app下载"),
        ("call me back", "call me back"),
        ("银行(app)", "银行(app)"),
    ],
)
def test_disguises_are_undone_and_plain_text_stays(message, text):
    assert fold(message) == text


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("逾\u200b期", ("invisible",)),
        ("请還款", ("traditional",)),
        ("加Ｖ信", ("width",)),
        ("起.诉", ("separator",)),
        ("催(cuī)收", ("annotation",)),
        ("逾\u0301期", ("mark",)),
        ("您好，请还款。", ()),
        ("第一句 第二句", ()),
    ],
)
def test_disguises_are_named(message, names):
    assert fold_many([message]).disguises() == [names]


def test_disguises_belong_to_their_own_message():
    folded = fold_many(["起.诉", "您好", "请還款"])
    assert folded.disguises() == [("separator",), (), ("traditional",)]


def test_characters_beyond_the_table_are_not_seen():
    # Tags, the second block of variation selectors, private use: all invisible.
    folded = fold_many(["9\U000e00415588葛\U000e0100城\U0010fffd"])
    assert folded.text(0) == "95588葛城"
    assert folded.disguises() == [("invisible",)]


@pytest.mark.parametrize("sign", "※§¦©®°¤¶†‖‰〃ˉˇ\ufffc")
def test_any_sign_set_between_characters_is_taken_out(sign):
    assert fold(sign.join("请立即还款")) == "请立即还款"
    assert np.all(fold_many(["\U0010ffff"]).codes < 0x30000)


def test_characters_put_together_reach_from_the_first_part_to_the_last():
    folded = fold_many(["前", "再不还就起讠斥，让钅艮行"])
    assert folded.text(1) == "再不还就起诉,让银行"
    start = int(folded.starts[1]) + 1
    assert folded.original_span(1, start + 5, start + 6) == (5, 7)
    assert folded.original_span(1, start + 8, start + 10) == (9, 12)
    assert folded.original_span(1, start + 4, start + 7) == (4, 8)


def test_what_one_round_lays_bare_is_read_in_a_second():
    assert fold("isulouceng扣扣xiehui") == "isu楼层qq协会"


def test_of_pairs_that_overlap_every_second_is_taken():
    assert fold("扣" * 5) == "qqqq扣"
    assert fold(fold("扣" * 5)) == "qqqq扣"


@pytest.mark.parametrize(
    ("message", "disguises"),
    [("起.诉", ("separator",)), ("起·诉", ("separator",)), ("起💰诉", ("separator",)), ("他说“还款”了", ()),
     ("人行-征信", ()), ("好吧……我还", ()), ("法院——调解", ())],
)  # fmt: skip
def test_only_a_sign_that_serves_no_other_end_counts_as_a_disguise(message, disguises):
    assert fold_many([message]).disguises() == [disguises]


def test_what_stands_beside_a_message_does_not_change_how_it_is_read():
    assert fold_many(["koukou", "讠"]).text(0) == fold("koukou") == fold(fold("koukou"))
