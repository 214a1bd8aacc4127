"""How calls hold up under disguise, beside two peers: `python bench/robustness.py DATA`. Prints figures only."""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import jieba
import numpy as np
from peers import cut
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from speed import ROOT

from noticeguard import Classifier
from noticeguard.corpus import Example, read_examples
from noticeguard.evaluation import measure
from noticeguard.evasion import DISGUISES, disguise
from noticeguard.labels import RISKY, labels

NAMES = [label.id for label in labels()]
Predict = Callable[[Sequence[str]], Sequence[str]]
Attack = Callable[[str, str, int], str]


def ours(classifier: Classifier) -> Predict:
    return lambda messages: [NAMES[best] for best in classifier.predict_proba(messages).argmax(axis=1)]


def words_pipeline(texts: list[str], truth: list[str]) -> Predict:
    regression = LogisticRegression(C=5, class_weight="balanced", max_iter=1000)
    predict: Predict = make_pipeline(TfidfVectorizer(analyzer=cut), regression).fit(texts, truth).predict
    return predict


def fasttext_words(texts: list[str], truth: list[str]) -> Predict:
    import fasttext

    def line(text: str) -> str:
        return " ".join(cut(text)).replace("\n", " ")

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "train.txt"
        rows = [f"__label__{label} {line(text)}\n" for text, label in zip(texts, truth, strict=True)]
        random.Random(1).shuffle(rows)  # it learns in this order
        data.write_text("".join(rows), encoding="utf-8")
        model = fasttext.train_supervised(
            str(data), lr=0.5, epoch=25, wordNgrams=2, dim=50, bucket=200_000, thread=1, seed=1, verbose=0
        )
    # Its own `predict` of several lines fails with NumPy 2; the binding below it does not.
    return lambda messages: [model.f.predict(line(text) + "\n", 1, 0.0, "strict")[0][1][9:] for text in messages]


def contenders(classifier: Classifier, corpus: Path) -> dict[str, Predict]:
    examples = read_examples(corpus)
    texts, truth = [e.text for e in examples], [e.label for e in examples]
    found: dict[str, Predict] = {
        "noticeguard": ours(classifier),
        "(i) jieba TF-IDF": words_pipeline(texts, truth),
    }
    if find_spec("fasttext"):
        found["(ii) fastText"] = fasttext_words(texts, truth)
    else:
        print("fastText is left out: pip install '.[bench]'")
    return found


def top_words(classifier: Classifier, messages: Sequence[str], count: int) -> dict[str, list[str]]:
    """Of each message, the words that speak most for our own call of it."""
    return {
        message: [
            message[start:end]
            for keyword in [keyword for keyword in verdict.top_keywords(len(message)) if keyword.weight > 0][:count]
            for start, end in keyword.spans
        ]
        for message, verdict in zip(messages, classifier.classify_many(messages), strict=True)
    }


def figures(examples: Sequence[Example], called: Sequence[str]) -> tuple[float, float, float]:
    """Macro-F1, recall of scams, and the share of harmless messages called a threat or scam."""
    truth = np.array([NAMES.index(example.label) for example in examples])
    guess = np.array([NAMES.index(name) for name in called])
    found = measure(truth, np.eye(len(NAMES))[guess], np.ones(truth.size, bool))
    risky = [NAMES.index(name) for name in RISKY]
    alarms = np.isin(guess[~np.isin(truth, risky)], risky)
    return found.macro_f1, found.labels["impersonation_scam"].recall, float(alarms.mean()) if alarms.size else 0.0


def table(examples: Sequence[Example], predict: dict[str, Predict], attack: Attack, seeds: int) -> Iterator[str]:
    messages = [example.text for example in examples]
    clean = {name: np.array(figures(examples, call(messages))) for name, call in predict.items()}
    yield f"{'':<12}{'changed':>8}" + "".join(f"{name:^30}" for name in predict)
    yield f"{'':<20}" + f"{'macro-F1':>12}{'recall':>9}{'alarms':>9}" * len(predict)
    yield f"{'clean':<20}" + "".join(f"{f1:12.3f}{recall:9.3f}{alarms:9.3f}" for f1, recall, alarms in clean.values())
    for kind in DISGUISES:
        runs = [[attack(message, kind, seed) for message in messages] for seed in range(seeds)]
        changed = np.mean([[new != old for new, old in zip(run, messages, strict=True)] for run in runs])
        row = f"{kind:<12}{changed:>8.0%}"
        for name, call in predict.items():
            f1, recall, alarms = np.mean([figures(examples, call(run)) for run in runs], axis=0) - clean[name]
            row += f"{f1:+12.3f}{recall:+9.3f}{alarms:+9.3f}"
        yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="labelled .jsonl, not part of the corpus")
    parser.add_argument("--model", type=Path, help="a model folder; default: the shipped")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data" / "corpus", help="what the peers are fitted on")
    parser.add_argument("--strength", type=float, nargs="+", default=[0.3, 1.0], help="of the random attack")
    parser.add_argument("--words", type=int, default=5, help="how many of our keywords the adaptive attack disguises")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each attack, averaged")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    asked = parser.parse_args()
    jieba.setLogLevel(60)
    classifier = Classifier.load(asked.model)
    examples = read_examples(asked.data)
    predict = {"noticeguard": ours(classifier)} if asked.alone else contenders(classifier, asked.corpus)
    top = top_words(classifier, [example.text for example in examples], asked.words)

    def anywhere(strength: float) -> Attack:
        return lambda message, kind, seed: disguise(message, kind, strength=strength, seed=seed)

    attacks = {f"a share of {strength:.0%} of all places": anywhere(strength) for strength in asked.strength}
    attacks[f"our own {asked.words} heaviest words of each message"] = lambda message, kind, seed: disguise(
        message, kind, seed=seed, words=top[message]
    )
    print(f"{len(examples)} messages; changes against clean, means of {asked.seeds} runs")
    for name, attack in attacks.items():
        print(f"\n{name}", *table(examples, predict, attack, asked.seeds), sep="\n")


if __name__ == "__main__":
    main()
