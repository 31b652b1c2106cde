"""What a training loop does with gradients, seen from hooks while it runs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from zoo.doctor.findings import Finding
from zoo.doctor.patient import Patient
from zoo.doctor.raising import named, raised

STEPS_WATCHED = 4
# a rate that depends on what was reached takes longer to show
STEPS_ON_PLATEAUS = 30
COOLED = 1e-2
# gradients of parameters, after which a loop that made no step yet will make none
FUTILE = 2000
# of the gradient's norm; and what is left of it
CLIPPED_SHARE, CLIPPED_NORM = 1e-2, 1e-3


@dataclass(slots=True)
class LoopWatch:
    """Counts and norms of each optimizer step, collected by hooks that change nothing.

    `before_clipping` and `at_step` are norms over all gradients: after the last backward pass and
    when the optimizer steps. `left_over` says for each step whether its first backward pass found
    gradients of an earlier step. `reached` holds the id of every parameter that got a gradient.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer | None
    steps: int = 0
    backwards: int = 0
    before_clipping: list[float] = field(default_factory=list)
    at_step: list[float] = field(default_factory=list)
    left_over: list[bool] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    reached: set[int] = field(default_factory=set)
    _norms: dict[int, float] = field(default_factory=dict)
    _held: set[int] = field(default_factory=set)
    _is_first: bool = True

    @contextlib.contextmanager
    def watching(self) -> Iterator[LoopWatch]:
        """Hooks on every trained parameter and on the optimizer, gone afterwards."""
        groups = [] if self.optimizer is None else self.optimizer.param_groups
        self._held = {id(each) for group in groups for each in group["params"]}
        handles: list[Any] = []
        for each in self.model.parameters():
            if not each.requires_grad:
                continue
            handles.append(each.register_post_accumulate_grad_hook(self._after))
            if id(each) in self._held:
                # zero_grad of an optimizer cannot clear what it does not hold
                handles.append(each.register_hook(self._before(each)))
        if self.optimizer is not None:
            handles.append(self.optimizer.register_step_pre_hook(self._at_step))
        try:
            yield self
        finally:
            for handle in handles:
                handle.remove()

    def _before(self, parameter: torch.Tensor) -> Any:
        def hook(_gradient: torch.Tensor) -> None:
            if self._is_first:
                self._is_first = False
                self.left_over.append(_norm(parameter) > 0)

        return hook

    def _after(self, parameter: torch.Tensor) -> None:
        self.backwards += 1
        self.reached.add(id(parameter))
        if id(parameter) in self._held:
            self._norms[id(parameter)] = _norm(parameter)

    def _at_step(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        self.steps += 1
        self.rates.append(max(float(group["lr"]) for group in optimizer.param_groups))
        self.before_clipping.append(math.hypot(*self._norms.values()))
        held = [each for each in self.model.parameters() if id(each) in self._norms]
        self.at_step.append(math.hypot(*map(_norm, held)))
        self._norms.clear()
        self._is_first = True


def _norm(parameter: torch.Tensor) -> float:
    gradient = parameter.grad
    if gradient is None:
        return 0.0
    values = gradient.coalesce().values() if gradient.is_sparse else gradient
    return float(values.detach().float().norm())


def examine(patient: Patient) -> Iterator[Finding]:
    """The user's own step on a few batches: do weights move, by gradients of this batch alone?"""
    if patient.step is None:
        patient.left_out.append("loop: no step was given")
        return
    weights = [(name, each) for name, each in patient.model.named_parameters()]
    before = {name: each.detach().clone() for name, each in weights if each.requires_grad}
    watch = LoopWatch(patient.model, patient.optimizer)
    is_on_plateaus = isinstance(patient.scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    wanted = STEPS_ON_PLATEAUS if is_on_plateaus else STEPS_WATCHED
    position = schedule_position(patient)
    with patient.mode(training=True), torch.enable_grad(), watch.watching():
        for batch in patient.served.first:
            try:
                patient.step(batch.original)
            except Exception as error:  # a stranger's loop
                yield raised(named(patient.step, "step"), "a batch of training", error)
                return
            if watch.steps == wanted or (not watch.steps and watch.backwards > FUTILE):
                break
    has_moved = any(not torch.equal(before[name], each) for name, each in weights if name in before)
    if position is not None and watch.steps:
        patient.schedule_pace = (schedule_position(patient) or 0) - position
        patient.schedule_pace /= watch.steps
    patient.kept.restore()
    # without an optimizer there is no telling when it steps
    yield from told_by(watch, has_moved=has_moved or not before)
    if is_on_plateaus and len(watch.rates) > 1 and watch.rates[-1] < COOLED * watch.rates[0]:
        yield Finding(
            "schedule_at_zero",
            "The learning rate falls while the model still learns",
            f"within {len(watch.rates)} steps ReduceLROnPlateau brings it from "
            f"{watch.rates[0]:.1e} to {watch.rates[-1]:.1e}",
            'mode="min" for a loss, "max" for an accuracy; and step it once an epoch, with the '
            "result of validation",
        )


def schedule_position(patient: Patient) -> float | None:
    """How often the scheduler was stepped."""
    found = getattr(patient.scheduler, "last_epoch", None)
    return None if found is None else float(found)


def told_by(watch: LoopWatch, *, has_moved: bool) -> Iterator[Finding]:
    """What the watched steps show."""
    is_still = not has_moved and (max(watch.rates, default=1.0) > 0)
    if is_still:
        if not watch.backwards:
            missing = "no backward pass reached a parameter"
            fix = "loss.backward() before optimizer.step()"
        elif not watch.steps:
            missing = "gradients were computed, and the optimizer made no step"
            fix = "optimizer.step() after loss.backward()"
        else:
            missing = f"the optimizer made {watch.steps} steps, with gradients of norm "
            missing += f"{max(watch.at_step):.1e}"
            fix = "call zero_grad() before backward() and not between it and optimizer.step()"
        yield Finding("weights_do_not_move", "No weight moves", missing, fix)
        return
    later = watch.left_over[1:]
    if len(later) > 1 and all(later):
        yield Finding(
            "gradients_not_zeroed",
            "Gradients of earlier batches are never cleared",
            f"{len(later)} of {len(later)} steps began with the gradients of the step before; the "
            f"norm went from {watch.before_clipping[0]:.2g} to {watch.before_clipping[-1]:.2g}",
            "optimizer.zero_grad() once for each optimizer.step()",
        )
    yield from clipped(watch)


def clipped(watch: LoopWatch) -> Iterator[Finding]:
    """Gradients of which clipping leaves nothing."""
    pairs = [(a, b) for a, b in zip(watch.before_clipping, watch.at_step, strict=True) if a > 0]
    if not pairs or is_scaled(pairs):
        return
    before, after = max(pairs)
    if all(b < CLIPPED_SHARE * a and b < CLIPPED_NORM for a, b in pairs):
        yield Finding(
            "clipped_to_nothing",
            "Clipping leaves nothing of the gradients",
            f"their norm is {before:.2g} after backward and {after:.1e} when the optimizer steps",
            "clip_grad_norm_(model.parameters(), 1.0)",
        )


def is_scaled(pairs: list[tuple[float, float]]) -> bool:
    """Whether each norm fell by the same factor, as a `GradScaler` takes its scale out again.

    Clipping leaves the same norm of each.
    """
    factors = [before / after for before, after in pairs if after > 0]
    left = [after for _, after in pairs]
    return bool(factors) and _is_constant(factors) and not _is_constant(left)


def _is_constant(values: list[float]) -> bool:
    return max(values) < 1.01 * min(values)
