"""Screens: that the cheap test before a pattern never loses a match, and is a test at all."""

import re
from re import _parser as parser

import build_screens
import numpy as np
import pytest
from build_screens import Counts, needs, table
from hypothesis import given
from hypothesis import strategies as st

from noticeguard import checks, contacts, grounds, knowledge, shown, topics
from noticeguard.corpus import read_examples
from noticeguard.normalize import fold_many
from noticeguard.screen import Screen

COUNTS = Counts(["还钱", "还不还", "你您的起诉书", "到你家", "起诉到你家"])


@pytest.fixture(scope="module")
def corpus_texts():
    examples = read_examples(build_screens.ROOT / "data" / "corpus")
    return fold_many([example.text for example in examples[::60]]).texts()


def candidates(screen, text):
    (found,) = screen.candidates([text])
    return found


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("还钱", [{"还钱"}]),
        ("不?还钱", [{"还钱", "不还钱"}]),
        ("还钱?", [{"还", "还钱"}]),
        ("(?:起诉|仲裁).{0,4}?后", [{"起诉", "仲裁"}, {"后"}]),
        ("(?:起诉|.)后", [{"后"}]),
        ("(?:起诉.|仲裁.)后", [{"起诉", "仲裁"}, {"后"}]),
        ("(?!不)还钱", [{"还钱"}]),
        ("(?<![打转])我(?=妈)", [{"我"}]),
        ("[^还]钱[0-9]{2}", [{f"钱{n:02}" for n in range(100)}]),
        ("[你您]家", [{"你家", "您家"}]),
        (r"a\.b", [{"a.b"}]),
        ("卡{1,9}", [{"卡"}]),
        ("(?:款.*)?钱", [{"钱"}]),
        ("起诉|仲裁", [{"起诉", "仲裁"}]),
        (".*", []),
    ],
)
def test_what_a_pattern_cannot_do_without(pattern, words):
    found = needs(parser.parse(pattern), COUNTS.best)
    assert sorted(map(sorted, found)) == sorted(map(sorted, words))


def test_of_a_word_the_rarest_piece_is_asked_for():
    assert COUNTS.rarest("还钱") == "还钱"
    assert COUNTS.rarest("还钱吗") == "钱吗"
    assert COUNTS.rarest("还") == "还"


def test_a_text_is_tried_where_it_holds_a_piece_of_each_set():
    screen = Screen(table([["还钱"], ["不.*钱"], ["[你您]家", "起诉"]], COUNTS))
    assert candidates(screen, "不还钱") == [0, 1]
    assert candidates(screen, "没钱") == []
    assert candidates(screen, "起诉到你家") == [2]
    assert candidates(screen, "到你家") == []


PARTS = [
    "还", "钱?", "(?:爸爸|妈)", "[你您]", "[^,]{0,3}?", "(?:(?:爸爸|妈妈)|邻居)", "(?!款)", "(?:a|b.)?", r"\.", "[^钱]",
    "卡{1,2}", "(?<!不)", "(?:还|钱[^不]){1,9}",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=5), st.text("还钱爸妈你您邻居ab.款卡不,。", max_size=14))
def test_a_text_that_matches_holds_what_is_needed(parts, text):
    pattern = "".join(parts)
    if re.search(pattern, text) and needs(parser.parse(pattern), COUNTS.best):
        assert candidates(Screen(table([[pattern]], COUNTS)), text) == [0]


def test_the_tables_are_those_of_the_patterns_as_they_stand():
    for name, made in build_screens.screens().items():
        stored = knowledge.array("screens.npz", name)
        assert np.array_equal(stored, made), f"{name}: run `python tools/build_screens.py`"


def test_the_starts_are_those_of_the_patterns_as_they_stand():
    stored = dict(knowledge.rows("starts.tsv"))
    assert stored == build_screens.starts(), "run `python tools/build_screens.py`"


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=5), st.text("还钱爸妈你您邻居ab.款卡不,。", max_size=14))
def test_a_match_begins_with_one_of_the_characters_read_off(parts, text):
    pattern = "".join(parts)
    begins = build_screens.first(parser.parse(pattern))
    for match in re.finditer(pattern, text):
        assert begins is None or (match[0][0] in begins[0] if match[0] else begins[1])


def test_what_stands_before_a_pattern_loses_no_match(corpus_texts):
    searched = [*grounds.patterns(), *checks.patterns(), *topics.patterns(), *contacts.patterns()]
    quickened = [pattern for pattern in searched if pattern.regex.pattern != pattern.expression]
    assert len(quickened) > 200
    for pattern in quickened:
        plain = re.compile(pattern.expression)
        for text in corpus_texts[::5]:
            assert [found.span() for found in pattern.regex.finditer(text)] == [
                found.span() for found in plain.finditer(text)
            ]


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        ("grounds", grounds.screened(strong=False)),
        ("strong", grounds.screened(strong=True)),
        ("shown", shown.screened()),
    ],
)
def test_no_text_that_a_pattern_matches_is_passed_over(name, patterns, corpus_texts):
    screen = Screen.read(name)
    for text in corpus_texts:
        tried = candidates(screen, text)
        for number, parts in enumerate(patterns):
            if number not in tried:
                assert not all(re.search(part, text) for part in parts), (parts[0], text)
