"""Keywords: the words of a message, each with its exact share of a label's score."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
        total: the sum of frequencies of the dictionary it is a part of. Against a smaller total jieba
            would find two characters likelier than the word that they make.
    """

    def __init__(self, words: dict[str, int], total: int) -> None:
        import jieba  # here: importing noticeguard for probabilities alone needs no words

        self._tokenizer = jieba.Tokenizer()
        frequencies = dict(words)
        for word in words:
            for end in range(1, len(word)):
                frequencies.setdefault(word[:end], 0)
        self._tokenizer.FREQ = frequencies
        self._tokenizer.total = total
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
        contributions: float64 (n + 1,): running sums over the batch, from `Model.contributions`.
        segmenter: what cuts words.

    Returns:
        Every word that adds something; their weights sum to the score less the bias.
    """
    folded = scored.folded
    begin, end = int(folded.starts[index]) + 1, int(folded.starts[index + 1])
    text = folded.text(index)
    sums = contributions[begin : end + 1].tolist()
    weights: dict[str, float] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    for start, stop, is_entity in _words(scored, begin, text, segmenter):
        weight = sums[stop] - sums[start]
        if weight == 0.0:
            continue
        span = folded.original_span(index, begin + start, begin + stop)
        word = message[span[0] : span[1]] if is_entity else text[start:stop]
        weights[word] = weights.get(word, 0.0) + weight
        spans.setdefault(word, []).append(span)
    keywords = [Keyword(text=word, weight=weight, spans=tuple(spans[word])) for word, weight in weights.items()]
    # Running sums differ in the last digits with a message's place in its batch: ties are settled by place.
    return tuple(sorted(keywords, key=lambda keyword: (-round(abs(keyword.weight), 9), keyword.spans[0])))


def _words(scored: Scored, begin: int, text: str, segmenter: Segmenter) -> Iterator[tuple[int, int, bool]]:
    """The words of a text as (start, end, is entity): its entities, and jieba's words between them."""
    mentions = scored.encoded.entities.within(begin, begin + len(text))
    spans = [(mention.start, mention.end) for mention in mentions]
    at = 0
    for start, stop in [*spans, (len(text), len(text))]:
        for word in segmenter.cut(text[at:start]) if start > at else ():
            yield at, at + len(word), False
            at += len(word)
        if stop > start:
            yield start, stop, True
        at = stop
