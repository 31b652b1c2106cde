"""Intervals against numbers from a table of Student's t."""

import math

import pytest

from zoo_bench.statistics.intervals import Interval, t_interval

# t quantiles at 0.975, from any printed table (NIST/SEMATECH e-Handbook 1.3.6.7.2)
T_OF_2_DEGREES = 4.303
T_OF_4_DEGREES = 2.776


def test_three_values_by_hand():
    # mean 0.8; squared distances 0.01 + 0 + 0.01, divided by 2: standard deviation 0.1
    interval = t_interval([0.7, 0.8, 0.9])
    assert interval.mean == pytest.approx(0.8)
    assert interval.half_width == pytest.approx(T_OF_2_DEGREES * 0.1 / math.sqrt(3), rel=1e-4)
    assert interval.n == 3


def test_five_values_by_hand():
    # mean 3, squared distances 4 + 1 + 0 + 1 + 4 = 10, divided by 4: variance 2.5
    interval = t_interval([1, 2, 3, 4, 5])
    assert interval.half_width == pytest.approx(T_OF_4_DEGREES * math.sqrt(2.5 / 5), rel=1e-3)


def test_one_value_has_no_interval():
    assert t_interval([0.5]) == Interval(0.5, None, 1)


def test_equal_values_have_an_interval_of_no_width():
    assert t_interval([0.5, 0.5, 0.5]) == Interval(0.5, 0.0, 3)


def test_no_value_is_an_error():
    with pytest.raises(ValueError, match="no values"):
        t_interval([])
