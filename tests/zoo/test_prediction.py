"""Labels of many texts: in order, in constant memory, whatever else is in the batch."""

import unicodedata

import pytest
import torch

import zoo
from zoo import prediction
from zoo.errors import DataError, EvaluationError

SYLLABLES = "가나다라마바사아자차카타파하"
# of every length, and no two alike
TEXTS = [" ".join(SYLLABLES[start:end]) for end in range(1, 14) for start in range(end)]


@pytest.fixture(scope="module")
def classifier(tiny_bert):
    return zoo.build(f"hf:{tiny_bert}", "bilstm", labels=["아니오", "예"], seed=0)


def scores(predictions):
    return [one.scores["예"] for one in predictions]


def test_each_text_gets_what_it_gets_alone_in_order(classifier):
    alone = [classifier.predict(text) for text in TEXTS]
    together = classifier.predict(TEXTS)
    assert scores(together) == pytest.approx(scores(alone), abs=1e-5)
    assert len(set(scores(alone))) == len(TEXTS)


def test_small_batches_change_nothing(classifier):
    expected = classifier.predict(TEXTS)
    assert scores(classifier.predict(TEXTS, max_tokens=1)) == pytest.approx(
        scores(expected), abs=1e-5
    )


def test_the_label_is_the_most_probable_one(classifier):
    for one in classifier.predict(TEXTS):
        assert one.score == max(one.scores.values()) == one.scores[one.label]
        assert sum(one.scores.values()) == pytest.approx(1)


def test_a_text_gives_one_prediction_and_no_texts_none(classifier):
    assert classifier.predict("가").label in ("아니오", "예")
    assert classifier.predict([]) == []
    assert list(classifier.predict(iter(()))) == []
    assert classifier.predict(("가", "나")) == classifier.predict(["가", "나"])


def test_a_stream_is_read_no_further_than_a_window(classifier, monkeypatch):
    monkeypatch.setattr(prediction, "WINDOW", 4)
    read = []

    def texts():
        for text in TEXTS:
            read.append(text)
            yield text

    stream = classifier.predict(texts())
    assert read == []
    first = [next(stream) for _ in range(5)]
    assert len(read) == 8
    assert scores(first) == pytest.approx(scores(classifier.predict(TEXTS[:5])), abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\n", "x" * 100_000])
def test_odd_texts_get_a_label(classifier, text):
    assert classifier.predict(text).label in ("아니오", "예")


def test_hangul_taken_apart_is_the_same_text(classifier):
    apart = unicodedata.normalize("NFD", "가 나")
    assert classifier.predict(apart) == classifier.predict("가 나")


def test_a_text_is_cut_where_training_cut_it(classifier, monkeypatch):
    monkeypatch.setattr(classifier.config, "max_length", 4)
    assert classifier.predict("가 나 다 라") == classifier.predict("가 나")


def test_a_text_longer_than_the_encoder_takes_is_cut(classifier):
    assert classifier.predict("가 " * 200) == classifier.predict("가 " * 62)


def error_of(kind, function, *arguments):
    with pytest.raises(kind) as error:
        function(*arguments)
    return str(error.value)


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (["가", None], "text 1 is NoneType, not str: None"),
        (["가", float("nan")], "text 1 is float, not str: nan"),
        (b"ab", "text 0 is int, not str: 97"),
        (
            ["가", "a\ud800b"],
            "text 1 holds a lone surrogate at character 1; it was decoded wrongly: read the file "
            "with its real encoding",
        ),
    ],
)
def test_what_is_no_text_is_refused_by_row(classifier, texts, text):
    assert error_of(DataError, classifier.predict, texts) == text


def test_rows_are_counted_over_the_whole_stream(classifier, monkeypatch):
    monkeypatch.setattr(prediction, "WINDOW", 4)
    texts = ["가"] * 6 + [None]
    expected = "text 6 is NoneType, not str: None"
    assert error_of(DataError, classifier.predict, texts) == expected


def test_logits_that_are_not_finite_get_no_label(tiny_bert):
    broken = zoo.build(f"hf:{tiny_bert}", "linear", num_labels=2)
    with torch.no_grad():
        broken.head.output.bias[1] = float("nan")
    text = error_of(EvaluationError, broken.predict, ["가", "나"])
    assert text.startswith("the logits of text 0 are not finite ([")
    assert text.endswith(
        "no score may be computed from them. The weights have diverged: train again with lower "
        "learning rates"
    )


def test_without_a_tokenizer_there_is_nothing_to_read(classifier, monkeypatch):
    monkeypatch.setattr(classifier, "tokenizer", None)
    assert error_of(DataError, classifier.predict, "가") == (
        "this classifier has no tokenizer; give it one: classifier.tokenizer = …"
    )


def test_training_mode_is_put_back(classifier):
    classifier.train()
    assert classifier.predict("가") == classifier.predict("가")
    assert classifier.training
    classifier.eval()


def test_a_part_in_training_mode_predicts_in_evaluation_mode_and_is_put_back(classifier):
    classifier.eval()
    expected = classifier.predict("불 꺼").scores
    classifier.head.train()
    assert classifier.predict("불 꺼").scores == expected
    assert classifier.head.training and not classifier.encoder.training
    classifier.eval()


def test_batches_hold_each_row_once_within_the_budget():
    lengths = [3, 50, 7, 7, 20, 1, 90, 2]
    batches = list(prediction.batches_by_length(lengths, 60))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    padded = [len(batch) * max(lengths[row] for row in batch) for batch in batches]
    # the text of 90 tokens fits in no batch and gets one of its own
    assert [size for size in padded if size > 60] == [90]


def test_an_empty_text_without_any_token_is_padding_alone():
    batch = prediction.pad([[], []], None)
    assert batch["input_ids"].shape == batch["attention_mask"].shape == (2, 1)
    assert not batch["attention_mask"].any()
