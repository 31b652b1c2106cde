"""One door for labelled texts: files, data frames, data sets and pairs become `Examples`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from zoo.data import tables
from zoo.data.cleaning import Empty, check_policy, clean
from zoo.data.columns import Columns
from zoo.data.decoding import decode
from zoo.data.delimited import Dialect, read_delimited
from zoo.data.examples import Examples
from zoo.data.json_lines import read_json_lines
from zoo.errors import DataError, did_you_mean, listed
from zoo.limits import MAX_CHARACTERS
from zoo.terminal import printable

_FORMAT_OF_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_DELIMITER_OF_FORMAT = {"csv": ",", "tsv": "\t"}
_FORMATS = ("csv", "tsv", "jsonl", "parquet")


def as_examples(source: Any, **options: Any) -> Examples:
    """`Examples` as they are, anything else through `read_examples` with these options."""
    if not isinstance(source, Examples):
        return read_examples(source, **options)
    if options:
        raise DataError(
            f"{source.source}: these examples are read already; {', '.join(sorted(options))} would "
            "have no effect"
        )
    return source


def read_examples(
    source: Any,
    *,
    text: str | int = "text",
    label: str | int = "label",
    encoding: str = "utf-8",
    format: str | None = None,  # noqa: A002  what every reader calls it
    header: bool = True,
    delimiter: str | None = None,
    empty: Empty = "error",
    max_characters: int = MAX_CHARACTERS,
) -> Examples:
    """Labelled texts of a file, a pandas DataFrame, a Hugging Face Dataset or (text, label) pairs.

    Everything is read as text: the labels `001`, `NA`, `1e5` and `no` stay as they are. Texts and
    labels are brought to NFC and freed of surrounding space, texts are cut to `max_characters`, and
    each repair is counted in the `notes` of the result.

    `text` and `label` name the columns; with `header=False` they are positions from 0. `format` is
    `"csv"`, `"tsv"` (no quoting), `"jsonl"` or `"parquet"`, by the file's suffix unless given;
    `delimiter` replaces that of CSV or TSV. `encoding` is never guessed. `empty="drop"` leaves out
    rows without a text or a label, which otherwise are an error.

    Raises `DataError`, which names the first faulty rows, and `MissingExtra` for Parquet without
    pyarrow. Warns with `DataWarning` where the two columns look swapped.
    """
    check_policy(empty, max_characters)
    columns = read_columns(
        source,
        text=text,
        label=label,
        encoding=encoding,
        format=format,
        header=header,
        delimiter=delimiter,
    )
    return clean(columns, empty, max_characters)


def read_columns(
    source: Any,
    *,
    text: str | int = "text",
    label: str | int = "label",
    encoding: str = "utf-8",
    format: str | None = None,  # noqa: A002  as in read_examples
    header: bool = True,
    delimiter: str | None = None,
) -> Columns:
    """The two columns of what `read_examples` reads, with their places and nothing repaired."""
    if text == label:
        raise DataError(f"text and label are the same column, {text!r}")
    if isinstance(source, str | os.PathLike):
        return _File(Path(source), format, encoding, header, delimiter).columns(text, label)
    _refuse_file_options(source, encoding, format, header, delimiter)
    return _columns_of_object(source, text, label)


def _columns_of_object(source: Any, text: str | int, label: str | int) -> Columns:
    if tables.is_frame(source):
        return tables.read_frame(source, text, label)
    if tables.is_dataset(source):
        return tables.read_dataset(source, text, label)
    if isinstance(source, bytes | Mapping) or not isinstance(source, Iterable):
        raise DataError(
            f"examples cannot be read from {type(source).__name__!r}; pass a path, a pandas "
            "DataFrame, a Hugging Face Dataset or pairs of text and label"
        )
    return tables.read_pairs(source)


def _refuse_file_options(
    source: Any, encoding: str, file_format: str | None, header: bool, delimiter: str | None
) -> None:
    given = {
        "encoding": encoding != "utf-8",
        "format": file_format is not None,
        "header": not header,
        "delimiter": delimiter is not None,
    }
    useless = [name for name, is_given in given.items() if is_given]
    if useless:
        verb = "is" if len(useless) == 1 else "are"
        raise DataError(
            f"{listed(useless, 'and')} {verb} for files, not for a {type(source).__name__}"
        )


class _File:
    """A file and how it is to be read; raises `DataError` for what contradicts itself."""

    def __init__(
        self,
        path: Path,
        file_format: str | None,
        encoding: str,
        header: bool,
        delimiter: str | None,
    ) -> None:
        self.path = path
        self.source = printable(path)
        self.encoding = encoding
        self.header = header
        self.format = self._checked_format(file_format)
        self.delimiter = self._checked_delimiter(delimiter)

    def _checked_format(self, given: str | None) -> str:
        if given is None:
            given = _FORMAT_OF_SUFFIX.get(self.path.suffix.lower())
            if given is None:
                raise DataError(
                    f"{self.source}: the suffix {printable(self.path.suffix)!r} names no format; "
                    f"pass format= (--format), one of {', '.join(_FORMATS)}"
                )
        if given not in _FORMATS:
            near = did_you_mean(str(given), _FORMATS) or "."
            raise DataError(
                f"there is no format {given!r}{near} The formats are {', '.join(_FORMATS)}"
            )
        return given

    def _checked_delimiter(self, delimiter: str | None) -> str:
        if self.format not in _DELIMITER_OF_FORMAT:
            given = {
                "encoding": self.format == "parquet" and self.encoding != "utf-8",
                "header": not self.header,
                "delimiter": delimiter is not None,
            }
            for name, is_given in given.items():
                if is_given:
                    raise DataError(f"{self.source}: {name} has no meaning for {self.format}")
            return ""
        delimiter = _DELIMITER_OF_FORMAT[self.format] if delimiter is None else delimiter
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            raise DataError(
                f"delimiter must be one character, such as ';', got {delimiter!r}"
                + ("; a tab is written '\\t', or format='tsv'" if delimiter == r"\t" else "")
            )
        return delimiter

    def columns(self, text: str | int, label: str | int) -> Columns:
        """The two columns of the file."""
        if self.format in _DELIMITER_OF_FORMAT:
            dialect = Dialect(self.delimiter, is_quoted=self.format == "csv")
            return read_delimited(self._text(), self.source, dialect, text, label, self.header)
        for name in (text, label):
            if not isinstance(name, str):
                raise DataError(
                    f"{self.source}: {self.format} has named columns; got the position {name!r}"
                )
        if self.format == "parquet":
            self._bytes(most=1)
            return tables.read_parquet(self.path, self.source, str(text), str(label))
        return read_json_lines(self._text(), self.source, str(text), str(label))

    def _text(self) -> str:
        return decode(self._bytes(), self.encoding, self.source)

    def _bytes(self, most: int = -1) -> bytes:
        """The content; raises `DataError` for a file that is not there, a folder, and no access."""
        try:
            with self.path.open("rb") as file:
                return file.read(most)
        except FileNotFoundError:
            raise DataError(f"there is no file {self.source}{self._sibling()}") from None
        except IsADirectoryError:
            raise DataError(f"{self.source} is a folder; pass one file") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(f"{self.source} cannot be read: {reason}") from error

    def _sibling(self) -> str:
        try:
            siblings = [one.name for one in self.path.parent.iterdir()]
        except OSError:
            return ""
        return did_you_mean(self.path.name, siblings)
