"""Words and rules together: what decides."""

from dataclasses import replace

import numpy as np
import pytest

from noticeguard.entities import find_entities
from noticeguard.fusion import add_rules, doubtful, fuse, meets
from noticeguard.grounds import find_grounds, find_many
from noticeguard.labels import RISKY, labels
from noticeguard.normalize import fold_many

NAMES = [label.id for label in labels()]
THREAT, SCAM, PARCEL = "再不还钱就通知你的家人和村委", "把验证码发给我，我帮你办理退款", "您的快递到了，取件码3-2-1088"


@pytest.fixture(scope="module")
def model(classifier):
    return classifier._model


def with_sure(model, sure):
    """The model, with another limit from which words settle whether a message is a threat, a scam or neither."""
    return model.with_settings(replace(model.settings, sure=sure))


def test_where_words_settle_the_call_no_rule_is_looked_for(model):
    fused = fuse(with_sure(model, 0.0), [THREAT, SCAM, PARCEL])
    assert fused.grounds == [None] * 3
    assert not fused.additions.any()
    np.testing.assert_array_equal(fused.scores, fused.scored.scores)
    np.testing.assert_array_equal(fused.probabilities, fused.scored.probabilities)


def test_where_words_leave_doubt_rules_add_to_the_scores(model):
    fused = fuse(with_sure(model, 1.0), [THREAT, SCAM, PARCEL])
    assert fused.grounds == [find_grounds(text) for text in fused.scored.folded.texts()]
    rules = {name: np.array(row) for name, row in model.settings.rules.items()}
    met = (rules["unlawful_threat"], rules["impersonation_scam"], 0)
    np.testing.assert_allclose(fused.additions, [rules["none"] + row for row in met])
    np.testing.assert_allclose(fused.scores, fused.scored.scores + fused.additions)


def test_messages_in_doubt_and_others_stand_side_by_side(model):
    plain = [THREAT, PARCEL, "逾期请联系我"]
    in_doubt = doubtful(model.settings, model.score(plain).probabilities)
    assert sorted(in_doubt.tolist()) == [False, False, True]
    fused = fuse(model, plain)
    assert [found is not None for found in fused.grounds] == in_doubt.tolist()
    assert fused.additions.any(axis=1).tolist() == in_doubt.tolist()


def test_doubt_between_harmless_labels_is_none_that_a_rule_could_settle(model):
    settings = with_sure(model, 0.9).settings
    rows = [[0.5, 0.45, 0.02, 0.02, 0.01], [0, 0, 0.5, 0.45, 0.05], [0, 0.02, 0.95, 0.02, 0.01], [0.8, 0, 0.1, 0.1, 0]]
    assert doubtful(settings, np.array(rows)).tolist() == [False, True, False, True]


def test_a_rule_speaks_for_its_own_label_and_against_the_mild_ones(model):
    for name in RISKY:
        row = dict(zip(NAMES, model.settings.rules[name], strict=True))
        assert row[name] == max(row.values()) > 1
        assert max(row["genuine_reminder"], row["legal_collection"]) < 0


def test_the_scores_are_the_same_whether_every_ground_is_asked_for(model):
    messages = [THREAT, SCAM, PARCEL, "逾期请联系我", "请尽快处理一下"]
    few, every = fuse(model, messages), fuse(model, messages, every=True)
    np.testing.assert_array_equal(few.scores, every.scores)
    assert every.grounds == [find_grounds(text) for text in every.scored.folded.texts()]


def test_many_texts_meet_what_each_meets_alone():
    texts = ["再不还钱就通知你的家人", "", "点zxfw.court.gov.cn.evil.top/a", "把钱转到安全账户"]
    folded = fold_many(["先看别的", *texts])
    for strong in (False, True):
        found = find_many(folded, find_entities(folded), range(1, 5), strong=strong)
        assert found == [find_grounds(text, strong=strong) for text in texts]
    assert find_many(folded, find_entities(folded), []) == []


def test_no_messages_have_scores_of_the_right_shape(model):
    fused = fuse(model, [])
    assert fused.scores.shape == fused.probabilities.shape == (0, len(NAMES))
    assert meets([]).shape == (0, len(RISKY))


def test_rules_add_up(model):
    met = meets([(), find_grounds("再不还钱就通知你的家人"), find_grounds("把钱转到安全账户")])
    np.testing.assert_array_equal(met, [[0, 0], [1, 0], [0, 1]])
    added = add_rules(model.settings, np.array([[0.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(added[0], model.settings.rules["none"])
    np.testing.assert_allclose(added[1], sum(np.array(row) for row in model.settings.rules.values()))
