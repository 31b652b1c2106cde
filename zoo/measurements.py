"""What a training showed of itself beside its history: its verdict follows from the two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

from pydantic import Field

from zoo.strict_record import Record


class Movement(Record):
    """How far the weights of a part are from where they began.

    Of a sample of them: the share that is not what it was, and the length of the whole change over
    the length of the whole beginning.
    """

    moved_share: float = Field(ge=0, le=1)
    relative_change: float = Field(ge=0)


class Answers(Record):
    """What the best epoch said of the validation examples, held against their labels.

    `majority_share` and `label_entropy` are of the labels, `top_share` and `prediction_entropy` of
    the predictions: the share of the commonest one, and the entropy of all shares in nats.
    `association` is Matthews' correlation, which metrics call `mcc`: here from the counts alone.
    `deviations` is a standard score (z): by how many standard deviations more predictions were
    right than would be if the same predictions were dealt out by chance. Both are called so in the
    results on disk, and keep these names as long as their schema does.
    """

    n: int = Field(ge=1)
    accuracy: float
    majority_share: float
    label_entropy: float
    top_share: float
    prediction_entropy: float
    association: float
    deviations: float

    @classmethod
    def of(cls, confusion: Sequence[Sequence[int]]) -> Self:
        """From a confusion matrix: rows are true labels, columns predicted ones."""
        labels = [sum(row) for row in confusion]
        predictions = [sum(column) for column in zip(*confusion, strict=True)]
        n = sum(labels)
        right = sum(row[place] for place, row in enumerate(confusion))
        return cls(
            n=n,
            accuracy=right / n,
            majority_share=max(labels) / n,
            label_entropy=entropy(labels),
            top_share=max(predictions) / n,
            prediction_entropy=entropy(predictions),
            association=association(right, labels, predictions),
            deviations=deviations(right, labels, predictions),
        )


class Measurements(Record):
    """The losses to hold the others against, the best epoch's answers, and what moved.

    `chance_loss` is the recipe's own loss where every label has the same probability: ln(labels),
    unless labels weigh differently. `least_loss` is 0 without label smoothing, `first_loss` that
    of the first step. `answers` is None without validation examples, `encoder` where
    it was frozen. Movements are from the beginning to the weights that training left.
    """

    chance_loss: float
    least_loss: float
    first_loss: float | None
    steps: int = Field(ge=0)
    answers: Answers | None
    encoder: Movement | None
    head: Movement | None


def entropy(counts: Sequence[int]) -> float:
    """The entropy of the shares, in nats."""
    n = sum(counts)
    # 0 and not -0 where there is but one
    return sum(-count / n * math.log(count / n) for count in counts if 0 < count < n)


def association(right: int, labels: Sequence[int], predictions: Sequence[int]) -> float:
    """Matthews' correlation for any number of labels (Gorodkin 2004); 0 where one side is constant.

    1 is perfect, 0 is chance.
    """
    n = sum(labels)
    together = sum(one * other for one, other in zip(labels, predictions, strict=True))
    spreads = [n**2 - sum(count**2 for count in counts) for counts in (labels, predictions)]
    return (n * right - together) / math.sqrt(math.prod(spreads)) if all(spreads) else 0.0


def deviations(right: int, labels: Sequence[int], predictions: Sequence[int]) -> float:
    """The standard score of `right` among all ways to deal the predictions out; 0 if all are equal.

    Its mean is that of Cohen's kappa (Cohen 1960), its variance that of a sum over a random
    permutation (Hoeffding 1951, https://doi.org/10.1214/aoms/1177729545, theorem 2).
    """
    n = sum(labels)
    if n < 2:
        return 0.0
    products = [one * other for one, other in zip(labels, predictions, strict=True)]
    total = sum(products)
    spread = sum(
        product * (one + other)
        for product, one, other in zip(products, labels, predictions, strict=True)
    )
    variance = (total - spread / n + (total / n) ** 2) / (n - 1)
    return (right - total / n) / math.sqrt(variance) if variance > 1e-12 else 0.0
