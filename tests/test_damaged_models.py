"""A damaged model folder is a `ModelError`, whatever the damage."""

import hashlib
import io
import json
import os
import random
import struct
import warnings
import zipfile

import numpy as np
import pytest

from noticeguard import Classifier, ModelError
from noticeguard.artefact import FORMAT, checksum, load_model, save_model, shipped_path
from noticeguard.model import Model
from noticeguard.words import Dictionary

FILES = ("model.json", "weights.npz", "words.txt")
DEEP = json.loads("[" * 500 + "]" * 500)
WRONG = (None, True, -1, 1e308, 10**400, float("nan"), "", "\u2028" * 70, [], {}, [None] * 5, ["1"] * 5, {"a": 1}, DEEP)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The files of a model with 60 features."""
    folder = tmp_path_factory.mktemp("tiny")
    model = load_model(shipped_path())
    arrays = (array[:60] for array in (model.codes, model.idf, model.weights))
    symbols = model.alphabet.names[:60] + model.alphabet.names[-60:]
    words = {**{name: 7 for name in symbols if len(name) == 1}, "还款": 9, "还款吗": 2}
    words = {word: count for word, count in words.items() if set(symbols).issuperset(word)}
    dictionary = Dictionary.of(words, model.dictionary.total)
    terms = len(symbols) + 2 + len(dictionary)
    of_words = model.word_idf[:terms], model.word_weights[:terms]
    save_model(Model(model.settings, symbols, *arrays, dictionary, *of_words), folder)
    return {name: (folder / name).read_bytes() for name in FILES}


def about(files):
    return json.loads(files["model.json"])


def mended(files, /, **changes):
    """The files with changed settings and right checksums: damage that only the deeper checks can see."""
    sums = {name: hashlib.sha256(files[name]).hexdigest() for name in FILES[1:]}
    settings = {**about(files), "files": sums, **changes}
    settings = {**settings, "checksum": checksum(settings), **changes}
    return {**files, "model.json": json.dumps(settings).encode()}


def arrays_of(files):
    with np.load(io.BytesIO(files["weights.npz"])) as archive:
        return dict(archive)


def with_arrays(files, **changes):
    buffer = io.BytesIO()
    kept = {name: value for name, value in {**arrays_of(files), **changes}.items() if value is not None}
    np.savez_compressed(buffer, **kept)
    return mended({**files, "weights.npz": buffer.getvalue()})


def with_entries(files, change, method=zipfile.ZIP_DEFLATED):
    """The files with the bytes of the arrays' own files changed by `change(name, data)`."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(files["weights.npz"])) as old,
        zipfile.ZipFile(buffer, "w", method) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return mended({**files, "weights.npz": buffer.getvalue()})


def with_header(files, header, version=b"\x01\x00"):
    """The files with another header of the array of codes."""
    text = header.encode().ljust(117) + b"\n"
    return with_entries(
        files,
        lambda name, data: (
            b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data[128:] if name == "codes.npy" else data
        ),
    )


def problems(cases, folder):
    """The cases that do anything else than raise one `ModelError` of one line, in silence."""
    found = []
    for case, files in cases:
        for name in FILES:
            (folder / name).write_bytes(files[name])
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                load_model(folder)
            except ModelError as error:
                if len(str(error).splitlines()) != 1 or len(str(error)) > 400:
                    found.append((case, "a long message"))
            except Exception as error:
                found.append((case, type(error).__name__))
            else:
                found.append((case, "loaded"))
        found += [(case, str(warning.message)) for warning in warned]
    return found


def test_the_undamaged_model_loads(good, tmp_path):
    for files in (good, mended(good), with_arrays(good), with_entries(good, lambda _, data: data)):
        for name in FILES:
            (tmp_path / name).write_bytes(files[name])
        assert load_model(tmp_path).idf.size == 60
    assert Classifier.load(tmp_path).classify("请还款").label


