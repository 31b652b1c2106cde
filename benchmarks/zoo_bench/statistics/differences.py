"""When one pair may be called better than another on a task: three conditions, all of them.

1. Welch's t test over seeds (Welch 1947), Holm-adjusted over every two pairs of the task
   (Holm 1979), below `SIGNIFICANCE`;
2. the interval of the difference over resampled test rows excludes zero (paired item bootstrap of
   the mean over seeds, Efron & Tibshirani 1993, chapter 13);
3. the difference is at least `SMALLEST_DIFFERENCE`.

The first alone forgets that a test set is a sample; the second alone forgets that a seed is one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from zoo_bench.statistics.intervals import CONFIDENCE, mean_and_deviation

if TYPE_CHECKING:
    import numpy as np

SIGNIFICANCE = 0.05
SMALLEST_DIFFERENCE = 0.002
RESAMPLES = 2000
# of the bootstrap, fixed: the same results give the same board everywhere
_GENERATOR_SEED = 20240229
_ROWS_AT_ONCE = 4_000_000
_LARGEST_EXACT_FLOAT32 = 2**24
_TAILS = (50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE))  # percentiles


@dataclass(frozen=True, slots=True)
class Difference:
    """Candidate `first` minus candidate `second` (their places in the list), as shares.

    `p_value` is Holm-adjusted; `low` and `high` bound the difference over resampled test rows.
    """

    first: int
    second: int
    difference: float
    p_value: float
    low: float
    high: float

    @property
    def is_real(self) -> bool:
        """Whether one may be called better; everything else is a tie."""
        return (
            self.p_value < SIGNIFICANCE
            and not self.low <= 0 <= self.high
            and abs(self.difference) >= SMALLEST_DIFFERENCE
        )


def welch_p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p of Welch's t test; both need two values at least.

    Where neither varies at all, 1 for equal means and 0 for others.
    """
    return _welch_p_value(_Sample.of(first), _Sample.of(second))


@dataclass(frozen=True, slots=True)
class _Sample:
    n: int
    mean: float
    squared_error: float  # of the mean

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        mean, deviation = mean_and_deviation(values)
        return cls(len(values), mean, deviation**2 / len(values))


def _welch_p_value(first: _Sample, second: _Sample) -> float:
    from scipy.special import stdtr

    error = first.squared_error + second.squared_error
    if error == 0:
        return 1.0 if first.mean == second.mean else 0.0
    # Welch–Satterthwaite, as shares of the error: its squares could be too small for a float
    of_first, of_second = first.squared_error / error, second.squared_error / error
    freedom = 1 / (of_first**2 / (first.n - 1) + of_second**2 / (second.n - 1))
    return float(2 * stdtr(freedom, -abs(first.mean - second.mean) / math.sqrt(error)))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values adjusted for their number (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def resampled_means(
    correct: np.ndarray, seeds: Sequence[int], resamples: int = RESAMPLES
) -> np.ndarray:
    """Mean accuracies `(candidate, resample)` over test rows drawn anew.

    `correct` `(candidate, row)` counts how many of a candidate's `seeds` got a row right. Every
    candidate meets the same draws, so that differences are paired.
    """
    import numpy as np

    count, n = correct.shape
    draw = np.random.default_rng(_GENERATOR_SEED)
    sums = np.empty((count, resamples), dtype=np.float64)
    at_once = max(1, _ROWS_AT_ONCE // n)
    # sums of whole numbers: exact, and so the same with every library of linear algebra
    is_exact_in_float32 = n * max(seeds, default=1) < _LARGEST_EXACT_FLOAT32
    exact: type[np.floating] = np.float32 if is_exact_in_float32 else np.float64
    values = np.ascontiguousarray(correct, dtype=exact)
    for start in range(0, resamples, at_once):
        stop = min(start + at_once, resamples)
        rows = draw.integers(0, n, (stop - start, n), dtype=np.uint32)
        # how often each row was drawn, (resample, row)
        drawn = np.stack([np.bincount(row, minlength=n) for row in rows]).astype(exact)
        sums[:, start:stop] = values @ drawn.T
    return sums / (n * np.asarray(seeds, dtype=np.float64)[:, None])


def bounds(resampled: np.ndarray) -> tuple[float, float]:
    """The percentile interval of resampled values."""
    import numpy as np

    low, high = np.percentile(resampled, _TAILS).tolist()
    return low, high


def differences(scores: Sequence[Sequence[float]], resampled: np.ndarray) -> Iterator[Difference]:
    """Every two of the candidates compared, each of which has two seeds at least.

    `scores` are a candidate's scores over seeds, `resampled` what `resampled_means` gave of the
    same candidates in the same order.
    """
    import numpy as np

    places = list(itertools.combinations(range(len(scores)), 2))
    samples = [_Sample.of(values) for values in scores]
    adjusted = holm([_welch_p_value(samples[first], samples[second]) for first, second in places])
    for first in range(len(scores) - 1):
        # all differences of one candidate at once: percentiles are the costly part
        low, high = np.percentile(resampled[first] - resampled[first + 1 :], _TAILS, axis=1)
        for offset, second in enumerate(range(first + 1, len(scores))):
            place = first * len(scores) - first * (first + 1) // 2 + offset
            yield Difference(
                first,
                second,
                samples[first].mean - samples[second].mean,
                adjusted[place],
                float(low[offset]),
                float(high[offset]),
            )
