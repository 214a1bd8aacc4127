"""Patterns: the short forms."""

import pytest

from noticeguard.patterns import read_lists, read_pattern

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
