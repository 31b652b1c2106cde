"""The cases themselves: names, causes, and that each can be built."""

import pytest
import torch

from doctor_proof.learns import forward
from doctor_proof.registry import BROKEN, HEALTHY

CAUSES = {
    "labels_out_of_range",
    "labels_shifted",
    "labels_constant",
    "labels_unrelated",
    "labels_in_order",
    "one_class_per_batch",
    "class_imbalance",
    "ids_beyond_vocabulary",
    "unknown_tokens",
    "identical_inputs",
    "truncated",
    "too_long",
    "mask_missing",
    "mask_inverted",
    "mask_all_zero",
    "padding_side",
    "padding_id",
    "loss_on_probabilities",
    "loss_ignores_labels",
    "loss_scale",
    "loss_sign",
    "not_finite",
    "detached",
    "no_gradient",
    "vanishing_gradient",
    "frozen",
    "freezing_without_effect",
    "dropout_in_eval",
    "dropout_drops_all",
    "dead_units",
    "untrained_pooler",
    "input_ignored",
    "not_in_optimizer",
    "twice_in_optimizer",
    "optimizer_of_other_model",
    "learning_rate_zero",
    "learning_rate_too_low",
    "learning_rate_too_high",
    "low_precision",
    "schedule_restarts",
    "schedule_at_zero",
    "warmup_too_long",
    "gradients_not_zeroed",
    "clipped_to_nothing",
    "weights_do_not_move",
    "cannot_overfit",
}


def name(case):
    return case.name


def test_names_are_unique():
    names = [case.name for case in (*BROKEN, *HEALTHY)]
    assert len(names) == len(set(names))


def test_there_are_at_least_as_many_cases_as_the_proof_asks_for():
    assert len(BROKEN) >= 30
    assert len(HEALTHY) >= 28


def test_every_cause_has_a_case():
    assert {case.cause for case in BROKEN} == CAUSES


@pytest.mark.parametrize("case", [*BROKEN, *HEALTHY], ids=name)
def test_each_is_built_without_drawing_from_the_global_generator(case, material):
    before = torch.random.get_rng_state()
    setup = case.build(material)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert len(setup.batches) > 1


@pytest.mark.parametrize("case", HEALTHY, ids=name)
def test_each_healthy_one_gives_a_finite_loss(case, material):
    setup = case.build(material)
    _, loss, _ = forward(setup, next(iter(setup.batches)))
    assert loss.isfinite()


def test_a_case_is_the_same_each_time_it_is_built(material):
    case = next(case for case in HEALTHY if case.name == "one-linear-layer")
    first, second = (case.build(material).model.state_dict() for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)
