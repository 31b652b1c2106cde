"""How small a difference so many seeds, and so many test rows, can detect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoo_bench.statistics.differences import SIGNIFICANCE, SMALLEST_DIFFERENCE
from zoo_bench.statistics.intervals import CONFIDENCE, mean_and_deviation

if TYPE_CHECKING:
    import numpy as np

POWER = 0.8


def smallest_detectable(scores: Sequence[Sequence[float]], resampled: np.ndarray) -> float | None:
    """The difference that the rule would have found with a chance of 80 %, as a share.

    Each of the rule's conditions has one: the t test over seeds, the interval over test rows, the
    least that counts; it is the largest of the three. None with fewer than two candidates or seeds.
    `resampled` are the candidates' rows of what `resampled_means` gave.
    """
    if len(scores) < 2 or min(map(len, scores)) < 2:
        return None
    return max(_over_seeds(scores), _over_rows(resampled), SMALLEST_DIFFERENCE)


def _over_seeds(scores: Sequence[Sequence[float]]) -> float:
    """For the smallest number of seeds that any candidate has, with the spread that all share.

    At the level that Holm's first step asks for among so many comparisons. Power of the t test by
    the noncentral t distribution (Cohen 1988, chapter 2).
    """
    from scipy.special import nctdtrinc, stdtrit

    seeds = min(map(len, scores))
    freedom = 2 * (seeds - 1)
    comparisons = len(scores) * (len(scores) - 1) // 2
    critical = float(stdtrit(freedom, 1 - SIGNIFICANCE / comparisons / 2))
    squares = sum(mean_and_deviation(values)[1] ** 2 * (len(values) - 1) for values in scores)
    deviation = math.sqrt(squares / sum(len(values) - 1 for values in scores))
    # a significant difference of the wrong sign has a chance far below a thousandth: left out
    noncentrality = float(nctdtrinc(freedom, 1 - POWER, critical))
    return noncentrality * deviation * math.sqrt(2 / seeds)


def _over_rows(resampled: np.ndarray) -> float:
    """With the standard error over rows of a difference, as two candidates have it on average."""
    import numpy as np
    from scipy.special import ndtri

    count = len(resampled)
    covariances = np.cov(resampled)
    # of a difference: both variances less twice the covariance; here the mean over every two
    variance = (count * np.trace(covariances) - covariances.sum()) / (count * (count - 1) / 2)
    quantiles = float(ndtri((1 + CONFIDENCE) / 2) + ndtri(POWER))
    return quantiles * math.sqrt(max(0.0, float(variance)))
