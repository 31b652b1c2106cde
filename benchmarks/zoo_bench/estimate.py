"""How long runs that are still to do will take, from those that are done."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zoo_bench.records import Result, RunSpec

# from the nearest to the farthest: what a finished run must share with one that is to do
_KINSHIPS: Sequence[Callable[[RunSpec], object]] = (
    lambda run: (run.who, run.task.key),
    lambda run: (run.encoder and run.encoder.label, run.task.key),
    lambda run: (run.kind, run.task.key),
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds of one worker for `known` runs; nothing like the `unknown` ones has been done."""

    seconds: float
    known: int
    unknown: int


def estimate(to_do: Sequence[RunSpec], done: Sequence[Result]) -> Estimate:
    """The median time of the nearest kin that is done, summed over the runs that are to do."""
    tables = [_median_seconds(done, kinship) for kinship in _KINSHIPS]
    seconds = 0.0
    known = 0
    for run in to_do:
        for kinship, table in zip(_KINSHIPS, tables, strict=True):
            if kinship(run) in table:
                seconds += table[kinship(run)]
                known += 1
                break
    return Estimate(seconds, known, len(to_do) - known)


def _median_seconds(
    done: Sequence[Result], kinship: Callable[[RunSpec], object]
) -> Mapping[object, float]:
    seconds: dict[object, list[float]] = defaultdict(list)
    for result in done:
        took = result.provenance.finished_at - result.provenance.started_at
        # a clock that was set back in the meantime has no say: training was timed by another one
        seconds[kinship(result)].append(max(took.total_seconds(), result.cost.train_seconds))
    return {kin: statistics.median(values) for kin, values in seconds.items()}
