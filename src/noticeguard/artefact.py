"""The artefact: a model as a folder that is checked before anything is built from it.

A model is a folder of three files, without pickle: `model.json` (what it is: format,
symbols, thresholds, checksums), `weights.npz` (codes, idf and weights of n-grams and words,
and where two tables have their slots) and `words.txt` (the dictionary that messages are cut into).

`FORMAT` is the number of this layout. To change the layout: raise it, say here what
changed, keep a folder of the old format under `tests/` and test that it is refused by
name (or read, where that is cheap). Format 1: the first. Format 2: thresholds by mode,
`plausible`, a checksum over `model.json`, and weights of half the size (float16). Format 3:
the displacements of the tables of features and words, so that nobody searches for them at
every start; every word has a frequency of at least 1. Format 4: `sure` and `rules`. Format 5: weights of
words, and `shares` instead of a temperature. Format 6: `sure` is of what is risky, not of every
label, and `unrelated_below`.
"""

import hashlib
import io
import json
import re
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from noticeguard.characters import CODE_LIMIT
from noticeguard.errors import ModelError
from noticeguard.features import UNKNOWN, Orders
from noticeguard.labels import RISKY, label_ids, labels
from noticeguard.model import MESSAGE_LIMIT, MODES, Model, Settings
from noticeguard.words import Dictionary

FORMAT = 6
_FILE_LIMIT = 32 * 2**20  # bytes; a shipped model has about 2 MB
_FEATURE_LIMIT = 1_000_000
_SYMBOL_LIMIT = 30_000
_WEIGHT_LIMIT = 1e6  # of a weight, an idf or a bias; those of a trained model stay below 100
_TOTAL_LIMIT = 2**53  # of word frequencies: a float still counts them one by one
_TYPES = {"codes": "<u8", "idf": "<f4", "weights": "<f2", "word_idf": "<f4", "word_weights": "<f2",
          "displacements": "|u1", "word_displacements": "|u1"}  # fmt: skip
# The header that `numpy.save` writes (numpy.lib.format, version 1.0) for a row or a table of numbers, and no other.
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<|a-z0-9]+)', 'fortran_order': (True|False), "
    rb"'shape': \((\d{1,7}),(?: (\d))?\), \} *\n",
    re.DOTALL,
)


def shipped_path() -> Path:
    """The folder of the model that comes with the package: inside it, or in the checkout's `models/`."""
    inside = Path(__file__).parent / "shipped_model"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "models" / "shipped"


