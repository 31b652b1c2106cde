"""Scores of logits against labels, by torchmetrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_roc,
    multiclass_accuracy,
    multiclass_calibration_error,
    multiclass_confusion_matrix,
    multiclass_f1_score,
    multiclass_matthews_corrcoef,
    multiclass_precision,
    multiclass_recall,
)

from zoo.errors import EvaluationError

ECE_BINS = 15
TRUE_POSITIVE_RATE = 0.95


@dataclass(frozen=True, slots=True)
class Scores:
    """Metrics of one split: over all examples, per class, and the confusion matrix.

    `confusion[i][j]` counts examples of label i that were taken for label j.
    """

    metrics: dict[str, float]
    per_class: list[dict[str, Any]]
    confusion: list[list[int]]


def score(logits: np.ndarray, labels: np.ndarray, label_names: Sequence[str]) -> Scores:
    """Scores of `logits` `(example, label)` against `labels` `(example,)`, as indices of the names.

    `accuracy` (micro), `macro_f1`, `weighted_f1`, `mcc` (Matthews), `ece` (expected calibration
    error, 15 bins) and `nll` (mean negative log-likelihood, nats). A class that is neither true nor
    predicted anywhere counts in no macro average. Raises `EvaluationError` for an empty split,
    logits that are not finite, and labels outside of `label_names`.
    """
    check(logits, labels, label_names)
    scores = torch.from_numpy(np.ascontiguousarray(logits, dtype=np.float32))
    target = torch.from_numpy(np.ascontiguousarray(labels, dtype=np.int64))
    count = len(label_names)
    probabilities = scores.softmax(dim=1)
    predicted = scores.argmax(dim=1)
    metrics = {
        "accuracy": multiclass_accuracy(predicted, target, count, average="micro"),
        "macro_f1": multiclass_f1_score(predicted, target, count, average="macro"),
        "weighted_f1": multiclass_f1_score(predicted, target, count, average="weighted"),
        "mcc": multiclass_matthews_corrcoef(predicted, target, count),
        # on probabilities: logits that happen to lie in [0, 1] would be taken for them
        "ece": multiclass_calibration_error(probabilities, target, count, n_bins=ECE_BINS),
        "nll": torch.nn.functional.cross_entropy(scores, target),
    }
    return Scores(
        metrics={name: float(value) for name, value in metrics.items()},
        per_class=per_class(predicted, target, label_names),
        confusion=multiclass_confusion_matrix(predicted, target, count).tolist(),
    )


def score_out_of_scope(
    in_scope: np.ndarray, out_of_scope: np.ndarray, *, has_probabilities: bool = True
) -> dict[str, float]:
    """How well confidence tells texts in scope from others; logits `(example, label)` of both.

    Confidence is the largest softmax probability (Hendrycks & Gimpel 2017,
    https://arxiv.org/abs/1610.02136); of scores that are no probabilities, the largest score.
    `auroc`: how often the surer of two examples, one of each kind, is the one in scope; ties count
    half. `fpr_at_95_tpr`: the share of the examples out of scope that pass the highest threshold
    that 95 % of those in scope pass (Liang et al. 2018, https://arxiv.org/abs/1706.02690). Raises
    `EvaluationError` where either has no examples, their labels differ in number, or a logit is not
    finite.
    """
    if in_scope.shape[1:] != out_of_scope.shape[1:]:
        raise EvaluationError(
            f"logits in scope have shape {in_scope.shape}, out of scope {out_of_scope.shape}: both "
            "must be (example, label) of the same labels"
        )
    for logits in (in_scope, out_of_scope):
        if len(logits) == 0:
            raise EvaluationError("there are no examples to score")
        check_finite(logits)
    # in double precision: in single, all that are sure of their label are equally sure
    scores = torch.from_numpy(np.concatenate([in_scope, out_of_scope])).double()
    confidence = (scores.softmax(dim=1) if has_probabilities else scores).amax(dim=1)
    # by ranks between 0 and 1: other numbers torchmetrics would send through a sigmoid
    _, ranks = confidence.unique(return_inverse=True)
    confidence = ranks.double() / len(ranks)
    is_in_scope = torch.arange(len(scores)) < len(in_scope)
    false_positive_rates, true_positive_rates, _ = binary_roc(confidence, is_in_scope.long())
    enough = true_positive_rates >= TRUE_POSITIVE_RATE
    return {
        "auroc": float(binary_auroc(confidence, is_in_scope.long())),
        "fpr_at_95_tpr": float(false_positive_rates[enough].min()),
    }


def per_class(
    predicted: torch.Tensor, target: torch.Tensor, label_names: Sequence[str]
) -> list[dict[str, Any]]:
    """Precision, recall, F1 and support of every label, in order."""
    count = len(label_names)
    columns = {
        "precision": multiclass_precision(predicted, target, count, average="none"),
        "recall": multiclass_recall(predicted, target, count, average="none"),
        "f1": multiclass_f1_score(predicted, target, count, average="none"),
        "support": torch.bincount(target, minlength=count),
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        {"label": label, **dict(zip(columns, row, strict=True))}
        for label, row in zip(label_names, rows, strict=True)
    ]


def check(logits: np.ndarray, labels: np.ndarray, label_names: Sequence[str]) -> None:
    """Raise `EvaluationError` unless the three fit together and every logit is finite."""
    if len(labels) == 0:
        raise EvaluationError("there are no examples to score")
    expected = (len(labels), len(label_names))
    if logits.shape != expected:
        raise EvaluationError(
            f"logits have shape {logits.shape}, but (example, label) = {expected} is due"
        )
    check_finite(logits)
    if labels.min() < 0 or labels.max() >= len(label_names):
        raise EvaluationError(f"labels must be 0 to {len(label_names) - 1}")


def check_finite(logits: np.ndarray) -> None:
    """Raise `EvaluationError` for logits `(example, label)` that are not all finite."""
    # torchmetrics would take a row of NaN for class 0
    unusable = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(unusable):
        raise EvaluationError(
            f"the logits of {len(unusable)} examples are not finite (first: example {unusable[0]})"
        )
