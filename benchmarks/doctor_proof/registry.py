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


def cases_like(pattern: str) -> list[BrokenCase | HealthyCase]:
    """The cases whose name or cause matches; the cause of a healthy one is `healthy`."""
    broken = [
        each for each in BROKEN if fnmatch(each.name, pattern) or fnmatch(each.cause, pattern)
    ]
    is_healthy_meant = fnmatch("healthy", pattern)
    healthy = [each for each in HEALTHY if is_healthy_meant or fnmatch(each.name, pattern)]
    return [*broken, *healthy]
