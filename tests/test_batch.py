import errno
from concurrent.futures import ProcessPoolExecutor

import pytest

from noticeguard import InputError
from noticeguard.batch import classify_rows


def test_workers_that_cannot_start_are_no_trouble_of_the_output(monkeypatch):
    def refuse(*_, **__):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(ProcessPoolExecutor, "submit", refuse)
    with pytest.raises(InputError, match=r"cannot start the workers: Resource .*--workers"):
        list(classify_rows(None, [{"text": "a"}], text_column="text", workers=2))
