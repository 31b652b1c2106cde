"""Names instead of the numbers that publishers write for labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zoo.data import Examples
from zoo.errors import DataError


def with_names(examples: Examples, names: Mapping[str, str]) -> Examples:
    """The examples with their labels' names; raises `DataError` for a label that has none."""
    unknown = sorted(set(examples.labels) - set(names))
    if unknown:
        raise DataError(
            f"{examples.source}: there is no label {unknown[0]!r}; the labels are "
            f"{', '.join(sorted(names))}"
        )
    return replace(examples, labels=tuple(names[label] for label in examples.labels))
