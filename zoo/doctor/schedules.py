"""The learning rate over the planned training."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np

from zoo.doctor.findings import Finding
from zoo.doctor.patient import Patient

LONGEST = 100_000
# of the highest rate
NOTHING, FALLEN, RISEN = 1e-3, 0.5, 0.8
ZERO_SHARE = 0.2
WARMUP_SHARE = 0.6


def examine(patient: Patient) -> Iterator[Finding]:
    """A rate that is zero too long, that starts again, or that never gets up."""
    rates = trajectory(patient)
    if rates is None:
        return
    peak = float(rates.max())
    steps = len(rates)
    share = float((rates <= NOTHING * peak).mean()) if peak > 0 else 1.0
    if share > ZERO_SHARE:
        place = int(np.flatnonzero(rates > NOTHING * peak)[-1]) + 1 if peak > 0 else 0
        yield Finding(
            "schedule_at_zero",
            "The learning rate is zero for much of the training",
            f"after step {place:,} of {steps:,} it is nothing or next to nothing; that is "
            f"{share:.0%} of the training",
            "give the schedule the number of optimizer steps: epochs × len(loader), not epochs; "
            "and step it as often as it counts",
        )
        return
    restarts = count_restarts(rates, peak)
    if restarts:
        yield Finding(
            "schedule_restarts",
            "The learning rate rises again in mid-training",
            f"within {steps:,} steps it falls below half of its peak and rises again "
            f"{restarts} time{'s' if restarts > 1 else ''}: each time unlearns some of what was "
            "learned",
            "a schedule that falls once, over all steps: get_linear_schedule_with_warmup, or "
            "CosineAnnealingLR(T_max=epochs * len(loader)) stepped once a batch",
        )
        return
    summit = int(np.argmax(rates >= 0.999 * peak))
    if summit > WARMUP_SHARE * steps:
        yield Finding(
            "warmup_too_long",
            "The warm-up takes most of the training",
            f"the rate reaches its peak of {peak:.1e} at step {summit + 1:,} of {steps:,}",
            "a warm-up of 6 to 10 % of all optimizer steps",
        )


def count_restarts(rates: np.ndarray, peak: float) -> int:
    """How often the rate rises high again after it had fallen."""
    restarts = 0
    has_peaked = has_fallen = False
    for rate in rates:
        if rate > RISEN * peak:
            restarts += has_peaked and has_fallen
            has_peaked, has_fallen = True, False
        elif rate < FALLEN * peak:
            has_fallen = has_peaked
    return restarts


def trajectory(patient: Patient, *, is_told: bool = True) -> np.ndarray | None:
    """The highest rate of all groups at each step of the schedule, None where it cannot be had.

    A schedule that the user's own step does not move is taken to be moved once a pass.
    """
    scheduler, optimizer = patient.scheduler, patient.optimizer
    if scheduler is None or optimizer is None:
        leave_out(patient, "no scheduler was given", is_told)
        return None
    rates = []
    try:
        with warnings.catch_warnings():
            # the optimizer takes no steps here
            warnings.simplefilter("ignore")
            for _ in range(min(schedule_steps(patient), LONGEST)):
                rates.append(max(float(group["lr"]) for group in optimizer.param_groups))
                scheduler.step()
    except TypeError:  # ReduceLROnPlateau asks for a metric
        leave_out(patient, f"{type(scheduler).__name__} depends on a metric", is_told)
        return None
    except ValueError as error:  # OneCycleLR refuses a step too many
        if len(rates) < 2:
            raise
        leave_out(patient, f"it ends after {len(rates):,} steps ({error})", is_told)
    finally:
        patient.kept.restore()
    return np.asarray(rates)


def schedule_steps(patient: Patient) -> int:
    """How often the scheduler will be stepped in the planned training."""
    if patient.schedule_pace is None:
        return patient.steps
    if patient.schedule_pace > 0:
        return max(1, round(patient.steps * patient.schedule_pace))
    return max(1, round(patient.steps / (patient.served.per_pass or len(patient.served.first))))


def leave_out(patient: Patient, reason: str, is_told: bool) -> None:
    """Say once why the schedule was not examined."""
    if is_told:
        patient.left_out.append(f"schedule: {reason}")
