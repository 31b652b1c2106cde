"""JSON lines: strict, with the line of every fault, and numbers as they are written."""

from __future__ import annotations

import pytest

from zoo.data import read_examples
from zoo.errors import DataError


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write lines into `a.jsonl` of the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(*lines: str, end: str = "\n") -> str:
        (tmp_path / "a.jsonl").write_bytes(end.join([*lines, ""]).encode())
        return "a.jsonl"

    return write


def message(path, **options):
    with pytest.raises(DataError) as caught:
        read_examples(path, **options)
    return str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_object_a_line(write, end):
    path = write(
        '\ufeff{"text": "불 켜 줘", "label": "command", "id": 1}',
        "",
        '{"label": "question", "text": "몇\\n시야?\u2028"}',
        end=end,
    )

    assert list(read_examples(path)) == [("불 켜 줘", "command"), ("몇\n시야?", "question")]


def test_numbers_and_truth_values_become_the_text_that_stands_there(write):
    labels = ["1", "1.0", "1e5", "-0", "1e999", "9" * 5000, "true", "false"]
    path = write(*(f'{{"text": "{label[:4]}", "label": {label}}}' for label in labels))

    assert list(read_examples(path).labels) == labels


def test_the_labels_1_and_01_stay_apart(write):
    path = write('{"text": "a", "label": "01"}', '{"text": "b", "label": 1}')

    assert read_examples(path).labels == ("01", "1")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{"text": "a", "label": "x", "label": "y"}',
            "a.jsonl, line 2: the key 'label' stands there twice",
        ),
        ('{"text": "a", "label": NaN}', "a.jsonl, line 2: NaN is no JSON number"),
        ('{"text": "a", "label": -Infinity}', "a.jsonl, line 2: -Infinity is no JSON number"),
        (
            '{"text": "a" "label": "x"}',
            "a.jsonl, line 2, column 14: not JSON: expecting ',' delimiter",
        ),
        (
            "{'text': 'a'}",
            "a.jsonl, line 2, column 2: not JSON: expecting property name enclosed in double "
            "quotes",
        ),
        (
            '{"text": "a", "label": "x"} {}',
            "a.jsonl, line 2, column 29: not JSON: extra data",
        ),
        (
            "[",
            "a.jsonl, line 2, column 2: not JSON: it goes on in the next line; write one whole "
            "object a line",
        ),
        (
            '["a", "x"]',
            'a.jsonl, line 2: each line is an object such as {"text": "…", "label": "…"}, this is '
            "a list",
        ),
        (
            "null",
            'a.jsonl, line 2: each line is an object such as {"text": "…", "label": "…"}, this is '
            "null",
        ),
        (
            '{"text": "a", "label": "x", "more": ' + "[" * 100_000 + "]" * 100_000 + "}",
            "a.jsonl, line 2: nested too deeply",
        ),
    ],
    ids=["twice", "nan", "infinity", "cut", "quotes", "extra", "pretty", "list", "null", "bomb"],
)
def test_what_is_no_strict_json_is_named_by_its_line(write, line, said):
    assert message(write('{"text": "a", "label": "x"}', line)) == said


def test_faulty_rows_are_collected_by_their_fault(write):
    path = write(
        '{"text": "a", "label": "x"}',
        '{"txt": "a", "label": "x"}',
        '{"text": "", "label": "x"}',
        '{"txt": "a", "label": "x"}',
        '{"text": "a", "label": ["x", "y"]}',
        '{"text": null, "label": "x"}',
        '{"text": {}, "label": "x"}',
        '{"text": "\\ud800", "label": "x"}',
    )

    assert message(path).splitlines() == [
        "a.jsonl: no key 'text' in lines 2 and 4; did you mean 'txt'? The keys are 'txt', 'label'",
        "a.jsonl: 'label' is a list, not text, in line 5",
        "a.jsonl: 'text' is an object, not text, in line 7",
        "a.jsonl: no text in lines 3 and 6; fill it in, or leave such rows out with empty='drop' (--empty drop)",
        "a.jsonl: half of a surrogate pair in the text in line 8; it was decoded or cut wrongly "
        "before, and no tokenizer takes it",
    ]


def test_a_whole_surrogate_pair_is_a_letter(write):
    path = write('{"text": "\\ud83d\\ude00", "label": "x"}', '{"text": "b", "label": "y"}')

    assert read_examples(path).texts == ("😀", "b")


def test_empty_files_are_refused(write):
    assert message(write("", " ")) == "a.jsonl is empty"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"header": False}, "a.jsonl: header has no meaning for jsonl"),
        ({"delimiter": ","}, "a.jsonl: delimiter has no meaning for jsonl"),
        ({"text": 1}, "a.jsonl: jsonl has named columns; got the position 1"),
    ],
)
def test_options_without_meaning_are_refused(write, options, said):
    assert message(write('{"text": "a", "label": "x"}'), **options) == said
