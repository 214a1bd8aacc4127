"""The corpus keeps its own rules."""

import json
import re
import tomllib
from collections import Counter
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
KINDS = tomllib.loads((DATA / "kinds.toml").read_text(encoding="utf-8"))
ROWS = [
    (path, json.loads(line))
    for path in sorted(DATA.glob("corpus/*/*.jsonl"))
    for line in path.read_text(encoding="utf-8").split("\n")
    if line
]


def test_every_row_stands_where_it_says():
    assert [row["id"] for path, row in ROWS if (path.parent.name, path.stem) != (row["label"], row["scenario"])] == []


def test_every_scenario_is_a_catalogued_kind_with_its_label_and_topic():
    wrong = [
        row["id"]
        for _, row in ROWS
        if (KINDS.get(row["scenario"], {}).get("label"), KINDS.get(row["scenario"], {}).get("topic"))
        != (row["label"], row["topic"])
    ]
    assert wrong == []
    assert {path.stem for path, _ in ROWS} == KINDS.keys()


def test_no_message_stands_twice():
    texts = Counter(re.sub(r"\s", "", row["text"]) for _, row in ROWS)
    assert [text for text, count in texts.items() if count > 1] == []


def test_mobile_numbers_cannot_be_in_use():
    numbers = [number for _, row in ROWS for number in re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", row["text"])]
    assert [number for number in numbers if number[:3] not in {"142", "143", "154"}] == []


def test_card_numbers_fail_their_check_digit():
    def luhn(number):
        digits = [int(d) for d in reversed(number)]
        return sum(d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(digits)) % 10 == 0

    numbers = [n for _, row in ROWS for n in re.findall(r"(?<!\d)[3-6]\d{15,18}(?!\d)", row["text"].replace(" ", ""))]
    assert [number for number in numbers if luhn(number)] == []
