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
