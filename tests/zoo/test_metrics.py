"""Scores against scikit-learn, and the calibration error by hand."""

import numpy as np
import pytest
import sklearn.metrics

from zoo.errors import EvaluationError
from zoo.metrics import score, score_out_of_scope

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


# out of scope


@pytest.fixture(scope="module")
def scopes():
    """Logits of 400 texts in scope and of 150 out of it, less sure; many are equally sure."""
    random = np.random.default_rng(1)
    in_scope, out_of_scope = random.normal(size=(400, 4)), random.normal(size=(150, 4))
    in_scope[:, 0] += 2.5
    return in_scope.round(1).astype(np.float32), out_of_scope.round(1).astype(np.float32)


def by_scikit_learn(in_scope, out_of_scope):
    """Both metrics from confidences."""
    is_in_scope = np.repeat([1, 0], [len(in_scope), len(out_of_scope)])
    confidence = np.concatenate([in_scope, out_of_scope])
    false_positive, true_positive, _ = sklearn.metrics.roc_curve(is_in_scope, confidence)
    return {
        "auroc": sklearn.metrics.roc_auc_score(is_in_scope, confidence),
        "fpr_at_95_tpr": false_positive[true_positive >= 0.95][0],
    }


def test_out_of_scope_metrics_equal_those_of_scikit_learn(scopes):
    expected = by_scikit_learn(
        *(probabilities(one.astype(np.float64)).max(axis=1) for one in scopes)
    )
    assert 0.1 < expected["fpr_at_95_tpr"] < 0.9 and 0.5 < expected["auroc"] < 0.9
    assert score_out_of_scope(*scopes) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shift", [0, 1000, -1000])
def test_without_probabilities_the_largest_score_is_the_confidence(scopes, shift):
    expected = by_scikit_learn(*(one.max(axis=1) for one in scopes))
    found = score_out_of_scope(*(one + shift for one in scopes), has_probabilities=False)
    assert found == pytest.approx(expected, abs=1e-6)


def test_out_of_scope_metrics_by_hand():
    # 19 of 20 in scope pass a threshold of 2, and with them two of the four that are not
    in_scope = np.array([[3.0, 0]] * 10 + [[2.0, 0]] * 9 + [[0.5, 0]])
    out_of_scope = np.array([[2.5, 0], [0, 2.0], [1.0, 0], [0, 0]])
    # one by one, so many of the 20 are surer: 10, 10 and 9 as sure, 19, 20
    assert score_out_of_scope(in_scope, out_of_scope) == pytest.approx(
        {"auroc": (10 + 10 + 9 / 2 + 19 + 20) / 80, "fpr_at_95_tpr": 2 / 4}
    )


def test_who_is_equally_sure_of_everything_tells_nothing_apart():
    found = score_out_of_scope(np.tile([1.0, 2.0], (30, 1)), np.tile([1.0, 2.0], (7, 1)))
    assert found == {"auroc": 0.5, "fpr_at_95_tpr": 1.0}


def test_the_sure_are_told_from_the_surer():
    # in single precision both probabilities are 1
    found = score_out_of_scope(
        np.array([[30, 0]], dtype=np.float32), np.array([[20, 0]], dtype=np.float32)
    )
    assert found == {"auroc": 1.0, "fpr_at_95_tpr": 0.0}


@pytest.mark.parametrize(
    ("in_scope", "out_of_scope", "text"),
    [
        (np.zeros((0, 2)), np.zeros((1, 2)), "there are no examples to score"),
        (np.zeros((1, 2)), np.zeros((0, 2)), "there are no examples to score"),
        (
            np.zeros((1, 2)),
            np.zeros((1, 3)),
            "logits in scope have shape (1, 2), out of scope (1, 3): both must be (example, label) "
            "of the same labels",
        ),
        (
            np.zeros((1, 2)),
            np.array([[0, np.nan]]),
            "the logits of 1 examples are not finite (first: example 0)",
        ),
    ],
)
def test_what_has_no_confidence_is_refused(in_scope, out_of_scope, text):
    with pytest.raises(EvaluationError) as error:
        score_out_of_scope(in_scope, out_of_scope)
    assert str(error.value) == text
