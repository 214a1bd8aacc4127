import enum
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import noticeguard
from noticeguard import Classifier, ModelError
from noticeguard.classifier import BATCH, BATCH_CHARACTERS
from noticeguard.corpus import read_examples
from noticeguard.grounds import Ground, rules
from noticeguard.labels import labels
from noticeguard.model import MESSAGE_LIMIT, Model

SCAM = "【公安局】您涉嫌洗钱，请将资金转入安全账户核查，添加专员微信办理"
MESSAGES = [
    SCAM,
    "您尾号1234的信用卡本期账单2000元，最后还款日5月8日，已还请忽略",
    "再不还钱我们就给你通讯录所有人打电话",
    "外访人员明日上门核实情况，请留人在家",
    "【菜鸟驿站】您的包裹已到，取件码3-2-1088",
]
DOUBTFUL = ["逾期请联系我", "下午派人去你家把你打一顿"]


def test_keywords_bias_and_rules_sum_to_the_score(classifier):
    verdicts = classifier.classify_many([*MESSAGES, *DOUBTFUL, "法 院 起.诉 貸款 http://a.top/x 138****0000", "ok"])
    for verdict in verdicts:
        words = sum(keyword.weight for keyword in verdict.keywords)
        assert words + verdict.bias + verdict.addition == pytest.approx(verdict.score, abs=1e-9)
    assert {bool(verdict.addition) for verdict in verdicts} == {True, False}


def test_spans_index_the_original_message(classifier):
    message = "催(cuī)收人员：请把「保 证 金」转到 安全账户，点http://Pay.Evil.top/A"
    spans = [message[start:end] for k in classifier.classify(message).keywords for start, end in k.spans]
    assert "保 证 金" in spans
    assert "安全账户" in spans
    assert "http://Pay.Evil.top/A" in spans


def test_keywords_are_whole_words(classifier):
    words = {keyword.text for keyword in classifier.classify(SCAM).keywords}
    assert {"涉嫌", "洗钱", "安全账户", "微信", "公安局"} <= words


@pytest.mark.parametrize("message", ["", "   \n\t", "😀😀", "\u200b\u200b", "\x00", "\ud800"])
def test_a_message_without_evidence_is_unsure(classifier, message):
    verdict = classifier.classify(message)
    assert verdict.label == "unsure"
    assert verdict.reason in {"no_evidence", "out_of_scope"}
    assert verdict.best_guess in {label.id for label in labels()}


def test_a_bare_link_is_unsure(classifier):
    assert classifier.classify("http://t.cn/A6x8").label == "unsure"


def test_one_message_takes_the_path_of_many(classifier):
    together = classifier.classify_many(MESSAGES)
    for message, verdict in zip(MESSAGES, together, strict=True):
        alone = classifier.classify(message)
        assert alone.label == verdict.label
        assert alone.probability == pytest.approx(verdict.probability, abs=1e-12)
        assert [k.text for k in alone.keywords] == [k.text for k in verdict.keywords]


def test_more_messages_than_a_batch_holds_stay_in_order(classifier):
    messages = [MESSAGES[i % 5] for i in range(2 * BATCH + 7)]
    alone = [verdict.best_guess for verdict in classifier.classify_many(MESSAGES)]
    assert [verdict.best_guess for verdict in classifier.classify_many(messages)] == [
        alone[i % 5] for i in range(len(messages))
    ]
    assert classifier.predict_proba(messages).shape == (len(messages), 5)


def test_long_messages_are_worked_on_few_at_a_time(classifier, monkeypatch):
    sizes = []
    score = Model.score

    def watched(model, messages):
        sizes.append(len(messages))
        return score(model, messages)

    monkeypatch.setattr(Model, "score", watched)
    messages = ["还" * 30_000] * 25 + ["请还款"] * 30
    assert classifier.predict_proba(messages).shape == (55, 5)
    assert max(sizes) <= BATCH_CHARACTERS // MESSAGE_LIMIT + 30
    assert sum(sizes) == 55


