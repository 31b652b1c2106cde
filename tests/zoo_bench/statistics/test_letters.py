"""Letters against what they mean: to share one is to be tied."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from zoo_bench.statistics.letters import are_tied, letters


def test_all_tied():
    assert letters(3, []) == ["a", "a", "a"]


def test_all_different():
    assert letters(3, itertools.combinations(range(3), 2)) == ["a", "b", "c"]


def test_a_chain_of_ties():
    # 0 and 2 differ, 1 is tied with both: the textbook case
    assert letters(3, [(0, 2)]) == ["a", "ab", "b"]


def test_nobody_has_no_letters():
    assert letters(0, []) == []


@given(st.data())
def test_sharing_a_letter_is_being_tied(data):
    count = data.draw(st.integers(1, 9))
    pairs = list(itertools.combinations(range(count), 2))
    different = set(data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else [])
    found = letters(count, different)
    assert all(found)
    for first, second in pairs:
        has_shared = bool(set(found[first]) & set(found[second]))
        assert has_shared is ((first, second) not in different)
        assert are_tied(found[first], found[second]) is has_shared


def test_more_letters_than_the_alphabet_has():
    found = letters(30, itertools.combinations(range(30), 2))
    assert found[25:28] == ["z", "a1", "b1"]
    assert len(set(found)) == 30
    assert are_tied("xa1", "ba1") and not are_tied("xa1", "aa2")
