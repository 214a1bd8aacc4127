"""Fit a linear model to labelled messages: what its features are, and their weights.

This room and those that build on it are the only ones that import scikit-learn and SciPy. The
features are those of `noticeguard.features` and `noticeguard.words`; scikit-learn fits logistic
regressions on them, and `Fitted.model` turns them into the NumPy artefact that ships.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import jieba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from noticeguard import knowledge, normalize
from noticeguard.augmentation import Rows, Word, disguised_copies, reworded_copies, shortened_copies
from noticeguard.entities import find_entities
from noticeguard.errors import CorpusError
from noticeguard.features import UNKNOWN, Alphabet, Encoded, Orders, ngrams
from noticeguard.labels import RISKY, labels
from noticeguard.model import MODES, Floats, Model, Settings, find_terms
from noticeguard.vocabulary import Vocabulary
from noticeguard.words import Dictionary

_COMMON_WORD = 100  # jieba's frequency from which a word travels with the model though our corpus lacks it
_TOLERANCE = 0.01  # of the fit: a hundred times finer, held-out log loss is the same to five digits
_PUNCTUATION = "()[]\"',.!?;:~-/+*=%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `train.py` may be asked.

    Attributes:
        orders: which n-grams are features.
        least_messages: an n-gram, or a word, is a feature if it occurs in so many messages.
        least_symbol: a character or entity kind is a symbol if it occurs in so many messages.
        regularization: C of the logistic regression, the inverse of its L2 penalty.
        precision: a label is answered from the probability at which it is right so often.
        cautious_precision: the same in the mode `cautious`.
        error: a label is ruled out below the probability that this share of its own messages has.
        sure: from this probability on, words alone settle whether a message is a threat, a scam or neither, and no
            rule is looked for.
        false_scams: scams are called as readily as this share of genuine and lawful messages called so allows; to
            miss one costs its reader more than to doubt a true message.
        false_alarms: a threat, or a scam, is answered from the probability that at most this share of held-out
            harmless messages are called one with.
        false_calls: anything but `unrelated` is answered below the probability of it with which at most this share of
            held-out unrelated messages are answered so.
        least_evidence: a message with fewer known characters and words is out of scope.
        copies: how many disguised and how many shortened copies (`noticeguard.augmentation`) are fitted beside each
            message, 0.5 for every other one; and twice as many in other words.
        fits: how many times the model that ships is fitted, each time beside other copies; its weights are the mean.
        seed: of the folds and of the copies.
        workers: processes for the folds and fits.
    """

    orders: Orders = field(default_factory=Orders)
    least_messages: int = 3
    least_symbol: int = 2
    regularization: float = 5.0
    precision: float = 0.95
    cautious_precision: float = 0.98
    error: float = 0.1
    sure: float = 0.96
    false_scams: float = 0.01
    false_alarms: float = 0.0075
    false_calls: float = 0.025
    least_evidence: int = 5
    copies: float = 1.0
    fits: int = 4
    seed: int = 20261121
    workers: int = 2


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


def fit_dictionary(texts: Sequence[str], options: Options) -> Dictionary:
    """The dictionary that messages are cut into: our domain words, and those of jieba's that we met or that are common.

    A word with a character that is no symbol is left out: no model of these messages could know it.
    """
    tokenizer, domain = _tokenizer(), _domain_words()
    met: Counter[str] = Counter()
    for text in normalize.fold_many(texts).texts():
        met.update(tokenizer.cut(text, HMM=False))
    known = set(fit_alphabet(texts, options.least_symbol).names)
    words = {
        word: frequency
        for word, frequency in tokenizer.FREQ.items()
        if frequency and (word in met or word in domain or frequency >= _COMMON_WORD) and known.issuperset(word)
    }
    return Dictionary.of(words, tokenizer.total)


