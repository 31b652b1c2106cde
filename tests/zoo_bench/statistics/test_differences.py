"""Comparisons against scipy and statsmodels, and the three conditions one by one."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zoo_bench.statistics.differences import (
    Difference,
    bounds,
    differences,
    differences_from,
    holm,
    real_differences,
    resampled_means,
    welch_p_value,
)

SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=8)


def test_welch_equals_scipy():
    first, second = [0.81, 0.83, 0.86], [0.79, 0.78, 0.8, 0.82, 0.77]
    expected = stats.ttest_ind(first, second, equal_var=False).pvalue
    assert welch_p_value(first, second) == pytest.approx(expected, rel=1e-10)


@given(SCORES, SCORES)
def test_welch_is_a_probability_and_symmetric(first, second):
    p_value = welch_p_value(first, second)
    assert 0 <= p_value <= 1
    assert p_value == pytest.approx(welch_p_value(second, first))


def test_a_single_value_is_one_that_no_seed_changes():
    scores = [0.81, 0.83, 0.86]
    expected = stats.ttest_1samp(scores, 0.8).pvalue
    assert welch_p_value(scores, [0.8]) == pytest.approx(expected, rel=1e-10)
    assert welch_p_value([0.8], scores) == pytest.approx(expected, rel=1e-10)


def test_a_baseline_meets_every_candidate_by_the_same_conditions():
    draw = np.random.default_rng(4)
    chances = np.array([0.95, 0.82, 0.8, 0.8])[:, None, None]
    correct = draw.random((4, 3, 400)) < chances
    correct[3, 1:] = correct[3, 0]  # the last is the baseline: one seed is like another
    scores = correct.mean(axis=2)
    right = np.concatenate([correct[:3].sum(axis=1), correct[3:, 0].astype(int)])
    resampled = resampled_means(right, [3, 3, 3, 1])
    found = list(differences_from(scores[3, :1], resampled[3], scores[:3], resampled[:3]))
    assert [(one.first, one.second) for one in found] == [(0, 3), (1, 3), (2, 3)]
    over_seeds = [stats.ttest_1samp(values, scores[3, 0]).pvalue for values in scores[:3]]
    errors = (resampled[:3] - resampled[3]).std(axis=1)
    z_scores = (scores[:3].mean(axis=1) - scores[3, 0]) / errors
    over_rows = 2 * stats.norm.sf(np.abs(z_scores))
    expected = holm(np.maximum(over_seeds, over_rows))
    assert [one.p_value for one in found] == pytest.approx(expected)
    for place, one in enumerate(found):
        assert one.difference == pytest.approx(scores[place].mean() - scores[3, 0])
        assert (one.low, one.high) == bounds(resampled[place] - resampled[3])
    assert [one.is_real for one in found] == [True, False, False]


@pytest.mark.parametrize(("second", "expected"), [([0.5, 0.5], 1.0), ([0.6, 0.6], 0.0)])
def test_seeds_that_never_vary(second, expected):
    assert welch_p_value([0.5, 0.5], second) == expected


@pytest.fixture(scope="module")
def multitest():
    # not inside the property: hypothesis traces what it calls, an import of a minute's work too
    module = pytest.importorskip("statsmodels.stats.multitest")
    with pytest.MonkeyPatch.context() as patch:
        # it collects garbage at every call: minutes in a process that holds thousands of tests
        patch.setattr("gc.collect", lambda *_: 0)
        yield module


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_equals_statsmodels(multitest, p_values):
    expected = multitest.multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(list(expected))


def test_resampled_means_spread_like_the_mean_of_a_sample():
    items = (np.random.default_rng(0).random((2, 500)) < [[0.8], [0.6]]).astype(int)
    resampled = resampled_means(items, [1, 1])
    assert resampled.shape == (2, 2000)
    assert resampled.mean(axis=1) == pytest.approx(items.mean(axis=1), abs=0.002)
    # the standard error of a share, by the textbook
    share = items.mean(axis=1)
    expected = np.sqrt(share * (1 - share) / 500)
    assert resampled.std(axis=1) == pytest.approx(expected, rel=0.08)


def test_the_paired_interval_agrees_with_scipys_bootstrap():
    draw = np.random.default_rng(1)
    first = (draw.random(400) < 0.8).astype(float)
    second = np.where(draw.random(400) < 0.9, first, 1 - first)
    ours = bounds(np.subtract(*resampled_means(np.stack([first, second]), [1, 1])))
    theirs = stats.bootstrap(
        (first, second),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=4000,
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_the_bootstrap_is_the_same_every_time_and_in_parts():
    correct, seeds = np.random.default_rng(3).integers(0, 4, (3, 9000)), [3, 3, 3]
    once = resampled_means(correct, seeds, resamples=900)  # more rows than are drawn at once
    assert np.array_equal(once, resampled_means(correct, seeds, resamples=900))
    assert np.array_equal(once[:1], resampled_means(correct[:1], [3], resamples=900))


def test_a_candidate_with_more_seeds_is_a_mean_of_more():
    correct = np.array([[1, 0, 1, 1], [4, 0, 4, 4]])
    one, four = resampled_means(correct, [1, 4])
    assert np.array_equal(one, four)


def test_every_two_are_compared_in_order():
    scores = [[0.9, 0.92, 0.91], [0.8, 0.82, 0.81], [0.8, 0.81, 0.82], [0.2, 0.4, 0.3]]
    draw = np.random.default_rng(4)
    correct = draw.random((4, 300)) < [[0.9], [0.8], [0.8], [0.3]]
    resampled = resampled_means(correct, [1, 1, 1, 1])
    found = list(differences(scores, resampled))
    assert [(one.first, one.second) for one in found] == list(itertools.combinations(range(4), 2))
    raw = [
        stats.ttest_ind(scores[one.first], scores[one.second], equal_var=False).pvalue
        for one in found
    ]
    assert [one.p_value for one in found] == pytest.approx(holm(raw))
    for one in found:
        assert one.difference == pytest.approx(
            np.mean(scores[one.first]) - np.mean(scores[one.second])
        )
        assert (one.low, one.high) == pytest.approx(
            bounds(resampled[one.first] - resampled[one.second])
        )


def test_what_is_real_is_found_without_all_percentiles():
    draw = np.random.default_rng(5)
    # one after the other a little worse: many intervals have an end near zero
    chances = np.linspace(0.9, 0.6, 40)[:, None, None]
    right = draw.random((40, 8, 300)) < chances
    scores = right.mean(axis=2).tolist()
    resampled = resampled_means(right.sum(axis=1), [8] * 40, resamples=200)
    expected = [(one.first, one.second) for one in differences(scores, resampled) if one.is_real]
    assert list(real_differences(scores, resampled)) == expected
    assert 100 < len(expected) < 780


@pytest.mark.parametrize("zeros", range(8))
def test_an_interval_that_ends_at_zero_is_decided_as_its_percentiles_are(zeros):
    resampled = np.zeros((3, 200))
    resampled[0, zeros:] = np.linspace(0.001, 0.1, 200 - zeros)
    resampled[2, :3] = 0.0005
    scores = [[0.9, 0.91], [0.5, 0.51], [0.5, 0.51]]
    expected = [(one.first, one.second) for one in differences(scores, resampled) if one.is_real]
    assert list(real_differences(scores, resampled)) == expected


@pytest.mark.parametrize(
    ("change", "is_real"),
    [
        ({}, True),
        ({"p_value": 0.05}, False),  # the seeds could be it
        ({"low": -0.001}, False),  # the test rows could be it
        ({"difference": 0.0019, "low": 0.001, "high": 0.003}, False),  # too small to matter
        ({"difference": -0.05, "low": -0.08, "high": -0.01}, True),
    ],
)
def test_all_three_conditions_are_needed(change, is_real):
    fields = {"difference": 0.05, "p_value": 0.049, "low": 0.01, "high": 0.09} | change
    assert Difference(0, 1, **fields).is_real is is_real
