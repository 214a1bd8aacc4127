"""What the model can and cannot do, capability by capability: `python bench/behaviour.py`.

The cases stand in `tests/behaviour/`, after Ribeiro et al., "Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList" (ACL 2020): `minimum/` holds messages with their labels, one file a capability; `invariance.toml` changes
that must not matter; `direction.toml` additions that must move a probability, or must not. `limits.toml` holds the
failure rate that each capability may reach. The labels follow the labelling rules, never the model.
"""

import argparse
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from noticeguard import Classifier, Verdict

FOLDER = Path(__file__).parents[1] / "tests" / "behaviour"
LIMITS = FOLDER / "limits.toml"
TOLERANCE = 0.1
"""How far a probability may move where it should not."""

LIMITS_HEADER = """\
# The failure rate that each capability may reach: the rate seen with the shipped model, and one message more (2 % of
# the cases where that is more). After a new model or new cases: `python bench/behaviour.py --write-limits`, which names
# every limit that it raises. Raise one only where the failures have been read and are accepted.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message and what is expected of its verdict.

    Attributes:
        capability: what it tests; the cases of one capability share a limit.
        message: the message to classify.
        base: the unchanged message for a comparison; the message itself where nothing is compared.
        expect: a key of `EXPECTATIONS`.
        label: the label that the expectation speaks about; empty where it is the base's best guess.
    """

    capability: str
    message: str
    base: str
    expect: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A case that failed, with the verdicts on its base and its message."""

    case: Case
    before: Verdict
    after: Verdict

    def __str__(self) -> str:
        label = self.case.label or self.before.best_guess
        before, after = self.before.probabilities[label], self.after.probabilities[label]
        moved = "" if self.case.base == self.case.message else f"from {before:.2f} "
        return f"{self.case.expect} {label}: {moved}to {after:.2f}, guess {self.after.best_guess}: {self.case.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The cases and failures of one capability."""

    count: int
    failures: tuple[Failure, ...]

    @property
    def rate(self) -> float:
        """The share of cases that failed."""
        return len(self.failures) / self.count

    @property
    def slack(self) -> int:
        """How many failures more a limit allows than were seen."""
        return max(1, self.count // 50)

    def limit(self, *, slack: int) -> float:
        """The rate with so many failures more, rounded up to a thousandth."""
        return min(1.0, math.ceil((len(self.failures) + slack) / self.count * 1000) / 1000)


EXPECTATIONS: dict[str, Callable[[Case, Verdict, Verdict], bool]] = {
    "is": lambda case, before, after: after.best_guess == case.label,
    "same": lambda case, before, after: after.best_guess == before.best_guess,
    "near": lambda case, before, after: abs(_change(before, after, before.best_guess)) <= TOLERANCE,
    "rises": lambda case, before, after: _change(before, after, case.label) > 0,
    "stays": lambda case, before, after: _change(before, after, case.label) <= TOLERANCE,
    "holds": lambda case, before, after: _change(before, after, case.label) >= -TOLERANCE,
}


def _change(before: Verdict, after: Verdict, label: str) -> float:
    return after.probabilities[label] - before.probabilities[label]


def read_cases(folder: Path = FOLDER) -> list[Case]:
    """Every case of the suite, in the order of the tables."""
    return [
        *_minimum(folder / "minimum"),
        *_invariance(folder / "invariance.toml"),
        *_direction(folder / "direction.toml"),
    ]


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _minimum(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.toml")):
        for label, messages in _read(path).items():
            for message in messages:
                yield Case(capability=f"minimum: {path.stem}", message=message, base=message, expect="is", label=label)


def _invariance(path: Path) -> Iterator[Case]:
    rows = _read(path)
    first = {slot: values[0] for slot, values in rows["slots"].items()}
    for template in rows["bases"]["messages"]:
        base = template.format(**first)
        for change, message in [*_refilled(template, first, rows["slots"]), *_edited(base, rows["edits"])]:
            for what, expect in (("label", "same"), ("probability", "near")):
                yield Case(capability=f"invariance, {what}: {change}", message=message, base=base, expect=expect)


def _refilled(template: str, first: dict[str, str], slots: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for slot, values in slots.items():
        if f"{{{slot}}}" in template:
            yield from ((slot, template.format(**{**first, slot: value})) for value in values[1:])


def _edited(base: str, edits: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    for name, edit in edits.items():
        applies = "unless" not in edit or not re.search(edit["unless"], base)
        if applies and (message := re.sub(edit["pattern"], edit["replacement"], base)) != base:
            yield name, message


def _direction(path: Path) -> Iterator[Case]:
    for name, row in _read(path).items():
        for expect, label, message, frame in product(row["expect"], row["labels"], row["messages"], row["frames"]):
            yield Case(
                capability=f"direction, {expect}: {name}",
                message=frame.format(message) + "。",
                base=message + "。",
                expect=expect,
                label=label,
            )


def run(classifier: Classifier, cases: Iterable[Case]) -> dict[str, Result]:
    """The result of every capability; each distinct message is classified once, all in one batch."""
    cases = list(cases)
    messages = list(dict.fromkeys(text for case in cases for text in (case.base, case.message)))
    verdicts = dict(zip(messages, classifier.classify_many(messages), strict=True))
    by_capability: dict[str, list[Case]] = {}
    for case in cases:
        by_capability.setdefault(case.capability, []).append(case)
    return {name: _result(own, verdicts) for name, own in by_capability.items()}


def _result(cases: list[Case], verdicts: dict[str, Verdict]) -> Result:
    failures = [
        Failure(case=case, before=verdicts[case.base], after=verdicts[case.message])
        for case in cases
        if not EXPECTATIONS[case.expect](case, verdicts[case.base], verdicts[case.message])
    ]
    return Result(count=len(cases), failures=tuple(failures))


def read_limits(path: Path = LIMITS) -> dict[str, float]:
    """The failure rate that each capability may reach."""
    return _read(path) if path.exists() else {}


def write_limits(results: dict[str, Result], path: Path = LIMITS) -> list[str]:
    """Write the limits anew and return the capabilities whose limit rose."""
    old = read_limits(path)
    new = {name: result.limit(slack=result.slack) for name, result in results.items()}
    path.write_text(LIMITS_HEADER + "".join(f'"{name}" = {limit}\n' for name, limit in new.items()), encoding="utf-8")
    return [name for name, limit in new.items() if limit > old.get(name, 1.0)]


def table(results: dict[str, Result], limits: dict[str, float]) -> str:
    """The failure rates for a reader; `sure` counts the failures that are not answered `unsure`."""
    lines = [f"{'capability':<62}{'cases':>6}{'failed':>8}{'rate':>8}{'sure':>6}{'limit':>8}"]
    for name, result in results.items():
        sure = sum(failure.after.label != "unsure" for failure in result.failures)
        limit = f"{limits[name]:.1%}" if name in limits else "-"
        lines.append(f"{name:<62}{result.count:>6}{len(result.failures):>8}{result.rate:>8.1%}{sure:>6}{limit:>8}")
    for kind in dict.fromkeys(name.partition(":")[0] for name in results):
        chosen = [result for name, result in results.items() if name.startswith(f"{kind}:")]
        count, failed = sum(result.count for result in chosen), sum(len(result.failures) for result in chosen)
        lines.append(f"{'all of ' + kind:<62}{count:>6}{failed:>8}{failed / count:>8.1%}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a model folder; the shipped one if not given")
    parser.add_argument(
        "--failures", metavar="TEXT", nargs="?", const="", help="list failures of capabilities with TEXT"
    )
    parser.add_argument("--write-limits", action="store_true", help=f"renew {LIMITS.name} from what is seen")
    asked = parser.parse_args()
    results = run(Classifier.load(asked.model), read_cases())
    raised = write_limits(results) if asked.write_limits else []
    print(table(results, read_limits()))
    if asked.failures is not None:
        for name, result in results.items():
            if asked.failures in name and result.failures:
                print(f"\n{name}", *result.failures, sep="\n  ")
    if raised:
        print("\nraised, so read their failures:", *raised, sep="\n  ")


if __name__ == "__main__":
    main()
