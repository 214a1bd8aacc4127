"""How the grounds fare on labelled messages: how often each rule fires, how often rightly, and what share is covered.

    python bench/grounds.py data/corpus
    python bench/grounds.py data/corpus --half 1    # every second writer, in alphabetical order

A rule fires rightly where the message bears the label that the rule speaks for. A label is
covered by a message of it that meets at least one rule of its own.
"""

import argparse
from collections import Counter
from pathlib import Path

from noticeguard.corpus import Example, read_examples
from noticeguard.grounds import find_grounds, rules


def half(examples: list[Example], number: int) -> list[Example]:
    """The examples of every second writer, counted from `number` (0 or 1)."""
    chosen = set(sorted({example.writer for example in examples})[number::2])
    return [example for example in examples if example.writer in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1))
    asked = parser.parse_args()
    examples = read_examples(asked.data)
    if asked.half is not None:
        examples = half(examples, asked.half)

    fired: Counter[str] = Counter()
    right: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    contradicted: Counter[tuple[str, str]] = Counter()
    for example in examples:
        met = [ground.rule for ground in find_grounds(example.text)]
        fired.update(rule.id for rule in met)
        right.update(rule.id for rule in met if rule.label == example.label)
        covered[example.label] += any(rule.label == example.label for rule in met)
        contradicted.update(
            {(rule.label, example.label) for rule in met if rule.strong and rule.label != example.label}
        )

    print(f"{'rule':<24}{'speaks for':<22}{'strong':<8}{'fires':>7}{'right':>8}")
    for rule in rules():
        share = f"{right[rule.id] / fired[rule.id]:.3f}" if fired[rule.id] else "-"
        print(f"{rule.id:<24}{rule.label:<22}{'strong' * rule.strong:<8}{fired[rule.id]:>7}{share:>8}")
    print()
    for label, messages in sorted(Counter(example.label for example in examples).items()):
        print(f"{label:<24}covered {covered[label]:>6} of {messages:>6} ({covered[label] / messages:.3f})")
    for (spoken, label), messages in sorted(contradicted.items()):
        print(f"strong for {spoken}, labelled {label}: {messages}")


if __name__ == "__main__":
    main()
