"""Patterns: the short forms, and that the cheap test before a pattern never loses a match."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noticeguard.normalize import encode
from noticeguard.patterns import Screen, read_lists, read_pattern

LISTS = read_lists({"kin": "爸爸 妈妈 [你您]爸", "folk": "<kin> 邻居", "maybe": "爸? 妈妈"})


def test_a_gap_of_a_clause_stops_at_a_comma_and_one_of_a_sentence_does_not():
    assert read_pattern("告诉~4<kin>", LISTS).regex.search("告诉你的妈妈")
    assert not read_pattern("告诉~4<kin>", LISTS).regex.search("告诉你,妈妈")
    assert read_pattern("告诉≈4<kin>", LISTS).regex.search("告诉你,妈妈")
    assert not read_pattern("告诉≈4<kin>", LISTS).regex.search("告诉你。妈妈")


def test_a_list_may_name_a_list_above_it_and_no_other():
    assert read_pattern("<folk>", LISTS).regex.search("您爸")
    with pytest.raises(KeyError):
        read_lists({"folk": "<kin> 邻居", "kin": "爸爸"})


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("还钱", [{"还钱"}]),
        ("不?还钱", [{"还钱"}]),
        ("还钱?", [{"还"}]),
        ("(?:起诉|仲裁)~4后", [{"起诉", "仲裁"}, {"后"}]),
        ("(?:起诉|.)后", [{"后"}]),
        ("(?!不)还钱", [{"还钱"}]),
        ("(?<![打转])我(?=妈)", [{"我"}]),
        ("[^还]钱[0-9]{2}", [{"钱"}]),
        ("[你您]家", [{"家"}, {"你", "您"}]),
        (r"a\.b", [{".b"}]),
        ("钱{0,2}卡", [{"卡"}]),
        ("钱{1,2}卡", [{"钱卡"}]),
        ("起诉|仲裁", [{"起诉", "仲裁"}]),
        ("<maybe>", []),
        ("<folk>来", [{"来"}, {"爸爸", "妈妈", "爸", "邻居"}]),
    ],
)
def test_what_a_pattern_cannot_do_without(pattern, needs):
    assert sorted(map(sorted, read_pattern(pattern, LISTS).needs)) == sorted(map(sorted, needs))


PARTS = [
    "还",
    "钱?",
    "(?:爸爸|妈)",
    "[你您]",
    "~3",
    "≈2",
    "<folk>",
    "(?!款)",
    "(?:a|b.)?",
    r"\.",
    "[^钱]",
    "卡{1,2}",
    "(?<!不)",
]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=5), st.text("还钱爸妈你您邻居ab.款卡不,。", max_size=14))
def test_a_text_that_matches_holds_what_is_needed(parts, text):
    pattern = read_pattern("".join(parts), LISTS)
    if re.search(pattern.expression, text):
        codes = encode(f"\0{text}\0")
        assert Screen([pattern]).candidates(codes, np.array([0, codes.size - 1])) == [[0]]
