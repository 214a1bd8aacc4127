import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from noticeguard import Classifier, CorpusError, InputError
from noticeguard.artefact import load_model, shipped_path
from noticeguard.augmentation import reworded_copies
from noticeguard.calibration import (
    HeldOut,
    calibrate,
    fit_alarms,
    fit_blend,
    fit_plausible,
    fit_rules,
    fit_thresholds,
    fit_unrelated,
    fused_probabilities,
)
from noticeguard.characters import syllables
from noticeguard.corpus import Example, read_examples
from noticeguard.evaluation import measure
from noticeguard.fitting import (
    Blend,
    Options,
    fit,
    fit_alphabet,
    fit_dictionary,
    fit_word_features,
    mean,
    telling_words,
    written_words,
)
from noticeguard.fusion import doubtful, fuse, meets
from noticeguard.labels import RISKY, labels
from noticeguard.training import STEPS, groups, hold_out, train

ROOT = Path(__file__).parents[1]
CORPUS = read_examples(ROOT / "data" / "corpus")
SMALL = CORPUS[::12]
NAMES = [label.id for label in labels()]
AS_THEY_ARE = Blend((1.0, 1.0), np.zeros(5))


def write_small(folder):
    folder.mkdir()
    (folder / "all.jsonl").write_text(
        "".join(json.dumps({name: getattr(e, name) for name in Example.__slots__}) + "\n" for e in SMALL)
    )


def test_what_ships_scores_as_what_was_trained():
    texts = [example.text for example in SMALL]
    truth = np.array([NAMES.index(example.label) for example in SMALL])
    options = Options(copies=0)
    fitted = fit(texts, truth, fit_dictionary(texts, options), options)
    asked = [example.text for example in CORPUS[1::20]]
    views = np.stack(
        [
            features.matrix(asked) @ weights.coefficients.astype(np.float32) + weights.intercepts
            for features, weights in ((fitted.features, fitted.weights), (fitted.word_features, fitted.word_weights))
        ]
    )
    for blend in (AS_THEY_ARE, Blend((0.7, 0.2), np.arange(5.0))):
        np.testing.assert_allclose(fitted.model(blend).score(asked).scores, blend.scores(views), atol=2e-6)


def test_the_words_that_tell_a_label_are_found_as_they_are_written():
    texts = ["请按时还款", "請按時還 款，谢谢", "再不还钱就爆你通讯录", "爆你通讯录信不信", "明天下雨", "下雨记得带伞"]
    truth = np.array([0, 0, 2, 2, 4, 4])
    options = Options(least_messages=2)
    dictionary = fit_dictionary(texts, options)
    features = fit_word_features(texts, fit_alphabet(texts, 2), dictionary, options)
    telling = telling_words(texts, truth, features)
    assert "按时" in telling[0]
    assert "按時" in telling[1]
    assert "通讯录" in telling[2]
    assert "通讯录" in telling[3]
    assert "下雨" in telling[4]
    assert "下雨" in telling[5]
    assert not any("谢谢" in words for words in telling)  # one message alone holds it


def test_copies_teach_weights_and_add_no_features():
    texts, truth = zip(*[(e.text, NAMES.index(e.label)) for e in SMALL], strict=True)
    dictionary = fit_dictionary(texts, Options())
    plain, taught = (
        fit(texts, np.array(truth), dictionary, Options(copies=copies)).model(AS_THEY_ARE) for copies in (0, 1)
    )
    np.testing.assert_array_equal(plain.codes, taught.codes)
    np.testing.assert_array_equal(plain.word_idf, taught.word_idf)
    asked = [e.text for e in CORPUS[1::12]]
    right = np.array([NAMES.index(e.label) for e in CORPUS[1::12]])
    words = written_words(asked, plain.alphabet, dictionary)
    otherwise = reworded_copies(asked, words, 0.5, 1).texts  # a wording of each
    hits = [float((model.score(otherwise).scores.argmax(axis=1) == right).mean()) for model in (plain, taught)]
    assert hits[1] > hits[0]


def test_the_mean_of_fits_scores_as_their_mean():
    texts, truth = zip(*[(e.text, NAMES.index(e.label)) for e in SMALL], strict=True)
    dictionary = fit_dictionary(texts, Options())
    fits = [fit(texts, np.array(truth), dictionary, Options(seed=seed)) for seed in (1, 2)]
    asked = [e.text for e in CORPUS[1::12]]
    one, two, both = (fitted.model(AS_THEY_ARE).score(asked).scores for fitted in (*fits, mean(fits)))
    assert np.abs(one - two).max() > 0.1
    np.testing.assert_allclose(both, (one + two) / 2, atol=0.02)


