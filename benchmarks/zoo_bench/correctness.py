"""Which test rows a run got right, out of its stored predictions (no torch in here)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoo_bench.predictions import PREDICTIONS
from zoo_bench.records import Result

if TYPE_CHECKING:
    import numpy as np


class UnusablePredictions(Exception):
    """The predictions of a run cannot be read, or are not those of its result."""


def rows_of(result: Result, folder: Path) -> np.ndarray:
    """Whether each of the test rows that ranks count was right, `(row,)` of bool.

    Ranks count the rows that do not occur in train; all rows where every one does. The hash of the
    file is not checked: `zoo results verify` does that.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / PREDICTIONS
    try:
        with safe_open(path, framework="numpy") as file:
            logits, labels = file.get_tensor("logits"), file.get_tensor("label")
            is_clean = file.get_tensor("is_clean").astype(bool)
    except FileNotFoundError:
        raise UnusablePredictions(f"its {PREDICTIONS} is missing") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise UnusablePredictions(f"its {PREDICTIONS} cannot be read: {error}") from error
    rows, classes = result.task.n_test, len(result.task.labels)
    if logits.shape != (rows, classes) or labels.shape != (rows,) or is_clean.shape != (rows,):
        raise UnusablePredictions(
            f"its {PREDICTIONS} has logits of shape {logits.shape}, not ({rows}, {classes})"
        )
    clean = int(is_clean.sum())
    if clean != result.task.n_test_clean:
        raise UnusablePredictions(
            f"its {PREDICTIONS} has {clean} clean test rows, not {result.task.n_test_clean}"
        )
    right: np.ndarray = logits.argmax(axis=1) == labels
    return right[is_clean] if clean else right