def test_flipped_bits_and_cut_files(good, tmp_path):
    rng = random.Random(20261121)
    cases = []
    for name in FILES:
        data = good[name]
        for _ in range(30):
            at, bit = rng.randrange(len(data)), rng.randrange(8)
            flipped = bytes([data[at] ^ 1 << bit])
            cases.append(((name, at, bit), {**good, name: data[:at] + flipped + data[at + 1 :]}))
        for length in (0, 1, *(rng.randrange(len(data) - 1) for _ in range(8))):
            cases.append(((name, "cut", length), {**good, name: data[:length]}))
        cases.append(((name, "doubled"), {**good, name: data + data}))
        cases.append(((name, "zeros"), {**good, name: bytes(len(data))}))
    assert problems(cases, tmp_path) == []


def test_cut_files_with_right_checksums(good, tmp_path):
    rng = random.Random(20261121)
    lengths = [0, 1, *(rng.randrange(len(good["weights.npz"])) for _ in range(12))]
    cases = [(length, mended({**good, "weights.npz": good["weights.npz"][:length]})) for length in lengths]
    assert problems(cases, tmp_path) == []


def test_settings_of_a_wrong_kind(good, tmp_path):
    cases = [((key, number), mended(good, **{key: wrong})) for key in about(good) for number, wrong in enumerate(WRONG)]
    for key in about(good).keys() - {"format"}:
        kept = {name: value for name, value in about(good).items() if name != key}
        kept = kept if key == "checksum" else {**kept, "checksum": checksum(kept)}
        cases.append(((key, "gone"), {**good, "model.json": json.dumps(kept).encode()}))
    assert len(cases) > 180
    assert problems(cases, tmp_path) == []


def test_numbers_out_of_range(good, tmp_path):
    known = about(good)
    changes = [
        {"bias": [1e7, *known["bias"][1:]]},
        {"bias": known["bias"][:4]},
        {"bias": "12345"},
        {"shares": [1e7, 1.0]},
        {"shares": [1.0]},
        {"shares": [1.0, 1.0, 1.0]},
        {"shares": "12"},
        {"least_familiarity": 1.5},
        {"least_evidence": 4.0},
        {"orders": {"characters": [1, 9], "syllables": [1, 2]}},
        {"orders": {"characters": [3, 1], "syllables": [1, 2]}},
        {"orders": {"characters": [1, 2]}},
        {"word_total": 6},
        {"version": "v" * 65},
        {"version": "v\x1b]0;x\x07"},
        {"symbols": [*known["symbols"], known["symbols"][0]]},
        {"symbols": [*known["symbols"], "\0"]},
        {"symbols": [*known["symbols"], "\U0003ffff"]},
        {"symbols": [*known["symbols"], "ab"]},
        {"symbols": [f"⟨{n}⟩" for n in range(40_000)]},
        {"labels": [*known["labels"], "spam"]},
        {"format": FORMAT + 1},
        {"format": float(FORMAT)},
        {"format": str(FORMAT)},
    ]
    assert problems([(str(change)[:60], mended(good, **change)) for change in changes], tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [b"", b"null", b"[]", b"5", b'"model"', b"{", b"[" * 100_000, b'{"format":' + b"[" * 900 + b"]" * 900 + b"}",
     b'{"format": ' + b"9" * 5000 + b"}", b'{"a":' * 50_000, b"\xff\xfe", b"\xef\xbb\xbf{}", b"NaN"],
)  # fmt: skip
def test_what_is_no_description_of_a_model(good, tmp_path, text):
    assert problems([(text[:20], {**good, "model.json": text})], tmp_path) == []


def test_names_that_lead_out_of_the_folder(good, tmp_path):
    (tmp_path / "outside.txt").write_bytes(good["words.txt"])
    (tmp_path / "model").mkdir()
    sums = about(good)["files"]
    names = ("../outside.txt", "/etc/passwd", "..\\outside.txt", "words.txt/../../outside.txt")
    cases = [(name, {**sums, name: sums["words.txt"]}) for name in names]
    cases += [(name, {"weights.npz": sums["weights.npz"], name: sums["words.txt"]}) for name in names]
    assert problems([(name, mended(good, files=files)) for name, files in cases], tmp_path / "model") == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["dangling link", "link to a folder", "folder", "pipe"])
