"""Keywords: the words of a message, each with its exact share of a label's score."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from noticeguard import normalize
from noticeguard.model import Floats, Scored
from noticeguard.normalize import BOUNDARY, Positions
from noticeguard.words import Words

_NUMBER_BITS = 32  # of `Words.numbers`
_DECIMALS = 9  # running sums differ beyond them with a message's place in its batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A word of the message and what it adds to the score.

    Attributes:
        text: the word as folded, or the original text of an entity.
        weight: its share of the best guess's score; negative where it speaks against.
        spans: where it stands in the original message, in code points, end exclusive.
    """

    text: str
    weight: float
    spans: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"text": self.text, "weight": round(self.weight, 4), "spans": [list(span) for span in self.spans]}


@dataclass(frozen=True, slots=True)
class Keywords(Sequence[Keyword]):
    """The `k` keywords of a message, heaviest first. A `Keyword` is made when it is asked for: most never are.

    Attributes:
        texts, weights: of each keyword.
        firsts, lasts: which of the words below are those of each keyword, end exclusive.
        starts, ends: where each word stands in the original message.
    """

    texts: tuple[str, ...]
    weights: tuple[float, ...]
    firsts: tuple[int, ...]
    lasts: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> Keyword: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Keyword, ...]: ...

    def __getitem__(self, index: int | slice) -> Keyword | tuple[Keyword, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        places = slice(self.firsts[index], self.lasts[index])
        spans = tuple(zip(self.starts[places], self.ends[places], strict=True))
        return Keyword(text=self.texts[index], weight=self.weights[index], spans=spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """The words that set the best guess apart from another label.

    Attributes:
        label: the other label.
        keywords: every word; a positive weight speaks for the best guess, a negative for the other.
            They sum to the difference of the two scores less that of the biases.
    """

    label: str
    keywords: Sequence[Keyword]


def find_keywords(scored: Scored, messages: Sequence[str], words: Words, sums: Floats) -> list[Keywords]:
    """The keywords of each message of a batch, for one label per message.

    Args:
        scored: the batch.
        messages: the messages themselves.
        words: the words of the batch.
        sums: float64 (n + 1,): the running sums of `Model.contributions` for the labels in question.

    Returns:
        For each message every word that adds something; their weights sum to the score less the bias.
    """
    folded = scored.folded
    shares = sums[words.ends] - sums[words.starts]
    which = np.flatnonzero(shares)
    shares, owners, numbers = shares[which], words.owners[which], words.numbers[which]
    begins, stops = words.starts[which], words.ends[which]
    bases = folded.raw_starts[owners] + 1
    starts, ends = folded.origins[begins] - bases, folded.origins[stops - 1] - bases + 1

    # An entity is known by its original text; its number, below those of the words, holds in this batch only.
    known: dict[str, int] = {}
    entities = np.flatnonzero(numbers == BOUNDARY)
    places = zip(owners[entities].tolist(), starts[entities].tolist(), ends[entities].tolist(), strict=True)
    originals = [messages[owner][start:end] for owner, start, end in places]
    numbers[entities] = [-known.setdefault(original, len(known) + 1) for original in originals]

    # Equal words of a message are one keyword, which stands where the first of them does.
    _, first, keyword = np.unique((owners << _NUMBER_BITS) + numbers, return_index=True, return_inverse=True)
    weights = np.bincount(keyword, shares)
    ranking = np.lexsort((first, -np.round(np.abs(weights), _DECIMALS), owners[first]))
    order = np.argsort(np.argsort(ranking)[keyword], kind="stable")  # of the words: those of the heaviest keyword first
    first, weights, counts = first[ranking], weights[ranking], np.bincount(keyword)[ranking]

    text = normalize.decode(folded.codes)
    texts = [text[begin:stop] for begin, stop in zip(begins[first].tolist(), stops[first].tolist(), strict=True)]
    is_entity = np.flatnonzero(numbers[first] < 0)
    for i, entity in zip(is_entity.tolist(), np.searchsorted(entities, first[is_entity]).tolist(), strict=True):
        texts[i] = originals[entity]
    of_message = np.arange(len(messages) + 1)
    keyword_bounds, word_bounds = np.searchsorted(owners[first], of_message), np.searchsorted(owners, of_message)
    lasts = np.cumsum(counts) - word_bounds[owners[first]]
    by_keyword = [tuple(texts), *(tuple(part.tolist()) for part in (weights, lasts - counts, lasts))]
    by_word = [tuple(part.tolist()) for part in (starts[order], ends[order])]
    return [
        Keywords(*[part[k] for part in by_keyword], *[part[w] for part in by_word])
        for k, w in zip(_slices(keyword_bounds), _slices(word_bounds), strict=True)
    ]


def _slices(bounds: Positions) -> list[slice]:
    return [slice(*pair) for pair in itertools.pairwise(bounds.tolist())]
