"""The facts of a verdict, as every report shows them."""

import pytest

from noticeguard.grounds import rules

THREAT = "欠钱不还，你还是人吗，欠钱不还，全家不得安宁"


def shown(classifier, message):
    return {ground["id"]: ground["words"] for ground in classifier.classify(message).to_dict()["grounds"]}


@pytest.mark.parametrize(
    ("message", "rule", "words"),
    [
        (THREAT, "humiliates", ["还是人吗"]),
        ("您好，我是客服，请下载云服务会议，打开屏幕共享", "screen_share", ["下载云服务会议", "屏幕共享"]),
        ("他在我们平台的借款逾期三个月了，麻烦您转告", "presses_outsider", ["他在我们平台的借款"]),
    ],
)
def test_the_words_of_a_ground_are_whole_and_end_without_punctuation(classifier, message, rule, words):
    assert shown(classifier, message)[rule] == words


def test_the_words_of_every_ground_stand_where_their_spans_say(classifier):
    for message in (THREAT, "【xx市公安局】你涉嫌洗钱，请转入「安 全 账 户」。", "他在我們平台的借款逾期，麻煩您轉告"):
        for ground in classifier.classify(message).to_dict()["grounds"]:
            assert [message[start:end] for start, end in ground["spans"]] == ground["words"]
            assert all(word and word == word.strip("，。 ") for word in ground["words"])


def test_a_verdict_can_be_kept_in_a_set(classifier):
    one, other = classifier.classify(THREAT), classifier.classify("晚上一起吃饭吗")
    assert len({one, classifier.classify(THREAT), other}) == 2


@pytest.mark.parametrize("language", ["fr", "", "ZH"])
def test_facts_in_a_language_that_is_not_there_are_refused(classifier, language):
    with pytest.raises(ValueError, match="zh, en"):
        classifier.classify(THREAT).to_dict(language=language)


def test_the_repr_of_a_ground_leaves_its_patterns_out(classifier):
    assert len(repr(classifier.classify(THREAT).grounds)) < 10_000
    assert max(len(repr(rule)) for rule in rules()) < 2_000


@pytest.mark.parametrize(
    ("message", "chinese"), [("hello, pay now", False), ("", False), ("ok 好", True), ("𠮷", True), ("请还款", True)]
)
def test_the_facts_say_whether_there_is_any_chinese(classifier, message, chinese):
    assert classifier.classify(message).to_dict()["chinese"] is chinese


@pytest.mark.parametrize(
    ("message", "label"),
    [
        (
            "你的案件已经移交经侦，明天上午10点公安会到你单位带人，转到这个账户 6222 0200 1234 5678 王建国，钱到撤案",
            None,
        ),
        ("把验证码发我一下，给您办退款", "impersonation_scam"),
        ("您的ETC已停用，请点击 etc-rz.top 更新", "impersonation_scam"),
    ],
)
def test_who_may_face_a_scam_is_told_to_hold_the_money_and_whom_to_ask(classifier, message, label):
    verdict = classifier.classify(message)
    assert "impersonation_scam" in {ground.rule.label for ground in verdict.grounds}
    assert label in (None, verdict.label)
    assert "转账" in verdict.advice[0].text
    assert "96110" in {contact.phones[0] for contact in verdict.contacts}


def test_a_ground_before_all_keywords_keeps_its_own_words(classifier):
    assert shown(classifier, "衰仔,今天还钱")["insults"] == ["衰仔"]
