"""One ranking over several tasks, after Demšar 2006 (jmlr.org/papers/v7/demsar06a.html)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from zoo_bench.statistics.differences import SIGNIFICANCE, holm

# below that its p by the chi-square distribution is no good approximation (Demšar 2006)
FRIEDMAN_NEEDS = 6


@dataclass(frozen=True, slots=True)
class TaskTests:
    """Friedman's p over three candidates or more, and Holm-adjusted Wilcoxon p of every two.

    What so few tasks could not show, whatever the scores, is not tested: None, or no p of any two.
    """

    friedman_p: float | None
    wilcoxon_p: dict[tuple[int, int], float]


def tasks_needed(candidates: int) -> int:
    """How many tasks can show a difference of two by Wilcoxon's test and Holm's adjustment.

    The smallest p over n tasks is 2 / 2ⁿ, times the number of comparisons: six tasks for two
    candidates, eleven for eight.
    """
    comparisons = math.comb(candidates, 2)
    return math.floor(math.log2(2 * comparisons / SIGNIFICANCE)) + 1


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


def task_tests(scores: Sequence[Sequence[float]]) -> TaskTests:
    """The tests over tasks of `scores` `(candidate, task)`.

    Friedman's test from `FRIEDMAN_NEEDS` tasks on, and Wilcoxon's signed rank test of every two,
    with Holm's adjustment, from `tasks_needed` on.
    """
    if len(scores) < 2:
        return TaskTests(None, {})
    from scipy.stats import friedmanchisquare, wilcoxon

    tasks = len(scores[0])
    friedman = None
    if len(scores) > 2 and tasks >= FRIEDMAN_NEEDS:
        # where all are equal on every task scipy divides 0 by 0
        are_equal = all(len(set(values)) == 1 for values in zip(*scores, strict=True))
        friedman = 1.0 if are_equal else float(friedmanchisquare(*scores).pvalue)
    if tasks < tasks_needed(len(scores)):
        return TaskTests(friedman, {})
    places = list(itertools.combinations(range(len(scores)), 2))
    p_values = [
        1.0
        if list(scores[first]) == list(scores[second])
        else float(wilcoxon(scores[first], scores[second]).pvalue)
        for first, second in places
    ]
    return TaskTests(friedman, dict(zip(places, holm(p_values), strict=True)))
