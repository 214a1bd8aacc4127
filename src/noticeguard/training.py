"""Fit a model. This room and `audit` above it are the only ones that import scikit-learn and SciPy.

The features are those of `noticeguard.features`; scikit-learn fits logistic
regressions on them, and `to_model` turns them into the NumPy artefact that ships.
"""

import logging
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

import jieba
import joblib
import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from noticeguard import knowledge, normalize
from noticeguard.artefact import save_model
from noticeguard.corpus import Example, digest
from noticeguard.entities import find_entities
from noticeguard.errors import CorpusError, InputError
from noticeguard.evaluation import Figures, figures_text, measure
from noticeguard.evasion import disguise
from noticeguard.features import Alphabet, Encoded, Orders, ngrams
from noticeguard.files import blame
from noticeguard.fusion import add_rules, doubtful, meets
from noticeguard.grounds import find_many
from noticeguard.labels import RISKY, labels
from noticeguard.model import MODES, Floats, Model, Settings, softmax
from noticeguard.vocabulary import Vocabulary
from noticeguard.words import Dictionary

_FOLDS = 5
_GROUPS = ("family", "scenario", "writer")  # the last is the closest to messages from elsewhere: it calibrates
STEPS = len(_GROUPS) * _FOLDS + 1
"""Of `train`, for a progress bar: each fold, and the model that ships."""

_STRANGE = 0.005  # the share of held-out messages that may count as out of scope
_COMMON_WORD = 100  # jieba's frequency from which a word travels with the model though our corpus lacks it
# The disguises of copies: what folding leaves, and what leaves a trace of the word. Copies in look-alike characters or
# pinyin make the model hold up better under those, but cost a point and more on plain messages.
_COPIED = ("homophone", "split", "substitute")
_SHARES = (0.1, 0.9)  # of the words of a message that a copy disguises
_COPY_WEIGHT = 0.5  # of a disguised copy in fitting, beside a message's 1
_RULE_PENALTY = 1e-5  # of what rules add, squared: it decides between tables that give the same probabilities
_PUNCTUATION = "()[]\"',.!?;:~-/+*=%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `train.py` may be asked.

    Attributes:
        orders: which n-grams are features.
        least_messages: an n-gram is a feature if it occurs in so many messages.
        least_symbol: a character or entity kind is a symbol if it occurs in so many messages.
        regularization: C of the logistic regression, the inverse of its L2 penalty.
        precision: a label is answered from the probability at which it is right so often.
        cautious_precision: the same in the mode `cautious`.
        error: a label is ruled out below the probability that this share of its own messages has.
        sure: from this probability on, words alone settle a call, and no rule is looked for.
        false_scams: scams are called as readily as this share of genuine and lawful messages called so allows; to
            miss one costs its reader more than to doubt a true message.
        least_evidence: a message with fewer known characters and words is out of scope.
        copies: how many disguised copies are fitted beside each message, 0.5 for every other one.
        seed: of the folds and of the disguises.
        workers: processes for the folds.
    """

    orders: Orders = field(default_factory=Orders)
    least_messages: int = 5
    least_symbol: int = 2
    regularization: float = 5.0
    precision: float = 0.95
    cautious_precision: float = 0.98
    error: float = 0.1
    sure: float = 0.9
    false_scams: float = 0.01
    least_evidence: int = 5
    copies: float = 1.0
    seed: int = 20261121
    workers: int = 2


@dataclass(frozen=True)
class Features:
    """The fitted features: which symbols and n-grams, and how rare each is."""

    alphabet: Alphabet
    codes: NDArray[np.uint64]
    idf: NDArray[np.float32]
    orders: Orders

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Where `codes` are found."""
        return Vocabulary(self.codes)

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """The scaled TF-IDF matrix, float64 (n, f): `Model.score` computes X @ weights + bias."""
        owners, codes = _occurrences(_encode(texts, self.alphabet), self.orders)
        columns = self.vocabulary.arrange(np.arange(self.codes.size), -1)[self.vocabulary.find(codes)]
        known = columns >= 0
        counts = _counts(owners[known], columns[known], (len(texts), self.codes.size))
        idf = self.idf.astype(np.float64)
        norms = np.sqrt(np.maximum(counts @ idf**2, 1e-12))
        return sparse.csr_matrix(sparse.diags(1 / norms) @ counts @ sparse.diags(idf))


