"""What happens on the machines of a Ray cluster: runs, and the mailbox that tells of them.

Ray finds `execute` and `Mailbox` by their names, so this module must be importable on every node.
It never imports torch: the threads of a run are fixed by its environment before that happens.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zoo.entry_points import zoo_version
from zoo_bench.events import Progressed
from zoo_bench.job import Outcome, failure_of, perform, sparingly
from zoo_bench.records import Failure, RunSpec
from zoo_bench.run_log import RunLog

_SECONDS_BETWEEN_LETTERS = 1.0
_MOST_SECONDS_FOR_A_LETTER = 5.0
# a letter is sent again and again, so it has the end of the log alone
_LOG_BYTES_IN_A_LETTER = 16 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """How the attempt `key` at a run is doing; `has_stack` answers `Mailbox.ask_for_stack`."""

    key: str
    pid: int
    host: str
    progress: Progressed | None
    log: str
    has_stack: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """What an attempt gave: the JSON of its result or of its failure, and all that it printed."""

    pid: int
    result: str | None
    failure: str | None
    predictions: bytes | None
    log: str


class Mailbox:
    """An actor beside the driver. Whatever happens to it, no run depends on it."""

    def __init__(self) -> None:
        self._letters: list[Letter] = []
        self._asked: set[str] = set()

    def put(self, letter: Letter) -> bool:
        """Keep a letter for the driver; gives whether the driver wants to see the stack."""
        self._letters.append(letter)
        is_asked = letter.key in self._asked
        self._asked.discard(letter.key)
        return is_asked

    def take(self) -> list[Letter]:
        """The letters since the last time."""
        letters, self._letters = self._letters, []
        return letters

    def ask_for_stack(self, key: str) -> None:
        """Have the attempt `key` write the stack of every thread into its log."""
        self._asked.add(key)


def execute(job: str, target: str, version: str, key: str, mailbox: Any) -> Ended:
    """One run, in the version `version` of zoo alone: a driver of another one may not read it."""
    with contextlib.closing(RunLog()) as log:
        with _printing_into(log), _Reporter(key, mailbox, log) as reporter:
            outcome = _refusal(job, version) or perform(job, target, sparingly(reporter.report))
        if isinstance(outcome, Outcome):
            result = outcome.result.model_dump_json()
            return Ended(os.getpid(), result, None, outcome.predictions, log.text())
        return Ended(os.getpid(), None, outcome.model_dump_json(), None, log.text())


def _refusal(job: str, version: str) -> Failure | None:
    if version == zoo_version():
        return None
    message = (
        f"the node {socket.gethostname()} has zoo {zoo_version()}, the driver has {version}; "
        f"install the same on every node (pip install 'intentzoo[ray]=={version}'), then give the "
        "same command with --retry-failed"
    )
    return failure_of(RunSpec.model_validate_json(job).run_id, "refused", message)


@contextlib.contextmanager
def _printing_into(log: RunLog) -> Iterator[None]:
    """Stdout and stderr of this process, also of its libraries in C, into `log`."""
    ours = os.dup(1), os.dup(2)
    _flush()
    os.dup2(log.file.fileno(), 1)
    os.dup2(log.file.fileno(), 2)
    try:
        yield
    finally:
        _flush()
        for number, descriptor in enumerate(ours, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


class _Reporter:
    """Sends letters from a thread of its own: a run that hangs is still heard of."""

    def __init__(self, key: str, mailbox: Any, log: RunLog) -> None:
        self._key = key
        self._mailbox = mailbox
        self._log = log
        self._told: queue.Queue[Progressed | None] = queue.Queue()
        self._has_ended = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def report(self, progress: Progressed) -> None:
        self._told.put(progress)

    def __enter__(self) -> _Reporter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended = True
        self._told.put(None)
        self._thread.join(2 * _MOST_SECONDS_FOR_A_LETTER)

    def _work(self) -> None:
        self._send(None)
        while not (self._has_ended and self._told.empty()):
            progress = None
            with contextlib.suppress(queue.Empty):
                progress = self._told.get(timeout=_SECONDS_BETWEEN_LETTERS)
            if self._send(progress):
                faulthandler.dump_traceback(file=self._log.file, all_threads=True)
                self._send(None, has_stack=True)

    def _send(self, progress: Progressed | None, *, has_stack: bool = False) -> bool:
        """Send a letter; gives whether the driver asks for the stack."""
        log = self._log.text(_LOG_BYTES_IN_A_LETTER)
        letter = Letter(
            self._key, os.getpid(), socket.gethostname(), progress, log, has_stack=has_stack
        )
        try:
            # a future, not ray.get: a task that waits in ray.get gives its CPUs to others meanwhile
            answer = self._mailbox.put.remote(letter).future()
            return bool(answer.result(_MOST_SECONDS_FOR_A_LETTER))
        except Exception:
            # whatever is wrong between here and the mailbox: the run needs it not
            return False
