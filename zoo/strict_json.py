"""JSON as RFC 8259 has it, and nothing that Python lets pass besides."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

from zoo.errors import JsonError

_DEEPEST = 100
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def load_json(text: str | bytes, source: str) -> Any:
    """The value that JSON text, or its UTF-8 bytes, stands for; a byte-order mark is passed over.

    `source` is what messages call the text. Raises `JsonError` for: keys that stand twice in one
    object, NaN and Infinity, numbers beyond a float (`1e999`) or of thousands of digits, halves of
    surrogate pairs, more than 100 levels, and broken JSON, the last with line and column.
    """
    decoded = _decode(text, source).removeprefix("\ufeff")
    if not decoded.strip(" \t\r\n"):
        raise JsonError(f"{source} is empty")
    try:
        value = json.loads(
            decoded,
            object_pairs_hook=_refuse_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        # so few brackets cannot be nested deeply, and to walk through everything takes its time
        if decoded.count("[") + decoded.count("{") > _DEEPEST:
            _check_depth(value)
        _check_surrogates(decoded, value)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        raise JsonError(f"{source}, line {error.lineno}, column {error.colno}: {reason}") from None
    except RecursionError:
        raise JsonError(f"{source}: {_TOO_DEEP}") from None
    except ValueError as error:
        # an integer beyond sys.get_int_max_str_digits() is Python's own ValueError
        reason = str(error) if isinstance(error, _Fault) else "a number of too many digits"
        raise JsonError(f"{source}: {reason}") from None
    return value


class _Fault(ValueError):
    """What a hook of the parser, which knows no source, has to say."""


_TOO_DEEP = f"nested too deeply, more than {_DEEPEST} levels"


def _decode(text: str | bytes, source: str) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise JsonError(
            f"{source}, line {line}: byte 0x{text[error.start]:02x} is not UTF-8"
        ) from None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise _Fault(f"the key {twice!r} stands there twice")
    return values


def _refuse_constant(name: str) -> Any:
    raise _Fault(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Fault(f"the number {text:.40} is too large")
    return value


def _check_depth(value: Any) -> None:
    """Level by level, so that no depth can overflow the stack."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(_DEEPEST):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise _Fault(_TOO_DEEP)


def _check_surrogates(text: str, value: Any) -> None:
    # not one pattern of both: it would look at every letter, and ASCII holds none as it is
    is_raw = not text.isascii() and _SURROGATE.search(text)
    if is_raw or _ESCAPED_SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = error.object[error.start]
            raise _Fault(f"the escape {half!r} is half a character") from None
