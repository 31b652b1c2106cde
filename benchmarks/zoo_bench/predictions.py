"""The predictions of a run as one safetensors file: enough to recompute every metric, no texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PREDICTIONS = "predictions.safetensors"


@dataclass(frozen=True, slots=True)
class Predictions:
    """Logits `(row, label)` float32 and true label indices `(row,)` int64 of both splits.

    `clean_rows` are the test rows that do not occur in train. What is out of scope has no label;
    None where the task has no such split.
    """

    logits: np.ndarray
    labels: np.ndarray
    clean_rows: np.ndarray
    validation_logits: np.ndarray
    validation_labels: np.ndarray
    out_of_scope_logits: np.ndarray | None = None


def to_bytes(predictions: Predictions) -> bytes:
    """The file's content: `row`, `label`, `logits`, `is_clean` of test, the other splits beside."""
    import numpy as np
    from safetensors.numpy import save

    n = len(predictions.labels)
    is_clean = np.zeros(n, dtype=np.uint8)
    is_clean[predictions.clean_rows] = 1
    tensors: dict[str, np.ndarray] = {
        "row": np.arange(n, dtype=np.int64),
        "label": predictions.labels.astype(np.int64),
        "logits": np.ascontiguousarray(predictions.logits, dtype=np.float32),
        "is_clean": is_clean,
        "validation_label": predictions.validation_labels.astype(np.int64),
        "validation_logits": np.ascontiguousarray(predictions.validation_logits, dtype=np.float32),
    }
    if predictions.out_of_scope_logits is not None:
        tensors["out_of_scope_logits"] = np.ascontiguousarray(
            predictions.out_of_scope_logits, dtype=np.float32
        )
    return save(tensors)


def from_bytes(content: bytes) -> Predictions:
    """The predictions of a file's content; raises `SafetensorError` for a broken one."""
    import numpy as np
    from safetensors.numpy import load

    tensors = load(content)
    return Predictions(
        logits=tensors["logits"],
        labels=tensors["label"],
        clean_rows=np.flatnonzero(tensors["is_clean"]),
        validation_logits=tensors["validation_logits"],
        validation_labels=tensors["validation_label"],
        out_of_scope_logits=tensors.get("out_of_scope_logits"),
    )


def sha256(content: bytes) -> str:
    """The hash that a result keeps of its predictions."""
    return hashlib.sha256(content).hexdigest()
