"""JSON as written: a duplicate key, NaN or a number too large is an error and never a surprise."""

from __future__ import annotations

import json
import math
from typing import Any

from zoo.errors import DataError

__all__ = ["load_json"]


def load_json(content: str | bytes, *, source: str = "JSON", numbers_as_text: bool = False) -> Any:
    """The value of a JSON text; a byte-order mark before it does no harm.

    `numbers_as_text` gives every number as the text that stands there (`1e5`, `007` is none).

    Raises `DataError` with `source` and the place for what is not UTF-8 or not JSON, for a key that
    an object has twice, for NaN and infinities, for numbers beyond a double or of thousands of
    digits, and for nesting that exhausts the stack.
    """
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{source}: byte 0x{content[error.start]:02x} at position {error.start:,} is not "
                "utf-8, which JSON is written in"
            ) from None
    try:
        return _DECODERS[numbers_as_text].decode(content.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        line = f"line {error.lineno:,}, " if error.lineno > 1 else ""
        raise DataError(
            f"{source}: not JSON: {line}column {error.colno:,}: {error.msg[:1].lower()}"
            f"{error.msg[1:]}"
        ) from None
    except _Refused as error:
        raise DataError(f"{source}: {error}") from None
    except RecursionError:
        raise DataError(f"{source}: nested too deeply") from None


class _Refused(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(f"the key {twice!r} stands there twice")
    return seen


def _no_constant(name: str) -> Any:
    raise _Refused(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _Refused(f"the number {digits:.40} is too large")
    return value


def _whole(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        # Python converts no more than 4,300 digits, for the time it would take
        raise _Refused(f"a number of {len(digits):,} digits is too large") from None


def _decoder(numbers_as_text: bool) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_unique,
        parse_constant=_no_constant,
        parse_float=str if numbers_as_text else _finite,
        parse_int=str if numbers_as_text else _whole,
    )


# built once: a decoder costs more than a short line
_DECODERS = {flag: _decoder(flag) for flag in (False, True)}
