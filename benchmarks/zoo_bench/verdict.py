"""What a run's own measurements say about it: a first rule, from the validation split alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo_bench.records import Verdict

if TYPE_CHECKING:
    import numpy as np

# a classifier that has learned nothing passes 2 standard errors in about 2 of 100 cases
STANDARD_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the numbers that it rests on, as one sentence."""

    verdict: Verdict
    reason: str


def judge(logits: np.ndarray, labels: np.ndarray) -> Judgement:
    """The verdict of `logits` `(example, label)` against `labels` `(example,)`, both of validation.

    `collapsed`: one class is predicted for every example though several occur. `not_learned`: the
    accuracy is not above the share of the commonest class by two of its standard errors.
    """
    import numpy as np

    predicted = logits.argmax(axis=1)
    n = len(labels)
    counts = np.bincount(labels)
    if np.count_nonzero(counts) > 1 and len(np.unique(predicted)) == 1:
        return Judgement("collapsed", f"all {n} validation examples are taken for one class")
    majority = counts.max() / n
    bar = majority + STANDARD_ERRORS * math.sqrt(majority * (1 - majority) / n)
    accuracy = float((predicted == labels).mean())
    numbers = (
        f"validation accuracy {accuracy:.4f}, commonest class {majority:.4f}, bar {bar:.4f} "
        f"({n} examples)"
    )
    return Judgement("learned" if accuracy > bar else "not_learned", numbers)
