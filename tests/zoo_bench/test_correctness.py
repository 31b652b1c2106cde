"""Which rows were right, out of stored predictions."""

import numpy as np
import pytest
from fake_runs import TASK, make_predictions, make_result, make_spec

from zoo_bench import predictions
from zoo_bench.correctness import UnusablePredictions, rows_of
from zoo_bench.predictions import PREDICTIONS, Predictions


def content_of(labels, clean_rows, rows=20):
    logits = np.zeros((rows, 2), dtype=np.float32)
    logits[:, 1] = 1  # label 1 is predicted everywhere
    return predictions.to_bytes(
        Predictions(
            logits, np.asarray(labels), np.asarray(clean_rows, dtype=np.int64), logits, labels
        )
    )


def test_only_clean_rows_count(tmp_path):
    labels = np.array([1] * 5 + [0] * 15)
    (tmp_path / PREDICTIONS).write_bytes(content_of(labels, range(2, 20)))
    found = rows_of(make_result(make_spec()), tmp_path)
    assert found.tolist() == [True] * 3 + [False] * 15


def test_all_rows_count_where_none_is_clean(tmp_path):
    (tmp_path / PREDICTIONS).write_bytes(content_of(np.array([1] * 5 + [0] * 15), []))
    none_is_clean = TASK.model_copy(update={"n_test_clean": 0})
    assert rows_of(make_result(make_spec(task=none_is_clean)), tmp_path).sum() == 5


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "its predictions.safetensors is missing"),
        (lambda path: path.write_bytes(b"x" * 10), "its predictions.safetensors cannot be read: "),
        (
            lambda path: path.write_bytes(content_of(np.zeros(19, int), [], rows=19)),
            r"its predictions.safetensors has logits of shape \(19, 2\), not \(20, 2\)",
        ),
        (
            lambda path: path.write_bytes(content_of(np.zeros(20, int), range(17))),
            "its predictions.safetensors has 17 clean test rows, not 18",
        ),
    ],
    ids=["missing", "broken", "another shape", "other clean rows"],
)
def test_unusable_predictions_say_why(tmp_path, damage, message):
    path = tmp_path / PREDICTIONS
    path.write_bytes(make_predictions(0))
    assert TASK.n_test == 20
    damage(path)
    with pytest.raises(UnusablePredictions, match=message):
        rows_of(make_result(make_spec()), tmp_path)
