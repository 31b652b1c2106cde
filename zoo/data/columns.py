"""Two columns as a reader found them, before anything is repaired or refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real

from zoo.data.faults import Faults


@dataclass(slots=True)
class Columns:
    """Texts and labels row by row, None where a row has none, and what is wrong with some rows.

    `places` are lines of a file from 1, or rows from 0, as `faults.unit` says. `missing_hint` is
    what to say besides where values are missing.
    """

    texts: list[str | None]
    labels: list[str | None]
    places: Sequence[int]
    faults: Faults
    missing_hint: str = ""

    @property
    def source(self) -> str:
        """What messages call the source."""
        return self.faults.source


def columns_of_objects(
    texts: Iterable[object], labels: Iterable[object], source: str, *, missing_hint: str = ""
) -> Columns:
    """Columns of Python objects, each turned into text where only one text can be meant."""
    faults = Faults(source, "row")
    text_column = _as_texts(texts, "text", faults)
    label_column = _as_texts(labels, "label", faults)
    return Columns(text_column, label_column, range(len(text_column)), faults, missing_hint)


def _as_texts(values: Iterable[object], role: str, faults: Faults) -> list[str | None]:
    column: list[str | None] = []
    for row, value in enumerate(values):
        text = None
        if isinstance(value, str):
            text = value
        # numpy's bool is no bool, its integers are Integral
        elif isinstance(value, Integral) or type(value).__name__ == "bool":
            text = str(value)
        # NaN alone differs from itself
        elif value is not None and not (isinstance(value, Real) and value != value):
            faults.add(_refusal(value, role), row)
        column.append(text)
    return column


def _refusal(value: object, role: str) -> str:
    if isinstance(value, Real):
        return (
            f"the {role} is a float, not text, {{where}}; whether '1' or '1.0' is meant cannot be "
            "known: read the data as text (pandas: dtype=str)"
        )
    if role == "label" and isinstance(value, list | tuple | set | frozenset):
        return "the label is a list {where}; one text has one label here"
    return f"the {role} is of type {type(value).__name__}, not text, {{where}}"
