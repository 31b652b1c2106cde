"""JSON lines → columns: one object a line; a number is kept as it is written."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from zoo.data.columns import Columns
from zoo.data.faults import Faults, hint, names
from zoo.errors import DataError
from zoo.strict_json import load_json


def read_json_lines(content: str, source: str, text: str, label: str) -> Columns:
    """The values under the keys `text` and `label`.

    Raises `DataError` with the line for what is no JSON object, and for a missing key.
    """
    faults = Faults(source, "line")
    columns = Columns([], [], [], faults)
    places = []
    # newline="": a line ends with CR, LF or CRLF, never with the U+2028 that JSON texts may hold
    for number, line in enumerate(io.StringIO(content, newline=""), start=1):
        if not line.strip():
            continue
        record = load_json(line, source=f"{source}, line {number:,}", numbers_as_text=True)
        if not isinstance(record, Mapping):
            raise DataError(
                f"{source}, line {number:,}: each line is an object such as "
                f'{{"{text}": "…", "{label}": "…"}}, this is {_kind(record)}'
            )
        columns.texts.append(_value(record, text, number, faults))
        columns.labels.append(_value(record, label, number, faults))
        places.append(number)
    if not places:
        raise DataError(f"{source} is empty")
    columns.places = places
    return columns


def _value(record: Mapping[str, Any], key: str, line: int, faults: Faults) -> str | None:
    if key not in record:
        # the keys of the first such line stand for all: they make the sentence, and so the group
        faults.add(
            f"no key {key!r} {{where}}{hint(key, list(record))} The keys are {names(list(record))}",
            line,
        )
        return ""
    value = record[key]
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value
    faults.add(f"{key!r} is {_kind(value)}, not text, {{where}}", line)
    return ""


def _kind(value: object) -> str:
    kinds = {list: "a list", dict: "an object", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a text or a number")
