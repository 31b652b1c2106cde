"""How small a difference so many seeds can detect."""

from __future__ import annotations

import math
from collections.abc import Sequence

from zoo_bench.statistics.differences import SIGNIFICANCE
from zoo_bench.statistics.intervals import mean_and_deviation

POWER = 0.8


def smallest_detectable(scores: Sequence[Sequence[float]]) -> float | None:
    """The difference that a t test over seeds would have found with a chance of 80 %.

    For the smallest number of seeds that any candidate has, with the spread over seeds that all
    candidates have in common, and at the level that Holm's first step asks for among so many
    comparisons. None with fewer than two candidates or seeds. Power of the t test by the noncentral
    t distribution (Cohen 1988, chapter 2).
    """
    if len(scores) < 2 or min(map(len, scores)) < 2:
        return None
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
