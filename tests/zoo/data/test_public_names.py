"""What `zoo.data` offers, and that the examples in its docstrings hold."""

from __future__ import annotations

import doctest
import importlib

import pytest

import zoo.data


def test_the_public_names_are_sorted_and_there():
    assert zoo.data.__all__ == sorted(zoo.data.__all__)
    assert all(hasattr(zoo.data, name) for name in zoo.data.__all__)


@pytest.mark.parametrize("module", ["duplicates", "examples", "faults"])
def test_the_examples_in_docstrings_hold(module):
    found = doctest.testmod(importlib.import_module(f"zoo.data.{module}"))

    assert found.attempted > 0
    assert found.failed == 0