@dataclass(frozen=True)
class Features:
    """The n-grams that are features, and how rare each is."""

    alphabet: Alphabet
    codes: NDArray[np.uint64]
    idf: NDArray[np.float32]
    orders: Orders

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Where `codes` are found."""
        return Vocabulary(self.codes)

    def matrix(self, texts: Sequence[str], *, restore: bool = True) -> sparse.csr_matrix:
        """The scaled TF-IDF matrix, float64 (n, f): `Model.score` adds up its rows times the weights.

        Args:
            texts: n messages.
            restore: as in `normalize.fold_many`.
        """
        owners, codes = _occurrences(self.alphabet.encode(normalize.fold_many(texts, restore=restore)), self.orders)
        columns = self.vocabulary.arrange(np.arange(self.codes.size), -1)[self.vocabulary.find(codes)]
        known = columns >= 0
        return _scale(_counts(owners[known], columns[known], (len(texts), self.codes.size)), self.idf)


@dataclass(frozen=True)
class WordFeatures:
    """The words that are features, and how rare each is: of the terms of `Model`, those whose idf is not 0."""

    alphabet: Alphabet
    dictionary: Dictionary
    idf: NDArray[np.float32]

    def matrix(self, texts: Sequence[str], *, restore: bool = True) -> sparse.csr_matrix:
        """As that of `Features`: float64 (n, t), of all terms."""
        return _scale(_count_terms(texts, self.alphabet, self.dictionary, restore=restore), self.idf)


def _occurrences(encoded: Encoded, orders: Orders) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Every n-gram of a batch: (the message it stands in, its code)."""
    codes = ngrams(encoded, orders)
    _, at = where = np.nonzero(codes)
    return encoded.owners[at], codes[where]


def _count_terms(
    texts: Sequence[str], alphabet: Alphabet, dictionary: Dictionary, *, restore: bool = True
) -> sparse.csr_matrix:
    encoded = alphabet.encode(normalize.fold_many(texts, restore=restore))
    words = dictionary.cut(encoded)
    return _counts(words.owners, find_terms(words, encoded, alphabet), (len(texts), alphabet.size + len(dictionary)))


def _counts(rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(rows.size), (rows, columns)), shape=shape)


def _scale(counts: sparse.csr_matrix, idf: NDArray[np.float32]) -> sparse.csr_matrix:
    """Counts times idf, over the norm of all occurrences."""
    wide = idf.astype(np.float64)
    norms = np.sqrt(np.maximum(counts @ wide**2, 1e-12))
    return sparse.csr_matrix(sparse.diags(1 / norms) @ counts @ sparse.diags(wide))


def _fit_idf(frequency: NDArray[np.int64], messages: int) -> NDArray[np.float32]:
    idf: NDArray[np.float32] = (np.log((1 + messages) / (1 + frequency)) + 1).astype(np.float32)
    return idf


def fit_features(texts: Sequence[str], options: Options) -> Features:
    """Choose the features: the n-grams of known symbols that enough messages hold.

    Raises:
        CorpusError: no n-gram is held by enough of them.
    """
    alphabet = fit_alphabet(texts, options.least_symbol)
    owners, codes = _occurrences(alphabet.encode(normalize.fold_many(texts)), options.orders)
    known, columns = np.unique(codes, return_inverse=True)
    counts = _counts(owners, columns, (len(texts), known.size))
    frequency = np.bincount(counts.indices, minlength=known.size)
    keep = frequency >= options.least_messages
    if not keep.any():
        raise CorpusError(
            f"no n-gram stands in {options.least_messages} messages, as features must; "
            "write more messages, or ask for fewer with --least-messages"
        )
    return Features(alphabet, known[keep], _fit_idf(frequency[keep], len(texts)), options.orders)


def fit_word_features(
    texts: Sequence[str], alphabet: Alphabet, dictionary: Dictionary, options: Options
) -> WordFeatures:
    """Choose the words that are features: those that enough messages hold."""
    counts = _count_terms(texts, alphabet, dictionary)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    frequency[: UNKNOWN + 1] = 0  # what is unknown says nothing
    idf = np.where(frequency >= options.least_messages, _fit_idf(frequency, len(texts)), 0).astype(np.float32)
    return WordFeatures(alphabet, dictionary, idf)


