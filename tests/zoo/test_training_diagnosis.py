"""A pair under examination is computed as `zoo.train` would compute it."""

import pytest
import torch

from zoo.errors import RecipeError
from zoo.recipe import Recipe
from zoo.training_diagnosis import diagnose_training


@pytest.mark.parametrize(("precision", "expected"), [("bf16", {True, False}), ("fp32", {False})])
def test_steps_have_the_precision_of_the_recipe(make_classifier, toy, precision, expected):
    classifier = make_classifier()
    seen = set()
    classifier.head.register_forward_hook(lambda *_: seen.add(torch.is_autocast_enabled("cpu")))

    diagnose_training(classifier, toy, Recipe(epochs=1, precision=precision), seconds=0)

    # what is compared with one another is computed in float32 in any case
    assert seen == expected


def test_a_training_with_nothing_to_train_is_refused_as_training_refuses_it(make_classifier, toy):
    classifier = make_classifier()
    classifier.head.requires_grad_(False)
    with pytest.raises(
        RecipeError, match="there is nothing to train: frozen is true, and the head"
    ):
        diagnose_training(classifier, toy, Recipe(frozen=True), seconds=0)


@pytest.fixture
def skewed(toy):
    """Of the label 아니오 19 in 20, so many that the loss should know."""
    by_label = {label: [pair for pair in toy if pair[1] == label] for _, label in toy}
    return by_label["아니오"] * 10 + by_label["예"][:13]


def test_a_rare_label_is_told_by_the_name_of_the_others(make_classifier, skewed):
    (finding,) = diagnose_training(make_classifier(), skewed, Recipe(epochs=1), seconds=0).findings
    assert finding.cause == "class_imbalance"
    assert finding.evidence == (
        "95.1% of the examples have label '아니오': always saying so gives an accuracy of 95.1%"
    )


def test_a_recipe_that_weighs_labels_is_not_told_to(make_classifier, skewed):
    recipe = Recipe(epochs=1, class_weights="balanced")
    found = diagnose_training(make_classifier(), skewed, recipe, seconds=0)
    assert "class_imbalance" not in [finding.cause for finding in found.findings]


def test_a_rate_is_advised_beside_what_is_usual_for_the_pair(make_classifier, toy):
    classifier = make_classifier()
    classifier.config.encoder["learning_rate"] = 5e-4
    classifier.config.encoder["is_pretrained"] = True
    recipe = Recipe(epochs=12, encoder_learning_rate=1e-7, head_learning_rate=1e-7)
    (finding,) = diagnose_training(classifier, toy, recipe).findings
    assert finding.cause == "learning_rate_too_low"
    name = classifier.config.encoder["name"]
    assert finding.fix.endswith(
        f"; {name!r} is trained at 5e-04 where the recipe says nothing, its head at 1e-03"
    )
