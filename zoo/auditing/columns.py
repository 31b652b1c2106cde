"""Columns that were probably meant to be others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoo.auditing.records import DataFinding
from zoo.auditing.splits import Split
from zoo.terminal import shortened

# below, chance makes anything look like anything
_FEWEST_ROWS = 20
_MOST = 0.9
_LONGEST_VALUE = 60
# 00123, user-17, a3f9-77b2: no space, no letter beyond ASCII, and a digit
_ID = re.compile(r"(?=.*[0-9])[A-Za-z0-9._:/-]+")
_NUMBER = re.compile(r"[\s\d.,:;+\-−/%()]+")


def column_findings(split: Split) -> Iterator[DataFinding]:
    """At most one finding on each of the two columns of train."""
    texts, labels = split.examples.texts, split.examples.labels
    rows = len(texts)
    if rows < _FEWEST_ROWS:
        return
    different_texts, different_labels = len(set(texts)), len(set(labels))
    text, label = (shortened(column[0], _LONGEST_VALUE) for column in (texts, labels))
    values = (
        f"{different_texts:,} different texts and {different_labels:,} different labels in "
        f"{rows:,} rows, such as text {text!r} with label {label!r}"
    )
    # the rule by which `zoo.read_examples` warns
    if 2 * different_labels > rows and 2 * different_texts <= different_labels:
        yield _finding(
            "columns_swapped",
            "the columns of texts and labels look swapped",
            values,
            "Exchange --text and --label.",
        )
        return
    if 2 * different_labels > rows:
        yield _finding(
            "labels_are_many",
            "nearly every row has a label of its own",
            values,
            "Name the column of the labels with --label; this one looks like texts or an id.",
        )
    shares = {
        "numbers": sum(_NUMBER.fullmatch(text) is not None for text in texts) / rows,
        "ids": sum(_ID.fullmatch(text) is not None for text in texts) / rows,
    }
    if shares["numbers"] >= _MOST:
        yield _finding(
            "texts_are_numbers",
            f"{100 * shares['numbers']:.0f} % of the texts are numbers only",
            values,
            "Name the column of the texts with --text.",
        )
    # ids differ from row to row; the answers yes1, no2, … do not
    elif shares["ids"] >= _MOST and different_texts >= _MOST * rows:
        yield _finding(
            "texts_are_ids",
            f"{100 * shares['ids']:.0f} % of the texts look like ids",
            values,
            "Name the column of the texts with --text.",
        )


def _finding(cause: str, title: str, evidence: str, fix: str) -> DataFinding:
    return DataFinding(cause, title, evidence, fix, is_serious=True, share=1.0)
