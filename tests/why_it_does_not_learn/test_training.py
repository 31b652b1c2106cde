"""Each training differs from the one as posted by what its name says."""

import pytest

from why_it_does_not_learn.training import MENDED, Attempt, Material, Training, trainings

LABELS = ("a", "b", "c")
MATERIAL = Material(LABELS, [(f"말 {n}", n % 3) for n in range(96)], [("말 1", 1), ("말 2", 1)])


def make(**mended):
    return Attempt(Training(**mended), MATERIAL, seed=0)


def held(attempt):
    return {id(each) for group in attempt.optimizer.param_groups for each in group["params"]}


def test_there_is_one_of_each_kind():
    assert len(trainings()) == 14
    assert trainings()["all"] == MENDED
    assert trainings()["as posted"].mended == ()
    # a slope needs the layer before it
    assert trainings()["only leaky_relu"].mended == ("second_layer", "leaky_relu")
    assert "leaky_relu" not in trainings()["all but second_layer"].mended


def test_the_optimizer_holds_the_encoder_or_all():
    posted, mended = make(), make(whole_optimizer=True)
    assert {id(each) for each in posted.model.encoder.parameters()} == held(posted)
    assert {id(each) for each in mended.model.parameters()} == held(mended)


def test_batches_are_in_order_of_their_labels_or_not():
    assert [set(labels.tolist()) for _, labels in make().batches()] == [{0}, {1}, {2}]
    assert all(len(set(labels.tolist())) == 3 for _, labels in make(shuffled=True).batches())


@pytest.mark.parametrize(
    ("mended", "layers"),
    [
        ({}, ["Dropout", "Linear"]),
        ({"second_layer": True}, ["Dropout", "Linear", "Dropout", "Linear"]),
        (
            {"second_layer": True, "leaky_relu": True},
            ["Dropout", "Linear", "LeakyReLU", "Dropout", "Linear"],
        ),
    ],
)
def test_the_head_is_what_was_asked_for(mended, layers):
    assert [type(each).__name__ for each in make(**mended).model.classifier] == layers


def test_decay_and_schedule():
    assert make().optimizer.param_groups[0]["weight_decay"] == 0
    assert make(weight_decay=True).optimizer.param_groups[0]["weight_decay"] > 0
    rates = {}
    for is_falling in (False, True):
        attempt = make(falling_schedule=is_falling)
        rates[is_falling] = []
        for _ in range(9):
            rates[is_falling].append(attempt.scheduler.get_last_lr()[0])
            attempt.optimizer.step()
            attempt.scheduler.step()
    assert rates[True][-1] < 0.2 * max(rates[True])
    assert rates[False][-1] > 0.3 * max(rates[False])


def test_a_training_gives_a_loss_for_each_step_and_an_accuracy():
    attempt = make(shuffled=True, whole_optimizer=True)
    assert attempt.run(seed=0) in (0.0, 0.5, 1.0)
    assert len(attempt.losses) == 9
    assert not attempt.model.training
