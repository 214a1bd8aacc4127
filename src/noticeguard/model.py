"""The model: TF-IDF and a linear classifier, over n-grams of symbols and over words, in NumPy.

The two look at the same message in two ways. N-grams hear what is spelled anyhow, words know
where a character stands by itself; each was fitted by itself, and their scores are added, which
gets more held-out messages right than either. A sum of linear models is a linear model.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noticeguard import normalize
from noticeguard.characters import Positions
from noticeguard.features import Alphabet, Encoded, Orders, ngrams
from noticeguard.kernel import compiled, sum_features, sum_words
from noticeguard.labels import label_ids
from noticeguard.normalize import Folded
from noticeguard.vocabulary import Vocabulary
from noticeguard.words import Dictionary, Words

Floats = NDArray[np.float64]

MODES = ("cautious", "balanced")
"""The modes that need thresholds."""

MESSAGE_LIMIT = 10_000
"""How many characters of a message are read, from its start: over a hundred text messages in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What training decided besides the weights; kept in `model.json`.

    Attributes:
        version: the name of this model.
        orders: which n-grams are features.
        shares: by how much the scores of n-grams and of words count in the sum.
        bias: the intercept of each label's score.
        thresholds: by mode (`cautious`, `balanced`), per label the least probability at which the answer is
            not `unsure`.
        unrelated_below: anything but `unrelated` is answered only below this probability of it: most messages on a
            phone are that.
        plausible: per label, the least probability at which it cannot be ruled out: nine in ten held-out
            messages of the label have at least as much (class-conditional split conformal prediction:
            Vovk, "Conditional validity of inductive conformal predictors", ACML 2012).
        least_evidence: a message with fewer known characters and words is out of scope.
        least_familiarity: so is one of whose n-grams of two and more symbols the model knows a smaller share.
        sure: from this probability on, words alone settle whether a message is a threat, a scam or neither.
        rules: where they do not, what adds to each label's score: `none` for every message, and besides, by the
            label that a rule speaks for, for those that meet one (`noticeguard.fusion`).
    """

    version: str
    orders: Orders
    shares: tuple[float, float]
    bias: tuple[float, ...]
    thresholds: dict[str, tuple[float, ...]]
    unrelated_below: float
    plausible: tuple[float, ...]
    least_evidence: int
    least_familiarity: float
    sure: float
    rules: dict[str, tuple[float, ...]]

    def sure_enough(self, probabilities: Floats, mode: str) -> NDArray[np.bool_]:
        """Whether the best guess for each message is likely enough to be the answer.

        Args:
            probabilities: float64 (m, 5).
            mode: one of `MODES`.

        Returns:
            bool (m,).
        """
        best, unrelated = probabilities.argmax(axis=1), label_ids().index("unrelated")
        is_likely = probabilities.max(axis=1) >= np.array(self.thresholds[mode])[best]
        return np.asarray(is_likely & ((best == unrelated) | (probabilities[:, unrelated] < self.unrelated_below)))

    def possible(self, probabilities: Floats) -> list[list[int]]:
        """The labels that cannot be ruled out for each message, likeliest first, the best guess always among them.

        Args:
            probabilities: float64 (m, 5).
        """
        order = np.argsort(-probabilities, axis=1, kind="stable")
        is_possible = np.take_along_axis(probabilities >= np.array(self.plausible), order, axis=1)
        is_possible[:, :1] = True
        rows = zip(order.tolist(), is_possible.tolist(), strict=True)
        return [list(itertools.compress(labels, some)) for labels, some in rows]


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch of `m` messages with the scores of their words.

    Attributes:
        folded, encoded, words: the batch as text, as symbols and as words.
        features: int32 (k, s): the slot of the feature that begins at each symbol, or that of none; a row per
            channel and length of n-grams.
        terms: int64 (w,): of each word its row among the weights of words.
        norms: float64 (2, m): what each message's weights of n-grams, and of words, are divided by.
        parts: float64 (2, m, 5): what n-grams, and words, add to the scores.
        scores: float64 (m, 5): the linear scores.
        probabilities: float64 (m, 5): calibrated, each row sums to 1.
    """

    folded: Folded
    encoded: Encoded
    words: Words
    features: NDArray[np.int32]
    terms: Positions
    norms: Floats
    parts: Floats
    scores: Floats
    probabilities: Floats


