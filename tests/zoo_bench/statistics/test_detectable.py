"""The smallest detectable difference against statsmodels' power of a t test."""

import numpy as np
import pytest

from zoo_bench.statistics.detectable import smallest_detectable


def scores_with_deviation(deviation, candidates, seeds):
    """Scores of so many candidates whose standard deviation over seeds is exactly this."""
    half = deviation * ((seeds - 1) / seeds) ** 0.5
    assert seeds % 2 == 0
    return [[0.8 - half, 0.8 + half] * (seeds // 2) for _ in range(candidates)]


def rows_that_all_agree(candidates):
    """Resampled means of candidates that no choice of rows changes."""
    return np.full((candidates, 50), 0.8)


@pytest.mark.parametrize(("candidates", "seeds"), [(2, 4), (4, 4), (8, 10)])
def test_equals_statsmodels(candidates, seeds):
    power = pytest.importorskip("statsmodels.stats.power")
    comparisons = candidates * (candidates - 1) // 2
    effect = power.TTestIndPower().solve_power(
        nobs1=seeds, alpha=0.05 / comparisons, power=0.8, alternative="two-sided"
    )
    found = smallest_detectable(
        scores_with_deviation(0.01, candidates, seeds), rows_that_all_agree(candidates)
    )
    assert found == pytest.approx(0.01 * effect, rel=1e-3)


def test_more_seeds_detect_less():
    rows = rows_that_all_agree(4)
    few = smallest_detectable(scores_with_deviation(0.01, 4, 4), rows)
    many = smallest_detectable(scores_with_deviation(0.01, 4, 10), rows)
    assert many < few


def test_few_rows_hide_what_the_seeds_would_show():
    """Equals the power of a test with a known standard error, whatever two have in common."""
    errors, shared = np.random.default_rng(0).normal(size=(3, 4000)), 5
    errors -= errors.mean(axis=1, keepdims=True)
    errors = np.linalg.qr(errors.T)[0].T * 3999**0.5  # of variance 1, and uncorrelated
    luck = shared * errors[2]  # of rows that are hard for both
    found = smallest_detectable([[0.8, 0.8]] * 2, 0.8 + 0.01 * (errors[:2] + luck))
    assert found == pytest.approx(0.01 * 2**0.5 * (1.95996 + 0.84162), rel=1e-4)


@pytest.mark.parametrize("scores", [[], [[0.5, 0.6]], [[0.5], [0.6]], [[0.5, 0.6], [0.5]]])
def test_nothing_to_compare(scores):
    assert smallest_detectable(scores, rows_that_all_agree(len(scores))) is None


def test_less_than_the_rule_counts_is_never_shown():
    assert smallest_detectable([[0.5, 0.5], [0.6, 0.6]], rows_that_all_agree(2)) == 0.002