def test_probabilities_have_a_row_per_message_and_sum_to_one(classifier):
    probabilities = classifier.predict_proba(MESSAGES)
    assert probabilities.shape == (5, 5)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert classifier.predict_proba([]).shape == (0, 5)
    assert classifier.classify_many([]) == []


@pytest.mark.parametrize("wrong", [None, 5, b"abc", ["a"]])
def test_a_wrong_type_is_refused_without_its_content(classifier, wrong):
    with pytest.raises(TypeError, match="must be a str") as caught:
        classifier.classify(wrong)
    assert "abc" not in str(caught.value)


def test_a_bare_string_is_refused_as_a_batch(classifier):
    with pytest.raises(TypeError, match=r"classify\(\)"):
        classifier.classify_many("您好")
    with pytest.raises(TypeError, match="every message"):
        classifier.predict_proba(["您好", b"x"])


def test_a_string_subclass_is_read_by_its_value(classifier):
    class Kind(str, enum.Enum):  # noqa: UP042 - formatted otherwise than its value, unlike StrEnum
        BILL = MESSAGES[1]

    verdicts = classifier.classify_many([Kind.BILL, SCAM])
    assert [verdict.best_guess for verdict in verdicts] == ["genuine_reminder", "impersonation_scam"]


def test_results_are_frozen_and_the_classifier_pickles(classifier):
    verdict = classifier.classify(SCAM)
    with pytest.raises(AttributeError):
        verdict.label = "unrelated"
    copy = pickle.loads(pickle.dumps(classifier))
    assert copy.classify(SCAM) == verdict
    assert pickle.loads(pickle.dumps(Classifier.load(mode="cautious"))).mode == "cautious"


def test_threads_share_one_classifier():
    fresh = Classifier.load()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(fresh.classify, MESSAGES * 20))
    assert results == [fresh.classify(message) for message in MESSAGES] * 20


def test_module_level_classify_uses_the_shipped_model(classifier):
    assert noticeguard.classify(SCAM).to_dict() == classifier.classify(SCAM).to_dict()
    with pytest.raises(TypeError):
        noticeguard.classify(b"abc")


def test_the_verdict_as_json_has_the_documented_keys(classifier):
    row = classifier.classify(SCAM).to_dict(keywords=2)
    assert set(row) == {
        "label", "title", "meaning", "best_guess", "best_guess_title", "probability", "probabilities", "plausible",
        "reason", "truncated", "chinese", "score", "bias", "addition", "keywords", "weaker", "contrast",
        "counterfactual", "grounds", "checks", "contacts", "topics", "disguises", "advice", "mode", "model", "language",
    }  # fmt: skip
    assert len(row["keywords"]) == 2


def test_the_plausible_labels_begin_with_the_best_guess(classifier):
    for verdict in classifier.classify_many([*MESSAGES, "请尽快处理", "逾期请联系我"]):
        assert verdict.plausible[0] == verdict.best_guess
        values = [verdict.probabilities[label] for label in verdict.plausible]
        assert values == sorted(values, reverse=True)


def test_the_more_cautious_mode_answers_a_part_of_what_the_others_answer():
    messages = [*MESSAGES, "请尽快处理", "逾期请联系我", "您好，您的快递", "再不处理后果自负"]
    modes = [Classifier.load(mode=mode).classify_many(messages) for mode in ("cautious", "balanced", "best-guess")]
    for cautious, balanced, always in zip(*modes, strict=True):
        assert cautious.best_guess == balanced.best_guess == always.best_guess
        assert cautious.label in {"unsure", balanced.label}
        assert balanced.label in {"unsure", always.label}
    with pytest.raises(ValueError, match="cautious"):
        Classifier.load(mode="bold")


