"""Texts that occur twice: within train, and, worse, both in train and in test."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from zoo.data.examples import Examples
from zoo.errors import DataError, did_you_mean

Comparison = Literal["exact", "normalised"]


@dataclass(frozen=True, slots=True)
class Overlap:
    """The rows of a split whose text also occurs in what was seen before it, as indices.

    `exact` as read, that is in NFC and without surrounding space; `normalised` the others, whose
    text is there but for case, punctuation and spaces. `relabelled` are the exact ones whose label
    the text never has there.
    """

    exact: tuple[int, ...]
    normalised: tuple[int, ...]
    relabelled: tuple[int, ...]


class _Kept(dict[int, int | None]):
    """Code points as `str.translate` wants them: None for punctuation, spaces and controls."""

    def __missing__(self, code: int) -> int | None:
        letter = chr(code)
        # category P… is punctuation, Z… and the control characters are spaces
        is_kept = not letter.isspace() and unicodedata.category(letter)[0] not in "PZ"
        self[code] = code if is_kept else None
        return self[code]


_KEPT = _Kept()


def normalised(text: str) -> str:
    """The text for a lax comparison: NFC, case folded, without punctuation and spaces.

    A text with nothing else in it, such as `?!`, stays as it is.

    >>> normalised("Hello, World!") == normalised("hello world")
    True
    """
    composed = unicodedata.normalize("NFC", text)
    # folding may undo the composition: U+1E9E becomes two letters
    folded = unicodedata.normalize("NFC", composed.casefold())
    return folded.translate(_KEPT) or composed


def clean_rows(
    train_texts: Iterable[str], test_texts: Iterable[str], comparison: Comparison = "exact"
) -> tuple[int, ...]:
    """The indices of the test texts that do not occur among the training texts.

    `"exact"` compares texts as read, that is in NFC and without surrounding space; `"normalised"`
    compares what `normalised` leaves of them. The exact one decides which rows of a task are clean:
    what the other throws away carries labels, "가요" is a statement, "가요?" a question. `overlap`
    gives both, so that near duplicates stay visible.
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


def overlap(seen: Examples, split: Examples) -> Overlap:
    """Which rows of `split` occur in `seen`, everything that is learned or chosen from."""
    labels_of = labels_by_text(seen)
    lax = {normalised(text) for text in labels_of}
    exact = [row for row, text in enumerate(split.texts) if text in labels_of]
    others = (row for row, text in enumerate(split.texts) if text not in labels_of)
    return Overlap(
        exact=tuple(exact),
        normalised=tuple(row for row in others if normalised(split.texts[row]) in lax),
        relabelled=tuple(
            row for row in exact if split.labels[row] not in labels_of[split.texts[row]]
        ),
    )


def labels_by_text(*splits: Examples) -> dict[str, Counter[str]]:
    """Every text with the labels it has and how often; several are a contradiction."""
    labels_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for examples in splits:
        for text, label in examples:
            labels_of[text][label] += 1
    return dict(labels_of)
