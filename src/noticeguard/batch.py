"""Classify files of messages, a chunk at a time, in order."""

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from typing import IO, Any

from noticeguard.classifier import KEYWORDS, Classifier
from noticeguard.errors import InputError

CHUNK = 1000  # messages in memory at once
COLUMNS = ("label", "best_guess", "probability", "keywords")
"""What is added to each row."""

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
        InputError: a line that is not UTF-8, not a JSON object, or has no text, unless `skipped` is given.
    """
    for number, line in enumerate(lines, 1):
        try:
            content = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            if not jsonl:
                yield {text_column: content}
                continue
            if not content.strip():
                continue
            row = json.loads(content, parse_constant=_finite, parse_float=_finite)
            if not isinstance(row, dict) or not isinstance(row.get(text_column), str):
                raise InputError(f"line {number} is no JSON object with a string {text_column!r}; see --text-column")
        except (InputError, ValueError, RecursionError) as error:
            if skipped is not None:
                skipped.append(number)
                continue
            if isinstance(error, InputError):
                raise
            what = "UTF-8" if isinstance(error, UnicodeDecodeError) else "JSON"
            raise InputError(f"line {number} is not {what}; mend it or use --skip-bad") from None
        yield row


def classify_rows(
    classifier: Classifier, rows: Iterable[Row], *, text_column: str, prefix: str = "", keywords: int = KEYWORDS
) -> Iterator[Row]:
    """Each row with `COLUMNS` added under `prefix`.

    Raises:
        InputError: a row already has a column of that name.
    """
    rows = iter(rows)
    while chunk := list(itertools.islice(rows, CHUNK)):
        for row in chunk:
            taken = [name for name in COLUMNS if prefix + name in row]
            if taken:
                raise InputError(f"the input already has a column {prefix + taken[0]!r}; choose names with --prefix")
        verdicts = classifier.classify_many(row[text_column] for row in chunk)
        for row, verdict in zip(chunk, verdicts, strict=True):
            words = [keyword.text for keyword in verdict.top_keywords(keywords) if keyword.weight > 0]
            values = (verdict.label, verdict.best_guess, round(verdict.probability, 6), words)
            yield {**row, **{prefix + name: value for name, value in zip(COLUMNS, values, strict=True)}}


def write_rows(rows: Iterable[Row], output: IO[bytes]) -> int:
    """Write rows as JSON lines; returns how many."""
    count = 0
    for row in rows:
        output.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        count += 1
    return count


def _finite(number: str) -> float:
    """A number that JSON can hold: `NaN` is none, and `1e999` would be written as `Infinity`."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("no JSON number")
    return value