def test_a_strong_ground_against_a_mild_call_makes_it_unsure(monkeypatch):
    fresh = Classifier.load()
    bill = MESSAGES[1]
    assert fresh.classify(bill).label == "genuine_reminder"
    threat = next(rule for rule in rules() if rule.strong and rule.label == "unlawful_threat")
    ground = Ground(rule=threat, spans=((0, 2),))
    monkeypatch.setattr("noticeguard.grounds._find", lambda *_, **__: (ground,))
    verdict = fresh.classify(bill)
    assert (verdict.label, verdict.reason, verdict.best_guess) == ("unsure", "contradicted", "genuine_reminder")
    assert Classifier.load(mode="best-guess").classify(bill).label == "genuine_reminder"


@pytest.mark.parametrize("mode", ["cautious", "balanced", "best-guess"])
def test_a_brief_answer_is_the_same_answer(mode):
    sample = [example.text for example in read_examples(Path(__file__).parents[1] / "data" / "corpus")[::80]]
    messages = [*sample, *(f"{text}。请把钱转到安全账户" for text in sample[::4]), *MESSAGES, *DOUBTFUL, "", "ok"]
    classifier = Classifier.load(mode=mode)
    full, brief = (classifier.classify_many(messages, brief=brief) for brief in (False, True))
    for verdict, short in zip(full, brief, strict=True):
        for name in ("label", "best_guess", "reason", "probabilities"):
            assert getattr(short, name) == getattr(verdict, name)
    assert any(verdict.reason == "contradicted" for verdict in full) is (mode != "best-guess")
    assert not any(verdict.grounds or verdict.checks or verdict.advice for verdict in brief)


def test_a_missing_model_names_the_next_step(tmp_path):
    with pytest.raises(ModelError, match=r"train\.py"):
        Classifier.load(tmp_path / "none")


@pytest.mark.parametrize("frame", ["{}", "《{}》", "🔔{}", "★{}", "→{}", "{}👮", "「{}」", "{}。", "、{}!"])
def test_one_word_alone_is_out_of_scope_whatever_signs_stand_around_it(classifier, frame):
    verdict = classifier.classify(frame.format("最高人民法院"))
    assert (verdict.label, verdict.reason) == ("unsure", "out_of_scope")


def test_the_counterfactual_of_a_message_too_long_is_one_of_what_was_read(classifier):
    read = "请把保证金转到安全账户" * (MESSAGE_LIMIT // 11 + 1)
    found = classifier.explain(read[:MESSAGE_LIMIT] + "您的快递已到，请凭取件码取件" * 900).counterfactual
    assert found == classifier.explain(read[:MESSAGE_LIMIT]).counterfactual


@pytest.mark.parametrize("message", ["你" * 6, "你" * 300, "还款" * 5, "催收，" * 3, "逾期 逾期 逾期"])
def test_one_word_again_and_again_is_out_of_scope(classifier, message):
    assert classifier.classify(message).reason in ("out_of_scope", "no_evidence")


def test_a_place_stands_once_among_the_spans_of_a_keyword(classifier):
    spans = {keyword.text: keyword.spans for keyword in classifier.classify("还款½，余下½明天……").keywords}
    assert spans["½" if "½" in spans else "1/2"] == ((2, 3), (6, 7))


def test_the_keywords_of_a_message_keep_no_others_alive(classifier):
    for verdict in classifier.classify_many(["请还款，请还款", "到了，您的快递到了"]):
        assert verdict.keywords._others.size
        assert verdict.keywords._weights.base is None
        assert verdict.keywords._places.base is None
        assert verdict.keywords._others.base is None


def test_a_pickled_verdict_holds_nothing_that_was_compiled(classifier):
    verdict = classifier.classify("你的钱要转到安全账户")
    before = pickle.dumps(verdict)
    assert [pattern.regex for ground in verdict.grounds for pattern in ground.rule.patterns]
    assert pickle.dumps(verdict) == before
    assert pickle.loads(before) == verdict
