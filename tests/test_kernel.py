"""The loops of the kernel and the NumPy code beside them are two spellings of one computation."""

import threading
from pathlib import Path

import numpy as np
import pytest

from noticeguard import kernel
from noticeguard.artefact import load_model, shipped_path
from noticeguard.corpus import read_examples
from noticeguard.words import Dictionary

MODEL = load_model(shipped_path())
DICTIONARY = Dictionary(MODEL.words, MODEL.settings.word_total)
ODD = ["", " ", "\ud800", "😀" * 9, "哈" * 300, "http://t.cn/a", "龘龘", "一", "ok"]
MESSAGES = [example.text for example in read_examples(Path(__file__).parents[1] / "data" / "corpus")[::4]] + ODD


def results(messages, monkeypatch, compiling):
    with monkeypatch.context() as patch:
        patch.setattr(kernel, "_compile", compiling)
        patch.setattr(kernel, "LEAST_MESSAGES", 0)
        scored = MODEL.score(messages)
        return scored, DICTIONARY.cut(scored.folded, scored.encoded)


def assert_equal(one, other):
    (scored, words), (other_scored, other_words) = one, other
    for name in ("scores", "probabilities", "familiarity", "norms"):
        np.testing.assert_allclose(getattr(scored, name), getattr(other_scored, name), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(scored.features, other_scored.features)
    for name in ("starts", "ends", "owners", "numbers"):
        np.testing.assert_array_equal(getattr(words, name), getattr(other_words, name))


def test_the_loops_as_written_give_what_numpy_gives(monkeypatch):
    messages = [*MESSAGES[::80], *ODD]
    with np.errstate(over="ignore"):  # codes are multiplied modulo 2^64, which NumPy's scalars report
        slow = results(messages, monkeypatch, lambda function: function)
    assert_equal(slow, results(messages, monkeypatch, lambda function: None))


def test_the_loops_translated_give_what_numpy_gives(monkeypatch):
    pytest.importorskip("numba")
    translate = kernel._compile
    assert translate(kernel.sum_features) is not None
    assert_equal(
        results(MESSAGES, monkeypatch, translate), results(MESSAGES, monkeypatch, lambda function: None)
    )  # fmt: skip


def test_threads_share_the_kernel(monkeypatch):
    pytest.importorskip("numba")
    expected = MODEL.score(MESSAGES).scores
    found = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: MODEL.score(MESSAGES).scores})) for n in range(4)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(scores, expected) for scores in found.values())


def test_a_small_batch_is_not_worth_the_import():
    assert kernel.compiled(kernel.sum_features, 1) is None


def test_without_numba_the_work_is_done_all_the_same(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    kernel._compile.cache_clear()
    try:
        assert kernel.compiled(kernel.sum_features, 10**6) is None
    finally:
        kernel._compile.cache_clear()
