"""What a grid of runs takes through the driver and an executor."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scale.made_up import make_spec
from scale.targets import ROUNDS
from zoo_bench.driver import Driver
from zoo_bench.executors import Progressed, make
from zoo_bench.records import Failure, Result, RunSpec
from zoo_bench.store import Quarantined, Store


@dataclass(slots=True)
class _Moments:
    """A display that notes, in seconds of the clock, when runs began and when they were done."""

    began: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)

    def started(self, spec: RunSpec) -> None:
        self.began.append(time.perf_counter())

    def finished(self, spec: RunSpec, result: Result) -> None:
        self.done.append(time.perf_counter())

    def progressed(self, spec: RunSpec, progress: Progressed) -> None:
        raise AssertionError("these targets report no progress")

    def failed(self, spec: RunSpec, failure: Failure) -> None:
        raise AssertionError(failure.message)

    def lost(self, spec: RunSpec, reason: str, is_tried_again: bool) -> None:
        raise AssertionError(reason)

    def quarantined(self, spec: RunSpec, quarantined: Quarantined) -> None:
        raise AssertionError(quarantined.reason)


def seconds_per_run(executor: str, runs: int) -> float:
    """The wall time from one run that does nothing to the next, results on disk included.

    Two runs at least. What it takes until the first is done, a worker's start, is left out.
    """
    moments = _drive(executor, "at_once", [make_spec(seed=seed) for seed in range(runs)], workers=1)
    return (moments.done[-1] - moments.done[0]) / (runs - 1)


def seconds_with(workers: int, runs: int, rounds: int) -> float:
    """The wall time of runs that compute, by so many local workers, from the first's beginning."""
    specs = [make_spec(seed=seed, recipe={ROUNDS: rounds}) for seed in range(runs)]
    moments = _drive("local", "computes", specs, workers)
    return moments.done[-1] - moments.began[0]


def _drive(executor: str, target: str, specs: Sequence[RunSpec], workers: int) -> _Moments:
    moments = _Moments()
    with tempfile.TemporaryDirectory() as folder:
        hands = make(executor, workers=workers, threads=1, target=f"scale.targets:{target}")
        Driver(Store.open(Path(folder)), hands, moments).run(specs)
    return moments