def telling_words(texts: Sequence[str], truth: NDArray[np.int64], features: WordFeatures) -> list[list[str]]:
    """Of each message the words that speak for its label, as they are written, the strongest first.

    How strongly, their naive Bayes log-count ratio times idf says: a guess at what a model leans on that needs none.
    """
    folded = normalize.fold_many(texts)
    words = features.dictionary.cut(encoded := features.alphabet.encode(folded))
    terms = find_terms(words, encoded, features.alphabet)
    counts = _counts(words.owners, terms, (len(texts), features.idf.size))
    presence = _presence(counts)
    ratios = np.column_stack([_log_count_ratio(presence, truth == label) for label in range(len(labels()))])
    strength = (ratios * features.idf[:, None])[terms, truth[words.owners]]
    order = np.lexsort((-strength, words.owners))
    order = order[strength[order] > 0]
    owners = words.owners[order]
    spans = folded.original_spans(owners, words.starts[order], words.ends[order])
    telling: list[dict[str, None]] = [{} for _ in texts]
    for owner, start, end in zip(owners.tolist(), *(side.tolist() for side in spans), strict=True):
        telling[owner][texts[owner][start:end]] = None
    return [list(some) for some in telling]


def written_words(texts: Sequence[str], alphabet: Alphabet, dictionary: Dictionary) -> list[list[Word]]:
    """The words of each message, where they stand in it."""
    folded = normalize.fold_many(texts)
    words = dictionary.cut(alphabet.encode(folded))
    begins = folded.starts[words.owners] + 1
    places = (
        words.owners,
        *folded.original_spans(words.owners, words.starts, words.ends),
        words.starts - begins,
        words.ends - begins,
    )
    written: list[list[Word]] = [[] for _ in texts]
    folded_texts = folded.texts()
    for owner, start, end, first, last in zip(*(side.tolist() for side in places), strict=True):
        written[owner].append(Word(start, end, folded_texts[owner][first:last]))
    return written


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear classifier: scores are `X @ coefficients + intercepts`.

    Attributes:
        coefficients: float64 (f, 5), each of the few digits that ship (float16).
        intercepts: float64 (5,).
    """

    coefficients: Floats
    intercepts: Floats


def fit_weights(
    X: sparse.csr_matrix, truth: NDArray[np.int64], options: Options, *, importance: Floats, by_ratio: bool
) -> Weights:
    """Fit each label against the rest; a rare label counts as much as a frequent one.

    Args:
        X: float64 (n, f).
        truth: int64 (n,): the labels' numbers.
        options: what is asked.
        importance: float64 (n,): how much each row counts.
        by_ratio: scale features by their naive Bayes log-count ratio for the label first, which helps n-grams of
            short texts (Wang and Manning, "Baselines and Bigrams", ACL 2012).
    """
    presence = _presence(X)
    columns, intercepts = [], []
    for label in range(len(labels())):
        ours = truth == label
        ratio = _log_count_ratio(presence, ours) if by_ratio else np.ones(X.shape[1])
        regression = LogisticRegression(
            C=options.regularization, solver="liblinear", dual=True, class_weight="balanced", max_iter=1000,
            tol=_TOLERANCE, random_state=options.seed,
        )  # fmt: skip
        regression.fit(X @ sparse.diags(ratio), ours, sample_weight=importance)
        columns.append(regression.coef_[0] * ratio)
        intercepts.append(regression.intercept_[0])
    return Weights(_shipped(np.array(columns).T), np.array(intercepts))


def _shipped(coefficients: Floats) -> Floats:
    """Of the few digits that a model's file holds."""
    return coefficients.astype(np.float16).astype(np.float64)


def _presence(X: sparse.csr_matrix) -> sparse.csr_matrix:
    """1.0 where a row holds a feature."""
    return (X > 0).astype(np.float64)


def _log_count_ratio(presence: sparse.csr_matrix, ours: NDArray[np.bool_]) -> Floats:
    """How much more often each feature stands in our rows than in the others, float64 (f,)."""
    inside, outside = (1 + np.asarray(presence[rows].sum(axis=0)).ravel() for rows in (ours, ~ours))
    return np.asarray(np.log(inside / inside.sum()) - np.log(outside / outside.sum()))


