"""A validation split depends on texts, labels and seed; it is stratified and leaks nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.data import Examples, split_validation
from zoo.errors import DataError, RecipeError


def examples(counts):
    pairs = [(f"{label} {row}", label) for label, count in counts.items() for row in range(count)]
    return Examples(*map(tuple, zip(*pairs, strict=True)), "train.csv")


def test_every_label_gives_its_share():
    train, validation = split_validation(examples({"a": 100, "b": 50, "c": 10}), 0.1)

    assert validation.label_counts == {"a": 10, "b": 5, "c": 1}
    assert train.label_counts == {"a": 90, "b": 45, "c": 9}


@pytest.mark.parametrize(("texts", "shared"), [(1, "1 text"), (3, "3 different texts")])
def test_rows_that_share_so_few_texts_are_told_as_that(texts, shared):
    rows = range(110)
    same = Examples([f"t{row % texts}" for row in rows], ["abc"[row % 3] for row in rows], "a.csv")
    with pytest.raises(DataError) as caught:
        split_validation(same)
    assert str(caught.value) == (
        f"a.csv: its 110 rows share only {shared}, which cannot be split into train and "
        "validation, as equal texts stay on one side; name the column that holds the texts, or "
        "give validation examples of their own"
    )


def test_a_tenth_is_taken_unless_another_share_is_given():
    published = examples({"a": 100, "b": 50})

    assert split_validation(published) == split_validation(published, 0.1)


def test_remainders_add_up_to_the_share_of_all():
    # 3 of each of 20 labels: a tenth of all 60 is 6, a tenth of each rounds to none
    _, validation = split_validation(examples({f"{row:02}": 3 for row in range(20)}), 0.1)

    assert len(validation) == 6
    assert set(validation.label_counts.values()) == {1}


def test_which_rows_are_taken_is_the_same_for_ever():
    # a change of these moves every result on a task without a published validation split
    _, validation = split_validation(examples({"a": 20, "b": 20}), 0.1, seed=0)

    assert validation.texts == ("a 8", "a 16", "b 1", "b 15")


def test_another_seed_takes_other_rows():
    source = examples({"a": 100, "b": 100})

    assert split_validation(source, 0.1, seed=0)[1] != split_validation(source, 0.1, seed=1)[1]


def test_the_order_of_rows_and_the_state_of_generators_have_no_say():
    source = examples({"a": 100, "b": 30})
    random.seed(1)
    rows = list(range(len(source)))
    random.shuffle(rows)

    _, first = split_validation(source, 0.2)
    _, second = split_validation(source.select(rows), 0.2)

    assert sorted(first) == sorted(second)


def test_rows_keep_their_order_and_their_source():
    source = examples({"a": 30, "b": 30})

    train, validation = split_validation(source, 0.5)

    rows = {pair: row for row, pair in enumerate(source)}
    for split in (train, validation):
        assert [rows[pair] for pair in split] == sorted(rows[pair] for pair in split)
    assert (train.source, validation.source) == ("train.csv", "train.csv (validation)")


def test_equal_texts_stay_on_one_side():
    texts = [f"text {row % 40}" for row in range(200)]
    labels = ["a" if row % 3 else "b" for row in range(200)]

    train, validation = split_validation(Examples(tuple(texts), tuple(labels)), 0.25)

    assert not set(train.texts) & set(validation.texts)
    assert 40 <= len(validation) <= 50


def test_a_label_with_one_row_stays_in_train():
    train, validation = split_validation(examples({"a": 50, "b": 50, "rare": 1}), 0.5)

    assert train.label_counts["rare"] == 1
    assert "rare" not in validation.label_counts


def test_a_label_of_one_text_only_stays_in_train():
    source = Examples(("same",) * 10 + tuple(map(str, range(10))), ("a",) * 10 + ("b",) * 10)

    train, _ = split_validation(source, 0.5)

    assert train.label_counts["a"] == 10


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abcd")), min_size=1, max_size=60),
    st.floats(0.01, 0.99),
    st.integers(0, 3),
)
def test_nothing_is_lost_and_every_label_stays_in_train(pairs, fraction, seed):
    source = Examples(tuple(str(text) for text, _ in pairs), tuple(label for _, label in pairs))

    try:
        train, validation = split_validation(source, fraction, seed=seed)
    except DataError:
        return

    assert sorted([*train, *validation]) == sorted(source)
    assert train.label_names == source.label_names
    assert not set(train.texts) & set(validation.texts)
    assert 0 < len(validation) <= round(fraction * len(source))


def test_too_few_examples_are_refused():
    with pytest.raises(DataError) as caught:
        split_validation(examples({"a": 1, "b": 1}), 0.5)

    assert str(caught.value) == (
        "train.csv: too few examples to take 0.5 of them for validation and leave one of each "
        "label in train; there are 2 of 2 labels"
    )


@pytest.mark.parametrize("fraction", [0, 1, 0.0, 1.0, -0.1, 1.5, float("nan"), "0.1", True, None])
def test_what_is_no_fraction_is_refused(fraction):
    with pytest.raises(DataError) as caught:
        split_validation(examples({"a": 9}), fraction)

    assert str(caught.value) == f"fraction must be a number between 0 and 1, got {fraction!r}"


def test_what_is_no_seed_is_refused():
    with pytest.raises(RecipeError, match="seed must be a whole number"):
        split_validation(examples({"a": 9}), 0.5, seed=-1)
