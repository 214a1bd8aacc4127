"""One screen for what a reader is shown: it spares work and changes nothing."""

from noticeguard.checks import find_checks
from noticeguard.contacts import find_contacts
from noticeguard.normalize import fold
from noticeguard.shown import Rows, worth_trying
from noticeguard.topics import find_topics

TEXTS = [
    fold(message)
    for message in (
        "【示例银行】您尾号1234的信用卡逾期，请还款，客服95533",
        "法院传票：请把保证金转到安全账户，加微信办理撤案",
        "我被骗走了三万，刚点了链接还填了验证码，活不下去了",
        "请转工商银行的卡，收款人支付宝实名，派出所已备案",
        "明早家长会",
        "",
    )
]


def test_what_is_found_among_the_rows_worth_trying_is_all_that_is_found():
    for text, rows in zip(TEXTS, worth_trying(TEXTS), strict=True):
        assert find_topics(text, rows.topics) == find_topics(text)
        assert find_contacts(text, (), rows.contacts) == find_contacts(text)
        assert find_checks(text, [], collects=True, rows=rows.checks) == find_checks(text, [], collects=True)


def test_few_rows_are_worth_trying_and_none_on_an_empty_text():
    found = worth_trying(TEXTS)
    assert found[-1] == Rows([], [], [])
    assert 0 < max(len(part) for rows in found for part in rows) < 12


def test_a_text_is_screened_alike_alone_and_in_a_batch():
    assert [rows for text in TEXTS for rows in worth_trying([text])] == worth_trying(TEXTS)


def test_without_rows_nothing_that_needs_a_pattern_is_found():
    assert find_topics(TEXTS[1], ()) == ()
    assert find_contacts(TEXTS[0], (), ()) == ()
    assert not {"payment"} & {check.id for check in find_checks(TEXTS[1], [], rows=())}


def test_names_that_only_a_means_hid_are_looked_for_in_what_is_left():
    text = fold("请转到建设银行卡，或致电法院")
    (rows,) = worth_trying([text])
    assert find_contacts(text, (), rows.contacts) == find_contacts(text, (), ()) == find_contacts(text)
