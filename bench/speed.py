"""Throughput, latency, start and size of noticeguard beside two scikit-learn pipelines: `python bench/speed.py`."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jieba
import joblib
from peer import cut
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_limits

from noticeguard import Classifier
from noticeguard.corpus import read_examples
from noticeguard.model import shipped_path

ROOT = Path(__file__).parents[1]
CHUNK = 1000


def words_pipeline(texts: list[str], truth: list[str]) -> Pipeline:
    pipeline = make_pipeline(TfidfVectorizer(analyzer=cut), LogisticRegression(max_iter=300, tol=1e-2))
    return pipeline.fit(texts, truth)


def characters_pipeline(texts: list[str], truth: list[str]) -> Pipeline:
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2)
    return make_pipeline(vectorizer, LogisticRegression(max_iter=300, tol=1e-2)).fit(texts, truth)


def throughput(call: Callable[[list[str]], object], messages: list[str], runs: int) -> float:
    """Messages a second: the median of several runs."""
    call(messages[:CHUNK])
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        for i in range(0, len(messages), CHUNK):
            call(messages[i : i + CHUNK])
        times.append(time.perf_counter() - start)
    return len(messages) / statistics.median(times)


def latency(call: Callable[[list[str]], object], messages: list[str]) -> float:
    """Median microseconds for one message alone, warm."""
    times = []
    for message in messages:
        start = time.perf_counter()
        call([message])
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def start(command: list[str], runs: int) -> float:
    """Median seconds of a whole process."""
    times = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    jieba.setLogLevel(60)
    jieba.initialize()
    examples = read_examples(ROOT / "data" / "corpus")
    texts, truth = [e.text for e in examples], [e.label for e in examples]
    messages = (texts * (asked.messages // len(texts) + 1))[: asked.messages]
    ours = Classifier.load()
    words, characters = words_pipeline(texts, truth), characters_pipeline(texts, truth)
    contenders = {
        "noticeguard, probabilities": ours.predict_proba,
        "noticeguard, with keywords": ours.classify_many,
        "(a) scikit-learn, jieba words": words.predict_proba,
        "(b) scikit-learn, characters": characters.predict_proba,
    }
    rates = {name: throughput(call, messages, asked.runs) for name, call in contenders.items()}
    alone = {name: latency(call, messages[:500]) for name, call in contenders.items()}
    base = rates["(a) scikit-learn, jieba words"], rates["(b) scikit-learn, characters"]
    print(f"{'':<32}{'messages/s':>12}{'x (a)':>8}{'x (b)':>8}{'one, µs':>10}")
    for name, rate in rates.items():
        print(f"{name:<32}{rate:>12,.0f}{rate / base[0]:>8.2f}{rate / base[1]:>8.2f}{alone[name]:>10,.0f}")

    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "words.joblib"
        joblib.dump(words, saved)
        theirs = start([sys.executable, str(Path(__file__).with_name("peer.py")), str(saved), texts[0]], asked.runs)
        peer_size = saved.stat().st_size
    classify = start([sys.executable, "-m", "noticeguard", "classify", texts[0]], asked.runs)
    numpy = start([sys.executable, "-c", "import numpy"], asked.runs)
    size = sum(file.stat().st_size for file in shipped_path().iterdir())
    print(f"start to a printed verdict: noticeguard {classify:.2f} s, (a) {theirs:.2f} s, import numpy {numpy:.2f} s")
    print(f"model: noticeguard {size / 2**20:.2f} MiB, (a) {peer_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
