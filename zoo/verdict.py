"""What a training's own measurements say of it, and the one change to try first.

The rules, their thresholds and their sources: `docs/explanation/verdicts.md`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Any, Literal

from zoo import suggestions
from zoo.measurements import Answers, Measurements
from zoo.recipe import Recipe
from zoo.strict_record import Record

Verdict = Literal["learned", "not_learned", "collapsed", "diverged", "undertrained"]
History = Sequence[Mapping[str, Any]]

# a classifier that has learned nothing passes 2 standard errors in about 2 of 100 cases
STANDARD_ERRORS = 2.0
# Cohen 1988, chapter 7: 0.3 is a medium association, and three standard deviations are no chance
MEDIUM_ASSOCIATION, SURE_DEVIATIONS = 0.3, 3.0
# one who gives every label the same probability pays 1 of it
BLOWN_UP = 2.0
COLLAPSED_SHARE = 0.99
# of the way from knowing nothing to the training labels, what must be left to learn
LEFT_TO_LEARN = 0.2
# of all that is known, what must have been learned in the last epoch
LEARNED_LATE = 0.1


class Judgement(Record):
    """A verdict, the numbers that it rests on, and one change to try where it is not `learned`."""

    verdict: Verdict
    reason: str
    suggestion: str | None


def judge(
    history: History, measured: Measurements, recipe: Recipe, usual: Recipe
) -> Judgement | None:
    """The verdict of a training under a `recipe`, against the `usual` one for this encoder.

    Both leave nothing open.

    None without validation examples: nothing says then whether it learned or learned by heart. None
    also where they all have one label: whoever says it is right.
    """
    answers = measured.answers
    if answers is None or answers.majority_share == 1:
        return None
    bar = accuracy_bar(answers, len(history))
    reason = (
        f"validation accuracy {answers.accuracy:.4f}, commonest class "
        f"{answers.majority_share:.4f}, bar {bar:.4f} ({answers.n} examples)"
    )
    if answers.accuracy > bar or is_associated(answers):
        rise = unfinished_rise(history, measured, recipe)
        if rise is None:
            return Judgement(verdict="learned", reason=reason, suggestion=None)
        return Judgement(
            verdict="undertrained",
            reason=f"{reason}; {rise}",
            suggestion=suggestions.longer(recipe, rise),
        )
    loss = history[-1]["train_loss"]
    losses = f"training loss {loss:.4g}, knowing nothing costs {measured.chance_loss:.4f}"
    if loss > BLOWN_UP * measured.chance_loss:
        calmer = suggestions.calmer(recipe, usual, measured)
        return Judgement(verdict="diverged", reason=f"{losses}; {reason}", suggestion=calmer)
    if suggestions.have_moved(measured) and answers.top_share >= COLLAPSED_SHARE:
        said = f"{answers.top_share:.0%} of {answers.n} validation examples are taken for one class"
        less = suggestions.less_alike(history, measured, recipe, usual)
        return Judgement(verdict="collapsed", reason=f"{said}; {losses}", suggestion=less)
    change = suggestions.for_no_learning(history, measured, recipe, usual, bar)
    return Judgement(verdict="not_learned", reason=f"{reason}; {losses}", suggestion=change)


def judge_diverged(reason: str, recipe: Recipe, usual: Recipe) -> Judgement:
    """The verdict of a training that stopped at a number that is not finite, for `reason`."""
    calmer = suggestions.calmer(recipe, usual)
    return Judgement(verdict="diverged", reason=reason, suggestion=calmer)


def accuracy_bar(answers: Answers, looks: int) -> float:
    """The accuracy that one who always says the commonest class does not reach by luck.

    The best of several epochs is the luckiest of so many looks (Bonferroni).
    """
    chance = 1 - NormalDist().cdf(STANDARD_ERRORS)
    errors = NormalDist().inv_cdf(1 - chance / looks)
    share = answers.majority_share
    return share + errors * math.sqrt(share * (1 - share) / answers.n)


def is_associated(answers: Answers) -> bool:
    """Whether the predictions go with the labels, also where accuracy cannot show it.

    Where nearly all examples are of one class, or classes are weighed, a classifier that has
    learned much may be no more accurate than the constant answer.
    """
    return answers.association >= MEDIUM_ASSOCIATION and answers.deviations >= SURE_DEVIATIONS


def unfinished_rise(history: History, measured: Measurements, recipe: Recipe) -> str | None:
    """How clearly it was still getting better when its epochs were over; None if it was not.

    All must hold: every epoch was run, the training examples are not learned yet, and much of what
    is known of validation (within a first epoch: of training) was learned at the very end.
    """
    assert measured.answers is not None
    last = history[-1]
    left = last["train_losses"][-1] - measured.least_loss
    is_stopped = len(history) < (recipe.epochs or 0)
    if is_stopped or left < LEFT_TO_LEARN * (measured.chance_loss - measured.least_loss):
        return None
    if len(history) == 1:
        return _rise_within(last["train_losses"], measured.chance_loss)
    before = min(one["validation_loss"] for one in history[:-1])
    gain = last["accuracy"] - max(one["accuracy"] for one in history[:-1])
    share = late_share(before, last["validation_loss"], measured.answers.label_entropy)
    if gain <= 0 or share < LEARNED_LATE:
        return None
    points = f"{100 * gain:.1f} points" if gain < 0.0495 else f"{100 * gain:.0f} points"
    return f"accuracy still rose by {points} in the last epoch"


def _rise_within(losses: Sequence[float], nothing_known: float) -> str | None:
    """The same for one epoch, by the losses of its quarters, which must fall over the last three.

    The first may be below the second: a fresh head costs more than nothing at the first full rate.
    """
    is_steady = len(losses) > 1 and all(later < earlier for earlier, later in pairwise(losses[-3:]))
    if not is_steady or losses[-2] - losses[-1] < LEARNED_LATE * (nothing_known - losses[-1]):
        return None
    fall = 1 - losses[-1] / losses[-2]
    return f"the training loss still fell by {100 * fall:.0f} % in the last quarter of the epoch"


def late_share(before: float, last: float, nothing_known: float) -> float:
    """How much of the way from a loss of knowing nothing to `last` came after `before`."""
    return (before - last) / (nothing_known - last) if last < nothing_known else 0.0
