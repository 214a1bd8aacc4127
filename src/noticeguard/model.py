"""The artefact: load it, check it, save it, score with it.

A model is a folder of three files, without pickle: `model.json` (what it is: format,
symbols, thresholds, checksums), `weights.npz` (codes, idf and weights of the features)
and `words.txt` (the dictionary that names keywords).

`FORMAT` is the number of this layout. To change the layout: raise it, say here what
changed, keep a folder of the old format under `tests/` and test that it is refused by
name (or read, where that is cheap). Format 1: the first. Format 2: thresholds by mode, and
`plausible`.
"""

import hashlib
import io
import itertools
import json
import math
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noticeguard import normalize
from noticeguard.errors import ModelError
from noticeguard.features import SYMBOL_BITS, Alphabet, Encoded, Orders, Vocabulary, ngrams
from noticeguard.kernel import compiled, sum_features
from noticeguard.labels import labels
from noticeguard.normalize import Folded, Positions

Floats = NDArray[np.float64]

FORMAT = 2
MODES = ("cautious", "balanced")
"""The modes that need thresholds."""

_FILE_LIMIT = 32 * 2**20  # bytes; a shipped model has about 2 MB
_FEATURE_LIMIT = 1_000_000
_SYMBOL_LIMIT = 30_000
_CODE_LIMIT = 0x30000  # folded characters lie below
# What a damaged file can raise while it is read: each becomes one `ModelError`.
_DAMAGE = (
    ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, MemoryError, RecursionError,
    RuntimeError, EOFError, OSError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
_ARRAYS = {"codes": np.uint64, "idf": np.float32, "weights": np.float32}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What training decided besides the weights; kept in `model.json`.

    Attributes:
        version: the name of this model.
        orders: which n-grams are features.
        bias: the intercept of each label's score.
        temperature: scores are divided by it before the softmax.
        thresholds: by mode (`cautious`, `balanced`), per label the least probability at which the answer is
            not `unsure`.
        plausible: per label, the least probability at which it cannot be ruled out: nine in ten held-out
            messages of the label have at least as much (class-conditional split conformal prediction:
            Vovk, "Conditional validity of inductive conformal predictors", ACML 2012).
        least_evidence: a message with fewer known characters and words is out of scope.
        least_familiarity: so is one of whose n-grams of two and more symbols the model knows a smaller share.
        word_total: the sum of frequencies of the whole dictionary that `words.txt` is a part of.
    """

    version: str
    orders: Orders
    bias: tuple[float, ...]
    temperature: float
    thresholds: dict[str, tuple[float, ...]]
    plausible: tuple[float, ...]
    least_evidence: int
    least_familiarity: float
    word_total: int

    def possible(self, probabilities: Floats) -> list[int]:
        """The labels that cannot be ruled out for a message, likeliest first, the best guess always among them.

        Args:
            probabilities: float64 (5,).
        """
        order: list[int] = np.argsort(-probabilities, kind="stable").tolist()
        return [*order[:1], *(label for label in order[1:] if probabilities[label] >= self.plausible[label])]


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch of `m` messages with their scores.

    Attributes:
        folded, encoded: the batch as text and as symbols.
        features: int32 (k, s): the feature that begins at each symbol, or -1; a row per channel and length of n-grams.
        norms: float64 (m,): what each message's weights are divided by.
        scores: float64 (m, 5): the linear scores.
        probabilities: float64 (m, 5): calibrated, each row sums to 1.
        evidence: int64 (m,): how many known characters and words there are.
        familiarity: float64 (m,): the share of n-grams of two and more symbols that the model knows.
    """

    folded: Folded
    encoded: Encoded
    features: NDArray[np.int32]
    norms: Floats
    scores: Floats
    probabilities: Floats
    evidence: Positions
    familiarity: Floats


class Model:
    """TF-IDF over n-grams of symbols and a linear classifier, in NumPy.

    A message's score for a label is `bias + Σ idf·weight / norm` over the occurrences of
    its known n-grams, with `norm² = Σ idf²`: TF-IDF normalised over occurrences instead of
    distinct terms, so that one pass suffices.

    Args:
        settings: the decided numbers.
        symbols: the names of the known symbols.
        codes: uint64 (f,): the n-gram of each feature.
        idf: float32 (f,): its inverse document frequency.
        weights: float32 (f, 5): its weight for each label.
        words: the dictionary that names keywords: word to frequency.
    """

    def __init__(
        self,
        settings: Settings,
        symbols: Sequence[str],
        codes: NDArray[np.uint64],
        idf: NDArray[np.float32],
        weights: NDArray[np.float32],
        words: dict[str, int],
    ) -> None:
        self.settings = settings
        self.alphabet = Alphabet(symbols)
        self.codes = codes
        self.idf = idf
        self.weights = weights
        self.words = words
        self._bias = np.array(settings.bias)
        self._row_lengths = np.array(settings.orders.lengths)
        # Inside, the frequent features come first: what most messages need lies together.
        order = np.argsort(idf, kind="stable")
        self._vocabulary = Vocabulary(codes[order])
        # Per feature: what an occurrence adds to each label before the norm, to the norm squared, and to the n-grams
        # of two and more symbols. The last row is that of no feature, which is number -1.
        wide = idf[order, None].astype(np.float64)
        self._columns: Floats = np.zeros((codes.size + 1, weights.shape[1] + 2))
        self._columns[:-1, :-2] = wide * weights[order]
        self._columns[:-1, -2] = wide[:, 0] ** 2
        self._columns[:-1, -1] = codes[order] >> np.uint64(SYMBOL_BITS) != 0

    def score(self, messages: Sequence[str]) -> Scored:
        """Score a batch of messages."""
        folded = normalize.fold_many(messages)
        encoded = self.alphabet.encode(folded)
        features, sums = self._sum_features(encoded)
        norms = np.sqrt(np.maximum(sums[:, -2], 1e-12))
        scores = sums[:, :-2] / norms[:, None] + self._bias
        probabilities = softmax(scores / self.settings.temperature)
        evidence = np.add.reduceat(self.alphabet.tells[encoded.symbols], encoded.bounds, dtype=np.int64)[:-1]
        room = (encoded.bounds[1:] - encoded.bounds[:-1])[:, None] - self._row_lengths  # for n-grams, in each message
        possible = np.maximum(room, 0).sum(axis=1, where=self._row_lengths > 1)
        familiarity = sums[:, -1] / np.maximum(possible, 1)
        return Scored(folded, encoded, features, norms, scores, probabilities, evidence, familiarity)

    def _sum_features(self, encoded: Encoded) -> tuple[NDArray[np.int32], Floats]:
        """The features of a batch, and the sums of their columns over each message."""
        vocabulary, orders = self._vocabulary, self.settings.orders
        run = compiled(sum_features, encoded.bounds.size - 1)
        if run is None:
            features = vocabulary.find(ngrams(encoded, orders))
            return features, np.add.reduceat(self._columns.take(features, axis=0).sum(axis=0), encoded.bounds)[:-1]
        features = np.full((self._row_lengths.size, encoded.symbols.size), -1, np.int32)
        sums = np.zeros((encoded.bounds.size - 1, self._columns.shape[1]))
        run(
            np.stack([encoded.symbols, encoded.syllables]), encoded.bounds,
            np.array([orders.characters, orders.syllables]),
            vocabulary.codes, vocabulary.places, vocabulary.multipliers, vocabulary.shift,
            self._columns, features, sums,
        )  # fmt: skip
        return features, sums

    def contributions(self, scored: Scored, chosen: Positions) -> Floats:
        """What the characters of a batch add to the score of one label per message, as running sums.

        Args:
            scored: a batch.
            chosen: int64 (m,): the label of each message.

        Returns:
            float64 (n + 1,): `sums[b] - sums[a]` is what `Folded.codes[a:b]` adds. Each n-gram's share is
            split evenly over its symbols, and an entity's stands at its first character; over a
            message they sum to its score less the bias.
        """
        encoded = scored.encoded
        owners = encoded.owners
        label, norm = np.append(chosen, 0)[owners], np.append(scored.norms, 1.0)[owners]
        shares = self._columns[scored.features, label] / norm
        total = np.zeros(owners.size)
        for length, share in zip(self._row_lengths.tolist(), shares, strict=True):
            for offset in range(length):
                total[offset:] += share[: share.size - offset] / length
        sums = np.zeros(scored.folded.codes.size + 1)
        sums[encoded.starts + 1] = total
        return np.cumsum(sums)


def softmax(scores: Floats) -> Floats:
    """Row-wise softmax of (m, k) scores."""
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))


