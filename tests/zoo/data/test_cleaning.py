"""What is repaired, and that it is counted; what is refused, and which rows are named."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from zoo.data import read_examples
from zoo.data.cleaning import _SPACES, is_blank
from zoo.errors import DataError

NFD = unicodedata.normalize("NFD", "불 켜 줘")


def message(pairs, **options):
    with pytest.raises(DataError) as caught:
        read_examples(pairs, **options)
    return str(caught.value)


def test_texts_and_labels_are_brought_to_nfc_and_counted():
    label = unicodedata.normalize("NFD", "명령")
    assert len(NFD) > len("불 켜 줘")

    examples = read_examples([(NFD, label), ("불 켜 줘", "명령"), ("café", "etc")])

    assert examples.texts == ("불 켜 줘", "불 켜 줘", "café")
    assert examples.label_counts == {"etc": 1, "명령": 2}
    assert examples.notes == {"labels turned into NFC": 1, "texts turned into NFC": 1}


def test_surrounding_space_is_taken_away_and_counted():
    examples = read_examples([("\u3000 hi\tyou \r\n", " a"), ("ho", "\ufeffa\u200b "), ("he", "b")])

    assert list(examples) == [("hi\tyou", "a"), ("ho", "a"), ("he", "b")]
    assert examples.notes == {
        "labels freed of surrounding space": 2,
        "texts freed of surrounding space": 1,
    }


def test_every_space_that_python_strips_is_a_space():
    assert set(_SPACES) == {chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()}


def test_repairs_that_were_not_needed_are_not_noted():
    assert read_examples([("hi", "a"), ("ho", "b")]).notes == {}


def test_texts_are_cut_by_characters_after_composition():
    examples = read_examples([(NFD * 3, "a"), ("12345", "b"), ("1234 6", "b")], max_characters=5)

    assert examples.texts == ("불 켜 줘", "12345", "1234")
    assert examples.notes["texts cut to 5 characters"] == 2


@pytest.mark.parametrize(
    "text",
    ["", " ", "\t\r\n", "\u200b", "\ufeff\ufeff", "\u3164", "\u00ad\u2060", "\x00", "\u2028"],
)
def test_a_text_that_nobody_sees_is_blank(text):
    assert is_blank(text)
    assert message([("hi", "a"), (text, "b")]) == (
        "pairs: no text in row 1 (counted from 0); fill it in, or leave such rows out with "
        "empty='drop' (--empty drop)"
    )


@pytest.mark.parametrize("text", ["0", ".", "ㅋ", "\u0301", "👍"])
def test_a_text_of_one_sign_is_not_blank(text):
    assert not is_blank(text)


def test_missing_texts_and_labels_are_both_named():
    pairs = [("a", "x"), ("", "x"), ("b", None), ("c", " "), (None, None)]

    assert message(pairs).splitlines() == [
        "pairs: no text in rows 1 and 4 (counted from 0); fill it in, or leave such rows out with "
        "empty='drop' (--empty drop)",
        "pairs: no label in rows 2 and 3 (counted from 0); fill it in, or leave such rows out with "
        "empty='drop' (--empty drop)",
    ]


def test_dropped_rows_are_counted_and_nothing_else_of_them_is():
    pairs = [("a", "x"), ("", " x"), (NFD, None), ("c", "y")]

    examples = read_examples(pairs, empty="drop")

    assert examples.texts == ("a", "c")
    assert examples.notes == {
        "rows without a label dropped": 1,
        "rows without a text dropped": 1,
    }


def test_dropping_everything_is_an_error():
    assert message([("", "x"), (" ", "y")], empty="drop") == (
        "pairs: there are no examples left, 2 were dropped"
    )


def test_lone_surrogates_are_named_by_row():
    pairs = [("a\ud800", "x"), ("b", "\udc00"), ("c\udfff", "x\ud800"), ("d", "x")]

    assert message(pairs).splitlines() == [
        "pairs: half of a surrogate pair in the text in row 0 (counted from 0); it was decoded or "
        "cut wrongly before, and no tokenizer takes it",
        "pairs: half of a surrogate pair in the label in row 1 (counted from 0); it was decoded or "
        "cut wrongly before, and no tokenizer takes it",
        "pairs: half of a surrogate pair in the text and the label in row 2 (counted from 0); it "
        "was decoded or cut wrongly before, and no tokenizer takes it",
    ]
