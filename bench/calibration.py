"""Which calibration? `python bench/calibration.py [DATA]`

Scores of messages whose writers the model never saw are calibrated in two ways, each fitted
on the other folds: a blend, one number per view and one per label (`calibration.fit_blend`),
and matrix scaling, a multinomial regression over the scores of both views (Kull et al.,
"Beyond temperature scaling", NeurIPS 2019). Printed are log loss, expected calibration error
(15 bins) and accuracy; on DATA as well, where it is given.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from noticeguard.calibration import fit_blend
from noticeguard.corpus import read_examples
from noticeguard.evaluation import calibration_error
from noticeguard.fitting import Blend, Options, fit, fit_dictionary
from noticeguard.labels import labels
from noticeguard.model import Floats, softmax
from noticeguard.training import groups, hold_out

Fitted = Callable[[Floats], Floats]


def blend(views: Floats, truth: NDArray[np.int64]) -> Fitted:
    fitted = fit_blend(views, truth)
    return lambda others: softmax(fitted.scores(others))


def matrix(views: Floats, truth: NDArray[np.int64]) -> Fitted:
    regression = LogisticRegression(C=1.0, max_iter=2000).fit(np.hstack(list(views)), truth)
    return lambda others: regression.predict_proba(np.hstack(list(others)))


def show(name: str, probabilities: Floats, truth: NDArray[np.int64]) -> None:
    right = probabilities.argmax(axis=1) == truth
    loss = -np.log(probabilities[np.arange(truth.size), truth]).mean()
    error = calibration_error(probabilities.max(axis=1), right)
    print(f"{name:<28}{loss:>10.4f}{error:>20.4f}{right.mean():>10.4f}")


def main() -> None:
    names = [label.id for label in labels()]
    corpus = read_examples(Path(__file__).parents[1] / "data" / "corpus")
    texts, truth = [example.text for example in corpus], np.array([names.index(example.label) for example in corpus])
    writers, dictionary = groups(corpus, "writer"), fit_dictionary(texts, Options())
    views = hold_out(texts, truth, writers, dictionary, Options()).views
    print(f"{'':<28}{'log loss':>10}{'calibration error':>20}{'accuracy':>10}")
    for way in (blend, matrix):
        probabilities = np.zeros_like(views[0])
        for rest, part in StratifiedGroupKFold(5).split(views[0], truth, writers):
            probabilities[part] = way(views[:, rest], truth[rest])(views[:, part])
        show(f"{way.__name__}, held out", probabilities, truth)
    if len(sys.argv) > 1:
        data = read_examples(Path(sys.argv[1]))
        fitted = fit(texts, truth, dictionary, Options())
        scored = fitted.model(Blend((1.0, 1.0), np.zeros(len(names)))).score([example.text for example in data])
        others = scored.parts + fitted.intercepts[:, None]
        right = np.array([names.index(example.label) for example in data])
        for way in (blend, matrix):
            show(f"{way.__name__}, {Path(sys.argv[1]).name}", way(views, truth)(others), right)


if __name__ == "__main__":
    main()
