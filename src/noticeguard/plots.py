"""Pictures of how far probabilities can be trusted: reliability, and risk against coverage (matplotlib)."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from noticeguard.evaluation import reliability
from noticeguard.model import Floats


def save_plots(confidence: Floats, right: NDArray[np.bool_], folder: Path) -> list[Path]:
    """Write `reliability.png` and `risk_coverage.png`.

    Args:
        confidence: float64 (n,): the probability of each best guess.
        right: bool (n,): whether it is right.
        folder: where to; made where it is missing.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"reliability": _reliability(confidence, right), "risk_coverage": _risk_coverage(confidence, right)}
    paths = []
    for name, figure in figures.items():
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1], dpi=150, bbox_inches="tight")
    return paths


def risk_by_coverage(confidence: Floats, right: NDArray[np.bool_]) -> Floats:
    """The error rate over the `k` most confident calls, for k from 1 to n. Shape (n,).

    El-Yaniv and Wiener, "On the foundations of noise-free selective classification", JMLR 2010.
    """
    wrong = ~right[np.argsort(-confidence, kind="stable")]
    return np.cumsum(wrong) / np.arange(1, wrong.size + 1)


def _reliability(confidence: Floats, right: NDArray[np.bool_]) -> Figure:
    sums = reliability(confidence, right)
    counts, said, held = sums[:, sums[0] > 0]
    figure = Figure(figsize=(4.5, 4.5))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.scatter(said / counts, held / counts, s=10 + 400 * counts / counts.sum())
    axes.set(xlabel="probability said", ylabel="share right", xlim=(0, 1), ylim=(0, 1), title="Reliability")
    return figure


def _risk_coverage(confidence: Floats, right: NDArray[np.bool_]) -> Figure:
    risk = risk_by_coverage(confidence, right)
    figure = Figure(figsize=(4.5, 4.5))
    axes = figure.subplots()
    axes.plot(np.arange(1, risk.size + 1) / risk.size, risk)
    axes.set(xlabel="share answered", ylabel="share wrong among them", xlim=(0, 1), title="Risk and coverage")
    axes.set_ylim(bottom=0)
    return figure
