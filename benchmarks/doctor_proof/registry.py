"""All cases."""

from __future__ import annotations

from fnmatch import fnmatch

from doctor_proof import (
    broken_data,
    broken_loop,
    broken_loss,
    broken_model,
    broken_optimizer,
    broken_schedule,
    broken_text,
    healthy_data,
    healthy_models,
    healthy_training,
    held_out,
)
from doctor_proof.setups import BrokenCase, HealthyCase

BROKEN: tuple[BrokenCase, ...] = (
    *broken_data.CASES,
    *broken_text.CASES,
    *broken_loss.CASES,
    *broken_model.CASES,
    *broken_optimizer.CASES,
    *broken_schedule.CASES,
    *broken_loop.CASES,
)
HEALTHY: tuple[HealthyCase, ...] = (
    *healthy_models.CASES,
    *healthy_data.CASES,
    *healthy_training.CASES,
)
# what its authors had not seen when they wrote the doctor
HELD_OUT: tuple[BrokenCase | HealthyCase, ...] = held_out.CASES


def cases_like(pattern: str) -> list[BrokenCase | HealthyCase]:
    """The cases whose name or cause matches, `healthy` for a healthy one; or all `held-out`."""
    if pattern == "held-out":
        return [*HELD_OUT]
    return [
        each
        for each in (*BROKEN, *HEALTHY, *HELD_OUT)
        if fnmatch(each.name, pattern) or fnmatch(getattr(each, "cause", "healthy"), pattern)
    ]
