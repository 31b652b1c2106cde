"""Where runs are executed: one interface, and the events that come back.

An executor computes; it never touches the results root. The driver owns the queue, the retries and
every write, so an executor that dies, on this machine or on another, can damage nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from zoo.errors import ZooError, did_you_mean
from zoo_bench.events import Event, Failed, Finished, Lost, Progressed, Sink, Started

__all__ = [
    "DEFAULT_TARGET",
    "EXECUTORS",
    "Event",
    "Executor",
    "Failed",
    "Finished",
    "Lost",
    "Progressed",
    "Sink",
    "Started",
    "make",
]

# what a job calls, as text, so that it can be named to another process
DEFAULT_TARGET = "zoo_bench.run:execute"

EXECUTORS: Mapping[str, str] = {
    "inline": "zoo_bench.executors.inline:InlineExecutor",
    "local": "zoo_bench.executors.local:LocalExecutor",
    "ray": "zoo_bench.executors.ray:RayExecutor",
}


class Executor(Protocol):
    """What the driver needs. All calls come from one thread.

    `is_isolated`: runs have processes of their own. Only then can one be cancelled, and only then
    is the death of its process a `Lost` and not the end of everything.
    """

    name: str
    is_isolated: bool

    @property
    def free(self) -> int:
        """How many more jobs it would begin now."""

    def submit(self, job: str) -> None:
        """Begin a job: the JSON of a `RunSpec`, nothing else."""

    def pump(self, timeout_seconds: float, sink: Sink) -> None:
        """Give `sink` the events that are there, waiting for the first at most so long.

        An exception that `sink` raises goes through.
        """

    def cancel(self, run_id: str) -> str:
        """End a running job by force; gives its log so far. No event of it follows."""

    def close(self, *, at_once: bool = False) -> None:
        """End all workers and wait for them; `at_once` without any grace."""


def make(
    name: str,
    *,
    workers: int | None,
    threads: int,
    target: str = DEFAULT_TARGET,
    **options: Any,
) -> Executor:
    """The executor of this name; raises `ZooError` for an unknown one.

    `workers` is the most runs at a time, None as many as it finds fit. `options` are what this
    executor takes besides: `ray` has `address` and `resources`.
    """
    if name not in EXECUTORS:
        known = ", ".join(sorted(EXECUTORS))
        raise ZooError(f"no executor is called {name!r}{did_you_mean(name, EXECUTORS)} ({known})")
    module, _, attribute = EXECUTORS[name].partition(":")
    factory = getattr(importlib.import_module(module), attribute)
    executor: Executor = factory(workers=workers, threads=threads, target=target, **options)
    return executor
