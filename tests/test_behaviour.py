"""The behavioural suite (`bench/behaviour.py` over the tables in `tests/behaviour/`)."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from behaviour import EXPECTATIONS, Case, Failure, Result, read_cases, read_limits, run, table, write_limits
from noticeguard.corpus import read_examples
from noticeguard.labels import labels

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
CASES = read_cases()
CAPABILITIES = list(dict.fromkeys(case.capability for case in CASES))
LABELS = [label.id for label in labels()]
RUN = 20
RENEW = "python bench/behaviour.py --write-limits"


@pytest.fixture(scope="module")
def results(classifier):
    return run(classifier, CASES)


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_capability_fails_no_more_often_than_its_limit(results, capability):
    result = results[capability]
    failures = "\n".join(map(str, result.failures))
    assert result.rate <= read_limits().get(capability, 0.0), f"{failures}\nwhere these are accepted: {RENEW}"


def test_every_capability_has_a_limit_and_an_improvement_has_lowered_it(results):
    limits = read_limits()
    assert list(limits) == CAPABILITIES, RENEW
    loose = [name for name, result in results.items() if limits[name] > result.limit(slack=2 * result.slack)]
    assert loose == [], RENEW


def test_the_messages_are_many_distinct_and_carry_known_labels():
    minimum = [case for case in CASES if case.capability.startswith("minimum:")]
    assert len(minimum) >= 450
    assert [text for text, count in Counter(case.message for case in minimum).items() if count > 1] == []
    assert {case.label for case in minimum} == set(LABELS)
    assert {case.label for case in CASES} <= {*LABELS, ""}
    assert min(Counter(case.capability for case in minimum).values()) >= 10


def test_no_message_shares_a_long_run_of_characters_with_the_corpus():
    # A model that has read the suite would pass it without the capability.
    seen = {e.text[i : i + RUN] for e in read_examples(CORPUS) for i in range(len(e.text) - RUN + 1)}
    messages = {text for case in CASES for text in (case.base, case.message)}
    shared = [m for m in messages if any(m[i : i + RUN] in seen for i in range(len(m) - RUN + 1))]
    assert shared == []


def test_every_comparison_changes_its_message():
    compared = [case for case in CASES if not case.capability.startswith("minimum:")]
    assert [case.message for case in compared if case.message == case.base] == []
    assert {case.expect for case in CASES} == EXPECTATIONS.keys()


def verdict(threat):
    probabilities = {"unlawful_threat": threat, "legal_collection": 1 - threat}
    guess = max(probabilities, key=probabilities.__getitem__)
    return SimpleNamespace(best_guess=guess, label=guess, probabilities=probabilities)


def case(expect, message="乙"):
    return Case(capability="能力", message=message, base="甲", expect=expect, label="unlawful_threat")


@pytest.mark.parametrize(
    ("expect", "before", "after", "met"),
    [
        ("is", 0.1, 0.6, True),
        ("is", 0.9, 0.4, False),
        ("same", 0.6, 0.9, True),
        ("same", 0.6, 0.4, False),
        ("near", 0.2, 0.25, True),
        ("near", 0.2, 0.35, False),
        ("near", 0.8, 0.65, False),
        ("rises", 0.2, 0.21, True),
        ("rises", 0.2, 0.2, False),
        ("stays", 0.2, 0.05, True),
        ("stays", 0.2, 0.35, False),
        ("holds", 0.8, 0.95, True),
        ("holds", 0.8, 0.65, False),
    ],
)
def test_an_expectation_is_met_by_what_it_says(expect, before, after, met):
    assert EXPECTATIONS[expect](case(expect), verdict(before), verdict(after)) is met


def outcome(failed, count=10):
    failure = Failure(case=case("rises"), before=verdict(0.5), after=verdict(0.25))
    return Result(count=count, failures=(failure,) * failed)


def test_renewed_limits_follow_an_improvement_and_name_what_rose(tmp_path):
    path = tmp_path / "limits.toml"
    assert write_limits({"a": outcome(4), "b": outcome(4)}, path) == []
    assert read_limits(path) == {"a": 0.5, "b": 0.5}
    assert write_limits({"a": outcome(2), "b": outcome(6)}, path) == ["b"]
    assert read_limits(path) == {"a": 0.3, "b": 0.7}
    assert write_limits({"a": outcome(10)}, path) == ["a"]
    assert read_limits(path) == {"a": 1.0}


def test_the_table_counts_the_failures_and_a_failure_names_its_message():
    row = next(line for line in table({"minimum: x": outcome(2)}, {"minimum: x": 0.3}).splitlines() if ": x" in line)
    assert row.split()[2:] == ["10", "2", "20.0%", "2", "30.0%"]
    assert str(outcome(1).failures[0]) == "rises unlawful_threat: from 0.50 to 0.25, guess legal_collection: 乙"