def test_training_twice_gives_the_same_bytes(tmp_path):
    write_small(tmp_path / "corpus")
    for name in ("one", "two"):
        command = [
            sys.executable,
            ROOT / "train.py",
            "--data",
            tmp_path / "corpus",
            "--out",
            tmp_path / name,
            "--fits",
            "2",
        ]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "cross-validated by writer" in printed
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_every_step_of_training_is_told(tmp_path):
    steps = []
    train(SMALL, tmp_path / "model", Options(workers=1, copies=0, fits=1), lambda: steps.append(1))
    assert len(steps) == STEPS


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_fitted(tmp_path):
    (tmp_path / "file").write_text("")
    steps = []
    for folder in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(InputError, match=r"cannot write .*file"):
            train(SMALL, folder, Options(workers=1, copies=0, fits=1), lambda: steps.append(1))
    assert steps == []


def test_a_person_at_a_terminal_sees_a_bar(tmp_path):
    pty = pytest.importorskip("pty")
    write_small(tmp_path / "corpus")
    ours, theirs = pty.openpty()
    command = [sys.executable, ROOT / "train.py", "--data", tmp_path / "corpus", "--out", tmp_path / "model"]
    command += ["--copies", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # closed
                break
            if not part:
                break
            shown += part
    os.close(ours)
    assert process.returncode == 0
    assert b"100%" in shown


def test_the_shipped_model_was_trained_on_the_corpus_in_the_checkout():
    from noticeguard.corpus import digest

    assert load_model(ROOT / "models" / "shipped").settings.version.split(".")[0] == digest(CORPUS)[:12]


def test_groups_keep_together_what_shares_a_family_a_scenario_or_a_writer():
    rows = [("a", "1", "x"), ("a", "2", "x"), ("b", "2", "y"), ("c", "3", "y"), ("c", "4", ""), ("d", "5", "z")]
    examples = [
        Example(id=str(n), text=str(n), label=NAMES[0], scenario=scenario, family=family, writer=writer)
        for n, (scenario, family, writer) in enumerate(rows)
    ]
    together = {
        kind: {frozenset(np.flatnonzero(numbers == number).tolist()) for number in numbers}
        for kind in ("family", "scenario", "writer")
        for numbers in [groups(examples, kind)]
    }
    assert together["family"] == {frozenset(some) for some in ({0}, {1, 2}, {3}, {4}, {5})}
    assert together["scenario"] == {frozenset(some) for some in ({0, 1, 2}, {3, 4}, {5})}
    assert together["writer"] == {frozenset(some) for some in ({0, 1, 2, 3, 4}, {5})}


def test_messages_that_name_no_family_or_writer_are_groups_of_their_own():
    examples = [
        Example(id=str(n), text=str(n), label=NAMES[0], writer=writer) for n, writer in enumerate(["", "", "a", "a"])
    ]
    for kind, count in (("family", 4), ("scenario", 4), ("writer", 3)):
        assert len(set(groups(examples, kind))) == count


def test_a_word_too_rare_is_no_feature_and_one_symbol_is_a_word():
    texts = ["转账到账户", "转账给他", "账户 12345678", "他"] * 2
    truth = np.array([0, 1, 2, 3, 4, 0, 1, 2])
    options = Options(copies=0, least_messages=4)
    features = fit(texts, truth, fit_dictionary(texts, options), options).word_features
    names = [*("", ""), *features.alphabet.names, *features.dictionary.text.split()[::2]]
    assert {names[i] for i in np.flatnonzero(features.idf)} == {"转账", "账户", "他"}


def test_the_blend_recovers_what_each_view_is_worth():
    generator = np.random.default_rng(1)
    views = generator.normal(size=(2, 6000, 5))
    logits = 0.5 * views[0] + 2 * views[1] + [0, 0, 0, 1, -1]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([generator.choice(5, p=row) for row in probabilities])
    blend = fit_blend(views, truth)
    assert blend.shares == pytest.approx((0.5, 2), rel=0.1)
    assert blend.offsets - blend.offsets[0] == pytest.approx([0, 0, 0, 1, -1], abs=0.15)


def doubtful_scores(count=4000):
    """Held-out scores that say little, and rules that say more: settings, scores, rules met, truth."""
    generator = np.random.default_rng(2)
    truth = generator.integers(0, 5, count)
    scores = generator.normal(size=(count, 5)) + 0.7 * np.eye(5)[truth]
    met = (generator.random((count, 2)) < np.where(truth[:, None] == [2, 3], 0.7, 0.02)).astype(float)
    nothing = dict.fromkeys(("none", *RISKY), (0.0,) * 5)
    shipped = load_model(shipped_path()).settings
    return replace(shipped, sure=1.0, rules=nothing), scores, met, truth


def test_rules_learn_what_they_speak_for():
    settings, scores, met, truth = doubtful_scores()
    learned = replace(settings, rules=fit_rules(scores, met, truth, settings, 0.0))
    for name, number in (("unlawful_threat", 2), ("impersonation_scam", 3)):
        assert np.argmax(learned.rules[name]) == number
    losses = [
        -np.log(fused_probabilities(some, scores, met)[np.arange(truth.size), truth]).mean()
        for some in (settings, learned)
    ]
    assert losses[1] < losses[0] - 0.2


def test_scams_are_called_as_readily_as_the_asked_share_of_false_ones_allows():
    settings, scores, met, truth = doubtful_scores()
    found = []
    for share in (0.1, 0.2):
        fitted = replace(settings, rules=fit_rules(scores, met, truth, settings, share))
        called = fused_probabilities(fitted, scores, met).argmax(axis=1) == 3
        assert called[truth < 2].mean() == pytest.approx(share, abs=0.002)
        found.append(called[truth == 3].mean())
    assert found[0] < found[1]


def test_thresholds_are_the_lowest_that_keep_the_precision():
    confidence = [0.9, 0.8, 0.7, 0.6]
    probabilities = np.array([[p, 1 - p, 0, 0, 0] for p in confidence])
    assert fit_thresholds(probabilities, np.array([0, 0, 1, 1]), 0.9)[0] == 0.8
    assert fit_thresholds(probabilities, np.array([1, 1, 1, 1]), 0.9)[0] == 1.0


def test_alarms_are_given_to_as_few_harmless_messages_as_allowed():
    rng = np.random.default_rng(5)
    probabilities = rng.dirichlet(np.full(5, 0.5), 5000)
    truth = rng.integers(0, 5, 5000)
    harmless, guess = ~np.isin(truth, [2, 3]), probabilities.argmax(axis=1)
    for allowed in (0.1, 0.01, 0.0):
        least = fit_alarms(probabilities, truth, allowed)
        assert least[:2] + least[4:] == (0, 0, 0)
        for label in (2, 3):
            alarms = (guess == label) & (probabilities[:, label] >= least[label])
            assert alarms[harmless].mean() == pytest.approx(allowed, abs=0.002)
            assert alarms[harmless].mean() <= allowed
    assert fit_alarms(probabilities, truth, 1.0) == (0,) * 5
    for score in (0.3333, 0.61, 0.7):
        alike = np.full((100, 5), (1 - score) / 4)
        alike[:, 3] = score
        assert fit_alarms(alike, np.full(100, 4), 0.01)[3] > score
    assert fit_alarms(np.eye(5)[[3] * 100], np.full(100, 4), 0.01)[3] == 1


def test_as_few_unrelated_messages_as_allowed_are_answered_anything_else():
    rng = np.random.default_rng(6)
    probabilities = rng.dirichlet(np.full(5, 0.5), 5000)
    truth = rng.integers(0, 5, 5000)
    likely = dict.fromkeys(("cautious", "balanced"), (0.5,) * 5)
    open_ones = replace(load_model(shipped_path()).settings, thresholds=likely, unrelated_below=1.0)
    unrelated, guess = truth == 4, probabilities.argmax(axis=1)
    shares = []
    for allowed in (0.2, 0.05, 0.01, 0.0):
        below = fit_unrelated(probabilities, truth, open_ones, allowed)
        answered = replace(open_ones, unrelated_below=below).sure_enough(probabilities, "balanced")
        shares.append((answered & (guess != 4))[unrelated].mean())
        assert shares[-1] == pytest.approx(allowed, abs=0.004)
        assert shares[-1] <= allowed
        was = open_ones.sure_enough(probabilities, "balanced")
        np.testing.assert_array_equal(answered[guess == 4], was[guess == 4])
    assert fit_unrelated(probabilities, truth, open_ones, 1.0) == 1


def test_a_guess_is_sure_enough_where_it_is_likely_and_unrelated_is_not():
    settings = load_model(shipped_path()).settings
    thresholds = {"balanced": (0.6, 0.6, 0.6, 0.6, 0.4), "cautious": (0.9,) * 5}
    settings = replace(settings, thresholds=thresholds, unrelated_below=0.2)
    probabilities = np.array(
        [[0.7, 0.1, 0.1, 0, 0.1], [0.7, 0, 0.1, 0, 0.2], [0.5, 0.3, 0.2, 0, 0], [0.6, 0, 0, 0, 0.4]]
    )
    assert settings.sure_enough(probabilities, "balanced").tolist() == [True, False, False, False]
    assert settings.sure_enough(probabilities[:, ::-1], "balanced").tolist() == [True, True, True, True]
    assert not settings.sure_enough(probabilities, "cautious").any()


def test_the_cautious_mode_asks_for_more():
    settings, scores, met, truth = doubtful_scores()
    model = load_model(shipped_path()).with_settings(settings)
    options = Options(precision=0.6, cautious_precision=0.8)
    held_out = HeldOut(np.stack([scores, scores]), np.ones(truth.size), np.zeros(truth.size, int))
    thresholds = calibrate(model, held_out, AS_THEY_ARE, met, truth, options).thresholds
    assert all(np.greater_equal(thresholds["cautious"], thresholds["balanced"]))
    assert thresholds["cautious"] != thresholds["balanced"]


def test_figures_are_those_of_a_case_worked_by_hand():
    probabilities = np.eye(5)[[0, 0, 1, 1]] * 0.9 + 0.02
    figures = measure(np.array([0, 1, 1, 1]), probabilities, np.array([True, False, True, True]))
    assert figures.accuracy == 0.75
    assert figures.labels["genuine_reminder"].precision == 0.5
    assert figures.labels["legal_collection"].recall == pytest.approx(2 / 3)
    assert figures.macro_f1 == pytest.approx((2 / 3 + 0.8) / 2)
    assert figures.coverage == 0.75
    assert figures.answers[0] == [1, 0, 0, 0, 0, 0]
    assert figures.answers[1] == [0, 2, 0, 0, 0, 1]
    assert figures.answered_accuracy == 1.0
    assert figures.calibration_error == pytest.approx(0.92 - 0.75)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("{", "JSON object"),
        ('{"label": "unrelated"}', "text and label"),
        ('{"text": " ", "label": "unrelated"}', "not empty"),
        ('{"text": "a", "label": "spam"}', "unknown label"),
        ('{"id": "1", "text": "a", "label": "unrelated"}\n{"id": "1", "text": "b", "label": "unrelated"}', "twice"),
    ],
)
def test_a_bad_corpus_is_refused_by_line(tmp_path, line, cause):
    (tmp_path / "a.jsonl").write_text(line)
    with pytest.raises(CorpusError, match=cause) as caught:
        read_examples(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'a.jsonl'}:{line.count(chr(10)) + 1}: ")


