"""`Examples`: a sequence of pairs that can be chosen from, counted, compared and sent away."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from zoo.data import Examples, as_examples
from zoo.errors import DataError

EXAMPLES = Examples(
    ("불 켜 줘", "몇 시야?", "문 닫아"), ("command", "question", "command"), "a.csv"
)


def test_they_are_a_sequence_of_pairs():
    assert len(EXAMPLES) == 3
    assert list(EXAMPLES) == [
        ("불 켜 줘", "command"),
        ("몇 시야?", "question"),
        ("문 닫아", "command"),
    ]
    assert EXAMPLES[-1] == ("문 닫아", "command")
    assert ("몇 시야?", "question") in EXAMPLES


def test_a_slice_is_examples_of_the_same_source():
    part = EXAMPLES[1:]

    assert part == Examples(("몇 시야?", "문 닫아"), ("question", "command"))
    assert part.source == "a.csv"


def test_select_takes_rows_in_the_order_asked_for():
    assert EXAMPLES.select(np.array([2, 0])).texts == ("문 닫아", "불 켜 줘")


def test_select_refuses_a_mask():
    with pytest.raises(TypeError):
        EXAMPLES.select(np.array([True, False, True]))


def test_labels_are_counted_and_named_in_order():
    assert EXAMPLES.label_counts == {"command": 2, "question": 1}
    assert EXAMPLES.label_names == ("command", "question")


def test_equality_asks_for_texts_and_labels_only():
    other = Examples(EXAMPLES.texts, EXAMPLES.labels, "b.csv", {"texts turned into NFC": 1})

    assert other == EXAMPLES
    assert hash(other) == hash(EXAMPLES)


def test_they_survive_pickling():
    again = pickle.loads(pickle.dumps(EXAMPLES))

    assert (again, again.source) == (EXAMPLES, "a.csv")


def test_the_repr_does_not_print_the_texts():
    assert repr(EXAMPLES) == "<3 examples of 2 labels from a.csv>"


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (("a", "b"), ("x",), "examples: 2 texts, but 1 labels"),
        (("a",), (1,), "examples: labels must be text; row 0 (counted from 0) is int: 1"),
        (
            ("a", None),
            ("x", "y"),
            "examples: texts must be text; row 1 (counted from 0) is NoneType: None",
        ),
        ("ab", ("x", "y"), "examples: texts must be many texts, got 'ab'"),
    ],
)
def test_what_is_no_text_with_a_label_is_refused(texts, labels, message):
    with pytest.raises(DataError) as caught:
        Examples(texts, labels)

    assert str(caught.value) == message


def test_as_examples_gives_back_examples_as_they_are():
    assert as_examples(EXAMPLES) is EXAMPLES


def test_as_examples_refuses_options_that_would_have_no_effect():
    with pytest.raises(DataError) as caught:
        as_examples(EXAMPLES, text="utterance")

    assert str(caught.value) == "a.csv: these examples are read already; text would have no effect"
