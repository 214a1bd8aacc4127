"""Audit the corpus: coverage, near-duplicates, likely label errors, and what the surface alone gives away."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues
from datasketch import MinHash, MinHashLSH
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import cohen_kappa_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from noticeguard.calibration import fit_blend
from noticeguard.corpus import Example, read_examples
from noticeguard.errors import CorpusError, InputError
from noticeguard.files import read_text
from noticeguard.fitting import Options, fit_dictionary
from noticeguard.labels import label_ids, labels
from noticeguard.model import Floats, softmax
from noticeguard.normalize import fold, fold_many
from noticeguard.topics import find_topics
from noticeguard.training import check_groups, groups, hold_out

_NEAR = 0.6  # Jaccard similarity of character trigrams from which two messages are near-duplicates
_PERMUTATIONS = 128
_SHOWN = 20  # lines of each list
_COLLECTION = label_ids()[:4]
_BRANDS = re.compile("银行|花呗|借呗|支付宝|京东|白条|美团|微粒贷|微信|招联|捷信|平安|顺丰|移动|联通|电信")
_LINK = re.compile(r"[a-zA-Z0-9]\.[a-zA-Z]{2,}")
_DATES = re.compile(r"\d+月|\d+日|\d+号|\d{4}[-/.]\d|今日|今天|明天|明日")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the coverage table: what was counted, the figure, what is asked, whether it is met."""

    what: str
    figure: float
    asked: str
    met: bool


def audit(folder: Path, options: Options) -> tuple[str, bool]:
    """Audit a data folder.

    Args:
        folder: with `corpus/`, `kinds.toml`, `coverage.toml` and `second_reading.tsv`.
        options: how the held-out model for label errors is fitted.

    Returns:
        The report, and whether every figure asked for is met.

    Raises:
        InputError: a file is missing, unreadable or asks for nothing that can be counted; without
            `second_reading.tsv` the agreement is left out.
        CorpusError: the corpus breaks its own rules or is too small to hold a part out, or `second_reading.tsv`
            is no table.
    """
    examples = read_examples(folder / "corpus")
    asked, kinds = _toml(folder / "coverage.toml"), _toml(folder / "kinds.toml")
    _check_asked(asked, folder / "coverage.toml")
    missing = {example.scenario for example in examples} - kinds.keys()
    if missing:
        raise CorpusError(f"scenario {min(missing)!r} is not in kinds.toml; list it there")
    check_groups(examples, "scenario")
    rows = [*coverage(examples, asked), artefact(examples, asked["artefact"]["margin"], options.seed)]
    parts = [
        "coverage\n" + "".join(
            f"  {'ok  ' if row.met else 'FAIL'} {row.what:<46}{row.figure:>10.3f}   asked {row.asked}\n" for row in rows
        ),
        _list("near-duplicates in different families", near_duplicates(examples)),
        _list("likely label errors (held-out model disagrees)", label_errors(examples, options)),
        agreement(folder / "second_reading.tsv"),
    ]  # fmt: skip
    return "\n".join(parts), all(row.met for row in rows)


def _toml(path: Path) -> dict[str, Any]:
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path} is no TOML ({error}); mend it") from None


def _check_asked(asked: dict[str, Any], path: Path) -> None:
    for name, (what, holds) in _ASKED.items():
        section, _, key = name.partition(".")
        table = asked.get(section)
        if not isinstance(table, dict) or not holds(table.get(key)):
            raise InputError(f"{path}: {name} must be {what}; an audit needs it")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _are_patterns(value: Any) -> bool:
    try:
        return isinstance(value, list) and bool(re.compile("|".join(value)))
    except (re.error, TypeError):
        return False


# What `coverage.toml` must hold: a section and a key, what is asked there, and whether a value is that.
_ASKED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(
        ("least.messages", "least.kinds", "least.minimal_pairs", "least.evasion_share",
         "lengths.shortest", "lengths.longest", "artefact.margin"), ("a number", _is_number)
    ),
    **dict.fromkeys(("least.labels", "least.topics", "least.topics_per_label"), ("a table of numbers", _are_numbers)),
    "lengths.median": ("two numbers", _is_range),
    "evasion.patterns": ("a list of patterns", _are_patterns),
}  # fmt: skip


def coverage(examples: Sequence[Example], asked: dict[str, Any]) -> list[Row]:
    """The coverage table."""
    least = asked["least"]
    counts = Counter(example.label for example in examples)
    folded = fold_many([example.text for example in examples])
    by_label = Counter(
        (topic, example.label)
        for index, example in enumerate(examples)
        for topic in {example.topic, *find_topics(folded.text(index))}
        if example.label in _COLLECTION
    )
    topics = Counter({topic: sum(by_label[topic, label] for label in _COLLECTION) for topic in least["topics"]})
    lengths = np.array([len(example.text) for example in examples])
    low, high = asked["lengths"]["median"]
    median = float(np.median(lengths))
    rows = [
        _least("messages", len(examples), least["messages"]),
        _least("kinds", len({example.scenario for example in examples}), least["kinds"]),
        _least("minimal pairs", minimal_pairs(examples), least["minimal_pairs"]),
        *(_least(f"label {label}", counts[label], number) for label, number in least["labels"].items()),
        *(_least(f"topic {topic}", topics[topic], number) for topic, number in least["topics"].items()),
        *(
            _least(f"topic {topic} in {label}", by_label[topic, label], number)
            for topic, number in least["topics_per_label"].items()
            for label in _COLLECTION
        ),
        _least("share with evasion", evasion_share(examples, asked["evasion"]["patterns"]), least["evasion_share"]),
        Row(what="median length", figure=median, asked=f"{low}-{high}", met=low <= median <= high),
        _least("shortest", int(lengths.min()), asked["lengths"]["shortest"]),
    ]
    longest = asked["lengths"]["longest"]
    return [*rows, Row(what="longest", figure=lengths.max(), asked=f"at most {longest}", met=lengths.max() <= longest)]


