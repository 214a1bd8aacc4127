import errno
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from noticeguard import InputError, batch
from noticeguard.batch import BATCH, classify_rows


def test_workers_that_cannot_start_are_no_trouble_of_the_output(monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(ProcessPoolExecutor, "submit", refuse)
    with pytest.raises(InputError, match=r"cannot start the workers: Resource .*--workers"):
        list(classify_rows(None, [{"text": "a"}], text_column="text", workers=2))


@pytest.mark.parametrize("beside", ["a" * 1_000_000, ["a" * 10] * 100_000, {"a": {"b": "c" * 1_000_000}}])
def test_rows_that_are_long_beside_their_message_go_a_few_at_once(classifier, beside):
    rows = ({"text": "a", "beside": beside} for _ in range(8))
    chunks = [len(chunk) for chunk in classify_rows(classifier, rows, text_column="text")]
    assert sum(chunks) == 8
    assert max(chunks) <= 2


def test_rows_of_ordinary_length_go_many_at_once(classifier):
    rows = [{"text": "您的账单已出" * 12, "id": "0" * 36, "sender": "106" + "0" * 9, "note": "a" * 200}] * (BATCH + 1)
    assert [len(chunk) for chunk in classify_rows(classifier, rows, text_column="text")] == [BATCH, 1]


def test_no_more_processes_are_started_than_there_are_cores(monkeypatch, classifier):
    asked = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, workers, **_):
            asked.append(workers)
            super().__init__(1)

    monkeypatch.setattr(batch, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(batch, "_worker", classifier, raising=False)
    rows = [{"text": "您的快递已到"}]
    (lines,) = batch.classify_rows(classifier, rows, text_column="text", workers=99_999)
    assert len(lines) == 1
    assert asked == [batch._MOST_WORKERS]
