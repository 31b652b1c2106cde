"""The rules of the verdict, with histories by hand."""

import math

import pytest

from zoo.measurements import Answers, Measurements, Movement
from zoo.recipe import Recipe
from zoo.verdict import judge, judge_diverged

RECIPE = Recipe(epochs=2, precision="fp32").resolved(is_pretrained=False)
MOVED = Movement(moved_share=1.0, relative_change=0.01)
STILL = Movement(moved_share=0.7, relative_change=1e-8)
# of 100 examples with two labels, 50 each: standard error √(0.5 · 0.5 / 100) = 0.05
GOOD = [[45, 5], [5, 45]]
GUESSED = [[27, 23], [23, 27]]
CONSTANT = [[50, 0], [50, 0]]


def epoch(accuracy, validation_loss, *train_losses, **more):
    losses = list(train_losses) or [0.05]
    return {
        "train_loss": sum(losses) / len(losses),
        "train_losses": losses,
        "validation_loss": validation_loss,
        "accuracy": accuracy,
        "encoder_gradient_norm": 1.0,
        "head_gradient_norm": 1.0,
        **more,
    }


def measured(confusion, *, steps=1000, **parts):
    return Measurements(
        chance_loss=math.log(2),
        least_loss=0.0,
        first_loss=0.7,
        steps=steps,
        answers=None if confusion is None else Answers.of(confusion),
        **{"encoder": MOVED, "head": MOVED, **parts},
    )


def verdict(confusion, *history, recipe=RECIPE, is_pretrained=False, **measures):
    return judge(
        history or [epoch(0.9, 0.3), epoch(0.9, 0.3)],
        measured(confusion, **measures),
        recipe,
        Recipe(precision="fp32").resolved(is_pretrained=is_pretrained),
    )


UNLEARNED = [epoch(0.5, 0.7, 0.69), epoch(0.5, 0.69, 0.69)]
ABOVE_CHANCE = [epoch(0.5, 0.69, 0.8), epoch(0.5, 0.69, 0.75)]


# learned or not


def test_a_good_training_is_learned_and_has_nothing_to_change():
    judged = verdict(GOOD)
    assert (judged.verdict, judged.suggestion) == ("learned", None)
    # two epochs are two looks: half of 2.275 % is passed by chance beyond 2.277 standard errors
    assert judged.reason == (
        "validation accuracy 0.9000, commonest class 0.5000, bar 0.6139 (100 examples)"
    )


@pytest.mark.parametrize(("right", "expected"), [(30, "not_learned"), (31, "learned")])
def test_one_look_must_pass_two_standard_errors(right, expected):
    wrong = 50 - right
    judged = verdict([[right, wrong], [wrong, right]], epoch(0.6, 0.3))
    assert judged.verdict == expected


def test_nothing_is_said_without_validation_examples_or_with_one_label():
    assert verdict(None) is None
    assert verdict([[100, 0], [0, 0]]) is None


def test_weighed_classes_may_learn_much_and_be_no_more_accurate_than_the_commonest():
    # 95 and 5 of 100: accuracy 0.91 is below 0.95, but every rare one is found
    judged = verdict([[86, 9], [0, 5]], epoch(0.91, 0.3))
    assert judged.verdict == "learned"


def test_a_weak_association_does_not_do():
    # phi = (20 · 3 - 10 · 2) / √(30 · 5 · 22 · 13) = 0.19
    assert verdict([[20, 10], [2, 3]], epoch(0.657, 0.6, 0.5)).verdict == "not_learned"


# collapsed


def test_one_answer_to_every_text_is_collapsed():
    judged = verdict(CONSTANT, *UNLEARNED)
    assert judged.verdict == "collapsed"
    assert judged.reason == (
        "100% of 100 validation examples are taken for one class; training loss 0.69, knowing "
        "nothing costs 0.6931"
    )


@pytest.mark.parametrize(
    ("changes", "measures", "expected"),
    [
        (
            {"encoder_learning_rate": 0.05},
            {},
            "lower encoder_learning_rate: 0.05 → 0.0005 (what is usual here)",
        ),
        (
            {"min_warmup_steps": 10},
            {},
            "warm up longer: min_warmup_steps 10 → 200 (a fresh encoder that meets its full rate "
            "too early maps all texts to the same states)",
        ),
        (
            {"frozen": True},
            {"encoder": None},
            "train the encoder too: frozen true → false (its states tell texts apart too little)",
        ),
        ({}, {"steps": 70}, "train longer: epochs 2 → 8 (it had 70 steps)"),
        (
            {},
            {},
            "lower encoder_learning_rate: 0.0005 → 0.00017 (all texts came to the same states)",
        ),
    ],
)
def test_what_to_try_against_a_collapse(changes, measures, expected):
    recipe = RECIPE.model_copy(update=changes)
    assert verdict(CONSTANT, *UNLEARNED, recipe=recipe, **measures).suggestion == expected