def _encode(texts: Sequence[str], alphabet: Alphabet) -> Encoded:
    return alphabet.encode(normalize.fold_many(texts))


def _occurrences(encoded: Encoded, orders: Orders) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Every n-gram of a batch: (the message it stands in, its code)."""
    codes = ngrams(encoded, orders)
    _, at = where = np.nonzero(codes)
    return encoded.owners[at], codes[where]


def _counts(rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(rows.size), (rows, columns)), shape=shape)


def fit_alphabet(texts: Sequence[str], least: int) -> Alphabet:
    """The symbols that occur in at least `least` messages; entity kinds and their families too."""
    folded = normalize.fold_many(texts)
    entities = find_entities(folded)
    owners = np.searchsorted(folded.starts, entities.starts) - 1
    found: Counter[str] = Counter()
    kinds: list[set[str]] = [set() for _ in texts]
    for owner, kind in zip(owners.tolist(), entities.kinds, strict=True):
        kinds[owner] |= {f"⟨{kind}⟩", f"⟨{kind.partition(':')[0]}⟩"}
    for index in range(len(texts)):
        found.update({char for char in folded.text(index) if not char.isascii() or char in _PUNCTUATION})
        found.update(kinds[index])
    return Alphabet(sorted(name for name, count in found.items() if count >= least))


def fit_features(texts: Sequence[str], options: Options) -> Features:
    """Choose the features: the n-grams of known symbols that enough messages hold.

    Raises:
        CorpusError: no n-gram is held by enough of them.
    """
    alphabet = fit_alphabet(texts, options.least_symbol)
    owners, codes = _occurrences(_encode(texts, alphabet), options.orders)
    known, columns = np.unique(codes, return_inverse=True)
    counts = _counts(owners, columns, (len(texts), known.size))
    frequency = np.bincount(counts.indices, minlength=known.size)
    keep = frequency >= options.least_messages
    if not keep.any():
        raise CorpusError(
            f"no n-gram stands in {options.least_messages} messages, as features must; "
            "write more messages, or ask for fewer with --least-messages"
        )
    idf = np.log((1 + len(texts)) / (1 + frequency[keep])) + 1
    return Features(alphabet, known[keep], idf.astype(np.float32), options.orders)


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear classifier: scores are `X @ coefficients + intercepts`.

    Attributes:
        coefficients: float64 (f, 5), each of the few digits that ship (float16).
        intercepts: float64 (5,).
    """

    coefficients: Floats
    intercepts: Floats


def disguised_copies(texts: Sequence[str], options: Options) -> tuple[list[str], list[int]]:
    """Copies of messages, some of their words in a disguise that folding does not take back whole.

    Attacks disguise words, so whole words are disguised here.

    Returns:
        the copies, and which message each is of; `options.copies` for every message.
    """
    whole, part = divmod(options.copies, 1)
    some = random.Random(options.seed).sample(range(len(texts)), round(part * len(texts)))
    numbered = [(owner, number) for number in range(int(whole)) for owner in range(len(texts))]
    numbered += [(owner, int(whole)) for owner in some]
    copies = [_disguised_copy(texts[owner], f"{options.seed} {number}") for owner, number in numbered]
    return copies, [owner for owner, _ in numbered]


