"""Verdicts of real, short trainings: each fault by its name, and nothing said of healthy ones."""

import random
import warnings

import pytest
import torch

import zoo
from zoo.recipe import Recipe

# 200 steps of warm-up would be all of so short a training
FAST = {"batch_size": 16, "precision": "fp32", "min_warmup_steps": 0, "patience": None}
RATES = {"encoder_learning_rate": 3e-3, "head_learning_rate": 3e-3}


def judged(classifier, examples, validation=None, **values):
    report = zoo.train(classifier, examples, validation or examples, Recipe(**FAST | values))
    return report.verdict


def test_rates_of_next_to_nothing_have_learned_nothing(make_classifier, toy):
    tiny = {"encoder_learning_rate": 1e-9, "head_learning_rate": 1e-9}
    verdict = judged(make_classifier(), toy, epochs=2, **tiny)
    assert verdict.verdict == "not_learned"
    assert verdict.suggestion.startswith("raise encoder_learning_rate: 1e-09 → ")


def test_rates_of_ten_have_diverged(make_classifier, toy):
    huge = {"encoder_learning_rate": 10.0, "head_learning_rate": 10.0, "max_gradient_norm": 1e9}
    verdict = judged(make_classifier(), toy, epochs=2, **huge)
    assert verdict.verdict == "diverged"
    assert verdict.suggestion.startswith("lower encoder_learning_rate: 10 → ")


def test_all_weight_on_one_class_collapses(make_classifier, toy):
    weights = {"예": 1.0, "아니오": 0.0}
    verdict = judged(make_classifier(), toy, epochs=12, class_weights=weights, **RATES)
    assert verdict.verdict == "collapsed"


def test_labels_that_have_nothing_to_do_with_the_text_are_not_learned(make_classifier, toy):
    draw = random.Random(1)
    shuffled = [(text, draw.choice(["예", "아니오"])) for text, _ in toy]
    others = [(text, draw.choice(["예", "아니오"])) for text, _ in toy]
    verdict = judged(make_classifier(), shuffled, others, epochs=4, **RATES)
    assert verdict.verdict != "learned"


@pytest.fixture
def plenty():
    """400 texts that one of two syllables decides."""
    draw = random.Random(2)
    pairs = []
    for number in range(400):
        syllables = draw.choices("가나다라마바사아자차카", k=draw.randint(1, 6))
        syllables.insert(draw.randrange(len(syllables) + 1), "타파"[number % 2])
        pairs.append((" ".join(syllables), ["예", "아니오"][number % 2]))
    return pairs


def test_an_epoch_of_plenty_is_too_little_and_more_of_them_are_enough(make_classifier, plenty):
    slow = {"encoder_learning_rate": 1e-3, "head_learning_rate": 1e-3}
    short = judged(make_classifier("textcnn"), plenty, plenty[:200], epochs=1, **slow)
    assert short.verdict == "undertrained"
    assert short.suggestion.startswith("train longer: epochs 1 → 2 (")
    long = judged(make_classifier("textcnn"), plenty, plenty[:200], epochs=10, **slow)
    assert (long.verdict, long.suggestion) == ("learned", None)


HEALTHY = {
    "textcnn": ("textcnn", {}),
    "mlp": ("mlp", {}),
    "bilstm": ("bilstm", {}),
    "smoothed": ("textcnn", {"label_smoothing": 0.1}),
    "weighed": ("textcnn", {"class_weights": "balanced"}),
    "in parts": ("textcnn", {"gradient_accumulation": 2}),
    "constant": ("textcnn", {"schedule": "constant"}),
    "frozen": ("textcnn", {"frozen": True}),
    "patient": ("textcnn", {"patience": 3}),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_is_learned(make_classifier, toy, name):
    head, changes = HEALTHY[name]
    verdict = judged(make_classifier(head), toy, epochs=14, **RATES, **changes)
    assert verdict.verdict == "learned", verdict


def test_the_few_of_a_rare_class_may_be_all_that_is_learned(make_classifier, toy):
    rare = [pair for pair in toy if pair[1] == "예"][:4]
    examples = [pair for pair in toy if pair[1] == "아니오"] * 3 + rare
    verdict = judged(make_classifier("textcnn"), examples, epochs=14, **RATES)
    assert verdict.verdict == "learned", verdict


# what is measured on the way


def test_the_history_has_lengths_of_gradients_entropy_and_quarters(make_classifier, toy):
    report = zoo.train(make_classifier(), toy, toy, Recipe(epochs=1, **FAST))
    [entry] = report.history
    assert len(entry["train_losses"]) == 4
    assert sum(entry["train_losses"]) / 4 == pytest.approx(entry["train_loss"])
    assert report.measurements.first_loss == entry["train_losses"][0]  # four steps in all
    assert min(entry["encoder_gradient_norm"], entry["head_gradient_norm"]) > 0
    assert 0 <= entry["prediction_entropy"] <= 0.694  # ln 2


def test_the_length_of_a_gradient_is_that_before_clipping(make_classifier, toy):
    histories = []
    for limit in (1e-9, 1e9):
        recipe = Recipe(epochs=1, **FAST | {"batch_size": 50}, max_gradient_norm=limit)
        histories.append(zoo.train(make_classifier(), toy, None, recipe).history)
    for name in ("encoder_gradient_norm", "head_gradient_norm"):
        assert histories[0][0][name] == histories[1][0][name] > 1e-6


def test_a_frozen_encoder_has_neither_gradient_nor_movement(make_classifier, toy):
    report = zoo.train(make_classifier(), toy, None, Recipe(epochs=1, frozen=True, **FAST))
    assert "encoder_gradient_norm" not in report.history[0]
    assert report.measurements.encoder is None
    assert report.measurements.head.relative_change > 0
    assert report.verdict is None


def test_movement_is_to_the_weights_that_are_left(make_classifier, toy, weights):
    classifier = make_classifier()
    before = weights(classifier.head)
    report = zoo.train(classifier, toy, None, Recipe(epochs=1, **FAST))
    change = (weights(classifier.head) - before).double().norm() / before.double().norm()
    assert report.measurements.head.relative_change == pytest.approx(float(change), rel=1e-5)


# the early word


def cut_off(module, inputs, output):
    """Let no gradient back, as `detach` in a head does; nothing else changes."""
    return (output.detach() * 1.0).requires_grad_()


def test_a_part_without_any_gradient_is_warned_of_once(make_classifier, toy):
    classifier = make_classifier()
    classifier.encoder.register_forward_hook(cut_off)
    recipe = Recipe(epochs=4, **FAST)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        zoo.train(classifier, toy, toy, recipe)
    texts = [str(one.message) for one in caught if "gradient" in str(one.message)]
    assert texts == [
        "the encoder has got no gradient in 10 steps and cannot learn. Is what the head returns "
        "computed from the states, without detach, torch.no_grad or an activation that is 0 "
        "everywhere?"
    ]


def test_weights_that_are_measured_are_those_that_are_not(make_classifier, toy, monkeypatch):
    results = []
    for is_measured in (True, False):
        if not is_measured:
            monkeypatch.setattr("zoo.watcher.Watcher.measure_gradients", lambda self, step: None)
            monkeypatch.setattr("zoo.watcher.np.mean", lambda values: sum(values or [0.0]))
        classifier = make_classifier()
        zoo.train(classifier, toy, toy, Recipe(epochs=2, **FAST))
        results.append(torch.cat([each.detach().flatten() for each in classifier.parameters()]))
    assert torch.equal(*results)