def test_a_collapse_to_a_class_that_is_nearly_all_calls_for_weights():
    judged = verdict([[95, 0], [5, 0]], *UNLEARNED)
    assert judged.suggestion == (
        "weigh the classes: class_weights none → balanced (the commonest has 95% of the examples)"
    )


# diverged


def test_a_loss_of_more_than_twice_knowing_nothing_is_diverged_though_finite():
    recipe = RECIPE.model_copy(update={"encoder_learning_rate": 10.0})
    blown_up = [epoch(0.5, 90.0, 5.0), epoch(0.5, 90.0, 1.4)]
    judged = verdict(CONSTANT, *blown_up, recipe=recipe)
    assert judged.verdict == "diverged"
    assert judged.suggestion == "lower encoder_learning_rate: 10 → 0.0005 (what is usual here)"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"head_learning_rate": 1.0}, "lower head_learning_rate: 1 → 0.001 (what is usual here)"),
        (
            {"precision": "bf16"},
            "compute exactly: precision bf16 → fp32 (the learning rates are not high)",
        ),
        (
            {},
            "lower encoder_learning_rate: 0.0005 → 0.00017 (not above what is usual, and still too "
            "high here)",
        ),
    ],
)
def test_what_to_try_against_divergence(changes, expected):
    recipe = RECIPE.model_copy(update=changes)
    judged = judge_diverged("the loss is nan", recipe, RECIPE)
    assert (judged.verdict, judged.reason) == ("diverged", "the loss is nan")
    assert judged.suggestion == expected


# not learned


@pytest.mark.parametrize(
    ("changes", "history", "measures", "expected"),
    [
        (
            {"encoder_learning_rate": 1e-9},
            UNLEARNED,
            {"encoder": STILL},
            "raise encoder_learning_rate: 1e-09 → 0.0005 (the encoder's weights moved by 1e-06 %)",
        ),
        (
            {},
            [epoch(0.5, 0.7, 0.69, head_gradient_norm=0.0)],
            {"head": STILL},
            "let a gradient reach the head: it had none, so look for detach and no_grad",
        ),
        (
            {},
            [epoch(0.5, 3.0, 0.01)],
            {},
            "look at the labels of validation: they may be others, or other texts, than those of "
            "training (training loss 0.01 of 0.693: those were learned)",
        ),
        (
            {"batch_size": 16},
            [epoch(0.5, 3.0, 0.01)] * 30,
            {"steps": 210},
            "train on more examples, or begin with a pretrained encoder: the few there are (about "
            "112) were memorised (training loss 0.01 of 0.693), and tell too little of other texts",
        ),
        (
            {"head_learning_rate": 1e-4},
            UNLEARNED,
            {},
            "raise head_learning_rate: 0.0001 → 0.001 (what is usual here)",
        ),
        (
            {"encoder_learning_rate": 0.01},
            UNLEARNED,
            {},
            "lower encoder_learning_rate: 0.01 → 0.0005 (what is usual here)",
        ),
        (
            {"frozen": True},
            UNLEARNED,
            {"encoder": None},
            "train the encoder too: frozen true → false (a head over states that stay as they are "
            "left the training loss at 0.69 of 0.693)",
        ),
        (
            {},
            UNLEARNED,
            {},
            "train longer: epochs 2 → 8 (the training loss is still 0.69 of 0.693)",
        ),
        (
            {},
            ABOVE_CHANCE,
            {},
            "train longer: epochs 2 → 8 (the training loss is 0.75 of 0.693)",
        ),
    ],
)
def test_what_to_try_where_nothing_was_learned(changes, history, measures, expected):
    recipe = RECIPE.model_copy(update=changes)
    judged = verdict(GUESSED, *history, recipe=recipe, **measures)
    assert (judged.verdict, judged.suggestion) == ("not_learned", expected)


def test_one_answer_of_weights_that_never_moved_is_not_learned_and_no_collapse():
    judged = verdict(CONSTANT, *UNLEARNED, encoder=STILL, head=STILL)
    assert judged.verdict == "not_learned"