@cache  # the folds hold the same messages many times
def _disguised_copy(text: str, seed: str) -> str:
    chooser = random.Random(f"{seed} {text}".encode("utf-8", "surrogatepass"))
    words = list(dict.fromkeys(_tokenizer().cut(text, HMM=False)))
    chosen = chooser.sample(words, round(chooser.uniform(*_SHARES) * len(words)))
    return disguise(text, chooser.choice(_COPIED), seed=chooser.getrandbits(32), words=chosen)


@cache
def _tokenizer() -> jieba.Tokenizer:
    """jieba with its whole dictionary and our domain words; nobody else's, so that none can change it."""
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    for word in _domain_words():
        tokenizer.add_word(word)
    return tokenizer


def _domain_words() -> list[str]:
    return knowledge.text("words.txt").split()


def fit_weights(
    X: sparse.csr_matrix, truth: NDArray[np.int64], options: Options, importance: Floats | None = None
) -> Weights:
    """Fit each label against the rest; a rare label counts as much as a frequent one.

    Args:
        X: float64 (n, f).
        truth: int64 (n,): the labels' numbers.
        options: what is asked.
        importance: float64 (n,): how much each row counts; `None` for all the same.

    Features are first scaled by their naive Bayes log-count ratio for the label, which
    helps on short texts (Wang and Manning, "Baselines and Bigrams", ACL 2012).
    """
    presence = (X > 0).astype(np.float64)
    columns, intercepts = [], []
    for label in range(len(labels())):
        ours = truth == label
        inside, outside = (1 + np.asarray(presence[rows].sum(axis=0)).ravel() for rows in (ours, ~ours))
        ratio = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
        regression = LogisticRegression(
            C=options.regularization, solver="liblinear", dual=True, class_weight="balanced", max_iter=1000,
            random_state=options.seed,
        )  # fmt: skip
        regression.fit(X @ sparse.diags(ratio), ours, sample_weight=importance)
        columns.append(regression.coef_[0] * ratio)
        intercepts.append(regression.intercept_[0])
    coefficients = np.array(columns, np.float16).T.astype(np.float64)  # what ships is what is measured
    return Weights(coefficients, np.array(intercepts))


def fit(texts: Sequence[str], truth: NDArray[np.int64], options: Options) -> Model:
    """Fit features and weights, and turn them into what ships; uncalibrated and without words.

    Which n-grams are features, the messages themselves say; disguised copies only teach their weights.
    """
    features = fit_features(texts, options)
    copies, owners = disguised_copies(texts, options)
    importance = np.repeat([1.0, _COPY_WEIGHT], [len(texts), len(copies)])
    X = features.matrix([*texts, *copies])
    return to_model(features, fit_weights(X, np.append(truth, truth[np.array(owners, int)]), options, importance))


