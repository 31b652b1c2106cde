"""The driver of a grid: it owns the queue, the locks, the retries and every write."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from zoo_bench.certification import certificates_of
from zoo_bench.executors import Event, Executor, Failed, Finished, Lost, Progressed, Started
from zoo_bench.identity import canonical_json
from zoo_bench.interruption import Interruption
from zoo_bench.job import Interrupted, failure_of
from zoo_bench.locks import Claim
from zoo_bench.reading import UnreadableRecord
from zoo_bench.records import Failure, Result, RunSpec
from zoo_bench.store import Quarantined, Store

LOST_WORKER_RETRIES = 2
_PUMP_SECONDS = 0.2


class Display(Protocol):
    """Who is told how the grid goes on."""

    def started(self, spec: RunSpec) -> None: ...
    def progressed(self, spec: RunSpec, progress: Progressed) -> None: ...
    def finished(self, spec: RunSpec, result: Result) -> None: ...
    def failed(self, spec: RunSpec, failure: Failure) -> None: ...
    def lost(self, spec: RunSpec, reason: str, is_tried_again: bool) -> None: ...
    def quarantined(self, spec: RunSpec, quarantined: Quarantined) -> None: ...


@dataclass(slots=True)
class Tally:
    """What became of the runs of a grid, as run ids."""

    done_before: list[str] = field(default_factory=list)
    failed_before: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    not_begun: list[str] = field(default_factory=list)
    was_interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some run failed, 130 interrupted."""
        if self.was_interrupted:
            return 130
        return 1 if self.failed or self.failed_before else 0


@dataclass(slots=True)
class _Attempt:
    """A run that an executor has now; `started` is None while it waits for a place in a cluster."""

    spec: RunSpec
    claim: Claim
    number: int
    was_begun: bool
    started: float | None = None  # in seconds of the clock


