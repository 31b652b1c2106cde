"""A pair under examination is computed as `zoo.train` would compute it."""

import pytest
import torch

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
