"""What a user would otherwise write: a joblib file of scikit-learn over jieba's words, loaded and asked once."""

import sys

import jieba


def cut(message: str) -> list[str]:
    return jieba.lcut(message)


if __name__ == "__main__":
    import joblib

    jieba.setLogLevel(60)
    print(joblib.load(sys.argv[1]).predict_proba([sys.argv[2]]))
