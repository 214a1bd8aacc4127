"""Fuzz every door that takes foreign bytes, guided by coverage: `python bench/fuzz.py --seconds 600`.

Needs `pip install atheris`. The first byte of an input chooses the door, the rest goes through it. A door may
raise what its docstring names; anything else, or a broken promise, ends the run with the input in a file.
"""

import argparse
import hashlib
import io
import json
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import atheris

# The kernel is left as it is: numba cannot translate what counts its own steps.
with atheris.instrument_imports(include=["noticeguard"], exclude=["noticeguard.kernel"]):
    from noticeguard import Classifier, CorpusError, InputError, ModelError
    from noticeguard.artefact import checksum, load_model, save_model, shipped_path
    from noticeguard.batch import classify_rows, read_rows
    from noticeguard.corpus import read_examples
    from noticeguard.entities import find_entities
    from noticeguard.model import Model
    from noticeguard.normalize import fold, fold_many
    from noticeguard.render import render_html, render_text, visible
    from noticeguard.words import Dictionary

ROOT = Path(__file__).parents[1]
FILES = ("model.json", "weights.npz", "words.txt")
CLASSIFIER = Classifier.load()
SCRATCH = Path(tempfile.mkdtemp(prefix="noticeguard-fuzz-"))
RUNS: Counter[str] = Counter()  # per door: how often it was tried, and how often it let the input in


def tiny_model(folder: Path) -> dict[str, bytes]:
    """The files of a model with 50 features, which loads in no time."""
    model = load_model(shipped_path())
    symbols = model.alphabet.names[:60] + model.alphabet.names[-60:]
    words = Dictionary.of({name: 1 for name in symbols if len(name) == 1}, 10**6)
    terms = len(symbols) + 2 + len(words)
    of_ngrams, of_words = (model.idf[:50], model.weights[:50]), (model.word_idf[:terms], model.word_weights[:terms])
    save_model(Model(model.settings, symbols, model.codes[:50], *of_ngrams, words, *of_words), folder)
    return {name: (folder / name).read_bytes() for name in FILES}


