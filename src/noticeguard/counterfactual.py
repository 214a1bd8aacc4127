"""What would have to go: the fewest words without which the call would be another."""

from collections.abc import Sequence
from dataclasses import dataclass

from noticeguard.explain import Keyword
from noticeguard.fusion import fuse
from noticeguard.labels import label_ids
from noticeguard.model import Model

_PHRASES = 4  # at most: what needs more to go is no near miss
_CANDIDATES = 12  # the heaviest words that are tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """Words whose removal from the message changes the best guess; verified by scoring what is left.

    Attributes:
        phrases: the words, in the order of the message.
        label: the best guess without them.
        probability: its calibrated probability.
    """

    phrases: tuple[Keyword, ...]
    label: str
    probability: float


def find_counterfactual(model: Model, message: str, best: int, keywords: Sequence[Keyword]) -> Counterfactual | None:
    """Remove the words that speak for the call, one by one, each time the one that hurts it most.

    Greedy search over word removals, as SEDC does for documents (Martens and Provost,
    "Explaining data-driven document classifications", MIS Quarterly 38, 2014), then
    without the words that prove unneeded.

    Args:
        model: what scores.
        message: the message.
        best: the number of its best guess.
        keywords: its words, heaviest first.

    Returns:
        `None` where four words do not suffice.
    """
    # A single character or digit may tip the sum, and tells a reader nothing.
    left = [word for word in keywords if word.weight > 0 and sum(map(str.isalpha, word.text)) > 1][:_CANDIDATES]
    chosen: list[Keyword] = []
    while left and len(chosen) < _PHRASES:
        probabilities = fuse(model, [without(message, [*chosen, word]) for word in left]).probabilities
        hardest = int(probabilities[:, best].argmin())
        chosen.append(left.pop(hardest))
        if probabilities[hardest].argmax() != best:
            return _verified(model, message, best, chosen)
    return None


def _verified(model: Model, message: str, best: int, chosen: list[Keyword]) -> Counterfactual:
    for word in chosen[:-1]:
        fewer = [other for other in chosen if other is not word]
        if fuse(model, [without(message, fewer)]).scores[0].argmax() != best:
            chosen = fewer
    probabilities = fuse(model, [without(message, chosen)]).probabilities[0]
    other = int(probabilities.argmax())
    phrases = tuple(sorted(chosen, key=lambda word: word.start))
    return Counterfactual(phrases=phrases, label=label_ids()[other], probability=float(probabilities[other]))


def without(message: str, words: Sequence[Keyword]) -> str:
    """The message with every place of the words cut out.

    >>> without("请转账到卡", [Keyword("转账到", 1.0, start=1, end=4)])
    '请卡'
    """
    parts, at = [], 0
    for start, end in sorted(span for word in words for span in word.spans):
        parts.append(message[at:start])
        at = max(at, end)
    return "".join([*parts, message[at:]])
