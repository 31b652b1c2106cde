"""Cases written by somebody who had not seen the doctor, in the same rooms as the first ones."""

from __future__ import annotations

from doctor_proof.held_out import (
    broken_data,
    broken_forward,
    broken_layers,
    broken_loop,
    broken_loss,
    broken_optimizer,
    broken_text,
    healthy_data,
    healthy_models,
    healthy_training,
)
from doctor_proof.setups import BrokenCase, HealthyCase

CASES: tuple[BrokenCase | HealthyCase, ...] = (
    *broken_data.CASES,
    *broken_text.CASES,
    *broken_loss.CASES,
    *broken_forward.CASES,
    *broken_layers.CASES,
    *broken_optimizer.CASES,
    *broken_loop.CASES,
    *healthy_data.CASES,
    *healthy_models.CASES,
    *healthy_training.CASES,
)
