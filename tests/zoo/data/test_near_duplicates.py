"""Near duplicates are those that comparing every text with every other finds."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, strategies

from zoo.data.near_duplicates import NearDuplicates, check_threshold, trigrams
from zoo.errors import DataError


def similarity(one, other):
    """Jaccard's measure, from its definition."""
    first, second = trigrams(one), trigrams(other)
    return len(first & second) / len(first | second)


def by_brute_force(texts, groups, threshold):
    """For each text the bits of the splits that hold a near one."""
    found = [0] * len(texts)
    for one, other in itertools.combinations(range(len(texts)), 2):
        if similarity(texts[one], texts[other]) >= threshold - 1e-9:
            found[one] |= groups[other]
            found[other] |= groups[one]
    return found


def variants(seed, count):
    """Texts of which many differ by a letter or two, and the splits they are in."""
    draw = random.Random(seed)
    letters = "가나다라마바사 abc🙂"
    texts = ["".join(draw.choices(letters, k=draw.randint(1, 40))) for _ in range(count // 4)]
    while len(texts) < count:
        text = list(draw.choice(texts))
        for _ in range(draw.randint(1, 3)):
            text.insert(draw.randint(0, len(text)), draw.choice(letters))
        texts.append("".join(text))
    texts = list(dict.fromkeys(texts))
    return texts, [draw.randint(1, 7) for _ in texts]


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.95])
def test_the_search_finds_what_brute_force_finds(threshold):
    texts, groups = variants(seed=1, count=300)

    found = NearDuplicates(texts, groups, threshold)

    expected = by_brute_force(texts, groups, threshold)
    assert found.found.tolist() == expected
    assert any(expected)
    assert all(similarity(texts[a], texts[b]) >= threshold - 1e-9 for a, b in found.pairs)


@given(strategies.lists(strategies.text("가나다", max_size=9), unique=True, max_size=25))
def test_short_texts_of_few_letters_too(texts):
    groups = [1 + number % 3 for number in range(len(texts))]

    assert NearDuplicates(texts, groups, 0.6).found.tolist() == by_brute_force(texts, groups, 0.6)


def test_groups_of_candidates_change_nothing(monkeypatch):
    texts, groups = variants(seed=2, count=120)
    monkeypatch.setattr("zoo.data.near_duplicates._MOST_CANDIDATES", 7)

    assert NearDuplicates(texts, groups).found.tolist() == by_brute_force(texts, groups, 0.8)


def test_what_the_threshold_means():
    # 7 letters have 5 trigrams, 8 have these and one more: 5 of 6
    assert NearDuplicates(["가나다라마바사", "가나다라마바사아"], [1, 2]).found.tolist() == [2, 1]
    # one letter less: 4 of 5, which is just enough; and less than that is not
    assert similarity("가나다라마바", "가나다라마바사") == 0.8
    assert NearDuplicates(["가나다라마바", "가나다라마바사"], [1, 2]).found.tolist() == [2, 1]
    assert NearDuplicates(["가나다라마", "가나다라마바"], [1, 2]).found.tolist() == [0, 0]


@pytest.mark.parametrize("texts", [[], ["하나"]])
def test_nothing_is_near_nothing(texts):
    assert NearDuplicates(texts, [1] * len(texts)).found.tolist() == [0] * len(texts)


@pytest.mark.parametrize("threshold", [0.4, 1.1, float("nan"), "much"])
def test_a_threshold_that_means_nothing_is_refused(threshold):
    with pytest.raises(DataError, match=r"must be from 0\.5 to 1, got "):
        check_threshold(threshold)