def save_model(model: Model, folder: Path) -> None:
    """Write a model folder; the same model gives the same bytes.

    What was there stays where writing fails; a folder whose files could only in part be replaced is not loaded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays, codes=model.codes, idf=model.idf, weights=model.weights.astype(np.float16),
        word_idf=model.word_idf, word_weights=model.word_weights.astype(np.float16),
        displacements=model.displacements, word_displacements=model.dictionary.displacements,
    )  # fmt: skip
    words = model.dictionary.text.encode()
    settings = asdict(model.settings)
    about: dict[str, Any] = {
        "format": FORMAT,
        "labels": list(label_ids()),
        **settings,
        "word_total": model.dictionary.total,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in
                  (("weights.npz", arrays.getvalue()), ("words.txt", words))},
        "symbols": list(model.alphabet.names),
    }  # fmt: skip
    about["checksum"] = checksum(about)
    text = json.dumps(about, ensure_ascii=False, indent=1) + "\n"
    files = {"weights.npz": arrays.getvalue(), "words.txt": words, "model.json": text.encode()}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".noticeguard-") as name:
        part = Path(name)
        for file, data in files.items():
            (part / file).write_bytes(data)
        for file in files:  # moved only when all are written; last the one that vouches for the others
            (part / file).replace(folder / file)


def checksum(about: dict[str, Any]) -> str:
    """A sha256 over all that `model.json` says but the checksum itself."""
    content = {key: value for key, value in about.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def load_model(folder: Path) -> Model:
    """Read a model folder: everything is checked before anything is built.

    Raises:
        ModelError: a file is missing, too large, damaged or of another format.
    """
    try:
        about = json.loads(_read(folder, "model.json"))
        number = _whole(about["format"], 0, 9999)
        if number != FORMAT:
            raise ModelError(
                f"{folder} has model format {number}, this version reads {FORMAT}; install the matching noticeguard"
            )
        if about["checksum"] != checksum(about):
            raise ValueError("checksum of model.json")
        return _build(about, {name: _read(folder, name) for name in ("weights.npz", "words.txt")})
    except ModelError:
        raise
    except Exception as error:  # damaged bytes make json, zipfile, zlib, lzma and NumPy raise some twenty kinds
        detail = str(error) if type(error) is ValueError else type(error).__name__
        raise ModelError(
            f"{folder} is damaged ({detail[:60]!r}); reinstall noticeguard, or run train.py in a checkout"
        ) from None


def _build(about: dict[str, Any], files: dict[str, bytes]) -> Model:
    if about["labels"] != list(label_ids()):
        raise ValueError("labels")
    if about["files"] != {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}:
        raise ValueError("checksum of files")
    settings = _settings(about)
    symbols = _symbols(about["symbols"])
    arrays = _arrays(files["weights.npz"])
    total = _whole(about["word_total"], 1, _TOTAL_LIMIT)
    dictionary = _dictionary(files["words.txt"].decode(), symbols, total, arrays.pop("word_displacements"))
    if arrays["word_idf"].size != UNKNOWN + 1 + len(symbols) + len(dictionary):
        raise ValueError("shapes of arrays")
    return Model(settings, symbols, dictionary=dictionary, **arrays)


def _symbols(names: Any) -> list[str]:
    if not isinstance(names, list) or len(names) > _SYMBOL_LIMIT or len(set(names)) != len(names):
        raise ValueError("symbols")
    for name in names:
        character = len(name) == 1 and 0 < ord(name) < CODE_LIMIT
        if not character and not (name.startswith("⟨") and name.endswith("⟩") and len(name) > 2):
            raise ValueError("symbols")
    return names


def _dictionary(text: str, symbols: list[str], total: int, displacements: NDArray[np.uint8]) -> Dictionary:
    dictionary = Dictionary(text, total, displacements)
    is_symbol = np.zeros(CODE_LIMIT, bool)
    is_symbol[[ord(name) for name in symbols if len(name) == 1]] = True
    if not len(dictionary) or not is_symbol.take(dictionary.characters, mode="clip").all():
        raise ValueError("words")
    return dictionary


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if not path.is_file():
            raise FileNotFoundError
        if path.stat().st_size > _FILE_LIMIT:
            raise ModelError(f"{path} is larger than {_FILE_LIMIT} bytes; this is no model of noticeguard")
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelError(
            f"no model at {folder} ({name} is missing); give a model folder, reinstall noticeguard, "
            "or run train.py in a checkout"
        ) from None
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror}; check its permissions") from None


def _settings(about: dict[str, Any]) -> Settings:
    version = about["version"]
    if not isinstance(version, str) or not 0 < len(version) <= 64 or not version.isprintable():
        raise ValueError("version")
    return Settings(
        version=version,
        orders=Orders(
            characters=_lengths(about["orders"]["characters"]), syllables=_lengths(about["orders"]["syllables"])
        ),
        shares=_shares(about["shares"]),
        bias=_numbers(about["bias"], -_WEIGHT_LIMIT, _WEIGHT_LIMIT),
        thresholds={mode: _numbers(about["thresholds"][mode], 0, 1) for mode in MODES},
        unrelated_below=_number(about["unrelated_below"], 0, 1),
        plausible=_numbers(about["plausible"], 0, 1),
        least_evidence=_whole(about["least_evidence"], 0, MESSAGE_LIMIT),
        least_familiarity=_number(about["least_familiarity"], 0, 1),
        sure=_number(about["sure"], 0, 1),
        rules={name: _numbers(about["rules"][name], -_WEIGHT_LIMIT, _WEIGHT_LIMIT) for name in ("none", *RISKY)},
    )


def _number(value: Any, low: float, high: float) -> float:
    if type(value) not in (int, float) or not low <= value <= high:
        raise ValueError("settings")
    return float(value)


def _whole(value: Any, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError("settings")
    return value


def _numbers(values: Any, low: float, high: float) -> tuple[float, ...]:
    """One number per label."""
    if not isinstance(values, list) or len(values) != len(labels()):
        raise ValueError("settings")
    return tuple(_number(value, low, high) for value in values)


def _shares(values: Any) -> tuple[float, float]:
    ngrams, words = (_number(value, -_WEIGHT_LIMIT, _WEIGHT_LIMIT) for value in values)
    return ngrams, words


def _lengths(values: Any) -> tuple[int, int]:
    low, high = (_whole(value, 1, 4) for value in values)
    if low > high:
        raise ValueError("orders")
    return low, high


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays by name, as `Model` takes them, and `word_displacements`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > 4 * _FILE_LIMIT:
            raise ValueError("size of arrays")
        arrays = {name: _array(archive.read(f"{name}.npy"), kind) for name, kind in _TYPES.items()}
    codes = arrays["codes"]
    if codes.ndim != 1 or not 0 < codes.size <= _FEATURE_LIMIT:
        raise ValueError("shape of codes")
    if not (codes[0] > 0 and (codes[1:] > codes[:-1]).all()):
        raise ValueError("order of codes")
    if arrays["idf"].shape != codes.shape or not (arrays["idf"] > 0).all() or not (arrays["word_idf"] >= 0).all():
        raise ValueError("values of arrays")
    for idf, weights in (("idf", "weights"), ("word_idf", "word_weights")):
        arrays[weights] = arrays[weights].astype(np.float32)
        if arrays[idf].ndim != 1 or arrays[weights].shape != (arrays[idf].size, len(labels())):
            raise ValueError("shapes of arrays")
        if not (arrays[idf] <= _WEIGHT_LIMIT).all() or not (np.abs(arrays[weights]) <= _WEIGHT_LIMIT).all():
            raise ValueError("values of arrays")
    return arrays


def _array(data: bytes, kind: str) -> NDArray[Any]:
    """The array of a `.npy` file. NumPy's own reader evaluates the header, warns, and makes room for what it says."""
    header = _HEADER.match(data)
    if header is None or header[1].decode() != kind or header.end() != 10 + int.from_bytes(data[8:10], "little"):
        raise ValueError("header of arrays")
    shape = tuple(int(length) for length in header.groups()[2:] if length)
    order: Literal["C", "F"] = "F" if header[2] == b"True" else "C"
    return np.frombuffer(data, kind, offset=header.end()).reshape(shape, order=order)
