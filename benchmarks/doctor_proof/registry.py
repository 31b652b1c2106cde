"""All cases."""

from __future__ import annotations

from doctor_proof import broken_data, broken_loop, broken_loss, broken_optimizer, broken_schedule

BROKEN = (
    *broken_data.CASES,
    *broken_loss.CASES,
    *broken_optimizer.CASES,
    *broken_schedule.CASES,
    *broken_loop.CASES,
)
HEALTHY = ()
