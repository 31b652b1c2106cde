"""What a bag of words can tell of the labels: the least that a model should manage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FOLDS = 3
# examples in all, and of a class on average, below which nothing can be concluded
ENOUGH_EXAMPLES = 150
ENOUGH_OF_A_CLASS = 8


@dataclass(frozen=True, slots=True)
class Skill:
    """Mean recall over classes in cross-validation, what chance gives, and its standard error."""

    recall: float
    chance: float
    error: float
    examples: int

    @property
    def is_none(self) -> bool:
        """Whether it is no better than guessing."""
        return self.recall < self.chance + 2 * self.error


def skill_of(rows: Sequence[np.ndarray], labels: np.ndarray) -> Skill | None:
    """How well naive Bayes over token counts tells the labels; None for too few examples.

    Complement naive Bayes (Rennie et al. 2003) is quick, and made for classes of unequal size.
    """
    from scipy.sparse import csr_matrix
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.naive_bayes import ComplementNB

    frequent = np.flatnonzero(np.bincount(labels) >= FOLDS)
    chosen = np.flatnonzero(np.isin(labels, frequent))
    labels = labels[chosen]
    if len(labels) < max(ENOUGH_EXAMPLES, ENOUGH_OF_A_CLASS * len(frequent)) or len(frequent) < 2:
        return None
    texts = [rows[row] for row in chosen.tolist()]
    lengths = [len(each) for each in texts]
    columns = np.concatenate(texts).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    counts = csr_matrix((np.ones(len(columns)), columns, starts))
    counts.sum_duplicates()
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    predicted = cross_val_predict(ComplementNB(), counts, labels, cv=folds)
    recalls = [float((predicted[labels == label] == label).mean()) for label in frequent]
    sizes = np.bincount(labels)[frequent]
    chance = 1 / len(frequent)
    error = float(np.sqrt((chance * (1 - chance) / sizes).sum())) / len(frequent)
    return Skill(float(np.mean(recalls)), chance, error, len(labels))
