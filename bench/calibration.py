"""Which calibration? `python bench/calibration.py [DATA]`

Scores of messages whose writers the model never saw are calibrated in two ways, each fitted
on the other folds: one temperature (Guo et al., ICML 2017), and Dirichlet calibration, a
multinomial regression over the log-probabilities (Kull et al., NeurIPS 2019). Printed are log
loss, expected calibration error (15 bins) and accuracy; on DATA as well, where it is given.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from noticeguard.corpus import read_examples
from noticeguard.evaluation import calibration_error
from noticeguard.labels import labels
from noticeguard.model import Floats, softmax
from noticeguard.training import Options, fit, fit_temperature, groups, hold_out

Fitted = Callable[[Floats], Floats]


def temperature(scores: Floats, truth: NDArray[np.int64]) -> Fitted:
    divisor = fit_temperature(scores, truth)
    return lambda other: softmax(other / divisor)


def dirichlet(scores: Floats, truth: NDArray[np.int64]) -> Fitted:
    regression = LogisticRegression(C=1.0, max_iter=2000).fit(np.log(softmax(scores) + 1e-12), truth)
    return lambda other: regression.predict_proba(np.log(softmax(other) + 1e-12))


def show(name: str, probabilities: Floats, truth: NDArray[np.int64]) -> None:
    right = probabilities.argmax(axis=1) == truth
    loss = -np.log(probabilities[np.arange(truth.size), truth]).mean()
    error = calibration_error(probabilities.max(axis=1), right)
    print(f"{name:<28}{loss:>10.4f}{error:>20.4f}{right.mean():>10.4f}")


def main() -> None:
    names = [label.id for label in labels()]
    corpus = read_examples(Path(__file__).parents[1] / "data" / "corpus")
    texts, truth = [example.text for example in corpus], np.array([names.index(example.label) for example in corpus])
    writers = groups(corpus, "writer")
    scores = hold_out(texts, truth, writers, Options()).scores
    print(f"{'':<28}{'log loss':>10}{'calibration error':>20}{'accuracy':>10}")
    for way in (temperature, dirichlet):
        probabilities = np.zeros_like(scores)
        for rest, part in StratifiedGroupKFold(5).split(scores, truth, writers):
            probabilities[part] = way(scores[rest], truth[rest])(scores[part])
        show(f"{way.__name__}, held out", probabilities, truth)
    if len(sys.argv) > 1:
        data = read_examples(Path(sys.argv[1]))
        scored = fit(texts, truth, Options()).score([example.text for example in data]).scores
        right = np.array([names.index(example.label) for example in data])
        for way in (temperature, dirichlet):
            show(f"{way.__name__}, {Path(sys.argv[1]).name}", way(scores, truth)(scored), right)


if __name__ == "__main__":
    main()
