"""The door: which source is read how, and what is refused before anything is read."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from zoo.data import DataWarning, as_examples, read_examples
from zoo.errors import DataError

PAIRS = [("hello", "a"), ("bye", "b")]


def message(source, **options):
    with pytest.raises(DataError) as caught:
        read_examples(source, **options)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,label\nhello,a\nbye,b\n"),
        ("a.CSV", "text,label\nhello,a\nbye,b\n"),
        ("a.tsv", "text\tlabel\nhello\ta\nbye\tb\n"),
        ("a.jsonl", '{"text": "hello", "label": "a"}\n{"text": "bye", "label": "b"}\n'),
        ("a.ndjson", '{"text": "hello", "label": "a"}\n{"text": "bye", "label": "b"}\n'),
    ],
)
@pytest.mark.parametrize("door", [read_examples, as_examples])
def test_the_suffix_says_the_format(folder, name, content, door):
    (folder / name).write_text(content, encoding="utf-8")

    examples = door(folder / name)

    assert list(examples) == PAIRS
    assert examples.source == str(folder / name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "a.txt",
            "a.txt: the suffix '.txt' names no format; pass format= (--format), one of csv, tsv, "
            "jsonl, parquet",
        ),
        (
            "a",
            "a: the suffix '' names no format; pass format= (--format), one of csv, tsv, jsonl, "
            "parquet",
        ),
    ],
)
def test_an_unknown_suffix_wants_a_format(folder, name, said):
    assert message(name) == said


def test_an_unknown_format_gets_the_nearest(folder):
    assert message("a.csv", format="json") == (
        "there is no format 'json'; did you mean 'jsonl'? The formats are csv, tsv, jsonl, parquet"
    )


def test_a_missing_file_gets_the_nearest_sibling(folder):
    (folder / "train.csv").touch()

    assert message("trian.csv") == "there is no file trian.csv; did you mean 'train.csv'?"
    assert message("nowhere/a.csv") == "there is no file nowhere/a.csv"


def test_a_folder_is_no_file(folder):
    (folder / "a.csv").mkdir()

    assert message("a.csv") == "a.csv is a folder; pass one file"


def test_a_file_without_permission_is_refused(folder, monkeypatch):
    # chmod would not do: root reads everything
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    assert message("a.csv") == "a.csv cannot be read: Permission denied"


def test_a_path_with_a_nul_is_refused():
    assert message("a\0.csv") == "a\\x00.csv cannot be read: embedded null byte"


def test_a_name_that_a_terminal_would_obey_is_written_out(folder):
    assert message("\x1b[31m.csv") == "there is no file \\x1b[31m.csv"


@pytest.mark.parametrize(
    ("delimiter", "said"),
    [
        (";;", "delimiter must be one character, such as ';', got ';;'"),
        ("", "delimiter must be one character, such as ';', got ''"),
        ("\n", "delimiter must be one character, such as ';', got '\\n'"),
        (
            "\\t",
            "delimiter must be one character, such as ';', got '\\\\t'; a tab is written '\\t', or "
            "format='tsv'",
        ),
    ],
)
def test_what_is_no_delimiter_is_refused(delimiter, said):
    assert message("a.csv", delimiter=delimiter) == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"empty": "dorp"}, "empty must be 'error' or 'drop', got 'dorp'; did you mean 'drop'?"),
        ({"max_characters": 0}, "max_characters must be at least 1, got 0"),
        ({"max_characters": 1.5}, "max_characters must be a whole number, got 1.5"),
        ({"max_characters": True}, "max_characters must be a whole number, got True"),
        ({"encoding": "cp949"}, "encoding is for files, not for a list"),
        (
            {"header": False, "format": "csv", "delimiter": ";"},
            "format, header and delimiter are for files, not for a list",
        ),
    ],
)
def test_options_that_mean_nothing_are_refused(options, said):
    assert message(PAIRS, **options) == said


@pytest.mark.parametrize(
    ("source", "kind"), [({"text": [], "label": []}, "dict"), (b"a.csv", "bytes"), (3, "int")]
)
def test_what_cannot_be_read_is_refused(source, kind):
    assert message(source) == (
        f"examples cannot be read from {kind!r}; pass a path, a pandas DataFrame, a Hugging Face "
        "Dataset or pairs of text and label"
    )


def test_nothing_is_refused():
    assert message([]) == "pairs: there are no examples"


def test_swapped_columns_are_warned_of(folder):
    rows = "".join(f"{'ab'[row % 2]},turn on the light number {row}\n" for row in range(10))
    (folder / "a.csv").write_text("text,label\n" + rows, encoding="utf-8")

    with pytest.warns(DataWarning) as caught:
        read_examples("a.csv")

    assert str(caught[0].message) == (
        "a.csv: 10 different labels but only 2 different texts in 10 rows; are the text and label "
        "columns swapped?"
    )


def test_many_labels_alone_are_no_reason_to_warn():
    read_examples([(f"text {row}", f"label {row}") for row in range(10)])


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, zoo.data\n"
        "heavy = 'torch', 'transformers', 'pandas', 'pyarrow', 'datasets', 'numpy'\n"
        "zoo.data.read_examples([('a', 'x'), ('b', 'y')])\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
