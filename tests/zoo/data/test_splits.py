"""Splits that belong together pass; labels that differ, empty splits and single labels do not."""

from __future__ import annotations

import unicodedata
import warnings
from dataclasses import replace

import pytest

from zoo.data import DataWarning, Examples, check_splits
from zoo.errors import DataError


def examples(source, *labels):
    return Examples(tuple(f"text {row}" for row in range(len(labels))), labels, source)


TRAIN = examples("train.csv", "b", "a", "c", "a")


def message(*splits, **options):
    with pytest.raises(DataError) as caught:
        check_splits(*splits, **options)
    return str(caught.value)


def test_splits_with_the_same_labels_pass_as_they_are():
    validation, test = examples("v.csv", "a", "b", "c"), examples("t.csv", "c", "b", "a")

    splits = check_splits(TRAIN, validation, test)

    assert (splits.train, splits.validation, splits.test) == (TRAIN, validation, test)
    assert splits.labels == ("a", "b", "c")
    assert splits.notes == ()


def test_train_alone_passes():
    splits = check_splits(TRAIN, None)

    assert (splits.validation, splits.test) == (None, None)


def test_a_label_that_only_train_has_is_noted():
    splits = check_splits(TRAIN, None, examples("t.csv", "a"))

    assert splits.notes == ("t.csv has no example of 2 labels: 'b', 'c'",)
    assert splits.labels == ("a", "b", "c")


def test_a_label_that_train_lacks_is_an_error_with_the_ones_that_were_meant():
    train = examples("train.csv", "card_arrival", "top up", "카드 분실", "pin")
    test = examples(
        "t.csv",
        "Card_Arrival",
        "topup",
        "카드　분실",
        "\ufeffpin",
        "pim",
        "refund",
        "pin",
    )

    assert message(train, None, test).splitlines() == [
        "t.csv: 6 labels do not occur in train.csv (6 of 7 rows); mend them, or leave those rows "
        "out with zoo.data.check_splits(…, unseen_labels='drop')",
        "  'Card_Arrival' differs from 'card_arrival' only in case",
        "  'pim'; did you mean 'pin'?",
        "  'refund'",
        "  'topup' differs from 'top up' only in spaces",
        "  '카드\\u3000분실' differs from '카드 분실' only in Unicode form (such as full width)",
        "  '\\ufeffpin' differs from 'pin' only in spaces",
    ]


def test_validation_is_held_to_the_same_rule():
    assert message(TRAIN, examples("v.csv", "a", "A")).startswith(
        "v.csv: 1 label does not occur in train.csv (1 of 2 rows); mend them"
    )


def test_many_unseen_labels_are_counted():
    said = message(TRAIN, examples("v.csv", *(f"label {row}" for row in range(30)))).splitlines()

    assert (len(said), said[-1]) == (22, "  and 10 more")


def test_rows_with_unseen_labels_can_be_dropped():
    test = examples("t.csv", "a", "x", "b", "y", "c")

    splits = check_splits(TRAIN, None, test, unseen_labels="drop")

    assert list(splits.test) == [("text 0", "a"), ("text 2", "b"), ("text 4", "c")]
    assert splits.labels == ("a", "b", "c")
    assert splits.notes == (
        "2 of 5 rows of t.csv were dropped that have 2 labels unknown to train.csv: 'x', 'y'",
    )


def test_rows_with_unseen_labels_can_be_kept():
    test = examples("t.csv", "a", "x", "b", "c")

    splits = check_splits(TRAIN, None, test, unseen_labels="keep")

    assert splits.test is test
    assert splits.labels == ("a", "b", "c", "x")
    assert splits.notes == (
        "1 of 4 rows of t.csv were kept that have 1 label unknown to train.csv: 'x'",
    )


@pytest.mark.parametrize("policy", ["drop", "keep"])
def test_no_policy_helps_where_no_label_is_known(policy):
    assert message(TRAIN, examples("v.csv", "x", "y"), unseen_labels=policy).startswith(
        "v.csv: none of its 2 labels occurs in train.csv, which has 'a', 'b', 'c'; are they the "
        "same task?"
    )


def test_one_label_only_is_refused():
    assert message(examples("train.csv", "a", "a")) == (
        "train.csv: every example has the label 'a'; there is nothing to learn with fewer than two "
        "labels"
    )


@pytest.mark.parametrize(
    "splits",
    [
        (examples("e.csv"),),
        (TRAIN, examples("e.csv")),
        (TRAIN, None, examples("e.csv")),
    ],
)
def test_an_empty_split_is_refused(splits):
    assert message(*splits) == "e.csv: the split is empty"


def test_an_unknown_policy_is_refused():
    assert message(TRAIN, unseen_labels="dorp") == (
        "unseen_labels must be 'error', 'drop' or 'keep', got 'dorp'; did you mean 'drop'?"
    )


def test_labels_of_train_that_look_the_same_are_warned_of():
    with pytest.warns(DataWarning) as caught:
        check_splits(examples("train.csv", "Yes", "no", "yes", "n o"))

    assert [str(one.message) for one in caught] == [
        "train.csv: 'Yes' and 'yes' are 2 labels that differ only in case",
        "train.csv: 'n o' and 'no' are 2 labels that differ only in spaces",
    ]


def test_labels_of_signs_only_are_not_taken_for_the_same():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_splits(examples("train.csv", "+", "-", "!?"))


def test_a_draw_that_lacks_labels_is_told_as_what_it_is():
    train = replace(examples("train.tsv", "a", "b"), draw="2 examples that seed 1 drew of mail")

    assert message(train, examples("dev.tsv", "a", "bb", "bb")) == (
        "the 2 examples that seed 1 drew of mail lack the label 'bb', which 2 of 3 rows of "
        "validation have: draw more, or take another seed"
    )


def test_a_draw_of_one_label_does_not_accuse_the_file():
    train = replace(examples("train.tsv", "a", "a"), draw="2 examples that seed 1 drew of mail")

    assert message(train) == (
        "the 2 examples that seed 1 drew of mail have the label 'a' alone; there is nothing to "
        "learn with fewer than two labels: draw more, or take another seed"
    )


def test_labels_that_look_the_same_are_the_same():
    train = examples("train.csv", "끄기", "켜기")
    mac = examples("mac.csv", *(unicodedata.normalize("NFD", label) for label in train.labels))
    assert check_splits(train, mac).validation == train
