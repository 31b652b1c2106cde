"""Which parameter learns how fast."""

import pytest
import torch

import zoo
from zoo.optimization import has_finite_gradients, make_optimizer, make_schedule
from zoo.recipe import Recipe

RATES = {"encoder_learning_rate": 1e-5, "head_learning_rate": 1e-2, "weight_decay": 0.1}


@pytest.fixture
def classifier(tiny_bert):
    return zoo.build(f"hf:{tiny_bert}", "bilstm", num_labels=2, seed=0)


def groups_of(classifier):
    """Parameter → its group, by identity."""
    optimizer = make_optimizer(classifier, Recipe(**RATES))
    return [(id(each), group) for group in optimizer.param_groups for each in group["params"]]


def test_every_trainable_parameter_is_optimised_exactly_once(classifier):
    optimised = [identity for identity, _ in groups_of(classifier)]
    assert sorted(optimised) == sorted(map(id, classifier.parameters()))


def test_the_head_has_a_rate_of_its_own(classifier):
    group_of = dict(groups_of(classifier))
    assert {group_of[id(each)]["lr"] for each in classifier.encoder.parameters()} == {1e-5}
    assert {group_of[id(each)]["lr"] for each in classifier.head.parameters()} == {1e-2}


def test_biases_and_norms_do_not_decay(classifier):
    group_of = dict(groups_of(classifier))
    for name, parameter in classifier.named_parameters():
        is_free = "bias" in name or "LayerNorm" in name
        assert group_of[id(parameter)]["weight_decay"] == (0.0 if is_free else 0.1), name


def test_a_frozen_encoder_is_not_optimised(classifier):
    with classifier.frozen_encoder():
        optimised = [identity for identity, _ in groups_of(classifier)]
    assert sorted(optimised) == sorted(map(id, classifier.head.parameters()))


def rates(recipe, steps):
    """The learning rate at each step, of a parameter whose full rate is 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make_schedule(optimizer, recipe, steps)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_every_schedule_warms_up_in_equal_steps(schedule):
    warmup = rates(Recipe(schedule=schedule, warmup_ratio=0.4), 10)[:5]
    assert warmup == pytest.approx([0, 0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_a_single_step_has_the_full_rate(schedule):
    assert rates(Recipe(schedule=schedule), 1) == [1]
    assert rates(Recipe(schedule=schedule, min_warmup_steps=20), 2)[0] == 0


def test_linear_falls_in_equal_steps_and_constant_does_not_fall():
    assert rates(Recipe(warmup_ratio=0), 4) == pytest.approx([1, 0.75, 0.5, 0.25])
    assert rates(Recipe(warmup_ratio=0, schedule="constant"), 4) == [1, 1, 1, 1]


@pytest.mark.parametrize(("bad", "expected"), [(1.0, True), (float("nan"), False), (1e39, False)])
def test_one_gradient_that_is_not_finite_is_seen(bad, expected):
    parameters = [torch.nn.Parameter(torch.zeros(2)) for _ in range(3)]
    parameters[0].grad = torch.ones(2)
    parameters[1].grad = torch.tensor([1.0, bad])
    assert has_finite_gradients(parameters) is expected