class Model:
    """TF-IDF and a linear classifier, over n-grams of symbols and over words, in NumPy.

    A message's score for a label is the bias and, of n-grams and of words, `share · Σ idf·weight / norm` over the
    occurrences of the known ones, with `norm² = Σ idf²`: TF-IDF normalised over occurrences instead of distinct
    terms, so that one pass suffices.

    Args:
        settings: the decided numbers.
        symbols: the names of the known symbols.
        codes: uint64 (f,): the n-gram of each feature.
        idf: float32 (f,): its inverse document frequency.
        weights: float32 (f, 5): its weight for each label.
        dictionary: what a message is cut into.
        word_idf: float32 (t,): the inverse document frequency of each term, 0 of what is no feature. Terms are the
            symbols by their numbers, for words of one symbol, and after them the words of the dictionary.
        word_weights: float32 (t, 5): its weight for each label.
        displacements: of the table of `codes` (`Vocabulary`), to save the search for them.
    """

    def __init__(
        self,
        settings: Settings,
        symbols: Sequence[str],
        codes: NDArray[np.uint64],
        idf: NDArray[np.float32],
        weights: NDArray[np.float32],
        dictionary: Dictionary,
        word_idf: NDArray[np.float32],
        word_weights: NDArray[np.float32],
        displacements: NDArray[np.uint8] | None = None,
    ) -> None:
        self.settings = settings
        self.alphabet = Alphabet(symbols)
        self.codes = codes
        self.idf = idf
        self.weights = weights
        self.dictionary = dictionary
        self.word_idf = word_idf
        self.word_weights = word_weights
        self._bias = np.array(settings.bias)
        self._orders = np.array([settings.orders.characters, settings.orders.syllables])
        self._vocabulary = Vocabulary(codes, displacements)
        ngram_share, word_share = settings.shares
        self._columns = self._vocabulary.arrange(_columns(ngram_share, idf, weights), 0)
        self._word_columns = _columns(word_share, word_idf, word_weights)

    @property
    def displacements(self) -> NDArray[np.uint8]:
        """What `Model` takes to be built sooner."""
        return self._vocabulary.displacements

    def with_settings(self, settings: Settings) -> "Model":
        """The same features and weights under other settings."""
        return Model(
            settings, self.alphabet.names, self.codes, self.idf, self.weights, self.dictionary,
            self.word_idf, self.word_weights, self.displacements,
        )  # fmt: skip

    def score(self, messages: Sequence[str]) -> Scored:
        """Score a batch of messages, of each its first `MESSAGE_LIMIT` characters."""
        folded = normalize.fold_many([message[:MESSAGE_LIMIT] for message in messages])
        encoded = self.alphabet.encode(folded)
        words = self.dictionary.cut(encoded)
        terms = find_terms(words, encoded, self.alphabet)
        sums = np.zeros((2, len(messages), self._columns.shape[1]))
        features = self._sum_features(encoded, sums[0])
        self._sum_words(words, terms, sums[1])
        norms = np.sqrt(np.maximum(sums[:, :, -1], 1e-12))
        parts = sums[:, :, :-1] / norms[:, :, None]
        scores = parts.sum(axis=0) + self._bias
        return Scored(folded, encoded, words, features, terms, norms, parts, scores, softmax(scores))

    def _sum_features(self, encoded: Encoded, sums: Floats) -> NDArray[np.int32]:
        """The features of a batch; their columns are added up in `sums`, zeros so far, message by message."""
        vocabulary = self._vocabulary
        run = compiled(sum_features, len(sums))
        if run is None:
            features = vocabulary.find(ngrams(encoded, self.settings.orders))
            columns = np.zeros((encoded.starts.size, sums.shape[1]))
            for row in features:
                columns += self._columns.take(row, axis=0)
            sums[:] = np.add.reduceat(columns, encoded.bounds)[:-1]
            return features
        found: NDArray[np.int32] = run(
            encoded.channels, encoded.bounds, self._orders,
            vocabulary.table, vocabulary.displacements, vocabulary.multipliers, vocabulary.shift,
            self._columns, sums,
        )  # fmt: skip
        return found

    def _sum_words(self, words: Words, terms: Positions, sums: Floats) -> None:
        """Add up the columns of words in `sums`, zeros so far, message by message."""
        run = compiled(sum_words, len(sums))
        if run is not None:
            run(words.owners, terms, self._word_columns, sums)
        elif terms.size:
            first = np.flatnonzero(np.append(True, words.owners[1:] != words.owners[:-1]))  # a message may have none
            columns = self._word_columns.take(terms, axis=0)
            sums[words.owners[first]] = np.add.reduceat(columns, first, dtype=np.float64)

    def scope(self, scored: Scored) -> tuple[Positions, Floats]:
        """How much of each message of a batch the model knows.

        Returns:
            int64 (m,): how many known characters and words there are; float64 (m,): the share of n-grams of two and
            more symbols that are features.
        """
        encoded, bounds = scored.encoded, scored.encoded.bounds
        evidence = np.add.reduceat(self.alphabet.tells[encoded.symbols], bounds, dtype=np.int64)[:-1]
        lengths = np.array(self.settings.orders.lengths)
        is_known = (scored.features != self._vocabulary.table.size)[lengths > 1]
        known = np.add.reduceat(is_known.sum(axis=0), bounds)[:-1]
        room = np.diff(bounds)[:, None] - lengths[lengths > 1]  # for n-grams, in each message
        return evidence, known / np.maximum(np.maximum(room, 0).sum(axis=1), 1)

    def contributions(self, scored: Scored, chosen: Positions) -> Floats:
        """What the characters of a batch add to the score of one label per message, as running sums.

        Args:
            scored: a batch.
            chosen: int64 (m,): the label of each message.

        Returns:
            float64 (n + 1,): `sums[b] - sums[a]` is what `Folded.codes[a:b]` adds. Each n-gram's share is
            split evenly over its symbols; an entity's, and a word's own, stands at its first character. Over a
            message they sum to its score less the bias.
        """
        encoded, words = scored.encoded, scored.words
        ngram_norms, word_norms = scored.norms
        owners = encoded.owners
        label, norm = np.append(chosen, 0)[owners], np.append(ngram_norms, 1.0)[owners]
        shares = _pick(self._columns, scored.features, label) / norm
        total = np.zeros(owners.size)
        for length, share in zip(self.settings.orders.lengths, shares, strict=True):
            for offset in range(length):
                total[offset:] += share[: share.size - offset] / length
        total[words.symbols] += _pick(self._word_columns, scored.terms, chosen[words.owners]) / word_norms[words.owners]
        sums = np.zeros(scored.folded.codes.size + 1)
        sums[encoded.starts + 1] = total
        return np.cumsum(sums)


def find_terms(words: Words, encoded: Encoded, alphabet: Alphabet) -> Positions:
    """The term of each word of a batch, int64 (w,): its symbol, or where the dictionary has it behind all symbols."""
    return np.where(words.indices < 0, encoded.symbols[words.symbols], alphabet.size + words.indices)


def _columns(share: float, idf: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """What an occurrence of each feature adds to the score of each label before the norm, and to the norm squared."""
    columns = np.column_stack([np.float32(share) * idf[:, None] * weights, idf**2])
    return np.ascontiguousarray(columns)  # rows are taken from it


def _pick(columns: NDArray[np.float32], rows: NDArray[np.integer], column: Positions) -> NDArray[np.float32]:
    """`columns[rows, column]`, of a contiguous table, in half the time."""
    picked: NDArray[np.float32] = columns.ravel().take(rows * columns.shape[1] + column)
    return picked


def softmax(scores: Floats) -> Floats:
    """Row-wise softmax of (m, k) scores."""
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))
