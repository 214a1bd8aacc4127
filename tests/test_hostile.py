"""Hostile messages and files: the promises hold for every text, and no text takes for ever."""

import json
import math
import runpy
import sys
import tempfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noticeguard import Classifier, CorpusError, InputError
from noticeguard.batch import classify_rows, read_rows
from noticeguard.corpus import read_examples
from noticeguard.entities import find_entities
from noticeguard.labels import answers
from noticeguard.model import MESSAGE_LIMIT
from noticeguard.normalize import fold_many
from noticeguard.render import render_html, render_text, visible

ROOT = Path(__file__).parents[1]
CLASSIFIER = Classifier.load()
# Pieces that the rules of folding, entities and features meet, in any order, between any text.
PIECES = st.sampled_from(
    ["法院", "还款", "催(cuī)收", "起.诉", "貸款", "（2026）粤0106民初1234号",
     "http://a.b@icbc.com.cn.x.top:80/q?a=1#f", "t.cn/", "10.1.2.3", "95588", "138****2210", "400-300-1234",
     "1,352.29元", "2026-03-04", "18:00", "3.65%", "qq0123", "62**1234", "**", ".:", "@", "(", ")", "【】",
     " ", "㎡", "⑽", "ﷺ", "①", "𝟏", "Ａｐｐ", "⟨word:a⟩", "\u200b", "\ufe0f", "\u0301\u0301", "\ud83d",
     "\udc00", "\U000e0041", "\U0010ffff", "\x00", "\x1b[31m", "\u202e", "\r\n", "\u2028", "😀"]
)  # fmt: skip
MESSAGE = st.lists(st.one_of(PIECES, st.text(max_size=10)), max_size=12).map("".join)
MESSAGES = st.lists(MESSAGE, max_size=4)
LONG = runpy.run_path(str(ROOT / "bench" / "hostile.py"))["MESSAGES"]


@given(MESSAGES)
@settings(max_examples=200, deadline=None)
def test_entities_stand_apart_and_within_their_message(messages):
    folded = fold_many(messages)
    entities = find_entities(folded)
    ends = [0, *entities.ends.tolist()]
    for previous, start, end in zip(ends, entities.starts.tolist(), entities.ends.tolist(), strict=False):
        assert previous <= start < end
        owner = int(np.searchsorted(folded.starts, start)) - 1
        assert folded.starts[owner] < start
        assert end <= folded.starts[owner + 1]


@given(MESSAGES)
@settings(max_examples=100, deadline=None)
def test_entities_of_a_batch_are_those_of_its_messages(messages):
    together = find_entities(fold_many(messages)).kinds
    assert together == [kind for message in messages for kind in find_entities(fold_many([message])).kinds]


@given(MESSAGES)
@settings(max_examples=200, deadline=None)
def test_a_verdict_keeps_its_promises_for_any_message(messages):
    verdicts = CLASSIFIER.classify_many(messages)
    assert len(verdicts) == len(messages)
    for message, verdict in zip(messages, verdicts, strict=True):
        alone = CLASSIFIER.classify(message)
        assert (alone.label, alone.reason, alone.topics, alone.disguises) == (
            verdict.label, verdict.reason, verdict.topics, verdict.disguises,
        )  # fmt: skip
        assert alone.probability == pytest.approx(verdict.probability, abs=1e-9)
        assert {k.text: k.spans for k in alone.keywords} == {k.text: k.spans for k in verdict.keywords}
        assert all(list(k.spans) == sorted(set(k.spans)) for k in verdict.keywords)
        words = sum(keyword.weight for keyword in verdict.keywords)
        assert words + verdict.bias + verdict.addition == pytest.approx(verdict.score, abs=1e-6)
        assert all(0 <= a < b <= len(message) for k in verdict.keywords for a, b in k.spans)
        assert sum(verdict.probabilities.values()) == pytest.approx(1)
        assert verdict.probability == max(verdict.probabilities.values())
        assert (verdict.label == "unsure") == (verdict.reason != "confident")
        assert verdict.label in answers()


@given(MESSAGE)
@settings(max_examples=200, deadline=None)
def test_what_is_printed_can_be_read_and_steers_nothing(message):
    verdict = CLASSIFIER.classify(message)
    shown = render_text(verdict.to_dict(keywords=8), message)
    assert visible(shown) == shown
    page = render_html(verdict.to_dict(keywords=8), message)
    assert visible(page) == page
    shown.encode()
    assert json.loads(json.dumps(verdict.to_dict()))["label"] == verdict.label


def finite(value):
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


ROWS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9), MESSAGE),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["text", "label", "id", "x"]), inner)
    ),
    max_leaves=6,
)
LINES = st.one_of(
    st.binary(max_size=40),
    MESSAGE.map(lambda message: message.encode("utf-8", "surrogatepass")),
    ROWS.map(lambda row: json.dumps(row).encode()),
    st.sampled_from([b'{"text":"a","x":1e999}', b'{"text":"a","x":-1e999}', b'{"text":"a","text":"b"}',
                     b'{"text":"\\ud800"}',
                     b'{"text":"a","x":' + b"9" * 5000 + b"}", b'{"text":"a","x":' + b"[" * 990 + b"]" * 990 + b"}"]),
)  # fmt: skip