def test_what_is_no_plain_file(good, tmp_path, name, kind):
    folder = tmp_path / "model"
    folder.mkdir()
    for other in FILES:
        (folder / other).write_bytes(good[other])
    (folder / name).rename(tmp_path / name)
    match kind:
        case "dangling link":
            (folder / name).symlink_to(tmp_path / "none")
        case "link to a folder":
            (folder / name).symlink_to(tmp_path, target_is_directory=True)
        case "folder":
            (folder / name).mkdir()
        case "pipe":
            os.mkfifo(folder / name)
    with pytest.raises(ModelError, match=name):
        load_model(folder)


def test_a_file_too_large_is_not_read(good, tmp_path):
    for name in FILES:
        (tmp_path / name).write_bytes(good[name])
    with (tmp_path / "words.txt").open("r+b") as stream:
        stream.truncate(2**40)  # a hole: takes no room on the disk
    with pytest.raises(ModelError, match="larger"):
        load_model(tmp_path)


def test_arrays_that_make_no_sense(good, tmp_path):
    codes, idf, weights, word_idf, word_weights = (
        arrays_of(good)[name] for name in ("codes", "idf", "weights", "word_idf", "word_weights")
    )

    def put(array, value):
        changed = array.copy()
        changed[3] = value
        return changed

    changes = [
        {"codes": idf, "idf": codes},
        {"idf": weights, "weights": idf},
        {"codes": codes.view("<f8")},
        {"codes": codes.astype(">u8")},
        {"codes": codes.astype("<i8")},
        {"codes": codes[::-1]},
        {"codes": put(codes, codes[2])},
        {"codes": np.concatenate([[np.uint64(0)], codes[1:]])},
        {"codes": codes[:, None]},
        {"codes": codes[:0], "idf": idf[:0], "weights": weights[:0]},
        {"codes": np.uint64(5)},
        {"codes": codes[:-1]},
        *({"idf": put(idf, value)} for value in (np.nan, np.inf, -np.inf, 0, -1, 1e30)),
        *({"idf": idf.astype(kind)} for kind in (np.float64, np.float16, np.int32, bool, object, "U4", "S4", "V4")),
        {"idf": np.array([{"a": 1}] * 60, dtype=object)},
        {"idf": idf.view([("a", "<f4")])},
        *({"weights": put(weights, value)} for value in (np.nan, np.inf, -np.inf)),
        {"weights": weights.T},
        {"weights": weights[:, :4]},
        {"weights": np.hstack([weights, weights])},
        {"weights": weights[:, :, None]},
        {"weights": weights.ravel()},
        {"weights": weights.astype(np.float64)},
        *({"word_idf": put(word_idf, value)} for value in (np.nan, np.inf, -1, 1e30)),
        *({"word_weights": put(word_weights, value)} for value in (np.nan, -np.inf)),
        {"word_idf": word_idf[:-1], "word_weights": word_weights[:-1]},
        {"word_idf": np.append(word_idf, word_idf[-1:]), "word_weights": np.vstack([word_weights, word_weights[-1:]])},
        {"word_weights": word_weights[:-1]},
        {"word_weights": word_weights[:, :4]},
        {"word_idf": word_idf[:, None]},
        *({name: None} for name in ("codes", "idf", "weights", "word_idf", "word_weights")),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what NumPy thinks of writing some of these
        cases = [(str(change)[:60], with_arrays(good, **change)) for change in changes]
    assert problems(cases, tmp_path) == []


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<u8', 'fortran_order': False, 'shape': (9999999,), }",
        "{'descr': '<u8', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<u8', 'fortran_order': False, 'shape': (-60,), }",
        "{'descr': '<u8', 'fortran_order': False, 'shape': (60L,), }",
        "{'descr': '<u8', 'fortran_order': False, 'shape': (0,), }",
        "{'descr': '<u8', 'fortran_order': False, 'shape': (), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (60,), }",
        "{'descr': '\\d', 'fortran_order': False, 'shape': (60,), }",
        "{'descr': [('a', '<u8')], 'fortran_order': False, 'shape': (60,), }",
        "{'descr': '<u8', 'fortran_order': False, 'shape': (60,)",
        "{'descr': '<u8', 'shape': (60,), }",
        "(" * 100,
        "  \n 5\n  6",
        "'" * 3,
        "",
    ],
)
def test_headers_that_make_no_sense(good, tmp_path, header):
    assert problems([(header, with_header(good, header))], tmp_path) == []


