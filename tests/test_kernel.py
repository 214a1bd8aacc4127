"""The loops of the kernel and the NumPy code beside them are two spellings of one computation."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from noticeguard import kernel
from noticeguard.artefact import load_model, shipped_path
from noticeguard.corpus import read_examples

MODEL = load_model(shipped_path())
DICTIONARY = MODEL.dictionary
ODD = [
    "", " ", "\ud800", "😀" * 9, "哈" * 300, "http://t.cn/a", "龘龘", "一", "ok", "--a.", "\0a\0", "\U0010ffff",
    "催 收 法 院 见", "a  b 1 2", " 前 ", "催(cuī)收(x)", "起..诉/法★院", "讠午薇信讠讠午", "㎡⑽ﷺ",
    "恭喜您获得贷款额查查查您的快递已到驿站,请取件。",  # cuts that are equally likely
]  # fmt: skip
MESSAGES = [example.text for example in read_examples(Path(__file__).parents[1] / "data" / "corpus")[::4]] + ODD


def results(messages, monkeypatch, compiling):
    with monkeypatch.context() as patch:
        patch.setattr(kernel, "_compile", compiling)
        patch.setattr(kernel, "LEAST_MESSAGES", 0)
        scored = MODEL.score(messages)
        return scored, MODEL.scope(scored)


def assert_equal(one, other):
    (scored, scope), (other_scored, other_scope) = one, other
    for name in ("scores", "probabilities", "norms"):
        np.testing.assert_allclose(getattr(scored, name), getattr(other_scored, name), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(scope, other_scope)
    np.testing.assert_array_equal(scored.features, other_scored.features)
    for name in ("codes", "starts", "origins"):
        np.testing.assert_array_equal(getattr(scored.folded, name), getattr(other_scored.folded, name))
    assert scored.folded.disguises() == other_scored.folded.disguises()
    for name in scored.folded.repairs:
        np.testing.assert_array_equal(scored.folded.repairs[name], other_scored.folded.repairs[name])
    entities, others = scored.encoded.entities, other_scored.encoded.entities
    assert entities.kinds == others.kinds
    for name in ("starts", "ends"):
        np.testing.assert_array_equal(getattr(entities, name), getattr(others, name))
    for name in ("symbols", "syllables", "characters", "starts", "bounds"):
        np.testing.assert_array_equal(getattr(scored.encoded, name), getattr(other_scored.encoded, name))
    for name in ("starts", "ends", "owners", "numbers", "symbols", "indices"):
        np.testing.assert_array_equal(getattr(scored.words, name), getattr(other_scored.words, name))


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


def test_a_small_batch_is_not_worth_the_import_but_uses_what_is_there(monkeypatch):
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.setattr(kernel, "_compile", lambda function: function)
    assert kernel.compiled(kernel.sum_features, 1) is None
    monkeypatch.setitem(sys.modules, "numba", object())
    assert kernel.compiled(kernel.sum_features, 1) is kernel.sum_features


def test_without_numba_the_work_is_done_all_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    kernel._compile.cache_clear()
    try:
        assert kernel.compiled(kernel.sum_features, 10**6) is None
    finally:
        kernel._compile.cache_clear()


PAIRS = """
import resource, sys, warnings
import numpy as np
from noticeguard import kernel
warnings.simplefilter("error")
if sys.argv[1:]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
run = kernel.compiled(kernel.find_pairs, 10**6)
if run:
    for kind in (np.uint32, np.uint64):
        print(run(np.array([7, 8, 0], kind), np.ones(8, bool), 5, np.array([7 << 32 | 8])).tolist())
"""


def pairs_found(folder, *arguments, **environment):
    """What a fresh process, its translations kept in a folder, prints of pairs found; "" where it has no kernel."""
    result = subprocess.run(
        [sys.executable, "-c", PAIRS, *arguments], capture_output=True, text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder), **environment},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_translation_that_cannot_be_kept_or_read_is_made_anew(tmp_path):
    pytest.importorskip("numba")
    pytest.importorskip("resource")
    found = pairs_found(tmp_path / "full", "full")
    assert found == "[[0], [0]]\n" * 2
    assert not list((tmp_path / "full").rglob("*.nbi"))
    assert pairs_found(tmp_path) == found
    (index,) = tmp_path.rglob("*.nbi")
    index.write_bytes(b"damaged")
    assert pairs_found(tmp_path) == found


def test_where_translating_is_switched_off_numpy_does_the_work(tmp_path):
    assert pairs_found(tmp_path, NUMBA_DISABLE_JIT="1") == ""


def test_an_interrupt_that_meets_the_translation_is_not_taken_for_a_damaged_one(monkeypatch):
    numba = pytest.importorskip("numba")
    made = []

    def interrupted(*_):
        raise SystemError("returned a result with an exception set") from KeyboardInterrupt()

    monkeypatch.setattr(numba, "njit", lambda **_: lambda function: made.append(function) or interrupted)
    run = kernel._compile.__wrapped__(kernel.find_pairs)
    with pytest.raises(SystemError):
        run()
    assert len(made) == 1
