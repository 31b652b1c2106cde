"""When one pair may be called better than another on a task: three conditions, all of them.

1. Welch's t test over seeds (Welch 1947), Holm-adjusted over every two pairs of the task
   (Holm 1979), below `SIGNIFICANCE`;
2. the interval of the difference over resampled test rows excludes zero (paired item bootstrap of
   the mean over seeds, Efron & Tibshirani 1993, chapter 13);
3. the difference is at least `SMALLEST_DIFFERENCE`.

The first alone forgets that a test set is a sample; the second alone forgets that a seed is one.
A baseline is no candidate, and each candidate is compared with it. Its luck with the test rows is
in all these comparisons, so Holm's adjustment is of the larger p there: that over seeds, or that
over rows (the difference by its bootstrapped standard error, as normal).
"""

from __future__ import annotations

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
    """The two-sided p of Welch's t test; a single value is one that no seed changes.

    Of one value against several that is Student's test of one sample. Where neither varies at all,
    1 for equal means and 0 for others.
    """
    return float(_welch_p_values(_Samples.of([first]), _Samples.of([second]))[0])


@dataclass(frozen=True, slots=True)
class _Samples:
    """Of each candidate: how many scores, their mean and its squared error, all `(candidate,)`."""

    n: np.ndarray
    means: np.ndarray
    squared_errors: np.ndarray

    @classmethod
    def of(cls, scores: Sequence[Sequence[float]]) -> Self:
        import numpy as np

        rows = [(len(values), *mean_and_deviation(values)) for values in scores]
        n, means, deviations = np.array(rows, dtype=np.float64).reshape(-1, 3).T
        return cls(n, means, np.float_power(deviations, 2) / n)

    def at(self, places: np.ndarray) -> Self:
        """Those at these places in the list."""
        return type(self)(self.n[places], self.means[places], self.squared_errors[places])


def _welch_p_values(first: _Samples, second: _Samples) -> np.ndarray:
    import numpy as np
    from scipy.special import stdtr

    errors = first.squared_errors + second.squared_errors
    varies = errors > 0
    # Welch–Satterthwaite, as shares of the error: its squares could be too small for a float
    share = np.divide(first.squared_errors, errors, out=np.ones_like(errors), where=varies)
    other = np.divide(second.squared_errors, errors, out=np.ones_like(errors), where=varies)
    # as C's pow rounds, which a product does not quite: the same p as ever, to the last digit
    # a single value has no error, and so no share that its missing freedom could take part with
    parts = np.float_power(share, 2) / np.maximum(first.n - 1, 1)
    parts += np.float_power(other, 2) / np.maximum(second.n - 1, 1)
    distance = np.abs(first.means - second.means)
    statistic = np.divide(distance, np.sqrt(errors), out=np.zeros_like(errors), where=varies)
    return np.where(varies, 2 * stdtr(1 / parts, -statistic), distance == 0)


def holm(p_values: Sequence[float] | np.ndarray) -> list[float]:
    """The p values adjusted for their number (Holm 1979), in the order given."""
    import numpy as np

    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.minimum(1.0, np.arange(len(values), 0, -1) * values[order])
    adjusted = np.empty_like(values)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted.tolist()


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

    for first, means, p_values in _by_first(scores):
        # all differences of one candidate at once: percentiles are the costly part
        low, high = np.percentile(resampled[first] - resampled[first + 1 :], _TAILS, axis=1)
        for second, numbers in enumerate(np.stack([means, p_values, low, high], axis=1), first + 1):
            yield Difference(first, second, *numbers.tolist())


def differences_from(
    baseline: Sequence[float],
    resampled_baseline: np.ndarray,
    scores: Sequence[Sequence[float]],
    resampled: np.ndarray,
) -> Iterator[Difference]:
    """Every candidate minus a baseline, whose place is behind the last of them.

    The baseline may have a single score, which then is one that no seed changes. `resampled` has
    the candidates' rows of what `resampled_means` gave, `resampled_baseline` that of the baseline.
    """
    import numpy as np
    from scipy.special import ndtr

    samples, reference = _Samples.of(scores), _Samples.of([baseline])
    means = samples.means - reference.means
    over_rows = resampled - resampled_baseline
    low, high = np.percentile(over_rows, _TAILS, axis=1)
    errors = over_rows.std(axis=1)
    # without any error over rows the difference is certain, unless there is none
    z_scores = np.divide(np.abs(means), errors, out=np.zeros_like(errors), where=errors > 0)
    of_rows = np.where(errors > 0, 2 * ndtr(-z_scores), means == 0)
    p_values = holm(np.maximum(_welch_p_values(samples, reference), of_rows))
    for place, numbers in enumerate(np.stack([means, p_values, low, high], axis=1)):
        yield Difference(place, len(scores), *numbers.tolist())


def real_differences(
    scores: Sequence[Sequence[float]], resampled: np.ndarray
) -> Iterator[tuple[int, int]]:
    """The places of every two whose difference is real, out of what `differences` is given.

    What the seeds leave a tie needs no resampled rows, and few others need their percentiles.
    """
    import numpy as np

    for first, means, p_values in _by_first(scores):
        is_shown = (p_values < SIGNIFICANCE) & (np.abs(means) >= SMALLEST_DIFFERENCE)
        seconds = first + 1 + np.flatnonzero(is_shown)
        is_real = _exclude_zero(resampled[first], resampled[seconds])
        for second in seconds[is_real].tolist():
            yield first, second


def _by_first(
    scores: Sequence[Sequence[float]],
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Of each candidate and all after it: the differences of their means, and the adjusted p."""
    import numpy as np

    samples = _Samples.of(scores)
    first, second = np.triu_indices(len(scores), 1)
    adjusted = np.array(holm(_welch_p_values(samples.at(first), samples.at(second))))
    end = 0
    for place in range(len(scores) - 1):
        start, end = end, end + len(scores) - 1 - place
        yield place, samples.means[place] - samples.means[place + 1 :], adjusted[start:end]


def _exclude_zero(first: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether the bounds of `first` minus each of the others leave zero out, `(other,)`."""
    import numpy as np

    # on which side of zero the bounds are follows from a count, except within one of the tail
    tail = (1 - CONFIDENCE) / 2 * len(first)
    not_above = np.count_nonzero(first <= others, axis=1)
    not_below = np.count_nonzero(first >= others, axis=1)
    fewest = np.minimum(not_above, not_below)
    excluded = fewest < tail
    for place in np.flatnonzero(np.abs(fewest - tail) < 2):
        low, high = bounds(first - others[place])
        excluded[place] = not low <= 0 <= high
    return excluded
