"""Keywords: the words of a message, each with its exact share of a label's score."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from noticeguard.model import Floats, Scored


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


class Segmenter:
    """Cuts a folded text into words with jieba, over the model's own small dictionary.

    jieba's whole dictionary takes most of a second to load, and its shared tokenizer can be
    changed by anybody in the process; this one is filled directly, is never changed, and
    neither reads nor writes jieba's cache.

    Args:
        words: the dictionary: word to frequency.
    """

    def __init__(self, words: dict[str, int]) -> None:
        import jieba  # here: importing noticeguard for probabilities alone needs no words

        self._tokenizer = jieba.Tokenizer()
        frequencies = dict(words)
        for word in words:
            for end in range(1, len(word)):
                frequencies.setdefault(word[:end], 0)
        self._tokenizer.FREQ = frequencies
        self._tokenizer.total = sum(words.values())
        self._tokenizer.initialized = True

    def cut(self, text: str) -> list[str]:
        """The words of a text; joined they are the text."""
        return list(self._tokenizer.cut(text, HMM=False))


def find_keywords(
    scored: Scored, index: int, message: str, contributions: Floats, segmenter: Segmenter
) -> tuple[Keyword, ...]:
    """The words of message `index` of a batch, heaviest first.

    Args:
        scored: the batch.
        index: which message.
        message: the message itself.
        contributions: float64 (s,): what each symbol of the batch adds, from `Model.contributions`.
        segmenter: what cuts words.

    Returns:
        Every word that adds something; their weights sum to the score less the bias.
    """
    encoded, folded = scored.encoded, scored.folded
    first, last = encoded.first[index] + 1, encoded.first[index + 1]
    starts = encoded.starts[first:last]
    sums = np.concatenate([[0.0], np.cumsum(contributions[first:last])])
    found: dict[str, tuple[float, list[tuple[int, int]]]] = {}
    for start, end, is_entity in _words(scored, index, segmenter):
        low, high = np.searchsorted(starts, (start, end))
        weight = float(sums[high] - sums[low])
        if high == low or weight == 0.0:
            continue
        span = folded.original_span(index, start, end)
        text = message[span[0] : span[1]] if is_entity else _text(scored, start, end)
        total, spans = found.get(text, (0.0, []))
        found[text] = (total + weight, [*spans, span])
    keywords = [Keyword(text=text, weight=weight, spans=tuple(spans)) for text, (weight, spans) in found.items()]
    return tuple(sorted(keywords, key=lambda keyword: -abs(keyword.weight)))


def _text(scored: Scored, start: int, end: int) -> str:
    return scored.folded.codes[start:end].tobytes().decode("utf-32-le", "surrogatepass")


def _words(scored: Scored, index: int, segmenter: Segmenter) -> Iterator[tuple[int, int, bool]]:
    """The words of a message as (start, end, is entity) in `Folded.codes`: entities, and jieba's between them."""
    entities = scored.encoded.entities
    begin, end = int(scored.folded.starts[index]) + 1, int(scored.folded.starts[index + 1])
    low, high = np.searchsorted(entities.starts, (begin, end))
    spans = zip(entities.starts[low:high].tolist(), entities.ends[low:high].tolist(), strict=True)
    for start, stop in [*spans, (end, end)]:
        for word in segmenter.cut(_text(scored, begin, start)):
            yield begin, begin + len(word), False
            begin += len(word)
        if stop > start:
            yield start, stop, True
        begin = stop
