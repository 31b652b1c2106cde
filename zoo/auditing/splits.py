"""What is audited: splits whose rows still know their places, whatever they were read from."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from zoo.auditing.records import Unit
from zoo.data import DataWarning, Examples, Task
from zoo.data.cleaning import clean, missing_part
from zoo.data.readers import read_columns
from zoo.errors import DataError
from zoo.limits import MAX_CHARACTERS

OUT_OF_SCOPE = "out_of_scope"
# what is learned or chosen from: validation chooses the epoch
SEEN = ("train", "validation")


@dataclass(frozen=True, slots=True)
class Split:
    """Examples and the place of each; `blank` and `unlabelled` are rows that became no example."""

    name: str
    examples: Examples
    places: Sequence[int]
    unit: Unit = "row"
    blank: tuple[int, ...] = ()
    unlabelled: tuple[int, ...] = ()

    def places_of(self, rows: Sequence[int]) -> tuple[int, ...]:
        """The places of these indices."""
        return tuple(self.places[row] for row in rows)


def splits_of(task: Task) -> tuple[Split, ...]:
    """The splits of a task, their rows counted from 0."""
    return tuple(
        Split(name, examples, range(len(examples))) for name, examples in task.splits.items()
    )


def read_split(name: str, source: Any, columns: dict[str, Any]) -> Split:
    """A split of whatever `zoo.read_examples` reads; rows without a text or a label are noted."""
    if isinstance(source, Examples):
        if not len(source):
            raise DataError(f"{source.source}: the {name} split is empty")
        return Split(name, source, range(len(source)))
    read = read_columns(source, **columns)
    missing = [missing_part(*row) for row in zip(read.texts, read.labels, strict=True)]
    where = {
        part: tuple(place for place, one in zip(read.places, missing, strict=True) if one == part)
        for part in ("text", "label", "")
    }
    with warnings.catch_warnings():
        # columns that look swapped are a finding here
        warnings.simplefilter("ignore", DataWarning)
        examples = clean(read, "drop", MAX_CHARACTERS)
    unit = cast(Unit, read.faults.unit)
    return Split(name, examples, where[""], unit, where["text"], where["label"])


def together(splits: Sequence[Split]) -> Examples:
    """The examples of several splits as one."""
    return Examples(
        tuple(text for one in splits for text in one.examples.texts),
        tuple(label for one in splits for label in one.examples.labels),
    )
