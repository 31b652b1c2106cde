"""A validation split, taken from train where none is published."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

from zoo.data.examples import Examples
from zoo.errors import DataError
from zoo.seeds import derive_seed

# rows a text on average, from which on it is the texts that are too few
_FEW_REPEATS = 4


def split_validation(
    examples: Examples, fraction: float = 0.1, *, seed: int = 0
) -> tuple[Examples, Examples]:
    """Train and validation, about `fraction` of the rows of every label in the latter.

    Which texts go where is a pure function of the texts, the labels and the seed: the order of rows
    has no say, and neither has any generator. Equal texts stay on one side, otherwise validation
    would reward what was learned by heart. Every label keeps at least one row in train. Raises
    `DataError` for a fraction outside of (0, 1), or where validation would stay empty.
    """
    if not isinstance(fraction, int | float) or not 0 < fraction < 1:
        raise DataError(f"fraction must be a number between 0 and 1, got {fraction!r}")
    chosen = _chosen_texts(examples, fraction, seed)
    if not chosen:
        if fault := _too_few_texts(examples):
            raise DataError(fault)
        raise DataError(
            f"{examples.source}: too few examples to take {fraction:g} of them for validation and "
            f"leave one of each label in train; there are {len(examples):,} of "
            f"{len(examples.label_names):,} labels"
        )
    rows = range(len(examples))
    sides = (
        [row for row in rows if examples.texts[row] not in chosen],
        [row for row in rows if examples.texts[row] in chosen],
    )
    train, validation = (examples.select(side) for side in sides)
    return train, replace(validation, source=f"{examples.source} (validation)")


def _too_few_texts(examples: Examples) -> str:
    """What is wrong where rows repeat so few texts that none could go; else an empty text."""
    distinct = len(set(examples.texts))
    if distinct * _FEW_REPEATS > len(examples):
        return ""
    texts = "text" if distinct == 1 else "different texts"
    return (
        f"{examples.source}: its {len(examples):,} rows share only {distinct:,} {texts}, which "
        "cannot be split into train and validation, as equal texts stay on one side; name the "
        "column that holds the texts, or give validation examples of their own"
    )


def _chosen_texts(examples: Examples, fraction: float, seed: int) -> set[str]:
    """The texts of the validation split, drawn label by label in the order of their hashes."""
    labels_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text, label in examples:
        labels_of[text][label] += 1
    # a text with several labels is drawn for the commonest, the first by name if they are equal
    texts_of: defaultdict[str, list[str]] = defaultdict(list)
    for text, counts in labels_of.items():
        texts_of[min(counts, key=lambda label: (-counts[label], label))].append(text)
    left = Counter(_quotas(examples.label_counts, fraction))
    key = derive_seed(seed, "validation")
    chosen: set[str] = set()
    for _, texts in sorted(texts_of.items()):
        for text in sorted(texts, key=lambda text: _rank(key, text)):
            counts = labels_of[text]
            # quotas of all its labels have room, so none of them is taken out of train entirely
            if counts <= left:
                chosen.add(text)
                left -= counts
    return chosen


def _quotas(counts: Mapping[str, int], fraction: float) -> dict[str, int]:
    """How many rows of each label to take, adding up to the fraction of all: largest remainders.

    Always fewer than there are, as the fraction is below 1.
    """
    shares = {label: count * fraction for label, count in counts.items()}
    quotas = {label: math.floor(share) for label, share in shares.items()}
    missing = round(sum(counts.values()) * fraction) - sum(quotas.values())
    # a label keeps a row in train even with one more taken
    roomy = [label for label in counts if counts[label] > quotas[label] + 1]
    for label in sorted(roomy, key=lambda one: (quotas[one] - shares[one], one))[:missing]:
        quotas[label] += 1
    return quotas


def _rank(key: int, text: str) -> bytes:
    return hashlib.sha256(f"{key}:{text}".encode("utf-8", "surrogatepass")).digest()
