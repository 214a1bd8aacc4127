"""What the settings of a model are: probabilities, rules and thresholds, from scores of held-out messages."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from noticeguard.fitting import Blend, Options
from noticeguard.fusion import add_rules, doubtful
from noticeguard.labels import RISKY, label_ids, labels
from noticeguard.model import MODES, Floats, Model, Settings, softmax

_STRANGE = 0.005  # the share of held-out messages that may count as out of scope
_RULE_PENALTY = 1e-5  # of what rules add, squared: it decides between tables that give the same probabilities


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What models say of `n` messages whose group they never saw.

    Attributes:
        views: float64 (2, n, 5): the scores by n-grams, and by words.
        familiarity: float64 (n,): as of `Model.scope`.
        folds: int64 (n,): in which fold each was held out.
    """

    views: Floats
    familiarity: Floats
    folds: NDArray[np.int64]

    def part(self, which: NDArray[np.bool_]) -> "HeldOut":
        """Some of the messages."""
        return HeldOut(self.views[:, which], self.familiarity[which], self.folds[which])


def fit_blend(views: Floats, truth: NDArray[np.int64]) -> Blend:
    """The blend of held-out scores with the least log loss, which makes them calibrated log-probabilities.

    Stacking (Wolpert, "Stacked generalization", Neural Networks 5, 1992) with one number per view, as temperature
    scaling has one for all (Guo et al., ICML 2017).

    Args:
        views: float64 (2, n, 5): the scores by n-grams, and by words.
        truth: int64 (n,).
    """
    right = np.eye(len(labels()))[truth]

    def read(flat: Floats) -> Blend:
        first, second, *offsets = flat.tolist()
        return Blend((first, second), np.array(offsets))

    def loss(flat: Floats) -> tuple[float, Floats]:
        probabilities = softmax(read(flat).scores(views))
        slope = (probabilities - right) / truth.size
        fit = -(right * np.log(np.maximum(probabilities, 1e-12))).sum() / truth.size
        return float(fit), np.concatenate([(views * slope).sum(axis=(1, 2)), slope.sum(axis=0)])

    begin = np.concatenate([[0.5, 0.5], np.zeros(len(labels()))])
    return read(optimize.minimize(loss, begin, jac=True, method="L-BFGS-B").x)


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
        settings: from where words settle a call.
        false_scams: the share of genuine and lawful messages that may be called a scam.
    """
    in_doubt = doubtful(settings, softmax(scores))
    design = np.column_stack([np.ones(len(met)), met])
    X = design[in_doubt]
    offsets, right = scores[in_doubt], np.eye(len(labels()))[truth[in_doubt]]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(X.shape[1], -1)
        probabilities = softmax(offsets + X @ weights)
        fit = -(right * np.log(np.maximum(probabilities, 1e-12))).sum() / max(len(X), 1)
        slope = X.T @ (probabilities - right) / max(len(X), 1)
        return float(fit + _RULE_PENALTY * (flat**2).sum()), (slope + 2 * _RULE_PENALTY * weights).ravel()

    found = optimize.minimize(loss, np.zeros(X.shape[1] * len(labels())), jac=True, method="L-BFGS-B").x
    table = found.reshape(X.shape[1], -1)
    fused = scores + design @ table * in_doubt[:, None]
    names = label_ids()
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


def fit_alarms(probabilities: Floats, truth: NDArray[np.int64], false_alarms: float) -> tuple[float, ...]:
    """Per label, the least probability from which at most this share of held-out harmless messages are called it.

    That is asked of what alarms alone, a threat and a scam each: precision over our messages, of which every third is
    one, says little of how often a filter would cry wolf.
    """
    risky = [label_ids().index(label) for label in RISKY]
    harmless = probabilities[~np.isin(truth, risky)]
    guess, least = harmless.argmax(axis=1), [0.0] * len(label_ids())
    for label in risky:
        alarms = np.sort(harmless[guess == label, label])[::-1]
        allowed = int(false_alarms * len(harmless))
        if alarms.size > allowed:
            least[label] = min(1.0, (math.floor(alarms[allowed] * 1e4) + 1) / 1e4)  # above it, where there is room
    return tuple(least)


def fit_unrelated(probabilities: Floats, truth: NDArray[np.int64], settings: Settings, false_calls: float) -> float:
    """`Settings.unrelated_below`: at most this share of held-out unrelated messages are answered anything else.

    Args:
        probabilities: float64 (n, 5).
        truth: int64 (n,).
        settings: with thresholds; the limit is fitted for the mode `balanced`, and holds for `cautious` too.
        false_calls: the share.
    """
    unrelated = label_ids().index("unrelated")
    own = probabilities[truth == unrelated]
    is_wrong = settings.sure_enough(own, "balanced") & (own.argmax(axis=1) != unrelated)
    wrong = np.sort(own[is_wrong, unrelated])
    allowed = int(false_calls * len(own))
    return math.floor(wrong[allowed] * 1e4) / 1e4 if wrong.size > allowed else 1.0


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


def calibrate(
    model: Model, held_out: HeldOut, blend: Blend, met: Floats, truth: NDArray[np.int64], options: Options
) -> Settings:
    """The settings of a fitted model: rules, thresholds and scope from held-out scores.

    Args:
        model: what was fitted, blended.
        held_out: what was held out, n messages.
        blend: its blend.
        met: float64 (n, 2): `fusion.meets`.
        truth: int64 (n,).
        options: what is asked.
    """
    scores = blend.scores(held_out.views)
    settings = replace(model.settings, sure=options.sure)
    settings = replace(settings, rules=fit_rules(scores, met, truth, settings, options.false_scams))
    probabilities = fused_probabilities(settings, scores, met)
    precisions = {"cautious": options.cautious_precision, "balanced": options.precision}
    alarms = fit_alarms(probabilities, truth, options.false_alarms)
    thresholds = {mode: fit_thresholds(probabilities, truth, precisions[mode]) for mode in MODES}
    thresholds = {mode: tuple(map(max, least, alarms)) for mode, least in thresholds.items()}
    settings = replace(settings, thresholds=thresholds, unrelated_below=1.0)
    return replace(
        settings,
        unrelated_below=fit_unrelated(probabilities, truth, settings, options.false_calls),
        plausible=fit_plausible(probabilities, truth, options.error),
        least_evidence=options.least_evidence,
        least_familiarity=round(float(np.quantile(held_out.familiarity, _STRANGE)), 4),
    )


def fused_probabilities(settings: Settings, scores: Floats, met: Floats) -> Floats:
    """What `fusion.fuse` would say: float64 (n, 5), of words' scores and the rules met."""
    in_doubt = doubtful(settings, softmax(scores))
    return softmax(scores + add_rules(settings, met) * in_doubt[:, None])