def to_model(features: Features, weights: Weights) -> Model:
    """The NumPy artefact of what was fitted: the two give the same scores."""
    settings = Settings(
        version="unnamed",
        orders=features.orders,
        bias=tuple(weights.intercepts.tolist()),
        temperature=1.0,
        thresholds={mode: (0.0,) * len(labels()) for mode in MODES},
        plausible=(0.0,) * len(labels()),
        least_evidence=1,
        least_familiarity=0.0,
        sure=0.0,
        rules=dict.fromkeys(("none", *RISKY), (0.0,) * len(labels())),
    )
    coefficients = weights.coefficients.astype(np.float32)
    return Model(settings, features.alphabet.names, features.codes, features.idf, coefficients, Dictionary.of({}, 1))


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What models say of messages whose group they never saw.

    Attributes:
        scores: float64 (n, 5), of their words.
        familiarity: float64 (n,): as in `Scored`.
    """

    scores: Floats
    familiarity: Floats


def hold_out(
    texts: Sequence[str],
    truth: NDArray[np.int64],
    groups: NDArray[np.int64],
    options: Options,
    step: Callable[[], object] = lambda: None,
) -> HeldOut:
    """Score every message by a model fitted without its group; `step` is called after each fold."""
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=options.seed)
    splits = list(folds.split(np.zeros(truth.size), truth, groups))

    def one(train: NDArray[np.int64], test: NDArray[np.int64]) -> tuple[Floats, Floats]:
        model = fit([texts[i] for i in train], truth[train], options)
        scored = model.score([texts[i] for i in test])
        return scored.scores, scored.familiarity

    parallel = joblib.Parallel(n_jobs=options.workers, return_as="generator")
    parts = parallel(joblib.delayed(one)(train, test) for train, test in splits)
    held_out = HeldOut(np.zeros((truth.size, len(labels()))), np.zeros(truth.size))
    for (_, test), (scores, familiarity) in zip(splits, parts, strict=True):
        held_out.scores[test] = scores
        held_out.familiarity[test] = familiarity
        step()
    return held_out


def groups(examples: Sequence[Example], kind: str) -> NDArray[np.int64]:
    """A number per group of messages that must not be split between fitting and measuring.

    Args:
        examples: the corpus.
        kind: `family`, `scenario` or `writer`; a message that names none is a group of its own.
            Scenarios and writers that share a family (a minimal pair spans scenarios) are one group.
    """

    def numbered(kind: str) -> NDArray[np.int64]:
        names = [getattr(example, kind) or f"\0{i}" for i, example in enumerate(examples)]
        return np.unique(names, return_inverse=True)[1]

    numbers = numbered(kind)
    families = numbered("family") + numbers.max() + 1
    size = int(families.max()) + 1
    edges = sparse.csr_matrix((np.ones(len(examples)), (numbers, families)), shape=(size, size))
    component = sparse.csgraph.connected_components(edges, directed=False)[1]
    return np.asarray(component[numbers], np.int64)


def fit_temperature(scores: Floats, truth: NDArray[np.int64]) -> float:
    """The divisor of held-out scores with the least log loss (Guo et al., ICML 2017)."""

    def loss(log_temperature: float) -> float:
        probabilities = softmax(scores / np.exp(log_temperature))
        return float(-np.log(np.maximum(probabilities[np.arange(truth.size), truth], 1e-12)).mean())

    return float(np.exp(optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def fit_rules(
    scores: Floats, met: Floats, truth: NDArray[np.int64], settings: Settings, false_scams: float
) -> dict[str, tuple[float, ...]]:
    """What rules add to the held-out scores that are in doubt: `Settings.rules`.

    A multinomial regression on the rules met, beside the scores as they are; then the score for a scam is raised as
    far as `false_scams` allows (`Options`).

    Args:
        scores: float64 (n, 5).
        met: float64 (n, 2): `fusion.meets`.
        truth: int64 (n,).
        settings: the temperature, and from where words settle a call.
        false_scams: the share of genuine and lawful messages that may be called a scam.
    """
    in_doubt = doubtful(settings, softmax(scores / settings.temperature))
    design = np.column_stack([np.ones(len(met)), met])
    X = design[in_doubt]
    offsets, right = scores[in_doubt] / settings.temperature, np.eye(len(labels()))[truth[in_doubt]]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(X.shape[1], -1)
        probabilities = softmax(offsets + X @ weights)
        fit = -(right * np.log(np.maximum(probabilities, 1e-12))).sum() / max(len(X), 1)
        slope = X.T @ (probabilities - right) / max(len(X), 1)
        return float(fit + _RULE_PENALTY * (flat**2).sum()), (slope + 2 * _RULE_PENALTY * weights).ravel()

    found = optimize.minimize(loss, np.zeros(X.shape[1] * len(labels())), jac=True, method="L-BFGS-B").x
    table = found.reshape(X.shape[1], -1) * settings.temperature
    fused = scores + design @ table * in_doubt[:, None]
    names = [label.id for label in labels()]
    scam, mild = names.index("impersonation_scam"), [names.index("genuine_reminder"), names.index("legal_collection")]
    margins = np.delete(fused, scam, axis=1).max(axis=1) - fused[:, scam]
    table[0, scam] += max(float(np.quantile(margins[np.isin(truth, mild)], false_scams)), 0.0)
    return {name: tuple(row.round(4).tolist()) for name, row in zip(("none", *RISKY), table, strict=True)}


def fit_thresholds(probabilities: Floats, truth: NDArray[np.int64], precision: float) -> tuple[float, ...]:
    """Per label, the least probability from which held-out calls of it are right at the asked rate."""
    guess, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    thresholds = []
    for label in range(probabilities.shape[1]):
        called = np.flatnonzero(guess == label)
        order = called[np.argsort(-confidence[called], kind="stable")]
        rates = np.cumsum(truth[order] == label) / np.arange(1, order.size + 1)
        good = np.flatnonzero(rates >= precision)
        thresholds.append(float(confidence[order[good[-1]]]) if good.size else 1.0)
    return tuple(round(threshold, 4) for threshold in thresholds)


def fit_plausible(probabilities: Floats, truth: NDArray[np.int64], error: float) -> tuple[float, ...]:
    """Per label, the probability that all but the share `error` of its held-out messages reach.

    The finite-sample quantile of split conformal prediction, label by label (Vovk, ACML 2012).
    """
    thresholds = []
    for label in range(probabilities.shape[1]):
        own = np.sort(probabilities[truth == label, label])
        rank = int(np.floor(error * (own.size + 1)))
        thresholds.append(round(float(own[rank - 1]), 6) if rank else 0.0)
    return tuple(thresholds)


def fit_words(texts: Sequence[str], alphabet: Alphabet) -> Dictionary:
    """The dictionary that names keywords: our domain words, and those of jieba's that we met or that are common.

    A word with a character that is no symbol of the model could never carry weight.
    """
    tokenizer, domain = _tokenizer(), _domain_words()
    met: Counter[str] = Counter()
    for text in normalize.fold_many(texts).texts():
        met.update(tokenizer.cut(text, HMM=False))
    known = set(alphabet.names)
    words = {
        word: frequency
        for word, frequency in tokenizer.FREQ.items()
        if frequency and (word in met or word in domain or frequency >= _COMMON_WORD) and known.issuperset(word)
    }
    return Dictionary.of(words, tokenizer.total)


def calibrate(model: Model, held_out: HeldOut, met: Floats, truth: NDArray[np.int64], options: Options) -> Settings:
    """The settings of a fitted model: temperature, rules, thresholds and scope from held-out scores."""
    settings = replace(model.settings, temperature=fit_temperature(held_out.scores, truth), sure=options.sure)
    settings = replace(settings, rules=fit_rules(held_out.scores, met, truth, settings, options.false_scams))
    probabilities = fused_probabilities(settings, held_out.scores, met)
    precisions = {"cautious": options.cautious_precision, "balanced": options.precision}
    return replace(
        settings,
        thresholds={mode: fit_thresholds(probabilities, truth, precisions[mode]) for mode in MODES},
        plausible=fit_plausible(probabilities, truth, options.error),
        least_evidence=options.least_evidence,
        least_familiarity=round(float(np.quantile(held_out.familiarity, _STRANGE)), 4),
    )


def fused_probabilities(settings: Settings, scores: Floats, met: Floats) -> Floats:
    """What `fusion.fuse` would say: float64 (n, 5), of words' scores and the rules met."""
    in_doubt = doubtful(settings, softmax(scores / settings.temperature))
    return softmax((scores + add_rules(settings, met, in_doubt)) / settings.temperature)


