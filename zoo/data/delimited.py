"""CSV and TSV → columns, with the line of every row."""

from __future__ import annotations

import csv
import io
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from zoo.data.columns import Columns
from zoo.data.faults import Faults, hint, names, warn, where
from zoo.errors import DataError, listed

_DELIMITERS = (",", "\t", ";", "|")
# the format of a file that has this delimiter but was read with, or without, quoting
_FORMATS = {("\t", True): "tsv", (",", False): "csv"}
_NO_LIMIT = 2**31 - 1  # the largest C long on every platform
_limit_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited file is written. TSV in the wild has bare quotes, so it knows no quoting."""

    delimiter: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class _Row:
    line: int  # where it begins, from 1
    last_line: int
    fields: list[str]


def read_delimited(
    content: str, source: str, dialect: Dialect, text: str | int, label: str | int, header: bool
) -> Columns:
    """The two columns, by name with a header, by position from 0 without.

    Raises `DataError` for a file without rows, a missing or doubled column, a wrong delimiter, rows
    of another length, and a quote that is never closed.
    """
    with _without_field_limit():
        rows = list(_rows(content, source, dialect))
    if not rows:
        raise DataError(f"{source} is empty")
    first = rows[0]
    find = _column_of_name if header else _column_of_position
    positions = [find(one, first, source, dialect) for one in (text, label)]
    body = rows[1:] if header else rows
    if not body:
        raise DataError(f"{source} has a header and no rows")
    faults = Faults(source, "line")
    _refuse_ragged(body, first, header, dialect, faults)
    if dialect.is_quoted:
        _warn_of_swallowed_rows(body, positions[1], source, dialect)
    return Columns(
        [row.fields[positions[0]] for row in body],
        [row.fields[positions[1]] for row in body],
        [row.line for row in body],
        faults,
    )


@contextmanager
def _without_field_limit() -> Iterator[None]:
    """The limit of 131,072 characters a field, which is the module's own, lifted and put back."""
    with _limit_lock:
        limit = csv.field_size_limit(_NO_LIMIT)
        try:
            yield
        finally:
            csv.field_size_limit(limit)


def _rows(content: str, source: str, dialect: Dialect) -> Iterator[_Row]:
    # newline="": CR, LF and CRLF end a line, and nothing else does; U+2028 belongs to a text
    reader = csv.reader(
        io.StringIO(content, newline=""),
        delimiter=dialect.delimiter,
        quoting=csv.QUOTE_MINIMAL if dialect.is_quoted else csv.QUOTE_NONE,
        # otherwise a quote that is never closed swallows the rest of the file in silence
        strict=True,
    )
    line = 1
    try:
        for fields in reader:
            # a blank line is no row
            if len(fields) > 1 or (fields and fields[0].strip()):
                yield _Row(line, reader.line_num, fields)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(_quote_fault(source, dialect, line, reader.line_num, error)) from None


def _quote_fault(source: str, dialect: Dialect, line: int, last: int, error: csv.Error) -> str:
    ways = (
        'write a quote inside a quoted field twice (""), or pass '
        f"{_pass(dialect.delimiter, 'tsv')} if the file knows no quoting"
    )
    if "unexpected end of data" in str(error):
        return f"{source}: a quote of the row at line {line:,} is never closed; {ways}"
    if last == line:
        return f"{source}: line {line:,} goes on after a closing quote; {ways}"
    return (
        f"{source}: a quote of the row at line {line:,} closes only at line {last:,}, where the "
        f"field goes on; {ways}"
    )


def _column_of_name(name: str | int, first: _Row, source: str, dialect: Dialect) -> int:
    if not isinstance(name, str):
        what = "a position" if isinstance(name, int) else "no name"
        raise DataError(
            f"{source}: {name!r} is {what}; give a column's name, or header=False for a file "
            "that has no header"
        )
    columns = [_header_name(field) for field in first.fields]
    wanted = _header_name(name)
    count = columns.count(wanted)
    if count == 1:
        return columns.index(wanted)
    place = f"{source}, line {first.line}"
    if count > 1:
        raise DataError(f"{place}: {count} columns are called {name!r}; rename all but one")
    if advice := _wrong_delimiter(first, dialect):
        raise DataError(f"{place}: {advice}")
    raise DataError(
        f"{place}: no column is called {name!r}{hint(name, columns) or '.'} The columns are "
        f"{names(columns)}; choose with text= and label= (--text and --label). If this line is no "
        "header, write one above it, or in Python pass header=False with positions from 0"
    )