class Driver:
    """Takes the runs of a grid through an executor into a store; `run` is called once."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        display: Display,
        *,
        retry_failed: bool = False,
        run_timeout_seconds: float | None = None,
        max_failures: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._store = store
        self._executor = executor
        self._display = display
        self._retry_failed = retry_failed
        self._run_timeout_seconds = run_timeout_seconds
        self._max_failures = max_failures
        self._clock = clock
        self._queue: deque[RunSpec] = deque()
        self._running: dict[str, _Attempt] = {}
        self._losses: Counter[str] = Counter()
        self._tally = Tally()
        self._interruption = Interruption()

    def run(self, specs: Sequence[RunSpec]) -> Tally:
        """Execute what is not done yet; raises `ResultsError` when the disk refuses a write."""
        self._queue.extend(specs)
        with self._interruption:
            try:
                self._work_off()
                self._executor.close()
            except (Interrupted, KeyboardInterrupt):
                pass
            finally:
                self._executor.close(at_once=True)
                for attempt in self._running.values():
                    attempt.claim.release()
        self._tally.was_interrupted = self._interruption.is_wanted
        return self._tally

    def _work_off(self) -> None:
        while (self._queue or self._running) and not self._interruption.is_wanted:
            self._submit()
            self._executor.pump(_PUMP_SECONDS, self._handle)
            self._end_overdue()
            if self._max_failures and len(self._tally.failed) >= self._max_failures:
                # those that run already come to their end
                self._tally.not_begun += [
                    spec.run_id for spec in self._queue if self._is_to_do(spec)
                ]
                self._queue.clear()
        # what has arrived already is written; what is still running will be begun anew
        self._executor.pump(0, self._handle)

    def _submit(self) -> None:
        """Hand out runs while the executor takes any; one that others have goes to the end."""
        for _ in range(len(self._queue)):
            if self._executor.free <= 0 or self._interruption.is_wanted:
                return
            spec = self._queue.popleft()
            claim = self._store.claim(spec)
            if claim is None:
                self._queue.append(spec)
                continue
            with claim.released_on_error():
                if self._is_settled(spec):
                    claim.release()
                    continue
                was_begun = self._store.has_begun(spec) and self._store.failure(spec) is None
                moved = self._store.write_spec(spec)
                if moved is not None:
                    self._display.quarantined(spec, moved)
            number = self._losses[spec.run_id] + 1
            self._running[spec.run_id] = _Attempt(spec, claim, number, was_begun and number == 1)
            self._executor.submit(canonical_json(spec.as_fields()))

    def _is_settled(self, spec: RunSpec) -> bool:
        """Whether the run needs nothing: it is done, or has failed and is not to be tried again."""
        try:
            if self._store.result(spec) is not None:
                self._tally.done_before.append(spec.run_id)
                return True
        except UnreadableRecord as error:
            self._display.quarantined(spec, self._store.quarantine(spec, str(error)))
        if self._store.failure(spec) is None or self._retry_failed:
            return False
        self._tally.failed_before.append(spec.run_id)
        return True

    def _is_to_do(self, spec: RunSpec) -> bool:
        """Whether the same command would begin this run; it is looked at, not claimed."""
        if self._store.has_result(spec):
            return False
        return self._retry_failed or self._store.failure(spec) is None

    def _handle(self, event: Event) -> None:
        attempt = self._running[event.run_id]
        match event:
            case Started():
                attempt.started = self._clock()
                self._display.started(attempt.spec)
            case Progressed():
                self._display.progressed(attempt.spec, event)
                if self._interruption.is_wanted and not self._executor.is_isolated:
                    raise Interrupted
            case Finished():
                self._finish(attempt, event)
            case Failed():
                self._fail(attempt, Failure.model_validate_json(event.failure), event.log)
            case Lost():
                self._lose(attempt, event)

    def _finish(self, attempt: _Attempt, event: Finished) -> None:
        result = Result.model_validate_json(event.result)
        provenance = result.provenance.model_copy(
            update={
                "executor": self._executor.name,
                "attempts": attempt.number,
                "resumed": attempt.was_begun,
                "certificates": certificates_of(attempt.spec),
            }
        )
        result = result.model_copy(update={"provenance": provenance})
        self._store.write_result(result, event.predictions, event.log)
        self._end(attempt)
        self._tally.finished.append(result.run_id)
        self._display.finished(attempt.spec, result)

    def _fail(self, attempt: _Attempt, failure: Failure, log: str) -> None:
        failure = failure.model_copy(update={"attempts": attempt.number})
        self._store.write_failure(attempt.spec, failure, log)
        self._end(attempt)
        self._tally.failed.append(failure.run_id)
        self._display.failed(attempt.spec, failure)

    def _lose(self, attempt: _Attempt, event: Lost) -> None:
        self._losses[event.run_id] += 1
        is_tried_again = self._losses[event.run_id] <= LOST_WORKER_RETRIES
        self._display.lost(attempt.spec, event.reason, is_tried_again)
        if is_tried_again:
            self._end(attempt)
            self._queue.appendleft(attempt.spec)
        else:
            message = f"{event.reason} ({attempt.number} attempts)"
            self._fail(attempt, failure_of(event.run_id, "lost", message), event.log)

    def _end_overdue(self) -> None:
        limit = self._run_timeout_seconds
        if limit is None:
            return
        now = self._clock()
        overdue = [
            attempt
            for attempt in self._running.values()
            if attempt.started is not None and now - attempt.started > limit
        ]
        for attempt in overdue:
            log = self._executor.cancel(attempt.spec.run_id)
            message = (
                f"still running after {limit:g} seconds (--run-timeout); log.txt has the stack"
            )
            self._fail(attempt, failure_of(attempt.spec.run_id, "timeout", message), log)

    def _end(self, attempt: _Attempt) -> None:
        del self._running[attempt.spec.run_id]
        attempt.claim.release()
