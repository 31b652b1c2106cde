"""What the standard writers write is read back as it was, whatever the texts hold."""

from __future__ import annotations

import csv
import json
import tempfile
import unicodedata
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.data import DataWarning, Examples, read_examples
from zoo.data.cleaning import _INVISIBLE, _SPACES, is_blank

# no lone surrogates: they are refused, and no encoding can write them
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
on_one_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n"))
korean = st.text(st.sampled_from("가힣ㅋ한글\u1112\u1161\u11ab 1a\"',;"), max_size=30)


def rows(texts):
    """Pairs that a reader accepts: there is something to see in both."""
    label = texts.filter(lambda text: text.strip(_SPACES + _INVISIBLE))
    text = texts.filter(lambda text: not is_blank(text.strip(_SPACES)))
    return st.lists(st.tuples(text, label), min_size=1, max_size=8)


def expected(pairs):
    return Examples(
        tuple(unicodedata.normalize("NFC", text.strip(_SPACES)) for text, _ in pairs),
        tuple(unicodedata.normalize("NFC", one.strip(_SPACES + _INVISIBLE)) for _, one in pairs),
    )


def read_back(name, write, **options):
    """What is read from a file after `write(path)` has written it."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # by chance the texts may look like labels, or like rows
        warnings.simplefilter("ignore", DataWarning)
        path = Path(folder) / name
        write(path)
        return read_examples(path, **options)


def write_delimited(path, pairs, header=True, encoding="utf-8", **options):
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, **options)
        writer.writerows([("text", "label"), *pairs] if header else pairs)


@settings(deadline=None)
@given(rows(anything))
def test_csv(pairs):
    assert read_back("a.csv", lambda path: write_delimited(path, pairs)) == expected(pairs)


@settings(deadline=None)
@given(rows(anything), st.sampled_from(";|\t:"), st.sampled_from(["\n", "\r\n", "\r"]))
def test_csv_with_another_delimiter_and_line_end(pairs, delimiter, end):
    # the csv writer quotes \r and \n only if they occur in its own line end or are those two
    examples = read_back(
        "a.csv",
        lambda path: write_delimited(
            path, pairs, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL
        ),
        delimiter=delimiter,
    )

    assert examples == expected(pairs)


@settings(deadline=None)
@given(rows(korean), st.sampled_from(["cp949", "utf-16", "utf-8-sig"]))
def test_csv_in_another_encoding(pairs, encoding):
    # CP949 has composed syllables only
    pairs = [tuple(unicodedata.normalize("NFC", one) for one in pair) for pair in pairs]
    try:
        "".join(map("".join, pairs)).encode(encoding)
    except UnicodeEncodeError:
        return

    examples = read_back(
        "a.csv", lambda path: write_delimited(path, pairs, encoding=encoding), encoding=encoding
    )

    assert examples == expected(pairs)


@settings(deadline=None)
@given(rows(on_one_line), st.booleans())
def test_tsv(pairs, header):
    def write(path):
        lines = ["\t".join(pair) for pair in ([("text", "label"), *pairs] if header else pairs)]
        path.write_bytes("\n".join(lines).encode())

    options = {} if header else {"header": False, "text": 0, "label": 1}

    # a mark at the very beginning belongs to the file and not to the first text
    if not header and pairs[0][0].startswith("\ufeff"):
        return
    assert read_back("a.tsv", write, **options) == expected(pairs)


@settings(deadline=None)
@given(rows(anything), st.booleans())
def test_json_lines(pairs, ascii_only):
    def write(path):
        lines = [
            json.dumps({"text": text, "label": label}, ensure_ascii=ascii_only)
            for text, label in pairs
        ]
        path.write_bytes("\n".join(lines).encode())

    assert read_back("a.jsonl", write) == expected(pairs)


@settings(deadline=None)
@given(rows(anything))
def test_parquet(pairs):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def write(path):
        texts, labels = zip(*pairs, strict=True)
        parquet.write_table(pyarrow.table({"label": labels, "text": texts}), path)

    assert read_back("a.parquet", write) == expected(pairs)


@settings(deadline=None)
@given(rows(anything))
def test_pairs(pairs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        examples = read_examples(pairs)
        again = read_examples(examples)

    assert examples == expected(pairs)
    # nothing is left to repair
    assert (again, again.notes) == (examples, {})
