"""What is measured of a training, against numbers by hand and other people's code."""

import itertools
import math

import numpy as np
import pytest
import torch

from zoo.loss import loss_bounds, loss_function
from zoo.measurements import Answers, deviations
from zoo.movement import movement
from zoo.recipe import Recipe


def test_answers_by_hand():
    answers = Answers.of([[6, 2], [1, 1]])
    assert answers.n == 10
    assert (answers.accuracy, answers.majority_share, answers.top_share) == (0.7, 0.8, 0.7)
    assert answers.label_entropy == pytest.approx(-0.8 * math.log(0.8) - 0.2 * math.log(0.2))
    assert answers.prediction_entropy == pytest.approx(-0.7 * math.log(0.7) - 0.3 * math.log(0.3))
    # phi of a two by two table: (6 · 1 - 2 · 1) / √(8 · 2 · 7 · 3)
    assert answers.association == pytest.approx(4 / math.sqrt(336))


def test_deviations_are_those_of_all_ways_to_deal_the_predictions_out():
    labels, predictions = (0, 0, 0, 1, 1, 2), (0, 0, 1, 1, 2, 0)
    rights = [sum(map(int.__eq__, labels, dealt)) for dealt in itertools.permutations(predictions)]
    expected = (3 - np.mean(rights)) / np.std(rights)
    assert deviations(3, [3, 2, 1], [3, 2, 1]) == pytest.approx(expected)


@pytest.mark.parametrize("confusion", [[[5, 0], [5, 0]], [[5, 5], [0, 0]]])
def test_a_constant_answer_or_a_constant_label_is_no_association(confusion):
    answers = Answers.of(confusion)
    assert (answers.association, answers.deviations) == (0.0, 0.0)
    assert 0.0 in (answers.prediction_entropy, answers.label_entropy)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5]])
def test_the_bounds_of_the_loss_are_those_of_the_loss_itself(smoothing, weights):
    recipe, labels = Recipe(label_smoothing=smoothing), torch.tensor([0, 0, 1, 2])
    loss = loss_function(recipe, weights, torch.device("cpu"))

    def value(logits):
        return loss(type("Output", (), {"logits": logits}), labels)

    chance, least = loss_bounds(recipe, weights, [2, 1, 1])
    assert chance == pytest.approx(float(value(torch.zeros(4, 3))), abs=1e-6)
    logits = torch.zeros(4, 3, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, line_search_fn="strong_wolfe")

    def step():
        optimizer.zero_grad()
        result = value(logits)
        result.backward()
        return result

    optimizer.step(step)
    assert least == pytest.approx(value(logits).item(), abs=1e-3)


def test_knowing_nothing_costs_the_logarithm_of_the_number_of_labels():
    assert loss_bounds(Recipe(), None, [3, 4, 5]) == pytest.approx((math.log(3), 0.0))


def test_movement_by_hand():
    moved = movement(torch.tensor([3.0, 4.0, 0.0, 0.0]), torch.tensor([3.0, 4.0, 0.0, 0.5]))
    assert (moved.moved_share, moved.relative_change) == (0.25, pytest.approx(0.1))


def test_what_began_at_zero_and_moved_has_moved_by_all_of_it():
    moved = movement(torch.zeros(2), torch.tensor([0.0, 2.0]))
    assert (moved.moved_share, moved.relative_change) == (0.5, 1.0)
    assert movement(torch.zeros(2), torch.zeros(2)).relative_change == 0.0
