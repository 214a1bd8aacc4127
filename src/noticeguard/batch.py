"""Classify files of messages, a chunk at a time, in order."""

import contextlib
import json
import math
import multiprocessing
import os
import re
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from noticeguard.classifier import BATCH, BATCH_CHARACTERS, Classifier
from noticeguard.errors import InputError
from noticeguard.files import INPUT_LIMIT
from noticeguard.verdict import KEYWORDS

COLUMNS = ("label", "best_guess", "probability", "reason", "truncated", "keywords")
"""What is added to each row."""

_STEERS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What could steer a terminal, or break a line, and JSON leaves as it is."""

_MOST_WORKERS = max(2, os.cpu_count() or 1)  # all are started at once, and more than cores only take room
_DEEPEST = 100
"""Levels of a row: Python itself reads, pickles and writes some hundreds."""

_CARRIED = 16
"""How many characters of a row take as much memory as one of a message that is classified."""

Row = dict[str, Any]


def read_rows(
    lines: Iterable[bytes], *, jsonl: bool, text_column: str, skipped: list[int] | None = None
) -> Iterator[Row]:
    """Rows of an input: JSON objects, or a message a line.

    Args:
        lines: the lines of the input.
        jsonl: whether each is a JSON object; else each is a message.
        text_column: which field holds the message.
        skipped: where given, the numbers of unreadable lines go there and reading goes on.

    Raises:
        InputError: a line that is too long, not UTF-8, not a JSON object, nested too deep, or has no text, unless
            `skipped` is given.
    """
    for number, line in enumerate(lines, 1):
        try:
            if len(line) > INPUT_LIMIT:
                raise InputError(f"line {number} is longer than {INPUT_LIMIT} bytes; shorten it or use --skip-bad")
            content = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            if not jsonl:
                yield {text_column: content}
                continue
            if not content.strip():
                continue
            row = json.loads(content, parse_constant=_finite, parse_float=_finite)
            if not isinstance(row, dict) or not isinstance(row.get(text_column), str):
                raise InputError(f"line {number} is no JSON object with a string {text_column!r}; see --text-column")
            if content.count("[") + content.count("{") > _DEEPEST and _depth(row) > _DEEPEST:
                raise InputError(f"line {number} is nested deeper than {_DEEPEST} levels; flatten it or use --skip-bad")
        except (InputError, ValueError, RecursionError) as error:
            if skipped is not None:
                skipped.append(number)
                continue
            if isinstance(error, InputError):
                raise
            if isinstance(error, UnicodeDecodeError):
                hint = "convert the file, as with iconv -f GB18030, or use --skip-bad"
                raise InputError(f"line {number} is not UTF-8; {hint}") from None
            raise InputError(f"line {number} is not JSON; mend it or use --skip-bad") from None
        yield row


def classify_rows(
    classifier: Classifier,
    rows: Iterable[Row],
    *,
    text_column: str,
    prefix: str = "",
    keywords: int = KEYWORDS,
    workers: int = 1,
) -> Iterator[list[bytes]]:
    """The rows with `COLUMNS` added under `prefix`, each as a line of JSON.

    Args:
        classifier: what classifies.
        rows: any number; no more than a few chunks of them are in memory at once.
        text_column: which field holds the message.
        prefix: put before the names of the added columns.
        keywords: how many of them are listed.
        workers: processes; no more than there are cores.

    Yields:
        The lines of one chunk of rows, in order.

    Raises:
        InputError: a row already has a column of that name, or a worker process was stopped.
    """
    columns: dict[str, Any] = {"text_column": text_column, "prefix": prefix, "keywords": keywords}
    chunks = _chunks(rows, text_column)
    if workers == 1:
        yield from (_classify_chunk(classifier, chunk, **columns) for chunk in chunks)
        return
    pending: deque[Future[list[bytes]]] = deque()
    workers = min(workers, _MOST_WORKERS)
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(classifier,)) as pool:
        try:
            for chunk in chunks:
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
                pending.append(pool.submit(_classify_in_worker, chunk, **columns))
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            raise InputError("a worker process was stopped from outside; try fewer --workers") from None
        except OSError as error:
            raise InputError(f"cannot start the workers: {error.strerror}; try fewer --workers") from None
        finally:
            pool.shutdown(cancel_futures=True)


def _chunks(rows: Iterable[Row], text_column: str) -> Iterator[list[Row]]:
    """Rows by as many as are classified at once; fewer where they are long, for so are their verdicts.

    What stands beside the message is only carried along and weighs less.
    """
    chunk: list[Row] = []
    room = BATCH_CHARACTERS
    for row in rows:
        chunk.append(row)
        room -= len(row[text_column]) + len(str(row)) // _CARRIED
        if len(chunk) == BATCH or room <= 0:
            yield chunk
            chunk, room = [], BATCH_CHARACTERS
    if chunk:
        yield chunk


def heed_termination() -> None:
    """Let SIGTERM, and SIGHUP of a terminal that is closed, interrupt as Ctrl-C does: half an output is removed."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):  # Windows closes no terminals
        if signal.getsignal(number) == signal.SIG_DFL:  # who starts us may want it ignored, as nohup does
            with contextlib.suppress(ValueError):  # in a thread, signals are another's business
                signal.signal(number, signal.default_int_handler)


_worker: Classifier
"""The classifier of a worker process, handed over once."""


def _start_worker(classifier: Classifier) -> None:
    global _worker
    _worker = classifier
    for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(number, signal.SIG_IGN)  # the first process answers what a terminal sends to all
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not what a fork takes over: a stopped worker just ends
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End when the first process does, even where it was killed and could tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _classify_in_worker(chunk: list[Row], **columns: Any) -> list[bytes]:
    return _classify_chunk(_worker, chunk, **columns)


def _classify_chunk(
    classifier: Classifier, chunk: list[Row], *, text_column: str, prefix: str, keywords: int
) -> list[bytes]:
    for row in chunk:
        taken = [name for name in COLUMNS if prefix + name in row]
        if taken:
            raise InputError(f"the input already has a column {prefix + taken[0]!r}; choose names with --prefix")
    lines = []
    verdicts = classifier.classify_many((row[text_column] for row in chunk), brief=True)
    for row, verdict in zip(chunk, verdicts, strict=True):
        words = [keyword.text for keyword in verdict.top_keywords(keywords) if keyword.weight > 0]
        values = (
            verdict.label,
            verdict.best_guess,
            round(verdict.probability, 6),
            verdict.reason,
            verdict.truncated,
            words,
        )
        added = {prefix + name: value for name, value in zip(COLUMNS, values, strict=True)}
        line = _STEERS.sub(_escape, json.dumps({**row, **added}, ensure_ascii=False))
        lines.append(line.encode("utf-8", "backslashreplace") + b"\n")
    return lines


def _escape(sign: re.Match[str]) -> str:
    return f"\\u{ord(sign[0]):04x}"


def _depth(row: Row) -> int:
    """How many objects and lists stand in each other."""
    depth, level = 0, list[Any]([row])
    while level:
        depth += 1
        held = [value for outer in level for value in (outer.values() if isinstance(outer, dict) else outer)]
        level = [value for value in held if isinstance(value, (dict, list))]
    return depth


def _finite(number: str) -> float:
    """A number that JSON can hold: `NaN` is none, and `1e999` would be written as `Infinity`."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("no JSON number")
    return value