def test_too_few_examples_to_show_it_are_told_from_having_learned_nothing():
    # the bar is 0.2236 above one half; of 20 · (0.2236 / 0.2)² examples it would be 0.2 above
    judged = verdict([[7, 3], [3, 7]], epoch(0.70, 0.6, 0.6))
    assert judged.verdict == "not_learned"
    assert judged.suggestion == (
        "validate on more examples: 20 → 25 (so few cannot tell 0.70 from 0.50)"
    )


def test_a_training_that_patience_ended_is_not_told_to_have_more_epochs():
    recipe = RECIPE.model_copy(update={"epochs": 160, "patience": 3})
    assert verdict(GUESSED, *UNLEARNED, recipe=recipe).suggestion == (
        "be more patient: patience 3 → 12 (it ended after 2 of 160 epochs; the training loss is "
        "still 0.69 of 0.693)"
    )
    assert verdict(CONSTANT, *UNLEARNED, recipe=recipe, steps=70).suggestion == (
        "be more patient: patience 3 → 12 (it ended after 2 of 160 epochs; it had 70 steps)"
    )


def test_the_rate_of_a_part_that_is_not_trained_is_left_alone():
    recipe = RECIPE.model_copy(update={"encoder_learning_rate": 1e-9})
    assert "encoder_learning_rate" in verdict(GUESSED, *UNLEARNED, recipe=recipe).suggestion
    alone = verdict(GUESSED, *UNLEARNED, recipe=recipe, encoder=None).suggestion
    assert alone == "train longer: epochs 2 → 8 (the training loss is still 0.69 of 0.693)"


# undertrained


RISING = [epoch(0.60, 0.60, 0.68, 0.66, 0.64, 0.62), epoch(0.90, 0.45, 0.5, 0.4, 0.35, 0.30)]


def test_what_was_stopped_while_it_still_got_better_is_undertrained():
    judged = verdict(GOOD, *RISING)
    assert judged.verdict == "undertrained"
    assert judged.suggestion == (
        "train longer: epochs 2 → 4 (accuracy still rose by 30 points in the last epoch)"
    )


@pytest.mark.parametrize(
    "history",
    [
        # the training examples are learned: more epochs have nothing to give
        [RISING[0], epoch(0.90, 0.45, 0.2, 0.15, 0.13, 0.12)],
        # the loss of validation hardly fell: (0.46 - 0.45) / (0.693 - 0.45) = 0.04
        [epoch(0.89, 0.46, 0.5), RISING[1]],
        # the accuracy did not rise
        [epoch(0.90, 0.60, 0.5), RISING[1]],
        # it was better before, and fell: that is unrest, and no rise
        [epoch(0.92, 0.40, 0.5), epoch(0.80, 0.60, 0.5), RISING[1]],
    ],
)
def test_what_no_longer_gets_better_is_learned(history):
    recipe = RECIPE.model_copy(update={"epochs": len(history)})
    assert verdict(GOOD, *history, recipe=recipe).verdict == "learned"


def test_what_patience_stopped_is_not_undertrained():
    recipe = RECIPE.model_copy(update={"epochs": 10})
    assert verdict(GOOD, *RISING, recipe=recipe).verdict == "learned"


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ((0.68, 0.60, 0.50, 0.40), "undertrained"),
        ((0.70, 0.90, 0.80, 0.75), "undertrained"),  # it has only begun
        ((0.68, 0.45, 0.50, 0.40), "learned"),  # up and down
        ((0.68, 0.43, 0.41, 0.40), "learned"),  # (0.41 - 0.40) / (0.693 - 0.40) = 0.03
        ((0.68, 0.30, 0.20, 0.10), "learned"),  # 0.10 / 0.693 = 0.14 are left
        ((0.40,), "learned"),  # a single step
    ],
)
def test_a_single_epoch_is_judged_by_its_quarters(losses, expected):
    recipe = RECIPE.model_copy(update={"epochs": 1})
    assert verdict(GOOD, epoch(0.9, 0.4, *losses), recipe=recipe).verdict == expected


def test_a_rate_that_reads_like_the_usual_one_is_not_lowered_to_it():
    usual = RECIPE.encoder_learning_rate
    recipe = RECIPE.model_copy(update={"encoder_learning_rate": 1.004 * usual})
    assert judge_diverged("a gradient is not finite", recipe, RECIPE).suggestion == (
        "lower encoder_learning_rate: 0.0005 → 0.00017 (not above what is usual, and still too "
        "high here)"
    )
