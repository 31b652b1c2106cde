"""The smallest detectable difference against statsmodels' power of a t test."""

import pytest

from zoo_bench.statistics.detectable import smallest_detectable


def scores_with_deviation(deviation, candidates, seeds):
    """Scores of so many candidates whose standard deviation over seeds is exactly this."""
    half = deviation * ((seeds - 1) / seeds) ** 0.5
    assert seeds % 2 == 0
    return [[0.8 - half, 0.8 + half] * (seeds // 2) for _ in range(candidates)]


@pytest.mark.parametrize(("candidates", "seeds"), [(2, 4), (4, 4), (8, 10)])
def test_equals_statsmodels(candidates, seeds):
    power = pytest.importorskip("statsmodels.stats.power")
    comparisons = candidates * (candidates - 1) // 2
    effect = power.TTestIndPower().solve_power(
        nobs1=seeds, alpha=0.05 / comparisons, power=0.8, alternative="two-sided"
    )
    found = smallest_detectable(scores_with_deviation(0.01, candidates, seeds))
    assert found == pytest.approx(0.01 * effect, rel=1e-3)


def test_more_seeds_detect_less():
    few = smallest_detectable(scores_with_deviation(0.01, 4, 4))
    many = smallest_detectable(scores_with_deviation(0.01, 4, 10))
    assert many < few


@pytest.mark.parametrize("scores", [[], [[0.5, 0.6]], [[0.5], [0.6]], [[0.5, 0.6], [0.5]]])
def test_nothing_to_compare(scores):
    assert smallest_detectable(scores) is None


def test_seeds_that_never_vary_hide_nothing():
    assert smallest_detectable([[0.5, 0.5], [0.6, 0.6]]) == 0.0
