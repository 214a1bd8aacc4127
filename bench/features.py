"""Accuracy against the number of features, cross-validated by writer: `python bench/features.py` (half an hour)."""

from pathlib import Path

import numpy as np

from noticeguard.calibration import fit_blend
from noticeguard.corpus import read_examples
from noticeguard.evaluation import measure
from noticeguard.fitting import Options, fit_dictionary, fit_features
from noticeguard.labels import labels
from noticeguard.model import softmax
from noticeguard.training import groups, hold_out

CHOICES = (2, 3, 5, 8, 12, 20, 40, 80)


def main() -> None:
    examples = read_examples(Path(__file__).parents[1] / "data" / "corpus")
    texts, names = [example.text for example in examples], [label.id for label in labels()]
    truth = np.array([names.index(example.label) for example in examples])
    writers = groups(examples, "writer")
    print("| an n-gram or a word is a feature from … messages | n-grams | macro-F1 | log loss |\n|---|---|---|---|")
    for least in CHOICES:
        options = Options(least_messages=least)
        count = fit_features(texts, options).codes.size
        views = hold_out(texts, truth, writers, fit_dictionary(texts, options), options).views
        probabilities = softmax(fit_blend(views, truth).scores(views))
        loss = -np.log(probabilities[np.arange(truth.size), truth]).mean()
        figures = measure(truth, probabilities, np.ones(truth.size, bool))
        print(f"| {least} | {count:,} | {figures.macro_f1:.4f} | {loss:.4f} |", flush=True)


if __name__ == "__main__":
    main()
