"""The model: TF-IDF over n-grams of symbols and a linear classifier, in NumPy."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noticeguard import normalize
from noticeguard.characters import Positions
from noticeguard.features import SYMBOL_BITS, Alphabet, Encoded, Orders, ngrams
from noticeguard.kernel import compiled, sum_features
from noticeguard.normalize import Folded
from noticeguard.vocabulary import Vocabulary
from noticeguard.words import Dictionary

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
        bias: the intercept of each label's score.
        temperature: scores are divided by it before the softmax.
        thresholds: by mode (`cautious`, `balanced`), per label the least probability at which the answer is
            not `unsure`.
        plausible: per label, the least probability at which it cannot be ruled out: nine in ten held-out
            messages of the label have at least as much (class-conditional split conformal prediction:
            Vovk, "Conditional validity of inductive conformal predictors", ACML 2012).
        least_evidence: a message with fewer known characters and words is out of scope.
        least_familiarity: so is one of whose n-grams of two and more symbols the model knows a smaller share.
        sure: from this probability on, words alone settle a call.
        rules: where they do not, what adds to each label's score: `none` for every message, and besides, by the
            label that a rule speaks for, for those that meet one (`noticeguard.fusion`).
    """

    version: str
    orders: Orders
    bias: tuple[float, ...]
    temperature: float
    thresholds: dict[str, tuple[float, ...]]
    plausible: tuple[float, ...]
    least_evidence: int
    least_familiarity: float
    sure: float
    rules: dict[str, tuple[float, ...]]

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
        folded, encoded: the batch as text and as symbols.
        features: int32 (k, s): the slot of the feature that begins at each symbol, or that of none; a row per
            channel and length of n-grams.
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
        dictionary: the words that name keywords.
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
        displacements: NDArray[np.uint8] | None = None,
    ) -> None:
        self.settings = settings
        self.alphabet = Alphabet(symbols)
        self.codes = codes
        self.idf = idf
        self.weights = weights
        self.dictionary = dictionary
        self._bias = np.array(settings.bias)
        self._long_rows = np.array([length for length in settings.orders.lengths if length > 1])
        self._vocabulary = Vocabulary(codes, displacements)
        # Per feature: what an occurrence adds to each label before the norm, to the norm squared, and to the n-grams
        # of two and more symbols.
        columns = np.zeros((codes.size, weights.shape[1] + 2), np.float32)
        columns[:, :-2] = idf[:, None] * weights
        columns[:, -2] = idf**2
        columns[:, -1] = codes >> np.uint64(SYMBOL_BITS) != 0
        self._columns = self._vocabulary.arrange(columns, 0)

    @property
    def displacements(self) -> NDArray[np.uint8]:
        """What `Model` takes to be built sooner."""
        return self._vocabulary.displacements

    def score(self, messages: Sequence[str]) -> Scored:
        """Score a batch of messages, of each its first `MESSAGE_LIMIT` characters."""
        folded = normalize.fold_many([message[:MESSAGE_LIMIT] for message in messages])
        encoded = self.alphabet.encode(folded)
        features, sums = self._sum_features(encoded)
        norms = np.sqrt(np.maximum(sums[:, -2], 1e-12))
        scores = sums[:, :-2] / norms[:, None] + self._bias
        probabilities = softmax(scores / self.settings.temperature)
        evidence = np.add.reduceat(self.alphabet.tells[encoded.symbols], encoded.bounds, dtype=np.int64)[:-1]
        room = (encoded.bounds[1:] - encoded.bounds[:-1])[:, None] - self._long_rows  # for n-grams, in each message
        possible = np.maximum(room, 0).sum(axis=1)
        familiarity = sums[:, -1] / np.maximum(possible, 1)
        return Scored(folded, encoded, features, norms, scores, probabilities, evidence, familiarity)

    def _sum_features(self, encoded: Encoded) -> tuple[NDArray[np.int32], Floats]:
        """The features of a batch, and the sums of their columns over each message."""
        vocabulary, orders = self._vocabulary, self.settings.orders
        run = compiled(sum_features, encoded.bounds.size - 1)
        if run is None:
            features = vocabulary.find(ngrams(encoded, orders))
            columns = self._columns.take(features, axis=0).sum(axis=0, dtype=np.float64)
            return features, np.add.reduceat(columns, encoded.bounds)[:-1]
        features = np.full((len(orders.lengths), encoded.symbols.size), vocabulary.table.size, np.int32)
        sums = np.zeros((encoded.bounds.size - 1, self._columns.shape[1]))
        run(
            np.stack([encoded.symbols, encoded.syllables]), encoded.bounds,
            np.array([orders.characters, orders.syllables]),
            vocabulary.table, vocabulary.displacements, vocabulary.multipliers, vocabulary.shift,
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
        for length, share in zip(self.settings.orders.lengths, shares, strict=True):
            for offset in range(length):
                total[offset:] += share[: share.size - offset] / length
        sums = np.zeros(scored.folded.codes.size + 1)
        sums[encoded.starts + 1] = total
        return np.cumsum(sums)


def softmax(scores: Floats) -> Floats:
    """Row-wise softmax of (m, k) scores."""
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))
