"""What an executor tells of the runs that it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """A run began, in the process `pid`."""

    run_id: str
    pid: int


@dataclass(frozen=True, slots=True)
class Progressed:
    """A run is at `step` of `steps` in `epoch` of `epochs` (both counted from 1)."""

    run_id: str
    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A run gave a result: the JSON of a `Result`, and the bytes of its predictions."""

    run_id: str
    result: str
    predictions: bytes | None
    log: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A run raised: the JSON of a `Failure`. It is not tried again."""

    run_id: str
    failure: str
    log: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Whoever had the run is gone (`reason` tells how); the run itself is not to blame."""

    run_id: str
    reason: str
    log: str


Event = Started | Progressed | Finished | Failed | Lost
Sink = Callable[[Event], None]
