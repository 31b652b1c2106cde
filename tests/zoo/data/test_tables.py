"""Frames, data sets, Parquet and pairs: text where only one text can be meant, else refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from zoo.data import read_examples
from zoo.errors import DataError, MissingExtra

pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

DTYPE = "read the data as text (pandas: dtype=str)"
MISSING = (
    "fill it in, or leave such rows out with empty='drop' (--empty drop); pandas takes 'NA', 'null', 'None' and "
    "'' for missing: read the file with dtype=str, keep_default_na=False if those are meant as "
    "written"
)


def message(source, **options):
    with pytest.raises(DataError) as caught:
        read_examples(source, **options)
    return str(caught.value)


def frame(labels, texts=None):
    texts = [f"text {row}" for row in range(len(labels))] if texts is None else texts
    return pandas.DataFrame({"text": texts, "label": labels})


# pandas


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["001", "01", "NA"], ("001", "01", "NA")),
        (np.array([0, 1, 10]), ("0", "1", "10")),
        (pandas.Series([0, 1, 10], dtype="Int64"), ("0", "1", "10")),
        (pandas.Series(["b", "a", "b"], dtype="category"), ("b", "a", "b")),
        (pandas.Series(["b", "a", "b"], dtype="string"), ("b", "a", "b")),
        (pandas.Series(["b", "a", "b"], dtype=object), ("b", "a", "b")),
        ([True, False, True], ("True", "False", "True")),
        (pandas.Series([1, "one", True], dtype=object), ("1", "one", "True")),
    ],
)
def test_labels_of_a_frame_become_text(labels, expected):
    assert read_examples(frame(labels)).labels == expected


def test_the_index_of_a_frame_has_no_say():
    source = frame(["a", "b", "c"]).set_index(pandas.Index([7, 7, 9])).iloc[1:]

    assert list(read_examples(source)) == [("text 1", "b"), ("text 2", "c")]


def test_columns_of_a_frame_may_be_numbers():
    source = pandas.DataFrame([["0", "hello"], ["1", "bye"]])

    assert list(read_examples(source, text=1, label=0)) == [("hello", "0"), ("bye", "1")]


def test_float_labels_are_refused_by_row():
    assert message(frame([1.0, 2.0, 1.0])) == (
        "DataFrame: the label is a float, not text, in rows 0, 1 and 2 (counted from 0); whether "
        f"'1' or '1.0' is meant cannot be known: {DTYPE}"
    )


def test_what_nan_made_of_integers_is_refused_with_both_reasons():
    assert message(frame([1, None, 2])).splitlines() == [
        "DataFrame: the label is a float, not text, in rows 0 and 2 (counted from 0); whether '1' "
        f"or '1.0' is meant cannot be known: {DTYPE}",
        f"DataFrame: no label in row 1 (counted from 0); {MISSING}",
    ]


@pytest.mark.parametrize("missing", [None, float("nan"), pandas.NA, pandas.NaT])
def test_missing_values_are_named_by_row(missing):
    source = frame(["a"] * 8, pandas.Series(["hi", *[missing] * 6, "ho"], dtype=object))

    assert message(source) == (
        f"DataFrame: no text in 6 rows, the first 1, 2, 3, 4 and 5 (counted from 0); {MISSING}"
    )
    examples = read_examples(source, empty="drop")
    assert (examples.texts, examples.notes) == (("hi", "ho"), {"rows without a text dropped": 6})


def test_what_is_no_text_at_all_is_refused():
    source = frame([pandas.Timestamp("2020-01-01"), "b"], [b"bytes", "text"])

    assert message(source).splitlines() == [
        "DataFrame: the text is of type bytes, not text, in row 0 (counted from 0)",
        "DataFrame: the label is of type Timestamp, not text, in row 0 (counted from 0)",
    ]


def test_columns_of_a_frame_that_are_missing_or_doubled():
    source = pandas.DataFrame([["a", "b", "c"]], columns=["Text", "label", "label"])

    assert message(source, label="Text") == (
        "DataFrame: no column is called 'text'; did you mean 'Text'? The columns are 'Text', "
        "'label', 'label'; choose with text= and label="
    )
    assert message(source, text="Text") == "DataFrame: 2 columns are called 'label'"


# Hugging Face data sets


@pytest.fixture(scope="module")
def datasets():
    return pytest.importorskip("datasets")


@pytest.fixture
def labelled(datasets):
    """A data set whose labels are the integers of a ClassLabel."""
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    )
    return datasets.Dataset.from_dict(
        {"text": ["nope", "sure", "nah"], "label": [0, 1, 0]}, features=features
    )


def test_class_labels_become_their_names(labelled):
    assert list(read_examples(labelled)) == [("nope", "no"), ("sure", "yes"), ("nah", "no")]


def test_the_format_of_a_data_set_has_no_say(labelled):
    assert read_examples(labelled.with_format("numpy")).labels == ("no", "yes", "no")


def test_text_labels_of_a_data_set_stay(datasets):
    source = datasets.Dataset.from_dict({"utterance": ["a", "b"], "label": ["01", "1"]})

    assert read_examples(source, text="utterance").labels == ("01", "1")


def test_an_unlabelled_row_is_named(labelled):
    source = labelled.map(lambda row, index: {"label": -1 if index == 1 else 0}, with_indices=True)

    assert message(source) == (
        "Dataset: no label in row 1 (counted from 0); fill it in, or leave such rows out with "
        "empty='drop' (--empty drop)"
    )


def test_a_dictionary_of_splits_is_refused_with_their_names(datasets, labelled):
    source = datasets.DatasetDict({"train": labelled, "test": labelled})

    assert message(source) == (
        "DatasetDict with the splits 'train' and 'test': pass one of them, such as dataset['train']"
    )


def test_a_stream_is_refused_with_the_way_out(labelled):
    assert message(labelled.to_iterable_dataset()) == (
        "IterableDataset: a stream has no length; pass datasets.Dataset.from_list(list(stream))"
    )


def test_a_missing_column_of_a_data_set_is_named(labelled):
    assert message(labelled, text="texts") == (
        "Dataset: no column is called 'texts'; did you mean 'text'? The columns are 'text', "
        "'label'; choose with text= and label="
    )


# Parquet


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a table into `a.parquet` of the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(columns):
        parquet.write_table(pyarrow.table(columns), "a.parquet")
        return "a.parquet"

    return write


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pyarrow.array(["01", "1"]), ("01", "1")),
        (pyarrow.array(["01", "1"]).dictionary_encode(), ("01", "1")),
        (pyarrow.array(["01", "1"], pyarrow.large_string()), ("01", "1")),
        (pyarrow.array([3, 4], pyarrow.int8()), ("3", "4")),
    ],
)
def test_columns_of_parquet_become_text(write, labels, expected):
    assert read_examples(write({"text": ["a", "b"], "label": labels})).labels == expected


def test_class_labels_keep_their_names_in_parquet(labelled, tmp_path):
    path = tmp_path / "a.parquet"
    labelled.to_parquet(path)

    assert read_examples(path).labels == ("no", "yes", "no")


def test_floats_and_nulls_in_parquet_are_refused_by_row(write):
    path = write({"text": ["a", None, "c"], "label": [0.0, 1.0, 0.0]})

    assert message(path).splitlines() == [
        "a.parquet: the label is a float, not text, in rows 0, 1 and 2 (counted from 0); whether "
        f"'1' or '1.0' is meant cannot be known: {DTYPE}"
    ]


def test_a_missing_column_of_parquet_is_named(write):
    assert message(write({"Text": ["a"], "label": ["x"]})) == (
        "a.parquet: no column is called 'text'; did you mean 'Text'? The columns are 'Text', "
        "'label'; choose with text= and label="
    )


def test_what_is_no_parquet_is_refused(write, tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1, or so it says")

    assert message("a.parquet").startswith("a.parquet cannot be read as Parquet: ")


@pytest.mark.parametrize("damage", range(4, 600, 24))
def test_a_damaged_parquet_file_is_refused_or_read(write, tmp_path, damage):
    path = write({"text": [f"글 {row}" for row in range(50)], "label": ["x", "y"] * 25})
    content = bytearray((tmp_path / path).read_bytes())
    content[damage : damage + 3] = b"\xff\xff\xff"
    (tmp_path / path).write_bytes(content)

    # pyarrow raises OSError, UnicodeDecodeError and its own errors; where only a statistic is hit,
    # the file is whole
    try:
        read_examples(path)
    except DataError as error:
        assert str(error).startswith("a.parquet cannot be read as Parquet: ")


def test_bytes_in_parquet_that_are_not_utf_8_are_refused(write):
    broken = pyarrow.array(["안".encode("cp949")], pyarrow.binary()).view(pyarrow.string())

    assert message(write({"text": broken, "label": ["x"]})) == (
        "a.parquet cannot be read as Parquet: UnicodeDecodeError: 'utf-8' codec can't decode byte "
        "0xbe in position 0: invalid start byte"
    )


def test_parquet_without_pyarrow_says_what_to_install(write, monkeypatch):
    path = write({"text": ["a"], "label": ["x"]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(MissingExtra) as caught:
        read_examples(path)

    assert str(caught.value) == (
        "reading Parquet needs 'pyarrow', which is not installed: pip install 'intentzoo[data]'"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"encoding": "cp949"}, "a.parquet: encoding has no meaning for parquet"),
        ({"header": False}, "a.parquet: header has no meaning for parquet"),
        ({"text": 0}, "a.parquet: parquet has named columns; got the position 0"),
    ],
)
def test_options_without_meaning_for_parquet_are_refused(write, options, said):
    assert message(write({"text": ["a"], "label": ["x"]}), **options) == said


# pairs


@pytest.mark.parametrize(
    "pairs",
    [
        [("a", "x"), ("b", "1")],
        [["a", "x"], ["b", 1]],
        np.array([["a", "x"], ["b", "1"]]),
        zip(["a", "b"], ["x", np.int64(1)], strict=True),
        iter([("a", "x"), ("b", "1")]),
    ],
    ids=["tuples", "lists", "array", "zip", "iterator"],
)
def test_pairs_of_many_kinds_are_read(pairs):
    assert list(read_examples(pairs)) == [("a", "x"), ("b", "1")]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["ab", "cd"], "row 0 (counted from 0) is no pair of text and label: 'ab'; "),
        ([("a", "x"), ("b",)], "row 1 (counted from 0) is no pair of text and label: ('b',); "),
        ([{"text": "a", "label": "x"}], "row 0 (counted from 0) is no pair of text and label: {"),
        ([3], "row 0 (counted from 0) is no pair of text and label: 3; "),
    ],
)
def test_what_is_no_pair_is_refused_by_row(pairs, said):
    assert message(pairs).startswith(said)


def test_faulty_pairs_are_collected_by_their_fault():
    pairs = [("a", 0.5), (None, "x"), ("b", ["x", "y"]), ("c", "x"), (float("nan"), "y")]

    assert message(pairs).splitlines() == [
        "pairs: the label is a float, not text, in row 0 (counted from 0); whether '1' or '1.0' is "
        f"meant cannot be known: {DTYPE}",
        "pairs: the label is a list in row 2 (counted from 0); one text has one label here",
        "pairs: no text in rows 1 and 4 (counted from 0); fill it in, or leave such rows out with "
        "empty='drop' (--empty drop)",
    ]
