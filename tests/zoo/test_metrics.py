"""Scores against scikit-learn, and the calibration error by hand."""

import numpy as np
import pytest
import sklearn.metrics

from zoo.errors import EvaluationError
from zoo.metrics import score

LABELS = ("가", "나", "다", "라")


@pytest.fixture(scope="module")
def case():
    """Logits and labels of 200 examples, half of them right; nobody has or is given the last."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, size=200)
    logits = random.normal(size=(200, 4)).astype(np.float32)
    logits[:100] += 3 * np.eye(4, dtype=np.float32)[labels[:100]]
    logits[:, 3] = -9
    return logits, labels


def probabilities(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def test_metrics_equal_those_of_scikit_learn(case):
    logits, labels = case
    predicted = logits.argmax(axis=1)
    expected = {
        "accuracy": sklearn.metrics.accuracy_score(labels, predicted),
        "macro_f1": sklearn.metrics.f1_score(labels, predicted, average="macro"),
        "weighted_f1": sklearn.metrics.f1_score(labels, predicted, average="weighted"),
        "mcc": sklearn.metrics.matthews_corrcoef(labels, predicted),
        "nll": sklearn.metrics.log_loss(labels, probabilities(logits), labels=range(4)),
    }
    metrics = score(logits, labels, LABELS).metrics
    assert {name: metrics[name] for name in expected} == pytest.approx(expected, abs=1e-5)


def test_per_class_scores_equal_those_of_scikit_learn(case):
    logits, labels = case
    columns = sklearn.metrics.precision_recall_fscore_support(
        labels, logits.argmax(axis=1), labels=range(4), zero_division=0
    )
    rows = score(logits, labels, LABELS).per_class
    for name, column in zip(("precision", "recall", "f1", "support"), columns, strict=True):
        assert [row[name] for row in rows] == pytest.approx(column.tolist(), abs=1e-6)
    assert [row["label"] for row in rows] == list(LABELS)


def test_confusion_has_true_labels_in_rows(case):
    logits, labels = case
    expected = sklearn.metrics.confusion_matrix(labels, logits.argmax(axis=1), labels=range(4))
    assert score(logits, labels, LABELS).confusion == expected.tolist()


def test_calibration_error_by_hand():
    # bins are 1/15 wide: 0.9 twice (one right) and 0.6 twice (both right)
    sure = np.log([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    labels = np.array([0, 1, 0, 0])
    expected = 2 / 4 * abs(0.9 - 0.5) + 2 / 4 * abs(0.6 - 1.0)
    assert score(sure, labels, ("a", "b")).metrics["ece"] == pytest.approx(expected, abs=1e-6)


def test_logits_between_0_and_1_are_not_taken_for_probabilities():
    logits = np.array([[0.9, 0.1], [0.2, 0.8]])
    labels = np.array([0, 1])
    shifted = score(logits + 5, labels, ("a", "b")).metrics["ece"]
    assert score(logits, labels, ("a", "b")).metrics["ece"] == pytest.approx(shifted, abs=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_finite_get_no_score(bad):
    logits = np.zeros((3, 2))
    logits[1, 0] = bad
    with pytest.raises(EvaluationError) as error:
        score(logits, np.zeros(3, dtype=int), ("a", "b"))
    assert str(error.value) == "the logits of 1 examples are not finite (first: example 1)"


@pytest.mark.parametrize(
    ("logits", "labels", "text"),
    [
        (np.zeros((0, 2)), [], "there are no examples to score"),
        (
            np.zeros((2, 3)),
            [0, 1],
            "logits have shape (2, 3), but (example, label) = (2, 2) is due",
        ),
        (np.zeros((2, 2)), [0, 2], "labels must be 0 to 1"),
        (np.zeros((2, 2)), [-1, 0], "labels must be 0 to 1"),
    ],
)
def test_what_does_not_fit_together_is_refused(logits, labels, text):
    with pytest.raises(EvaluationError) as error:
        score(logits, np.array(labels, dtype=int), ("a", "b"))
    assert str(error.value) == text
