"""Do the keywords matter? `python bench/faithfulness.py DATA`

For every message, the three heaviest words that speak for the call are deleted, and, apart
from that, three random words of the same message. Printed is the share of messages in which
the first lowers the call's probability more.
"""

import random
import sys
from pathlib import Path

from noticeguard import Classifier
from noticeguard.corpus import read_examples
from noticeguard.counterfactual import without

TOP = 3
DRAWS = 5  # random choices per message, to even out luck


def main() -> None:
    classifier, draw = Classifier.load(), random.Random(0)
    hits = total = 0
    for example in read_examples(Path(sys.argv[1])):
        verdict = classifier.classify(example.text)
        words = verdict.top_keywords(len(verdict.keywords))
        if len(words) <= TOP:
            continue  # three random words would be the same three
        top = [word for word in words if word.weight > 0][:TOP]
        others = [draw.sample(words, TOP) for _ in range(DRAWS)]
        texts = [without(example.text, chosen) for chosen in (top, *others)]
        column = list(verdict.probabilities).index(verdict.best_guess)
        left = classifier.predict_proba(texts)[:, column]
        hits += bool(left[0] < left[1:].mean())
        total += 1
    print(f"{hits} of {total} messages ({hits / total:.1%}): deleting the top {TOP} words costs the call more")


if __name__ == "__main__":
    main()
