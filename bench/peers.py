"""What a user would otherwise write: four pipelines over words or characters, fitted on the same messages."""

import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import jieba
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

_ATTEMPTS = 5
Predict = Callable[[Sequence[str]], object]
"""Labels and probabilities of messages, from raw strings."""


def cut(message: str) -> list[str]:
    words: list[str] = jieba.lcut(message)
    return words


def fit_words(texts: Sequence[str], truth: Sequence[str]) -> Pipeline:
    """(a) TF-IDF over jieba's words and logistic regression."""
    jieba.setLogLevel(logging.WARNING)
    return make_pipeline(TfidfVectorizer(analyzer=cut), LogisticRegression(max_iter=300, tol=1e-2)).fit(texts, truth)


def fit_characters(texts: Sequence[str], truth: Sequence[str]) -> Pipeline:
    """(b) TF-IDF over character n-grams and logistic regression."""
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2)
    return make_pipeline(vectorizer, LogisticRegression(max_iter=300, tol=1e-2)).fit(texts, truth)


def fit_fasttext(texts: Sequence[str], truth: Sequence[str], cut: Callable[[str], list[str]], length: int) -> Predict:
    """(c), (d) fastText over whatever `cut` makes of a message, in n-grams up to `length`."""
    import fasttext

    def line(message: str) -> str:
        return " ".join(cut(message.replace("\n", " ")))

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "messages.txt"
        rows = (f"__label__{label} {line(text)}\n" for text, label in zip(texts, truth, strict=True))
        data.write_text("".join(rows), encoding="utf-8")
        for attempt in range(_ATTEMPTS):
            try:
                model = fasttext.train_supervised(
                    str(data), wordNgrams=length, epoch=10, thread=1, verbose=0, bucket=200_000
                )
                break
            except RuntimeError:  # "Encountered NaN", now and then, on the same messages
                if attempt == _ATTEMPTS - 1:
                    raise
    return lambda messages: model.predict([line(message) for message in messages], k=5)


if __name__ == "__main__":  # (a), loaded from its file and asked once
    import sys

    import joblib

    jieba.setLogLevel(logging.WARNING)
    print(joblib.load(sys.argv[1]).predict_proba([sys.argv[2]]))
