"""What a classifier is worth on labelled examples."""

import numpy as np
import pytest
import sklearn.metrics
import torch

import zoo
from zoo.errors import DataError, EvaluationError
from zoo.evaluation import label_indices

PAIRS = [("가 나", "예"), ("다", "아니오"), ("라 마 바", "예"), ("사", "아니오"), ("아 자", "예")]


@pytest.fixture(scope="module")
def classifier(tiny_bert):
    return zoo.build(f"hf:{tiny_bert}", "mlp", labels=["예", "아니오", "글쎄"], seed=0)


def test_scores_are_those_of_the_predictions(classifier):
    evaluation = zoo.evaluate(classifier, PAIRS)
    predicted = [one.label for one in classifier.predict([text for text, _ in PAIRS])]
    truth = [label for _, label in PAIRS]
    accuracy = sklearn.metrics.accuracy_score(truth, predicted)
    assert evaluation.metrics["accuracy"] == pytest.approx(accuracy)
    confusion = sklearn.metrics.confusion_matrix(truth, predicted, labels=classifier.labels)
    assert evaluation.confusion == confusion.tolist()


def test_logits_and_labels_are_in_the_order_of_the_examples(classifier):
    evaluation = zoo.evaluate(classifier, PAIRS)
    alone = [zoo.evaluate(classifier, [pair]).logits[0] for pair in PAIRS]
    np.testing.assert_allclose(evaluation.logits, alone, atol=1e-5)
    assert evaluation.labels.tolist() == [0, 1, 0, 1, 0]


def test_a_file_is_read_with_the_options_of_the_reader(classifier, tmp_path):
    file = tmp_path / "answers.csv"
    file.write_text("문장,답\n가 나,예\n다,아니오\n", "utf-8")
    evaluation = zoo.evaluate(classifier, file, text="문장", label="답")
    assert [row["support"] for row in evaluation.per_class] == [1, 1, 0]


def test_labels_are_mapped_by_name():
    examples = zoo.Examples(("a", "b", "c"), ("no", "yes", "no"))
    assert label_indices(examples, ("yes", "no")).tolist() == [1, 0, 1]


def test_an_unknown_label_is_refused_with_the_nearest_known_one(classifier):
    with pytest.raises(DataError) as error:
        zoo.evaluate(classifier, [("가", "예"), ("나", "아니요")])
    assert str(error.value) == (
        "pairs: 1 label is not among the classifier's: '아니요'; did you mean '아니오'?\n"
        "The classifier knows: 예, 아니오, 글쎄"
    )


def test_logits_that_are_not_finite_are_an_error_and_no_score(tiny_bert):
    broken = zoo.build(f"hf:{tiny_bert}", "linear", labels=["예", "아니오"])
    with torch.no_grad():
        broken.head.output.bias.fill_(float("inf"))
    with pytest.raises(EvaluationError, match="the logits of text 0 are not finite"):
        zoo.evaluate(broken, PAIRS)
