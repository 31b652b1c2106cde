"""Texts that occur twice are found, and counted by two comparisons."""

from __future__ import annotations

import unicodedata

import pytest

from zoo.data import Examples, Overlap, clean_rows, normalised, overlap
from zoo.data.duplicates import labels_by_text
from zoo.errors import DataError


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Hello, World!", "hello world"),
        ("가 나다.", "가나다"),
        (unicodedata.normalize("NFD", "한글"), "한글"),
        ("STRASSE", "straße"),
        ("what's up？", "whats\u3000up"),
        ("「인용」", "인용"),
    ],
)
def test_case_form_punctuation_and_spaces_have_no_say_in_the_lax_comparison(first, second):
    assert normalised(first) == normalised(second)


@pytest.mark.parametrize(
    ("first", "second"), [("가", "나"), ("a1", "a2"), ("ㅋㅋ", "ㅋ"), ("3+4", "34"), ("?", "!")]
)
def test_letters_digits_and_symbols_have(first, second):
    assert normalised(first) != normalised(second)


@pytest.mark.parametrize("text", ["?!", "...", "-"])
def test_a_text_of_punctuation_only_stays_as_it_is(text):
    assert normalised(text) == text


def test_clean_rows_do_not_occur_in_train():
    train, test = ["a b", "c"], ["c", "A b!", "d", "a b"]

    assert clean_rows(train, test) == (1, 2)
    assert clean_rows(train, test, "normalised") == (2,)
    assert clean_rows([], test) == (0, 1, 2, 3)


def test_an_unknown_comparison_is_refused():
    with pytest.raises(DataError) as caught:
        clean_rows([], [], "normalized")

    assert str(caught.value) == (
        "comparison must be 'exact' or 'normalised', got 'normalized'; did you mean 'normalised'?"
    )


def test_an_overlap_is_found_by_hand():
    seen = Examples(("a", "a", "b", "c", "c", "d"), ("x", "x", "x", "x", "y", "y"))
    test = Examples(("a", "b", "c", "D", "e", "a"), ("x", "y", "y", "y", "x", "x"))

    assert overlap(seen, test) == Overlap(
        exact=(0, 1, 2, 5),  # a, b, c and a again
        normalised=(3,),  # D
        relabelled=(1,),  # b
    )


def test_a_text_has_the_labels_of_all_splits():
    train, test = Examples(("a", "b"), ("x", "x")), Examples(("a", "a"), ("y", "x"))

    assert labels_by_text(train, test) == {"a": {"x": 2, "y": 1}, "b": {"x": 1}}
