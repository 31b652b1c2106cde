"""Texts that occur twice: within train, and, worse, both in train and in test."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from zoo.data.examples import Examples
from zoo.errors import DataError, did_you_mean

Comparison = Literal["exact", "normalised"]


@dataclass(frozen=True, slots=True)
class Audit:
    """What is to be known of a task before its numbers are believed; all are counts.

    `exact_duplicates` and `normalised_duplicates` are test rows whose text also occurs in train or
    validation, `relabelled_duplicates` the exact ones among them whose label the text never has
    there. `repeated_rows` are rows of train and validation beyond the first of the same
    text, `conflicting_texts` the texts that have more than one label there.
    """

    exact_duplicates: int
    normalised_duplicates: int
    relabelled_duplicates: int
    repeated_rows: int
    conflicting_texts: int


def normalised(text: str) -> str:
    """The text for a lax comparison: NFC, case folded, without punctuation and spaces.

    A text with nothing else in it, such as `?!`, stays as it is.

    >>> normalised("Hello, World!") == normalised("hello world")
    True
    """
    composed = unicodedata.normalize("NFC", text)
    # folding may undo the composition: U+1E9E becomes two letters
    folded = unicodedata.normalize("NFC", composed.casefold())
    # category P… is punctuation, Z… and the control characters are spaces
    letters = [
        letter
        for letter in folded
        if not letter.isspace() and unicodedata.category(letter)[0] not in "PZ"
    ]
    return "".join(letters) or composed


def clean_rows(
    train_texts: Iterable[str], test_texts: Iterable[str], comparison: Comparison = "exact"
) -> tuple[int, ...]:
    """The indices of the test texts that do not occur among the training texts.

    `"exact"` compares texts as read, that is in NFC and without surrounding space; `"normalised"`
    compares what `normalised` leaves of them. The exact one decides which rows of a task are clean.
    It is what "occurs in train" has meant wherever clean scores of 3i4K were counted: 5,504 of the
    6,121 test rows, against 5,457 by the other. And what the other throws away carries labels:
    "가요" is a statement, "가요?" a question. Both counts stand in `Audit`, so that near duplicates
    stay visible.
    """
    if comparison not in get_args(Comparison):
        raise DataError(
            f"comparison must be 'exact' or 'normalised', got {comparison!r}"
            + did_you_mean(str(comparison), get_args(Comparison))
        )
    if comparison == "exact":
        seen = set(train_texts)
        return tuple(row for row, text in enumerate(test_texts) if text not in seen)
    seen = {normalised(text) for text in train_texts}
    return tuple(row for row, text in enumerate(test_texts) if normalised(text) not in seen)


def audit(train: Examples, test: Examples) -> Audit:
    """Duplicates and contradictions; `train` is everything that is learned or chosen from."""
    labels_of: defaultdict[str, set[str]] = defaultdict(set)
    for text, label in train:
        labels_of[text].add(label)
    shared = [(text, label) for text, label in test if text in labels_of]
    return Audit(
        exact_duplicates=len(shared),
        normalised_duplicates=len(test) - len(clean_rows(train.texts, test.texts, "normalised")),
        relabelled_duplicates=sum(label not in labels_of[text] for text, label in shared),
        repeated_rows=len(train) - len(labels_of),
        conflicting_texts=sum(len(labels) > 1 for labels in labels_of.values()),
    )
