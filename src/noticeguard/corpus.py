"""Read and check labelled messages."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from noticeguard.errors import CorpusError, InputError
from noticeguard.files import blame, read_text
from noticeguard.labels import label_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled message.

    Attributes:
        id: unique in its corpus.
        text: the message.
        label: one of the five labels.
        scenario: the kind of message (sender × purpose × act); one file of the corpus.
        family: variations of one message share it, across scenarios too.
        topic: what it talks about.
        writer: the hand that wrote it; each had its own area.
        origin: where it comes from; empty for our own corpus.
        label_2: the second, blind reader's label where it differs, else empty.
    """

    id: str
    text: str
    label: str
    scenario: str = ""
    family: str = ""
    topic: str = ""
    writer: str = ""
    origin: str = ""
    label_2: str = ""


def read_examples(path: Path) -> list[Example]:
    """Read one `.jsonl` file of labelled messages, or a folder of them.

    Args:
        path: a file, or a folder read recursively in the order of the paths.

    Raises:
        InputError: nothing there, or not UTF-8 JSON lines.
        CorpusError: a row without text, with an unknown label, or with an id seen before.
    """
    with blame(f"cannot read {path}"):
        files = sorted(_below(path)) if path.is_dir() else [path]
    if not files:
        raise InputError(f"no .jsonl file below {path}; name the file or folder of labelled messages")
    examples: list[Example] = []
    places: dict[str, str] = {}
    for file in files:
        for place, example in _read_file(file):
            first = places.setdefault(example.id, place)
            if first != place:
                raise CorpusError(f"{place}: its id stands twice, first at {first}; give each message its own")
            examples.append(example)
    if not examples:
        raise CorpusError(f"{path} holds no message; each line is a JSON object with text and label")
    return examples


def _below(folder: Path) -> Iterator[Path]:
    """The `.jsonl` files below a folder; `rglob` would leave out a folder that cannot be read, and not say so."""

    def refuse(error: OSError) -> None:
        with blame(f"cannot read {error.filename}"):
            raise error

    for parent, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(parent, name) for name in names if name.endswith(".jsonl"))


def _read_file(file: Path) -> Iterator[tuple[str, Example]]:
    """The messages of a file, each with its place: the file and the line."""
    for number, line in enumerate(read_text(file).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{file}:{number}"
        try:
            row = json.loads(line)
            text, label = row["text"], row["label"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CorpusError(f"{place}: a line must be a JSON object with text and label") from None
        if not isinstance(text, str) or not text.strip():
            raise CorpusError(f"{place}: text must be a string that is not empty")
        if label not in label_ids():
            raise CorpusError(f"{place}: unknown label; `noticeguard labels` lists the known ones")
        topics = row.get("topics")
        if "topic" not in row and isinstance(topics, list):
            row["topic"] = ",".join(map(str, topics))
        known = {key: str(row[key]) for key in Example.__slots__ if row.get(key) is not None}
        yield place, Example(**{"id": place, **known})


def digest(examples: Iterable[Example]) -> str:
    """A sha256 over ids, texts and labels: the name of exactly this corpus."""
    state = hashlib.sha256()
    for example in examples:
        state.update(f"{example.id}\0{example.label}\0{example.text}\0".encode("utf-8", "surrogatepass"))
    return state.hexdigest()
