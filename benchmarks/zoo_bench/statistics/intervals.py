"""The mean over the seeds of one pair on one task, with its t interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` seeds; `half_width` is None for a single one, which has no interval."""

    mean: float
    half_width: float | None
    n: int

    @property
    def percent(self) -> str:
        """`91.00 ± 2.48`, of shares between 0 and 1; a single value alone."""
        half = "" if self.half_width is None else f" ± {100 * self.half_width:.2f}"
        return f"{100 * self.mean:.2f}{half}"


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The mean of `values` and the half width of its Student t interval.

    Student's t and not a percentile bootstrap: over 3 or 5 seeds it covers the truth in 95 of 100
    cases where the bootstrap does in 76 or 84. Raises `ValueError` for no values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("no values, no mean")
    mean, deviation = mean_and_deviation(values)
    if n == 1:
        return Interval(mean, None, 1)
    # scipy.special, not scipy.stats: the same quantile without half a second of imports
    from scipy.special import stdtrit

    quantile = float(stdtrit(n - 1, (1 + confidence) / 2))
    return Interval(mean, quantile * deviation / math.sqrt(n), n)


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """The mean and the sample standard deviation (0 for a single value)."""
    n = len(values)
    mean = math.fsum(values) / n
    squares = math.fsum((value - mean) ** 2 for value in values)
    return mean, math.sqrt(squares / (n - 1)) if n > 1 else 0.0
