import pytest

from noticeguard.counterfactual import without
from noticeguard.explain import Keyword

MESSAGES = [
    "【某消费金融】外访人员明日上门，并联合村委公示，请立即还款",
    "【招联金融】今日扣款失败，请17点前补足余额，否则依法起诉",
    "您的账单已出，请将保证金转账到安全账户",
    "再不还钱我们就给你通讯录所有人打电话",
    "张三您好，您有（2026）粤0106民初1234号案件文书送达，请加法官微信缴纳解冻费",
]


def test_every_counterfactual_flips_the_call(classifier):
    found = 0
    for message in MESSAGES:
        verdict = classifier.explain(message)
        if verdict.counterfactual is None:
            continue
        found += 1
        rest = classifier.classify(without(message, verdict.counterfactual.phrases))
        assert rest.best_guess == verdict.counterfactual.label != verdict.best_guess
        assert rest.probability == pytest.approx(verdict.counterfactual.probability)
        assert 1 <= len(verdict.counterfactual.phrases) <= 4
    assert found >= 3


def test_no_phrase_of_a_counterfactual_is_needless(classifier):
    for message in MESSAGES:
        verdict = classifier.explain(message)
        phrases = verdict.counterfactual.phrases if verdict.counterfactual else ()
        for phrase in phrases if len(phrases) > 1 else ():
            fewer = [other for other in phrases if other is not phrase]
            assert classifier.classify(without(message, fewer)).best_guess == verdict.best_guess


def test_no_counterfactual_where_four_words_do_not_suffice(classifier):
    message = (
        "您的借款已逾期，请尽快还款。" * 30
        + "我们会通知你的村委、学校、单位、父母、同事和全部联系人，贴你的照片。" * 30
    )
    assert classifier.explain(message).counterfactual is None


def test_removing_takes_out_every_place_once():
    words = [
        Keyword("a", 1.0, start=0, end=1, others=((3, 4),)),
        Keyword("b", 1.0, start=3, end=5),
    ]
    assert without("axxaby", words) == "xxy"


def test_a_contrast_sums_to_the_difference_of_the_scores(classifier):
    message = MESSAGES[0]
    verdict = classifier.explain(message, why="legal_collection")
    scored = classifier._model.score([message])
    bias = classifier._model.settings.bias
    difference = (scored.scores[0, 2] - bias[2]) - (scored.scores[0, 1] - bias[1])
    assert verdict.best_guess == "unlawful_threat"
    assert sum(word.weight for word in verdict.contrast.keywords) == pytest.approx(difference, abs=1e-6)


def test_a_contrast_with_the_call_itself_means_the_runner_up(classifier):
    verdict = classifier.explain(MESSAGES[0], why="unlawful_threat")
    ranked = sorted(verdict.probabilities, key=verdict.probabilities.get)
    assert verdict.contrast.label == ranked[-2]


def test_a_label_that_does_not_exist_is_named(classifier):
    with pytest.raises(ValueError, match="genuine_reminder"):
        classifier.explain("请还款", why="spam")