def _header_name(field: str) -> str:
    return unicodedata.normalize("NFC", field.strip().strip("\ufeff").strip())


def _column_of_position(position: str | int, first: _Row, source: str, dialect: Dialect) -> int:
    if isinstance(position, bool) or not isinstance(position, int) or position < 0:
        raise DataError(
            f"{source}: without a header columns are given by position from 0, such as text=1, "
            f"label=0; got {position!r}"
        )
    if position < len(first.fields):
        return position
    place = f"{source}, line {first.line}"
    if advice := _wrong_delimiter(first, dialect):
        raise DataError(f"{place}: {advice}")
    raise DataError(
        f"{place}: there is no column {position} (counted from 0), the line has "
        f"{_columns(len(first.fields))}"
    )


def _wrong_delimiter(first: _Row, dialect: Dialect) -> str:
    """What to say where the first row is one field that another delimiter would part."""
    if len(first.fields) > 1:
        return ""
    for other in _DELIMITERS:
        if other != dialect.delimiter and other in first.fields[0]:
            file_format = _FORMATS.get((other, dialect.is_quoted))
            way = _pass(other, None) if file_format is None else _pass(None, file_format)
            return (
                f"the delimiter {dialect.delimiter!r} makes one column of it, "
                f"{first.fields[0]!r:.80}; it seems to be {other!r}: pass {way}"
            )
    return ""


def _refuse_ragged(
    rows: list[_Row], first: _Row, header: bool, dialect: Dialect, faults: Faults
) -> None:
    expected = len(first.fields)
    ragged = [row for row in rows if len(row.fields) != expected]
    if not ragged:
        return
    examples = [f"line {row.line:,} has {len(row.fields)}" for row in ragged[:5]]
    more = f" (and {len(ragged) - 5:,} more rows)" if len(ragged) > 5 else ""
    remedies = []
    if any(len(row.fields) > expected for row in ragged):
        remedies.append(
            f"put a text that holds {dialect.delimiter!r} into quotes"
            if dialect.is_quoted
            else f"a text may not hold the delimiter {dialect.delimiter!r}, unless the file is "
            f"quoted: then pass {_pass(dialect.delimiter, 'csv')}"
        )
    if any(len(row.fields) < expected for row in ragged):
        remedies.append("complete a row that has too few columns, or take it out")
    raise DataError(
        f"{faults.source}: {'the header' if header else 'the first row'} (line {first.line}) has "
        f"{_columns(expected)}, but {listed(examples, 'and')}{more}; {'; '.join(remedies)}"
    )


def _warn_of_swallowed_rows(rows: list[_Row], label: int, source: str, dialect: Dialect) -> None:
    """Warn of fields over several lines of which one is a row by itself, with a label of the file.

    Two stray quotes do that: what lies between them becomes one field, and no rule is broken.
    """
    known = {row.fields[label] for row in rows if row.last_line == row.line}
    swallowed = []
    for row in rows:
        if row.last_line > row.line:
            lines = [line for field in row.fields for line in field.splitlines()]
            parts = [line.split(dialect.delimiter) for line in lines]
            if any(len(one) == len(row.fields) and one[label] in known for one in parts):
                swallowed.append(row.line)
    if swallowed:
        warn(
            f"{source}: what a quote opens {where('line', swallowed)} holds lines that look like "
            "rows of their own; is a quote missing there, or one too many?"
        )


def _pass(delimiter: str | None, file_format: str | None) -> str:
    """The arguments and, in brackets, the options of a command that say the same."""
    given = {"format": file_format, "delimiter": delimiter}
    chosen = {name: value for name, value in given.items() if value is not None}
    arguments = ", ".join(f"{name}={value!r}" for name, value in chosen.items())
    options = " ".join(
        f"--{name} {value!r}" if name == "delimiter" else f"--{name} {value}"
        for name, value in chosen.items()
    )
    return f"{arguments} ({options})"


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"
