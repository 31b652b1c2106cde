"""JSON lines → columns: one object a line; a number is kept as it is written."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any, NoReturn

from zoo.data.columns import Columns
from zoo.data.faults import Faults, hint, names
from zoo.errors import DataError

_KINDS = {list: "a list", dict: "an object", bool: "true or false", type(None): "null"}


def read_json_lines(content: str, source: str, text: str, label: str) -> Columns:
    """The values under the keys `text` and `label`.

    Raises `DataError` with the line for what is no JSON object; other faults are collected.
    """
    faults = Faults(source, "line")
    texts, labels, places = [], [], []
    # newline="": a line ends with CR, LF or CRLF, never with the U+2028 that JSON texts may hold
    for number, line in enumerate(io.StringIO(content, newline=""), start=1):
        if not line.strip():
            continue
        record = _record(line, f"{source}, line {number:,}", text, label)
        texts.append(_value(record, text, number, faults))
        labels.append(_value(record, label, number, faults))
        places.append(number)
    if not places:
        raise DataError(f"{source} is empty")
    return Columns(texts, labels, places, faults)


def _record(line: str, place: str, text: str, label: str) -> dict[str, Any]:
    try:
        record = _DECODER.decode(line.rstrip("\r\n"))
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        if line.strip() in ("[", "{"):
            reason = "it goes on in the next line; write one whole object a line"
        raise DataError(f"{place}, column {error.colno:,}: not JSON: {reason}") from None
    except _Refused as error:
        raise DataError(f"{place}: {error}") from None
    except RecursionError:
        raise DataError(f"{place}: nested too deeply") from None
    if not isinstance(record, dict):
        raise DataError(
            f'{place}: each line is an object such as {{"{text}": "…", "{label}": "…"}}, this is '
            + _kind(record)
        )
    return record


def _value(record: dict[str, Any], key: str, line: int, faults: Faults) -> str | None:
    if key not in record:
        keys = list(record)
        # lines with the same keys share the sentence, and so are counted together
        near = hint(key, keys) or "."
        faults.add(f"no key {key!r} {{where}}{near} The keys are {names(keys)}", line)
        return None
    value = record[key]
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, str):
        return value
    faults.add(f"{key!r} is {_kind(value)}, not text, {{where}}", line)
    return None


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a text or a number")


class _Refused(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise _Refused(f"the key {twice!r} stands there twice")
    return record


def _refuse_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is no JSON number")


# not zoo.strict_json: here numbers stay text, so that the labels 1, 1.0 and 1e5 stay as they are
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=str, parse_int=str
)
