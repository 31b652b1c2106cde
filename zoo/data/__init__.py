"""Texts with labels: read from anywhere, repaired aloud or refused by row, split, and as a task."""

from zoo.data.duplicates import Overlap, clean_rows, normalised, overlap
from zoo.data.examples import Examples
from zoo.data.faults import DataWarning
from zoo.data.readers import as_examples, read_examples
from zoo.data.splits import Splits, check_splits
from zoo.data.task import Task, load_task, parse_name
from zoo.data.validation import split_validation

__all__ = [
    "DataWarning",
    "Examples",
    "Overlap",
    "Splits",
    "Task",
    "as_examples",
    "check_splits",
    "clean_rows",
    "load_task",
    "normalised",
    "overlap",
    "parse_name",
    "read_examples",
    "split_validation",
]