def _least(what: str, figure: float, least: float) -> Row:
    return Row(what=what, figure=figure, asked=f"at least {least}", met=figure >= least)


def minimal_pairs(examples: Sequence[Example]) -> int:
    """How many families hold messages of different labels."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        if example.family:
            found[example.family].add(example.label)
    return sum(len(held) > 1 for held in found.values())


def evasion_share(examples: Sequence[Example], patterns: Sequence[str]) -> float:
    """The share of messages with a disguise that folding names, or with a word that a pattern finds."""
    folded = fold_many([example.text for example in examples])
    pattern = re.compile("|".join(patterns))
    return float(
        np.mean(
            [
                bool(found or pattern.search(example.text))
                for found, example in zip(folded.disguises(), examples, strict=True)
            ]
        )
    )


def near_duplicates(examples: Sequence[Example]) -> list[str]:
    """Pairs of messages in different families that share most of their character trigrams (MinHash, Broder 1997)."""
    index = MinHashLSH(threshold=_NEAR, num_perm=_PERMUTATIONS)
    found = []
    for number, example in enumerate(examples):
        text = re.sub(r"[\W\d]", "", fold(example.text))
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
        sketch.update_batch([text[i : i + 3].encode() for i in range(max(len(text) - 2, 1))])
        for other in sorted(index.query(sketch)):
            if not example.family or examples[other].family != example.family:
                across = "" if examples[other].label == example.label else "  ACROSS LABELS"
                found.append(f"{examples[other].id} ~ {example.id}{across}")
        index.insert(number, sketch)
    return found


def label_errors(examples: Sequence[Example], options: Options) -> list[str]:
    """Messages whose label a held-out model finds unlikely, worst first (confident learning, Northcutt et al. 2021)."""
    names = label_ids()
    truth = np.array([names.index(example.label) for example in examples])
    texts = [example.text for example in examples]
    dictionary = fit_dictionary(texts, options)
    views = hold_out(texts, truth, groups(examples, "scenario"), dictionary, options).views
    probabilities = softmax(fit_blend(views, truth).scores(views))
    order = find_label_issues(truth, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
    guess = probabilities.argmax(axis=1)
    return [f"{examples[i].id}: {examples[i].label}, model says {names[guess[i]]}" for i in order]


def artefact(examples: Sequence[Example], margin: float, seed: int) -> Row:
    """Whether the surface alone (length, punctuation, signature, link, script, brand, date) gives the label away."""
    X = np.array([surface(example.text) for example in examples])
    names = label_ids()
    y = np.array([names.index(example.label) for example in examples])
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    model = HistGradientBoostingClassifier(max_iter=100, random_state=seed)
    with threadpool_limits(1):  # its threads wait for one another by spinning: a busy machine would stand still
        guess = cross_val_predict(model, X, y, cv=folds, groups=groups(examples, "scenario"))
    above = float((guess == y).mean() - np.bincount(y).max() / y.size)
    return Row(
        what="surface model above the majority rate", figure=above, asked=f"at most {margin}", met=above <= margin
    )


def surface(text: str) -> Floats:
    """What is seen without reading: length, punctuation, digits, signature, link, script, brand, date."""
    size = len(text)
    return np.array(
        [
            size,
            sum(char in "，,。；;：:、" for char in text) / size,
            sum(char in "!！?？" for char in text) / size,
            sum(char.isdigit() for char in text) / size,
            "【" in text or "[" in text,
            bool(_LINK.search(text)),
            "traditional" in fold_many([text]).disguises()[0],
            bool(_BRANDS.search(text)),
            bool(_DATES.search(text)),
        ],
        np.float64,
    )


def agreement(path: Path) -> str:
    """How far the second, blind reader agreed: Cohen's kappa over all labels, and per label against the rest."""
    if not path.is_file():
        return "no second reading\n"
    lines = [line for line in read_text(path).split("\n") if line.strip() and not line.startswith("#")]
    rows = [line.split("\t") for line in lines]
    if not rows or any(len(row) != 3 for row in rows):
        raise CorpusError(f"{path} must hold rows of three columns: id, label and second label; mend it or remove it")
    first, second = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    lines = [f"second reading of {len(rows)} messages: kappa {cohen_kappa_score(first, second):.3f}"]
    lines += [
        f"  {label.id:<20} kappa {cohen_kappa_score(first == label.id, second == label.id):.3f}"
        for label in labels()
        if label.id in first or label.id in second
    ]
    return "\n".join(lines) + "\n"


def _list(title: str, lines: Sequence[str]) -> str:
    shown = "".join(f"  {line}\n" for line in lines[:_SHOWN])
    more = f"  and {len(lines) - _SHOWN} more\n" if len(lines) > _SHOWN else ""
    return f"{title}: {len(lines)}\n{shown}{more}"