@given(st.lists(LINES, max_size=5), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_rows_or_one_clear_error(lines, jsonl):
    def rows(skipped):
        return list(read_rows([line + b"\n" for line in lines], jsonl=jsonl, text_column="text", skipped=skipped))

    skipped = []
    good = rows(skipped)
    assert all(isinstance(row["text"], str) and finite(row) for row in good)
    assert sorted(set(skipped)) == skipped
    if skipped:
        with pytest.raises(InputError, match=f"line {skipped[0]} ") as caught:
            rows(None)
        assert len(str(caught.value).splitlines()) == 1
    else:
        assert len(rows(None)) == len(good)


@given(st.lists(LINES, max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_batch_of_any_bytes_is_written_as_json_lines(lines):
    rows = list(read_rows(lines, jsonl=True, text_column="text", skipped=[]))
    chunks = classify_rows(CLASSIFIER, rows, text_column="text", prefix="ng_")
    written = [json.loads(line.decode("utf-8")) for chunk in chunks for line in chunk]
    assert len(written) == len(rows)
    assert all("ng_label" in row and finite(row) for row in written)


@given(st.lists(LINES, max_size=4).map(b"\n".join))
@settings(max_examples=200, deadline=None)
def test_any_file_of_examples_is_read_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "some.jsonl"
        file.write_bytes(content)
        examples, told = [], ""
        try:
            examples = read_examples(file)
        except (InputError, CorpusError) as error:
            told = str(error)
        assert len(told.splitlines()) == (not examples)
        assert all(example.text.strip() for example in examples)
        assert len({example.id for example in examples}) == len(examples)


def steps(call):
    """How many lines of Python a call runs."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def memory(call):
    """The most bytes that a call holds at once."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", LONG)
def test_steps_and_memory_are_linear_in_length(kind):
    def read(length):
        return lambda: find_entities(fold_many([LONG[kind](length)]))

    read(4_000)()  # what is made once is made here
    assert steps(read(4_000)) <= 2.1 * steps(read(2_000)) + 200
    assert memory(read(40_000)) <= 2.3 * memory(read(20_000)) + 100_000


@pytest.mark.parametrize("kind", LONG)
def test_the_steps_of_a_verdict_are_linear_in_length(kind):
    def judge(length):
        return lambda: CLASSIFIER.classify(LONG[kind](length))

    judge(4_000)()
    assert steps(judge(4_000)) <= 2.2 * steps(judge(2_000)) + 5_000


@pytest.mark.parametrize("kind", LONG)
def test_very_long_messages_finish(kind):
    # A quadratic step inside a pattern, which counts as one step above, would take minutes here.
    message = LONG[kind](200_000)
    assert find_entities(fold_many([message])).starts.size < len(message)
    verdict = CLASSIFIER.classify(message)
    assert verdict.truncated
    words = sum(keyword.weight for keyword in verdict.keywords)
    assert words + verdict.bias + verdict.addition == pytest.approx(verdict.score, abs=1e-6)


def test_a_message_too_long_is_judged_by_its_beginning_and_says_so():
    head = "请把保证金转到安全账户，" * (MESSAGE_LIMIT // 12 + 1)
    message = head[:MESSAGE_LIMIT] + "您尾号1234的信用卡本期账单已出" * 2000
    verdict, beginning = CLASSIFIER.classify(message), CLASSIFIER.classify(message[:MESSAGE_LIMIT])
    assert verdict.truncated
    assert verdict.to_dict()["truncated"]
    assert not beginning.truncated
    assert verdict.label == beginning.label == "impersonation_scam"
    assert verdict.keywords == beginning.keywords
    assert all(message[a:b] for k in verdict.keywords for a, b in k.spans)
    assert max(end for k in verdict.keywords for _, end in k.spans) <= MESSAGE_LIMIT
    assert str(MESSAGE_LIMIT) in render_text(verdict.to_dict(), message)
    assert str(MESSAGE_LIMIT) not in render_text(beginning.to_dict(), message[:MESSAGE_LIMIT])
    np.testing.assert_array_equal(*(CLASSIFIER.predict_proba([m]) for m in (message, message[:MESSAGE_LIMIT])))


@pytest.mark.slow
def test_sixteen_threads_give_what_one_gives():
    texts = [example.text for example in read_examples(ROOT / "data" / "corpus")]
    texts = (texts * (50_000 // len(texts) + 1))[:50_000]
    pieces = [texts[at : at + 500] for at in range(0, len(texts), 500)]
    some = [piece[:30] for piece in pieces]
    CLASSIFIER.predict_proba(pieces[0])  # loads the kernel, where there is one: it rounds otherwise than NumPy
    shared = Classifier.load()  # fresh: what is made at the first call is made by sixteen threads at once
    with ThreadPoolExecutor(16) as pool:
        verdicts = list(pool.map(shared.classify_many, some))
        probabilities = list(pool.map(shared.predict_proba, pieces))
    assert verdicts == [CLASSIFIER.classify_many(piece) for piece in some]
    for piece, result in zip(pieces, probabilities, strict=True):
        np.testing.assert_array_equal(result, CLASSIFIER.predict_proba(piece))


def test_long_rows_are_classified_few_at_a_time_and_all_of_them():
    rows = [{"text": "还" * 30_000, "n": n} for n in range(20)] + [{"text": "请还款", "n": n} for n in range(20, 30)]
    chunks = list(classify_rows(CLASSIFIER, rows, text_column="text"))
    assert max(map(len, chunks[:-1])) <= 4
    assert [json.loads(line)["n"] for chunk in chunks for line in chunk] == list(range(30))
