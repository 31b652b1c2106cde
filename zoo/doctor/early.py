"""An early word: what shows in the first steps of a training that goes on, told as warnings.

Nothing calls the model but the training itself, so it costs next to nothing; what needs trials is
left to `diagnose`.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn

from zoo.doctor import freezing, labels, optimizers, schedules
from zoo.doctor.batches import Served, collect
from zoo.doctor.findings import Finding
from zoo.doctor.keeping import Kept
from zoo.doctor.loops import STEPS_WATCHED, LoopWatch, told_by
from zoo.doctor.patient import Patient, known_labels


class DoctorWarning(UserWarning):
    """Something is wrong with a training that has begun."""


class EarlyWord:
    """Follows the first steps of a training: `begin`, `after_step` each time, `end`."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        batches: Iterable[Any],
        scheduler: Any = None,
        steps: int | None = None,
    ) -> None:
        # without disturbing the order in which training is about to be served
        kept = Kept(nn.Module(), optimizer, scheduler, batches)
        try:
            served = collect(batches)
        except Exception:  # a stranger's data, which the training may well be able to use
            served = Served((), (), None)
        finally:
            kept.restore()
        self.patient = Patient(
            model, optimizer, served, None, scheduler, steps, None, None, None, kept
        )
        self.watch = LoopWatch(model, optimizer)
        self.hooks = contextlib.ExitStack()
        self.before: dict[str, torch.Tensor] = {}

    def begin(self) -> None:
        """Warn of what data, optimizer and schedule show, and watch from now on."""
        patient = self.patient
        for finding in self._before_the_first_step():
            tell(finding)
        self.before = {
            name: each.detach().clone()
            for name, each in patient.model.named_parameters()
            if each.requires_grad
        }
        self.hooks.enter_context(self.watch.watching())

    def _before_the_first_step(self) -> Iterator[Finding]:
        patient = self.patient
        known = known_labels(patient.all_batches)
        if len(known) and len(set(known.tolist())) > 1:
            yield from labels.in_order(patient)
        yield from optimizers.twice(patient)
        yield from freezing.without_effect(patient)
        yield from schedules.examine(patient)

    def after_step(self) -> None:
        """Warn, once a few steps are done, of what their gradients and weights show."""
        if self.before and self.watch.steps >= STEPS_WATCHED:
            for finding in self._after_some_steps():
                tell(finding)
            self.end()

    def _after_some_steps(self) -> Iterator[Finding]:
        parameters = dict(self.patient.model.named_parameters())
        reached = {name for name, each in parameters.items() if id(each) in self.watch.reached}
        norms = self.watch.at_step
        if not all(map(math.isfinite, norms)):
            yield Finding(
                "not_finite",
                "Gradients are NaN or infinite",
                f"their norms in the first steps: {', '.join(f'{norm:.2g}' for norm in norms)}",
                "lower the learning rate, and look for a division or a logarithm of zero",
            )
            return
        yield from optimizers.membership(self.patient, reached)
        has_moved = any(not torch.equal(old, parameters[n]) for n, old in self.before.items())
        yield from told_by(self.watch, has_moved=has_moved)

    def end(self) -> None:
        """Take the hooks off, and let the copies of the weights go."""
        self.hooks.close()
        self.before = {}


def tell(finding: Finding) -> None:
    """One finding as a warning."""
    warnings.warn(
        f"{finding.title} ({finding.cause}): {finding.evidence}. Fix: {finding.fix}",
        DoctorWarning,
        stacklevel=3,
    )