@dataclass(frozen=True, slots=True)
class Blend:
    """How the scores of n-grams and of words make one: `shares @ views + offsets`.

    Attributes:
        shares: of n-grams and of words.
        offsets: float64 (5,).
    """

    shares: tuple[float, float]
    offsets: Floats

    def scores(self, views: Floats) -> Floats:
        """The sums, float64 (n, 5), of views (2, n, 5)."""
        return np.asarray(np.tensordot(self.shares, views, 1) + self.offsets)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Two linear classifiers, of n-grams and of words, each fitted by itself."""

    features: Features
    weights: Weights
    word_features: WordFeatures
    word_weights: Weights

    @property
    def intercepts(self) -> Floats:
        """float64 (2, 5)."""
        return np.stack([self.weights.intercepts, self.word_weights.intercepts])

    def model(self, blend: Blend) -> Model:
        """The NumPy artefact that gives the blended scores; its thresholds are not set."""
        settings = Settings(
            version="unnamed",
            orders=self.features.orders,
            shares=blend.shares,
            bias=tuple((np.array(blend.shares) @ self.intercepts + blend.offsets).tolist()),
            thresholds={mode: (0.0,) * len(labels()) for mode in MODES},
            unrelated_below=1.0,
            plausible=(0.0,) * len(labels()),
            least_evidence=1,
            least_familiarity=0.0,
            sure=0.0,
            rules=dict.fromkeys(("none", *RISKY), (0.0,) * len(labels())),
        )
        features, words = self.features, self.word_features
        return Model(
            settings, features.alphabet.names, features.codes, features.idf,
            self.weights.coefficients.astype(np.float32), words.dictionary, words.idf,
            self.word_weights.coefficients.astype(np.float32),
        )  # fmt: skip


def fit(texts: Sequence[str], truth: NDArray[np.int64], dictionary: Dictionary, options: Options) -> Fitted:
    """Fit the features and weights of n-grams and of words.

    Which are features, the messages themselves say; copies only teach their weights.

    Args:
        texts: n messages.
        truth: int64 (n,): their labels' numbers.
        dictionary: what they are cut into.
        options: what is asked.

    Raises:
        CorpusError: there are no features.
    """
    features = fit_features(texts, options)
    word_features = fit_word_features(texts, features.alphabet, dictionary, options)
    rows = [
        Rows(texts, range(len(texts))),
        disguised_copies(texts, telling_words(texts, truth, word_features), options.copies, options.seed),
        shortened_copies(texts, options.copies, options.seed),
        reworded_copies(texts, written_words(texts, features.alphabet, dictionary), options.copies, options.seed),
    ]
    labels_of = np.concatenate([truth[np.array(part.owners, int)] for part in rows])
    importance = np.repeat([part.weight for part in rows], [len(part.texts) for part in rows])

    def weights(some: Features | WordFeatures, *, by_ratio: bool) -> Weights:
        X = sparse.vstack([some.matrix(part.texts, restore=part.restore) for part in rows], format="csr")
        return fit_weights(X, labels_of, options, importance=importance, by_ratio=by_ratio)

    return Fitted(features, weights(features, by_ratio=True), word_features, weights(word_features, by_ratio=False))


def mean(fits: Sequence[Fitted]) -> Fitted:
    """Several fits of the same messages as one.

    Those that differ only in the copies drawn differ on messages from elsewhere; their mean leans on no draw (Breiman,
    "Bagging Predictors", Machine Learning 24, 1996). A mean of linear models is a linear model.
    """

    def of(some: Sequence[Weights]) -> Weights:
        coefficients = np.mean([weights.coefficients for weights in some], axis=0)
        intercepts = np.mean([weights.intercepts for weights in some], axis=0)
        return Weights(_shipped(coefficients), np.asarray(intercepts))

    first = fits[0]
    return Fitted(
        first.features, of([one.weights for one in fits]), first.word_features, of([one.word_weights for one in fits])
    )
