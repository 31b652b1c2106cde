"""The one change to try first where a training did not go well: what, from, to, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from zoo.measurements import Answers, Measurements, Movement
from zoo.recipe import LARGEST_WARMUP, Recipe

# of a part's length: usual rates move a part ten times as far within 20 steps
UNMOVED = 1e-4
# of the usual rate
MUCH_LOWER = 0.1
# of the loss of knowing nothing: below it the training examples were learned
MEMORISED = 0.5
# so few can be memorised and tell nothing of other texts
FEW_EXAMPLES = 1000
IMBALANCED = 0.8
# a fresh encoder says the same of every text for about so long
SHORT_STEPS = 200
# above the commonest class, as a share of the examples
WELL_AHEAD = 0.1
# a rate that is not above the usual one by more is the usual one
ABOVE_USUAL = 1.1


def longer(recipe: Recipe, rise: str) -> str:
    """For a training that was stopped while it was still getting better."""
    assert recipe.epochs is not None
    return f"train longer: epochs {recipe.epochs} → {2 * recipe.epochs} ({rise})"


def longer_or_more_patient(
    history: Sequence[Mapping[str, Any]], recipe: Recipe, because: str
) -> str:
    """For a training that ended too early, by its epochs or by its patience."""
    epochs, patience = recipe.epochs, recipe.patience
    assert epochs is not None
    if patience is None or len(history) == epochs:
        return f"train longer: epochs {epochs} → {4 * epochs} ({because})"
    return (
        f"be more patient: patience {patience} → {4 * patience} (it ended after {len(history)} of "
        f"{epochs} epochs; {because})"
    )


def calmer(recipe: Recipe, usual_recipe: Recipe, measured: Measurements | None = None) -> str:
    """For a loss that blew up: the rate that is farthest above what is usual."""
    rates, usual = trained_rates(recipe, measured), rates_of(usual_recipe)
    name = max(rates, key=lambda name: rates[name] / usual[name])
    rate = rates[name]
    if rate > ABOVE_USUAL * usual[name]:
        return f"{change(name, rate, usual[name])} (what is usual here)"
    if recipe.precision == "bf16":
        return "compute exactly: precision bf16 → fp32 (the learning rates are not high)"
    return f"{change(name, rate, rate / 3)} (not above what is usual, and still too high here)"


def less_alike(
    history: Sequence[Mapping[str, Any]],
    measured: Measurements,
    recipe: Recipe,
    usual_recipe: Recipe,
) -> str:
    """For one and the same answer to every text."""
    answers, steps = measured.answers, measured.steps
    assert answers is not None
    rates, usual = trained_rates(recipe, measured), rates_of(usual_recipe)
    too_high = [name for name in rates if rates[name] > 2 * usual[name]]
    if too_high:
        name = max(too_high, key=lambda name: rates[name] / usual[name])
        return f"{change(name, rates[name], usual[name])} (what is usual here)"
    if answers.majority_share >= IMBALANCED and recipe.class_weights is None:
        return (
            "weigh the classes: class_weights none → balanced "
            f"(the commonest has {answers.majority_share:.0%} of the examples)"
        )
    if recipe.frozen:
        return "train the encoder too: frozen true → false (its states tell texts apart too little)"
    if steps < SHORT_STEPS:
        return longer_or_more_patient(history, recipe, f"it had {steps} steps")
    warmup, usual_warmup = recipe.min_warmup_steps or 0, usual_recipe.min_warmup_steps or 0
    # a longer one would not fit into the training
    if warmup < usual_warmup <= LARGEST_WARMUP * steps:
        return (
            f"warm up longer: min_warmup_steps {warmup} → {usual_warmup} (a fresh encoder "
            "that meets its full rate too early maps all texts to the same states)"
        )
    name = next(iter(rates))
    return f"{change(name, rates[name], rates[name] / 3)} (all texts came to the same states)"


def for_no_learning(
    history: Sequence[Mapping[str, Any]],
    measured: Measurements,
    recipe: Recipe,
    usual_recipe: Recipe,
    bar: float,
) -> str:
    """For an accuracy below `bar`: no better than always the same answer."""
    rates, usual = trained_rates(recipe, measured), rates_of(usual_recipe)
    for part, movement in moved_parts(measured).items():
        name = f"{part}_learning_rate"
        if movement.relative_change >= UNMOVED:
            continue
        if history[-1][f"{part}_gradient_norm"] == 0:
            return f"let a gradient reach the {part}: it had none, so look for detach and no_grad"
        if rates[name] < usual[name]:
            said = f"the {part}'s weights moved by {100 * movement.relative_change:.2g} %"
            return f"{change(name, rates[name], usual[name])} ({said})"
    assert measured.answers is not None
    needed = examples_needed(measured.answers, bar)
    if needed is not None:
        return (
            f"validate on more examples: {measured.answers.n} → {needed} (so few cannot tell "
            f"{measured.answers.accuracy:.2f} from {measured.answers.majority_share:.2f})"
        )
    loss, chance = history[-1]["train_loss"], measured.chance_loss
    if loss < MEMORISED * chance:
        examples = round(measured.steps * recipe.batch_size / len(history))
        if examples < FEW_EXAMPLES:
            return (
                "train on more examples, or begin with a pretrained encoder: the few there are "
                f"(about {examples}) were memorised (training loss {loss:.3g} of {chance:.3g}), "
                "and tell too little of other texts"
            )
        return (
            "look at the labels of validation: they may be others, or other texts, than those of "
            f"training (training loss {loss:.3g} of {chance:.3g}: those were learned)"
        )
    for name, rate in rates.items():
        if rate <= MUCH_LOWER * usual[name]:
            return f"{change(name, rate, usual[name])} (what is usual here)"
        if rate > 2 * usual[name]:
            return f"{change(name, rate, usual[name])} (what is usual here)"
    if recipe.frozen:
        return (
            "train the encoder too: frozen true → false (a head over states that stay as they are "
            f"left the training loss at {loss:.3g} of {chance:.3g})"
        )
    still = "still " if loss < chance else ""
    because = f"the training loss is {still}{loss:.3g} of {chance:.3g}"
    return longer_or_more_patient(history, recipe, because)


def examples_needed(answers: Answers, bar: float) -> int | None:
    """How many examples would show this accuracy to be no luck; None where it hardly is better."""
    ahead = answers.accuracy - answers.majority_share
    if ahead < WELL_AHEAD:
        return None
    needed = answers.n * ((bar - answers.majority_share) / ahead) ** 2
    # rounded: 25.000000001 is 25
    return max(answers.n + 1, math.ceil(round(needed, 6)))


def have_moved(measured: Measurements) -> bool:
    """Whether every part that was trained is elsewhere than it began."""
    return all(one.relative_change >= UNMOVED for one in moved_parts(measured).values())


def moved_parts(measured: Measurements) -> dict[str, Movement]:
    """The parts that were trained, and how far they went."""
    parts = {"encoder": measured.encoder, "head": measured.head}
    return {name: movement for name, movement in parts.items() if movement is not None}


def trained_rates(recipe: Recipe, measured: Measurements | None) -> dict[str, float]:
    """The learning rates that have a say, the encoder's first."""
    rates = rates_of(recipe)
    if measured is not None:
        names = [f"{part}_learning_rate" for part in moved_parts(measured)]
        return {name: rates[name] for name in names}
    if recipe.frozen:
        del rates["encoder_learning_rate"]
    return rates


def rates_of(recipe: Recipe) -> dict[str, float]:
    """Both learning rates of a recipe that leaves nothing open, the encoder's first."""
    assert recipe.encoder_learning_rate is not None and recipe.head_learning_rate is not None
    return {
        "encoder_learning_rate": recipe.encoder_learning_rate,
        "head_learning_rate": recipe.head_learning_rate,
    }


def change(name: str, rate: float, better: float) -> str:
    """`lower encoder_learning_rate: 10 → 0.0005`."""
    how = "lower" if better < rate else "raise"
    return f"{how} {name}: {rate:.2g} → {better:.2g}"
