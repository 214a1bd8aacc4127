import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noticeguard.vocabulary import Vocabulary


@given(st.sets(st.integers(1, 2**64 - 1), min_size=1, max_size=300), st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_the_vocabulary_finds_what_it_holds_and_nothing_else(codes, others):
    known = np.array(sorted(codes), np.uint64)
    vocabulary = Vocabulary(known)
    numbers = vocabulary.arrange(np.arange(known.size), -1)
    assert numbers[vocabulary.find(known)].tolist() == list(range(known.size))
    asked = np.array([0, *others], np.uint64)
    expected = [int(np.searchsorted(known, code)) if int(code) in codes else -1 for code in asked]
    assert numbers[vocabulary.find(asked)].tolist() == expected


def test_codes_made_to_fall_into_one_bucket_are_found_all_the_same():
    inverse = pow(Vocabulary._FIRSTS[0], -1, 2**64)
    codes = np.array(sorted(number * inverse % 2**64 for number in range(1, 5001)), np.uint64)
    vocabulary = Vocabulary(codes)
    assert vocabulary.multipliers[0] == Vocabulary._FIRSTS[1]
    assert np.unique(vocabulary.find(codes)).size == codes.size
    assert (vocabulary.table[vocabulary.find(codes)] == codes).all()


def test_codes_that_find_no_slots_are_refused(monkeypatch):
    inverse = pow(Vocabulary._FIRSTS[0], -1, 2**64)
    codes = np.array(sorted(number * inverse % 2**64 for number in range(1, 5001)), np.uint64)
    monkeypatch.setattr(Vocabulary, "_FIRSTS", Vocabulary._FIRSTS[:1])
    with pytest.raises(ValueError, match="codes"):
        Vocabulary(codes)


def test_a_table_is_built_again_from_its_displacements_and_from_no_others():
    codes = np.arange(1, 5001, dtype=np.uint64) ** 3
    made = Vocabulary(codes)
    again = Vocabulary(codes, made.displacements)
    assert np.array_equal(again.table, made.table)
    assert np.array_equal(again.find(codes), made.find(codes))
    for wrong in (np.zeros_like(made.displacements), made.displacements[1:], made.displacements[::-1].copy()):
        with pytest.raises(ValueError, match=r"codes|displacements"):
            Vocabulary(codes, wrong)