def read_messages(data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogatepass") if is_utf8(data) else data.decode("utf-16-le", "replace")
    return text.split("\x1e")


def is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def fuzz_fold(data: bytes) -> None:
    messages = read_messages(data)
    folded = fold_many(messages)
    for i, message in enumerate(messages):
        text = folded.text(i)
        assert text == fold(message), "one is not as many"
        assert fold(text) == text, "folding is not idempotent"
        spans = [folded.original_span(i, at, at + 1) for at in range(folded.starts[i] + 1, folded.starts[i + 1])]
        assert all(0 <= start < end <= len(message) for start, end in spans), "a span leaves its message"
    entities = find_entities(folded)
    places = [at for pair in zip(entities.starts.tolist(), entities.ends.tolist(), strict=True) for at in pair]
    assert places == sorted(places), "entities overlap"


def fuzz_classify(data: bytes) -> None:
    messages = read_messages(data)
    verdicts = CLASSIFIER.classify_many(messages)
    assert len(verdicts) == len(messages)
    for message, verdict in zip(messages, verdicts, strict=True):
        alone = CLASSIFIER.classify(message)
        assert (alone.label, alone.reason, alone.disguises) == (verdict.label, verdict.reason, verdict.disguises)
        assert abs(alone.probability - verdict.probability) < 1e-9, "one is not as many"
        total = sum(keyword.weight for keyword in verdict.keywords) + verdict.bias + verdict.addition
        assert abs(total - verdict.score) < 1e-6, "keywords do not sum to the score"
        spans = [span for keyword in verdict.keywords for span in keyword.spans]
        assert all(0 <= start < end <= len(message) for start, end in spans), "a span leaves its message"
        json.loads(json.dumps(verdict.to_dict()))
        shown = render_text(verdict.to_dict(keywords=8), message)
        assert visible(shown) == shown, "a sign that steers a terminal is printed"
        page = render_html(verdict.to_dict(keywords=8), message)
        assert visible(page) == page, "a sign that steers a terminal stands in a page"


def fuzz_rows(data: bytes) -> None:
    """JSON lines where the first byte is below 128, a message a line where it is not."""
    skips: list[list[int] | None] = [None, []]
    for skipped in skips:
        lines = data[1:].splitlines(keepends=True)
        rows = read_rows(lines, jsonl=data[:1] < b"\x80", text_column="text", skipped=skipped)
        output = io.BytesIO()
        try:
            for chunk in classify_rows(CLASSIFIER, rows, text_column="text"):
                output.writelines(chunk)
        except InputError as error:
            check_line(error)
            continue
        for line in output.getvalue().split(b"\n")[:-1]:
            json.loads(line, parse_constant=refuse)
        RUNS["rows let in"] += 1


def check_line(error: Exception) -> None:
    assert len(str(error).splitlines()) == 1, "an error is one line"


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def fuzz_examples(data: bytes) -> None:
    file = SCRATCH / "some.jsonl"
    file.write_bytes(data)
    try:
        read_examples(file)
    except (InputError, CorpusError) as error:
        check_line(error)
        return
    RUNS["examples let in"] += 1


def fuzz_model(data: bytes) -> None:
    """One file of a model changed by a few splices, the checksums mended, so that the deeper checks are reached."""
    provider = atheris.FuzzedDataProvider(data)
    files = dict(TINY)
    name = provider.PickValueInList([*FILES, *ARRAYS])
    if name in FILES:
        files[name] = splice(files[name], provider)
    else:
        files["weights.npz"] = repack(name, splice(ARRAYS[name], provider))
    folder = SCRATCH / "model"
    folder.mkdir(exist_ok=True)
    for other, value in files.items():
        (folder / other).write_bytes(value)
    mend(folder)
    try:
        model = load_model(folder)
    except ModelError as error:
        check_line(error)
        return
    RUNS["models let in"] += 1
    Classifier(model).classify_many(["请还款1200元", ""])


def splice(content: bytes, provider: atheris.FuzzedDataProvider) -> bytes:
    for _ in range(provider.ConsumeIntInRange(1, 4)):
        at = provider.ConsumeIntInRange(0, len(content))
        rest = content[at + provider.ConsumeIntInRange(0, 8) :]
        content = content[:at] + provider.ConsumeBytes(provider.ConsumeIntInRange(0, 8)) + rest
    return content


def repack(name: str, content: bytes) -> bytes:
    """`weights.npz` with one array file changed: damage that its CRC would hide otherwise."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, value in {**ARRAYS, name: content}.items():
            archive.writestr(other, value)
    return buffer.getvalue()


def mend(folder: Path) -> None:
    try:
        about = json.loads((folder / "model.json").read_bytes())
        about["files"] = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in FILES[1:]}
        about["checksum"] = checksum(about)
        (folder / "model.json").write_text(json.dumps(about), encoding="utf-8")
    except (ValueError, TypeError, RecursionError):
        pass


DOORS = (fuzz_fold, fuzz_classify, fuzz_rows, fuzz_examples, fuzz_model)


def fuzz(data: bytes) -> None:
    if data:
        door = DOORS[data[0] % len(DOORS)]
        RUNS[door.__name__] += 1
        door(data[1:])
        if not sum(RUNS.values()) % 5000:
            print(dict(RUNS))


def seeds() -> Path:
    """Inputs to begin with: some of our own messages at every door."""
    folder = SCRATCH / "seeds"
    folder.mkdir()
    examples = read_examples(ROOT / "data" / "corpus")[::200]
    for number, example in enumerate(examples):
        row = json.dumps({name: getattr(example, name) for name in example.__slots__}, ensure_ascii=False)
        for door, content in enumerate((example.text, example.text, f" {row}", row, example.text)):
            (folder / f"{number}-{door}").write_bytes(bytes([door]) + content.encode())
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    asked = parser.parse_args()
    TINY = tiny_model(SCRATCH / "tiny")
    arguments = [sys.argv[0], f"-max_total_time={asked.seconds}", "-timeout=10", "-max_len=4096", "-rss_limit_mb=4096"]
    with zipfile.ZipFile(io.BytesIO(TINY["weights.npz"])) as packed:
        ARRAYS = {entry: packed.read(entry) for entry in packed.namelist()}
    atheris.Setup([*arguments, str(seeds())], fuzz)
    atheris.Fuzz()
