"""One ranking over several tasks, after Demšar 2006 (jmlr.org/papers/v7/demsar06a.html)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from zoo_bench.statistics.differences import holm

# with fewer, not even the smallest p that Wilcoxon's test can give is below 0.05
TASKS_NEEDED = 6


@dataclass(frozen=True, slots=True)
class TaskTests:
    """Friedman's p over three candidates or more, and Holm-adjusted Wilcoxon p of every two."""

    friedman_p: float | None
    wilcoxon_p: dict[tuple[int, int], float]


def mean_ranks(scores: Sequence[Sequence[float]]) -> list[float]:
    """The mean over tasks of each candidate's rank, 1 for the best; equal scores share a rank.

    `scores` are `(candidate, task)`.
    """
    by_task = [[_rank(value, values) for value in values] for values in zip(*scores, strict=True)]
    return [math.fsum(ranks) / len(ranks) for ranks in zip(*by_task, strict=True)]


def _rank(value: float, values: Sequence[float]) -> float:
    """1 for the highest; equals share the mean of their places. Without half a second of scipy."""
    better = sum(other > value for other in values)
    equal = sum(other == value for other in values)
    return better + (equal + 1) / 2


def task_tests(scores: Sequence[Sequence[float]]) -> TaskTests | None:
    """The tests over tasks of `scores` `(candidate, task)`; None below six tasks or two candidates.

    Friedman's test, then Wilcoxon's signed rank test of every two with Holm's adjustment.
    """
    if len(scores) < 2 or len(scores[0]) < TASKS_NEEDED:
        return None
    from scipy.stats import friedmanchisquare, wilcoxon

    places = list(itertools.combinations(range(len(scores)), 2))
    p_values = [
        1.0
        if list(scores[first]) == list(scores[second])
        else float(wilcoxon(scores[first], scores[second]).pvalue)
        for first, second in places
    ]
    adjusted = dict(zip(places, holm(p_values), strict=True))
    friedman = float(friedmanchisquare(*scores).pvalue) if len(scores) > 2 else None
    return TaskTests(friedman, adjusted)