def test_a_row_without_an_id_is_known_by_its_line(tmp_path):
    row = {"text": "请还款", "label": "unrelated"}
    (tmp_path / "a.jsonl").write_text(json.dumps({**row, "id": None}) + "\n" + json.dumps(row))
    assert [example.id for example in read_examples(tmp_path)] == [f"{tmp_path}/a.jsonl:{n}" for n in (1, 2)]


def test_a_folder_that_cannot_be_read_is_not_left_out(tmp_path, monkeypatch):
    for name in ("open", "shut"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").write_text('{"text": "a", "label": "unrelated"}\n')
    assert len(read_examples(tmp_path)) == 2
    scan = os.scandir

    def refuse(path):  # not by its mode: root may read everything
        if os.fspath(path).endswith("shut"):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=r"cannot read .*shut: Permission denied"):
        read_examples(tmp_path)


def test_an_empty_folder_names_the_next_step(tmp_path):
    with pytest.raises(InputError, match="name the file"):
        read_examples(tmp_path)
    with pytest.raises(InputError, match="check the path"):
        read_examples(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": "请还款", "label": "unrelated"}],
        [{"text": f"第{n}条", "label": NAMES[n % 5], "writer": "one"} for n in range(50)],
    ],
)
def test_a_corpus_too_small_to_cross_validate_is_one_line(tmp_path, rows):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, ROOT / "train.py", "--data", tmp_path, "--out", tmp_path / "model"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 3
    assert result.stderr.count("\n") == 1
    assert "cross-validation needs" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("--workers", "0"), ("--precision", "2"), ("--regularization", "0"), ("--regularization", "inf")]
)
def test_arguments_out_of_range_are_refused(arguments):
    result = subprocess.run(
        [sys.executable, ROOT / "train.py", *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "between" in result.stderr


def test_rows_of_text_and_label_alone_train_a_model(tmp_path):
    rows = [{"text": f"第{n}条：{NAMES[n % 5]}的消息", "label": NAMES[n % 5]} for n in range(50)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, ROOT / "train.py", "--data", tmp_path, "--out", tmp_path / "model"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert Classifier.load(tmp_path / "model", mode="best-guess").classify(rows[7]["text"]).best_guess == NAMES[2]


@pytest.mark.parametrize(("option", "what"), [("--seed", "no whole number"), ("--precision", "no number")])
def test_an_argument_that_is_no_number_is_called_that(option, what):
    result = subprocess.run([sys.executable, ROOT / "train.py", option, "abc"], capture_output=True, text=True)
    assert result.returncode == 2
    assert f"{option}: 'abc' is {what}" in result.stderr


def test_a_folder_of_other_files_is_not_written_to(tmp_path):
    rows = [{"text": f"第{n}条：{NAMES[n % 5]}的消息", "label": NAMES[n % 5]} for n in range(50)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "README.md").write_text("mine")
    command = [sys.executable, ROOT / "train.py", "--data", tmp_path, "--out", mine]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 3
    assert "holds files and no model" in result.stderr
    assert [path.name for path in mine.iterdir()] == ["README.md"]
    assert (mine / "README.md").read_text() == "mine"


def test_messages_that_share_nothing_are_refused(tmp_path):
    unlike = [Example(id=str(n), text=chr(0x4E00 + 7 * n) * 3, label=NAMES[n % 5]) for n in range(50)]
    for examples, options in ((unlike, Options(workers=1)), (SMALL, Options(workers=1, least_messages=10**6))):
        with pytest.raises(CorpusError, match=f"no n-gram stands in {options.least_messages} messages"):
            train(examples, tmp_path / "model", options)


def test_equal_messages_are_never_on_both_sides_of_a_fold():
    examples = [Example(id=str(n), text=f"第{n % 5}条", label=NAMES[n % 5]) for n in range(10)]
    assert groups(examples, "writer")[:5].tolist() == groups(examples, "writer")[5:].tolist()
    assert len(set(groups(examples, "family").tolist())) == 5


def test_what_is_held_out_is_judged_by_what_others_share_alone():
    """Two messages of a group share a character that nobody else has: who has seen neither knows no word of them."""
    no_two_alike = list({syllable: char for char, syllable in syllables().items()}.values())[:50]
    texts = [char * length for char in no_two_alike for length in (3, 4)]
    pairs, truth = np.arange(100) // 2, np.arange(100) // 2 % 5
    options = Options(copies=0, least_messages=2, workers=1)
    held_out = hold_out(texts, truth, pairs, fit_dictionary(texts, options), options)
    assert set(held_out.folds.tolist()) == set(range(5))
    assert not held_out.familiarity.any()
    for fold in range(5):
        assert np.ptp(held_out.views[:, held_out.folds == fold], axis=1).max() == 0


def test_all_but_the_allowed_share_of_a_labels_messages_keep_it():
    probabilities = np.tile(np.linspace(0.01, 1, 100)[:, None], (5, 5))
    truth = np.repeat(np.arange(5), 100)
    for error in (0.0, 0.1, 0.5):
        least = fit_plausible(probabilities, truth, error)
        kept = [(probabilities[truth == label, label] >= least[label]).mean() for label in range(5)]
        assert kept == pytest.approx([1 - error] * 5, abs=0.02)


def test_training_puts_words_and_rules_together_as_a_verdict_does():
    model, texts = load_model(shipped_path()), [example.text for example in CORPUS[::40]]
    fused = fuse(model, texts, every=True)
    met = meets([grounds or () for grounds in fused.grounds])
    in_doubt = doubtful(model.settings, fused.scored.probabilities)
    assert met[in_doubt].any()
    assert met[~in_doubt].any()
    np.testing.assert_allclose(
        fused_probabilities(model.settings, fused.scored.scores, met), fused.probabilities, rtol=0, atol=1e-12
    )


def test_the_risk_grows_with_the_share_answered():
    from noticeguard.plots import risk_by_coverage

    confidence, right = np.array([0.5, 0.9, 0.7, 0.6]), np.array([False, True, True, False])
    assert risk_by_coverage(confidence, right).tolist() == [0, 0, pytest.approx(1 / 3), 0.5]
