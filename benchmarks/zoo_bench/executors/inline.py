"""Runs in this very process, one after the other: for tests and for a debugger."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections import deque

from zoo_bench.executors import DEFAULT_TARGET, Failed, Finished, Progressed, Sink, Started
from zoo_bench.job import Outcome, perform
from zoo_bench.records import RunSpec


class InlineExecutor:
    """One run at a time. `workers` is accepted and ignored, threads come from each spec."""

    name = "inline"
    is_isolated = False

    def __init__(
        self, *, workers: int | None = None, threads: int = 1, target: str = DEFAULT_TARGET
    ) -> None:
        self._target = target
        self._jobs: deque[str] = deque()

    @property
    def free(self) -> int:
        return 1 - len(self._jobs)

    def submit(self, job: str) -> None:
        self._jobs.append(job)

    def pump(self, timeout_seconds: float, sink: Sink) -> None:
        if not self._jobs:
            time.sleep(timeout_seconds)
            return
        job = self._jobs.popleft()
        run_id = RunSpec.model_validate_json(job).run_id
        sink(Started(run_id, os.getpid()))
        log = io.StringIO()

        def report(progress: Progressed) -> None:
            sink(progress)

        # what the run prints is its log, not the program's output
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            outcome = perform(job, self._target, report)
        if isinstance(outcome, Outcome):
            result = outcome.result.model_dump_json()
            sink(Finished(run_id, result, outcome.predictions, log.getvalue()))
        else:
            sink(Failed(run_id, outcome.model_dump_json(), log.getvalue()))

    def cancel(self, run_id: str) -> str:
        raise NotImplementedError("a run in this process cannot be ended from outside")

    def close(self, *, at_once: bool = False) -> None:
        self._jobs.clear()
