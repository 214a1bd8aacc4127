"""Whole verdicts, kept as files: the three doors give them alike. `tools/refresh_golden.py` writes them anew."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from noticeguard.labels import answers

CASES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "golden").glob("*.json"))
}


def close(left, right):
    """Whether two verdicts are the same but for the last digits of a number."""
    if isinstance(left, float) and isinstance(right, float):
        return left == pytest.approx(right, abs=2e-4)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(close(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(close, left, right))
    return left == right


def test_there_are_sixty_cases_over_all_answers_topics_and_both_languages():
    assert len(CASES) >= 60
    verdicts = [case["verdict"] for case in CASES.values()]
    assert {verdict["label"] for verdict in verdicts} == set(answers())
    assert len({topic for verdict in verdicts for topic in verdict["topics"]}) >= 10
    assert {case["language"] for case in CASES.values()} == {"zh", "en"}


@pytest.mark.parametrize("name", CASES)
def test_the_api_gives_the_golden_verdict(classifier, name):
    case = CASES[name]
    verdict = classifier.explain(case["message"], why=case["why"]).to_dict(keywords=8, language=case["language"])
    assert close(json.loads(json.dumps(verdict)), case["verdict"])


def test_the_command_gives_the_golden_verdicts():
    def run(case):
        why = ["--why", case["why"]] if case["why"] else []
        command = [sys.executable, "-m", "noticeguard", "classify", "--json", "--lang", case["language"], *why]
        result = subprocess.run(command, input=case["message"].encode(), capture_output=True, check=True)
        return json.loads(result.stdout)

    with ThreadPoolExecutor(4) as pool:
        found = dict(zip(CASES, pool.map(run, CASES.values()), strict=True))
    assert [name for name in CASES if not close(found[name], CASES[name]["verdict"])] == []


def test_batch_gives_the_golden_answers(tmp_path):
    rows = "".join(json.dumps({"text": case["message"]}) + "\n" for case in CASES.values())
    command = [sys.executable, "-m", "noticeguard", "batch", "-", "-o", "-"]
    result = subprocess.run(command, input=rows.encode(), capture_output=True, check=True)
    for line, case in zip(result.stdout.splitlines(), CASES.values(), strict=True):
        row, verdict = json.loads(line), case["verdict"]
        assert (row["label"], row["best_guess"]) == (verdict["label"], verdict["best_guess"])
        assert row["probability"] == pytest.approx(verdict["probability"], abs=2e-4)
        assert row["keywords"] == [word["text"] for word in verdict["keywords"] if word["weight"] > 0]
