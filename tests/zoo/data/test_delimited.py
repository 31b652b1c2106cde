"""CSV and TSV: read as text whatever stands there, or refused with the line."""

from __future__ import annotations

import csv

import pytest

from zoo.data import DataWarning, read_examples
from zoo.errors import DataError


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write text into a file of the current folder, line ends as given."""
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "a.csv") -> str:
        (tmp_path / name).write_bytes(text.encode())
        return name

    return write


def message(path, **options):
    with pytest.raises(DataError) as caught:
        read_examples(path, **options)
    return str(caught.value)


# what is harmless


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_are_harmless(write, end, last, mark):
    path = write(mark + end.join(["text,label", "켜 줘,a", "꺼 줘,b"]) + (end if last else ""))

    assert list(read_examples(path)) == [("켜 줘", "a"), ("꺼 줘", "b")]


def test_blank_lines_are_no_rows_and_still_count_as_lines(write):
    path = write("\ntext,label\n\na,x\n   \n,y\n\n")

    assert message(path).startswith("a.csv: no text in line 6;")


def test_everything_stays_text(write):
    labels = ["001", "01", "1", "1.0", "1e5", "NA", "null", "None", "nan", "no", "true", "0x1f"]
    path = write("text,label\n" + "".join(f"text {label},{label}\n" for label in labels))

    assert list(read_examples(path).labels) == labels


def test_other_columns_have_no_say(write):
    path = write("id,text,,,label\n1,hello,,,a\n2,bye,,,b\n")

    assert read_examples(path).texts == ("hello", "bye")


def test_columns_are_chosen_by_name_in_any_unicode_form(write):
    path = write("발화,의도\nhello,a\nbye,b\n")
    decomposed = "\u1107\u1161\u11af\u1112\u116a"  # 발화 in NFD

    assert read_examples(path, text=decomposed, label="의도").labels == ("a", "b")


def test_without_a_header_columns_are_positions(write):
    path = write("0\t영두\r\n1\t됐다\r\n0\t오", "fci.txt")

    examples = read_examples(path, format="tsv", header=False, text=1, label=0)

    assert list(examples) == [("영두", "0"), ("됐다", "1"), ("오", "0")]


def test_a_delimiter_can_be_named(write):
    path = write("text;label\nyes, indeed;a\nno;b\n")

    assert read_examples(path, delimiter=";").texts == ("yes, indeed", "no")


# quotes


def test_quoted_fields_hold_delimiters_quotes_and_newlines(write):
    path = write('text,label\n"a, ""b""\nc",x\n"d",y\n')

    assert read_examples(path).texts == ('a, "b"\nc', "d")


def test_a_newline_of_unicode_ends_no_row(write):
    path = write("text,label\none\u2028two\x85three\x0bfour,a\nfive,b\n")

    assert read_examples(path).texts == ("one\u2028two\x85three\x0bfour", "five")


def test_tsv_knows_no_quotes(write):
    path = write('id\ttext\tlabel\n1\t"best film\ta\n2\the said "no"\tb\n3\t"\ta\n', "a.tsv")

    assert read_examples(path).texts == ('"best film', 'he said "no"', '"')


def test_quoted_tsv_is_csv_with_tabs(write):
    path = write('text\tlabel\n"a\tb"\tx\nc\ty\n', "a.tsv")

    assert read_examples(path, format="csv", delimiter="\t").texts == ("a\tb", "c")


def test_a_quote_that_is_never_closed_is_named_by_its_line(write):
    path = write('text,label\nfine,a\n"oh no,b\nlost,a\nlost,b\n')

    assert message(path) == (
        "a.csv: a quote of the row at line 3 is never closed; write a quote inside a quoted field "
        "twice (\"\"), or pass format='tsv', delimiter=',' (--format tsv --delimiter ',') if the file "
        "knows no quoting"
    )


def test_the_way_out_for_a_file_without_quoting_works(write):
    path = write('text,label\nfine,a\n"oh no,b\n')

    assert read_examples(path, format="tsv", delimiter=",").texts == ("fine", '"oh no')


def test_a_quote_that_closes_in_the_wrong_place_is_named_by_both_lines(write):
    path = write('text,label\n"oh no,b\nlost,a\nsaid "yes" again,b\n')

    assert message(path).startswith(
        "a.csv: a quote of the row at line 2 closes only at line 4, where the field goes on; "
    )


def test_text_after_a_closing_quote_is_named_by_its_line(write):
    assert message(write('text,label\n"oh" no,b\n')).startswith(
        "a.csv: line 2 goes on after a closing quote; "
    )


def test_two_stray_quotes_that_swallow_rows_are_warned_of(write):
    path = write('text,label\nfine,a\n"oh no,b\nlost,a\nwell",b\nfine,b\n')

    with pytest.warns(DataWarning) as caught:
        examples = read_examples(path)

    assert len(examples) == 3
    assert str(caught[0].message) == (
        "a.csv: what a quote opens in line 3 holds lines that look like rows of their own; is a "
        "quote missing there, or one too many?"
    )


def test_two_stray_quotes_in_the_label_are_warned_of_too(write):
    path = write('text,label\nfine,a\noh no,"b\nlost,a\nwell,b"\nfine,b\n')

    with pytest.warns(DataWarning, match="what a quote opens in line 3"):
        read_examples(path)


# large fields


def test_a_text_of_a_megabyte_is_cut_and_counted(write):
    path = write(f"text,label\n{'가' * 400_000},a\nshort,b\n")

    examples = read_examples(path)

    assert examples.texts == ("가" * 10_000, "short")
    assert examples.notes == {"texts cut to 10,000 characters": 1}


def test_the_limit_of_the_csv_module_is_left_as_it_was(write):
    before = csv.field_size_limit()

    read_examples(write("text,label\nhello,a\nbye,b\n"))
    message(write('text,label\n"hello,a\n'))

    assert csv.field_size_limit() == before


# rows that do not fit


def test_rows_of_another_length_are_named_with_what_was_expected(write):
    path = write("text,label\na,x\nb, c,y\nd\n")

    assert message(path) == (
        "a.csv: the header (line 1) has 2 columns, but line 3 has 3 and line 4 has 1; put a text "
        "that holds ',' into quotes; complete a row that has too few columns, or take it out"
    )


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_row_with_too_few_columns_is_not_advised_to_quote(write, name):
    said = message(write("text,label\nb\n", name), delimiter=",")

    assert said.endswith(
        "but line 2 has 1; complete a row that has too few columns, or take it out"
    )


def test_many_rows_of_another_length_are_counted(write):
    path = write("0\ta\n" + "0\ta\tb\n" * 7, "a.tsv")

    assert message(path, header=False, text=1, label=0) == (
        "a.tsv: the first row (line 1) has 2 columns, but line 2 has 3, line 3 has 3, line 4 has "
        "3, line 5 has 3 and line 6 has 3 (and 2 more rows); a text may not hold the delimiter "
        "'\\t', unless the file is quoted: then pass format='csv', delimiter='\\t' (--format csv "
        "--delimiter '\\t')"
    )


# columns that are not there


def test_a_missing_column_gets_the_columns_and_the_nearest(write):
    path = write("Text,labels,id\na,x,1\n")

    assert message(path) == (
        "a.csv, line 1: no column is called 'text'; did you mean 'Text'? The columns are 'Text', "
        "'labels', 'id'; choose with text= and label= (--text and --label). If this line is no "
        "header, write one above it, or in Python pass header=False with positions from 0"
    )
    assert "'label'; did you mean 'labels'?" in message(path, text="Text")


def test_a_column_that_nothing_is_near_to_gets_the_columns(write):
    assert message(write("utterance,class\na,x\n")).startswith(
        "a.csv, line 1: no column is called 'text'. The columns are 'utterance', 'class'; "
    )


def test_a_doubled_column_is_refused(write):
    assert message(write("text,label,text\na,x,b\n")) == (
        "a.csv, line 1: 2 columns are called 'text'; rename all but one"
    )


@pytest.mark.parametrize(
    ("header", "name", "options", "said"),
    [
        ("text;label", "a.csv", {}, "makes one column of it, 'text;label'; it seems to be ';': "),
        ("text|label", "a.csv", {}, "makes one column of it, 'text|label'; it seems to be '|': "),
        ("text\tlabel", "a.csv", {}, "it seems to be '\\t': pass format='tsv' (--format tsv)"),
        ("text,label", "a.tsv", {}, "it seems to be ',': pass format='csv' (--format csv)"),
        (
            "text,label",
            "a.csv",
            {"delimiter": ";"},
            "it seems to be ',': pass delimiter=',' (--delimiter ',')",
        ),
        (
            "a;b",
            "a.csv",
            {"header": False, "text": 0, "label": 1},
            "pass delimiter=';' (--delimiter ';')",
        ),
    ],
)
def test_a_wrong_delimiter_is_recognised(write, header, name, options, said):
    path = write(f"{header}\n{header}\n", name)

    assert message(path, **options).startswith(f"{name}, line 1: the delimiter ")
    assert said in message(path, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"text": 1, "label": 0},
            "a.csv: 1 is a position; give a column's name, or header=False for a file that has no "
            "header",
        ),
        (
            {"header": False},
            "a.csv: without a header columns are given by position from 0, such as text=1, "
            "label=0; got 'text'",
        ),
        (
            {"header": False, "text": -1, "label": 0},
            "a.csv: without a header columns are given by position from 0, such as text=1, "
            "label=0; got -1",
        ),
        (
            {"header": False, "text": 5, "label": 0},
            "a.csv, line 1: there is no column 5 (counted from 0), the line has 2 columns",
        ),
        ({"text": "label"}, "text and label are the same column, 'label'"),
    ],
)
def test_names_and_positions_are_not_mixed_up(write, options, said):
    assert message(write("text,label\na,x\n"), **options) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.csv is empty"),
        ("\n  \n", "a.csv is empty"),
        ("text,label\n", "a.csv has a header and no rows"),
    ],
)
def test_a_file_without_rows_is_refused(write, content, said):
    assert message(write(content)) == said