def train(
    examples: Sequence[Example], folder: Path, options: Options, step: Callable[[], object] = lambda: None
) -> str:
    """Cross-validate, fit, calibrate and write a model folder with its card.

    Args:
        examples: the corpus.
        folder: where `model.json`, `weights.npz`, `words.txt` and `README.md` go.
        options: what is asked.
        step: called `STEPS` times on the way.

    Returns:
        The report: held-out figures by family, by scenario and by writer.

    Raises:
    for kind in _GROUPS:
        check_groups(examples, kind)
    with blame(f"cannot write {folder}"):
        _try_folder(folder)
    """
    texts = [example.text for example in examples]
    names = [label.id for label in labels()]
    truth = np.array([names.index(example.label) for example in examples])
    for kind in _GROUPS:
        check_groups(examples, kind)
    with blame(f"cannot write {folder}"):
        _try_folder(folder)
    held_out = {kind: hold_out(texts, truth, groups(examples, kind), options, step) for kind in _GROUPS}
    model = fit(texts, truth, options)
    step()
    folded = normalize.fold_many(texts)
    met = meets(find_many(folded, find_entities(folded), range(len(texts))))
    settings = replace(calibrate(model, held_out["writer"], met, truth, options), version=digest(examples)[:12])
    report = "".join(
        f"cross-validated by {kind} ({_FOLDS} folds)\n{figures_text(held_out_figures(settings, part, met, truth))}\n"
        for kind, part in held_out.items()
    )
    dictionary = fit_words(texts, model.alphabet)
    model = Model(settings, model.alphabet.names, model.codes, model.idf, model.weights, dictionary)
    with blame(f"cannot write {folder}"):
        save_model(model, folder)
        (folder / "README.md").write_text(card(examples, model, report), encoding="utf-8")
    return report