def test_headers_of_another_length_or_version(good, tmp_path):
    header = "{'descr': '<u8', 'fortran_order': False, 'shape': (60,), }"
    for name in FILES:
        (tmp_path / name).write_bytes(with_header(good, header)[name])
    assert load_model(tmp_path).idf.size == 60
    cases = [(version, with_header(good, header, version)) for version in (b"\x02\x00", b"\x03\x00", b"\x09\x00")]
    cases += [
        (length, with_entries(good, lambda _, data, length=length: data[:8] + length + data[10:]))
        for length in (b"\x00\x00", b"\xff\xff", b"\x77\x00")
    ]
    assert problems(cases, tmp_path) == []


def test_flipped_bits_within_arrays_raise_nothing_else(good, tmp_path):
    # A changed weight with a right checksum is another model, not damage: it may load, and then it must work.
    rng = random.Random(20261121)

    def flip(name, data, wanted):
        at = rng.randrange(140)
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :] if name == wanted else data

    cases = [
        ((wanted, number), with_entries(good, lambda name, data, wanted=wanted: flip(name, data, wanted)))
        for wanted in ("codes.npy", "idf.npy", "weights.npy")
        for number in range(20)
    ]
    found = problems(cases, tmp_path)
    assert [(case, what) for case, what in found if what != "loaded"] == []
    assert len(found) < 20


def test_archives_that_make_no_sense(good, tmp_path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("codes", "idf", "weights"):
            archive.writestr(f"{name}.npy", bytes(50 * 2**20))
    cases = [("bomb", mended({**good, "weights.npz": bomb.getvalue()}))]
    data = good["weights.npz"]
    central = data.index(b"PK\x01\x02")
    for offset in range(4, 46):  # the first entry of the directory at the end, field by field
        for value in (0x00, 0x01, 0x0C, 0x0E, 0xFF):
            at = central + offset
            changed = data[:at] + bytes([value]) + data[at + 1 :]
            if changed != data:
                cases.append(((offset, value), mended({**good, "weights.npz": changed})))
    cases.append(("no archive", mended({**good, "weights.npz": b"weights"})))
    found = problems(cases, tmp_path)
    assert [(case, what) for case, what in found if what != "loaded"] == []  # dates and versions mean nothing to us
    assert "bomb" not in [case for case, _ in found]
    assert "no archive" not in [case for case, _ in found]


@pytest.mark.parametrize(
    "row",
    [
        "￠￠ 1",
        "请 ",
        "请",
        "请 1 1",
        "请 -1",
        "请 1.5",
        "请 １",
        "请 1_0",
        "请 nan",
        " 1",
        "请 " + "9" * 5000,
        "\udc80 1",
    ],
)
def test_words_that_make_no_sense(good, tmp_path, row):
    files = {**good, "words.txt": good["words.txt"] + f"{row}\n".encode("utf-8", "surrogatepass")}
    assert problems([(row[:9], mended(files))], tmp_path) == []


def test_dictionaries_that_make_no_sense(good, tmp_path):
    first = good["words.txt"].decode().split("\n")[0]
    character = first[0]
    texts = [
        "",
        f"{first}\n{first}\n",
        f"{character * 33} 1\n",
        f"{character * 2} 1\n{character * 2} 1\n",
        f"{character} 0\n",
        f"{character} {2**50}\n",
        "\n\n",
    ]
    cases = [(text[:9], mended({**good, "words.txt": text.encode()})) for text in texts]
    cases.append(("not UTF-8", mended({**good, "words.txt": b"\xff 1\n"})))
    assert problems(cases, tmp_path) == []