def shipped_path() -> Path:
    """The folder of the model that comes with the package: inside it, or in the checkout's `models/`."""
    inside = Path(__file__).parent / "shipped_model"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "models" / "shipped"


def save_model(model: Model, folder: Path) -> None:
    """Write a model folder; the same model gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = io.BytesIO()
    np.savez_compressed(arrays, codes=model.codes, idf=model.idf, weights=model.weights)
    words = "".join(f"{word} {count}\n" for word, count in sorted(model.words.items())).encode()
    settings = asdict(model.settings)
    about: dict[str, Any] = {
        "format": FORMAT,
        "labels": [label.id for label in labels()],
        **settings,
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in
                  (("weights.npz", arrays.getvalue()), ("words.txt", words))},
        "symbols": list(model.alphabet.names),
    }  # fmt: skip
    (folder / "weights.npz").write_bytes(arrays.getvalue())
    (folder / "words.txt").write_bytes(words)
    (folder / "model.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load_model(folder: Path) -> Model:
    """Read a model folder: everything is checked before anything is built.

    Raises:
        ModelError: a file is missing, too large, damaged or of another format.
    """
    try:
        about = json.loads(_read(folder, "model.json"))
        number = about["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelError(
            f"{folder / 'model.json'} is damaged; reinstall noticeguard, or run train.py in a checkout"
        ) from None
    if number != FORMAT:
        raise ModelError(
            f"{folder} has model format {number!r}, this version reads {FORMAT}; install the matching noticeguard"
        )
    try:
        if about["labels"] != [label.id for label in labels()]:
            raise ValueError("labels")
        files = {name: _read(folder, name) for name in ("weights.npz", "words.txt")}
        for name, data in files.items():
            if hashlib.sha256(data).hexdigest() != about["files"][name]:
                raise ValueError("checksum of " + name)
        settings = _settings(about)
        symbols = _symbols(about["symbols"])
        codes, idf, weights = _arrays(files["weights.npz"])
        rows = files["words.txt"].decode().split()
        words = dict(zip(rows[::2], map(int, rows[1::2]), strict=True))
        if min(words.values(), default=0) < 0 or not 0 < sum(words.values()) <= settings.word_total:
            raise ValueError("word_total")
        return Model(settings, symbols, codes, idf, weights, words)
    except _DAMAGE as error:
        detail = str(error) if isinstance(error, ValueError) else type(error).__name__
        raise ModelError(
            f"{folder} is damaged ({detail[:60]}); reinstall noticeguard, or run train.py in a checkout"
        ) from None


def _symbols(names: Any) -> list[str]:
    if not isinstance(names, list) or len(names) > _SYMBOL_LIMIT or len(set(names)) != len(names):
        raise ValueError("symbols")
    for name in names:
        character = len(name) == 1 and ord(name) < _CODE_LIMIT
        if not character and not (name.startswith("⟨") and name.endswith("⟩") and len(name) > 2):
            raise ValueError("symbols")
    return names


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file():
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
    orders = Orders(**{channel: (int(low), int(high)) for channel, (low, high) in about["orders"].items()})
    settings = Settings(
        version=str(about["version"]),
        orders=orders,
        bias=tuple(map(float, about["bias"])),
        temperature=float(about["temperature"]),
        thresholds={mode: tuple(map(float, about["thresholds"][mode])) for mode in MODES},
        plausible=tuple(map(float, about["plausible"])),
        least_evidence=int(about["least_evidence"]),
        least_familiarity=float(about["least_familiarity"]),
        word_total=int(about["word_total"]),
    )
    rows = [settings.bias, settings.plausible, *settings.thresholds.values()]
    numbers = [*itertools.chain(*rows), settings.temperature, settings.least_familiarity]
    if any(len(row) != len(labels()) for row in rows):
        raise ValueError("settings")
    if not np.isfinite(numbers).all() or not 1e-3 < settings.temperature < 1e3:
        raise ValueError("settings")
    if not all(1 <= low <= high <= 4 for low, high in (orders.characters, orders.syllables)):
        raise ValueError("orders")
    return settings


def _array(data: bytes) -> NDArray[Any]:
    """An array of an archive; one that says it is larger than its bytes is refused before room is made for it."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("format of arrays")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - stream.tell():
        raise ValueError("size of arrays")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape, order="F" if fortran else "C")


def _arrays(data: bytes) -> tuple[NDArray[np.uint64], NDArray[np.float32], NDArray[np.float32]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > 4 * _FILE_LIMIT:
            raise ValueError("size of arrays")
        arrays = {name: _array(archive.read(f"{name}.npy")) for name in _ARRAYS}
    codes, idf, weights = arrays["codes"], arrays["idf"], arrays["weights"]
    if any(array.dtype != _ARRAYS[name] for name, array in arrays.items()):
        raise ValueError("types of arrays")
    if codes.ndim != 1 or not 0 < codes.size <= _FEATURE_LIMIT:
        raise ValueError("shape of codes")
    if idf.shape != codes.shape or weights.shape != (codes.size, len(labels())):
        raise ValueError("shapes of arrays")
    if not (codes[0] > 0 and (codes[1:] > codes[:-1]).all()):
        raise ValueError("order of codes")
    if not (np.isfinite(idf).all() and np.isfinite(weights).all()):
        raise ValueError("values of arrays")
    return codes, idf, weights