def check_groups(examples: Sequence[Example], kind: str) -> None:
    """Look whether `hold_out` can be done.

    Args:
        examples: the corpus.
        kind: of `groups`.

    Raises:
        CorpusError: too few groups of a label.
    """
    numbers = groups(examples, kind)
    for label in labels():
        count = len({numbers[i] for i, example in enumerate(examples) if example.label == label.id})
        if count < _FOLDS:
            raise CorpusError(
                f"{label.id} has {count} separate groups by {kind}, cross-validation needs {_FOLDS}; "
                f"write more messages of it, or of more values of {kind!r}"
            )


def _try_folder(folder: Path) -> None:
    """Write there as `save_model` will: what fails then would fail only after all folds."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / "model.json").is_file():
        raise InputError(f"{folder} holds files and no model; name a folder of its own, lest they are overwritten")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".noticeguard-"):
        pass


def held_out_figures(settings: Settings, held_out: HeldOut, met: Floats, truth: NDArray[np.int64]) -> Figures:
    """Figures of held-out scores under the settings' temperature, rules and thresholds of the mode `balanced`."""
    probabilities = fused_probabilities(settings, held_out.scores, met)
    answered = probabilities.max(axis=1) >= np.array(settings.thresholds["balanced"])[probabilities.argmax(axis=1)]
    return measure(truth, probabilities, answered)


def card(examples: Sequence[Example], model: Model, report: str) -> str:
    """The model card."""
    counts = Counter(example.label for example in examples)
    rows = "\n".join(f"| `{label.id}` | {label.title} | {counts[label.id]} |" for label in labels())
    return f"""# Model {model.settings.version}

Sorts a Chinese message into five labels; see the package's README. TF-IDF over n-grams of symbols
(characters {model.settings.orders.characters[0]}-{model.settings.orders.characters[1]}, syllables \
{model.settings.orders.syllables[0]}-{model.settings.orders.syllables[1]}) and one logistic regression per label:
{model.codes.size} features, {len(model.alphabet.names)} symbols, {len(model.dictionary)} words to name keywords.

Trained on {len(examples)} messages in {len({e.scenario for e in examples})} scenarios
(sha256 of ids, labels and texts: `{digest(examples)}`).

| label | title | messages |
|---|---|---|
{rows}

Held-out figures, from `python train.py`:

```
{report.strip()}
```

Limits: the training messages were written for this purpose, not captured; a text alone cannot
show whether a number is spoofed or a debt exists; languages other than Chinese are out of scope.
"""
