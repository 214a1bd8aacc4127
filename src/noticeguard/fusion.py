"""The words' scores and the rules that they meet, put together: the scores that decide.

A sum of n-grams hears words, but not who tells whom, what is asked of the reader, or whether
somebody only quotes it; the patterns of `noticeguard.grounds` do. So whether a rule speaks for
an unlawful threat, and whether one speaks for a scam, are two more features of the linear
model. Their weights are fitted on the scores of held-out messages (stacking: Wolpert, "Stacked
generalization", Neural Networks 5, 1992), for on messages that it was trained on a model
seems to need no help.

Where the words settle whether a message is a threat, a scam or neither, no rule is looked for:
patterns cost several times as much as words, and would change little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noticeguard.grounds import Ground, find_many
from noticeguard.labels import RISKY, label_ids
from noticeguard.model import Floats, Model, Scored, Settings, softmax

Grounds = tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Fused:
    """A batch of `m` messages with the scores that decide.

    Attributes:
        scored: what the words say.
        grounds: of each message the rules that it meets, or `None` where nobody looked.
        additions: float64 (m, 5): what rules, met or not, add to the words' scores; 0 where the words settle it.
        scores: float64 (m, 5): the sums.
        probabilities: float64 (m, 5): calibrated, each row sums to 1.
    """

    scored: Scored
    grounds: list[Grounds | None]
    additions: Floats
    scores: Floats
    probabilities: Floats


def fuse(model: Model, messages: Sequence[str], *, every: bool = False) -> Fused:
    """Score a batch of messages by their words and, where these leave doubt, by the rules that they meet.

    Args:
        model: what scores.
        messages: the messages.
        every: find the grounds of each message, for those who show them; the scores are the same.
    """
    scored = model.score(messages)
    which = np.flatnonzero(doubtful(model.settings, scored.probabilities))
    looked_at = list(range(len(messages))) if every else which.tolist()
    grounds: list[Grounds | None] = [None] * len(messages)
    for i, found in zip(looked_at, find_many(scored.folded, scored.encoded.entities, looked_at), strict=True):
        grounds[i] = found
    additions = np.zeros_like(scored.scores)
    if not which.size:
        return Fused(scored, grounds, additions, scored.scores, scored.probabilities)
    additions[which] = add_rules(model.settings, meets([grounds[i] or () for i in which.tolist()]))
    scores = scored.scores + additions
    return Fused(scored, grounds, additions, scores, softmax(scores))


def doubtful(settings: Settings, probabilities: Floats) -> NDArray[np.bool_]:
    """Where the words leave open whether a message is a threat, a scam or neither: bool (m,), of probabilities (m, 5).

    Which of the harmless labels it bears no rule can tell, so doubt between those is none here.
    """
    risky = probabilities[:, [label_ids().index(label) for label in RISKY]]
    return np.asarray(np.maximum(risky.max(axis=1), 1 - risky.sum(axis=1)) < settings.sure)


def meets(grounds: Sequence[Grounds]) -> Floats:
    """Whether a rule speaks for each of `RISKY`: float64 (m, 2), of the grounds of each message."""
    met = np.zeros((len(grounds), len(RISKY)))
    for i, some in enumerate(grounds):
        for ground in some:
            met[i] += [ground.rule.label == label for label in RISKY]
    return np.minimum(met, 1.0)


def add_rules(settings: Settings, met: Floats) -> Floats:
    """What the rules add to the scores of messages in doubt: float64 (m, 5), of (m, 2)."""
    base, weights = np.array(settings.rules["none"]), np.array([settings.rules[label] for label in RISKY])
    return np.asarray(base + met @ weights)
