"""One job, wherever it is executed: a spec's JSON in, a result or a failure out."""

from __future__ import annotations

import importlib
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from zoo.errors import OutOfMemory, ZooError
from zoo_bench.events import Progressed
from zoo_bench.records import Failure, FailureKind, Result, RunSpec

Report = Callable[[Progressed], None]

_SECONDS_BETWEEN_REPORTS = 0.25


class Interrupted(BaseException):
    """The driver wants the run to end now. Not an `Exception`: no plugin may swallow it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run's result, and its predictions in safetensors format (None where it gave none)."""

    result: Result
    predictions: bytes | None


class Target(Protocol):
    """What executes one run. `zoo_bench.run:execute` is the real one; tests have quick ones."""

    def __call__(self, spec: RunSpec, report: Report) -> Outcome:
        """Execute the run, telling `report` how it goes on."""


def import_target(target: str) -> Target:
    """The function that the text `"package.module:function"` names."""
    module, _, attribute = target.partition(":")
    function: Target = getattr(importlib.import_module(module), attribute)
    return function


def perform(job: str, target: str, report: Report) -> Outcome | Failure:
    """The run that `job` describes, executed; whatever it raises becomes its failure."""
    spec = RunSpec.model_validate_json(job)
    step: int | None = None

    def report_and_remember(progress: Progressed) -> None:
        nonlocal step
        step = progress.step
        report(progress)

    try:
        return import_target(target)(spec, report_and_remember)
    except (Interrupted, KeyboardInterrupt):
        raise
    except BaseException as error:
        # a stranger's code runs in here, and may even call sys.exit
        return Failure(
            run_id=spec.run_id,
            kind=_kind(error),
            message=_encodable(_message(error)),
            traceback=_encodable(traceback.format_exc()),
            step=step,
            failed_at=datetime.now(UTC),
        )


def failure_of(run_id: str, kind: FailureKind, message: str) -> Failure:
    """The failure of a run that nothing was raised in."""
    now = datetime.now(UTC)
    return Failure(run_id=run_id, kind=kind, message=message, traceback="", failed_at=now)


def sparingly(report: Report) -> Report:
    """`report`, but called about four times a second at most."""
    last = -_SECONDS_BETWEEN_REPORTS

    def report_sparingly(progress: Progressed) -> None:
        nonlocal last
        if time.perf_counter() - last >= _SECONDS_BETWEEN_REPORTS:
            last = time.perf_counter()
            report(progress)

    return report_sparingly


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, OutOfMemory):
        return "out_of_memory"
    if isinstance(error, ZooError):
        return "refused"
    # by name: torch's class needs no import here; its CPU allocator raises a plain RuntimeError
    out_of_memory = (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "DefaultCPUAllocator: can't allocate memory" in str(error)
    )
    return "out_of_memory" if out_of_memory else "error"


def _message(error: BaseException) -> str:
    if isinstance(error, ZooError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"sys.exit({error.code!r}) was called inside the run"
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def _encodable(text: str) -> str:
    """The text with lone surrogates written out: a record is JSON, which has none."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
