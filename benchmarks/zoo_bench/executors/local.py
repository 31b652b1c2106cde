"""Worker processes on this machine. A worker that dies costs only the run it was on."""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from zoo_bench.executors import (
    DEFAULT_TARGET,
    Event,
    Failed,
    Finished,
    Lost,
    Progressed,
    Sink,
    Started,
)
from zoo_bench.records import RunSpec
from zoo_bench.run_log import RunLog

_GRACE_SECONDS = 5.0
_MOST_SECONDS_FOR_A_STACK_DUMP = 5.0
_SECONDS_BETWEEN_LOOKS = 0.1
# every library that brings its own pool of threads reads one of these when it is imported
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
)


class _Worker:
    """One process with its pipes; `run_id` is what it is working on."""

    def __init__(self, threads: int, target: str, cores: frozenset[int]) -> None:
        self.cores = cores
        environment = os.environ | thread_environment(threads) | {"PYTHONUNBUFFERED": "1"}
        self.log = RunLog()
        self._buffer = b""
        self.run_id: str | None = None
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "zoo_bench.worker",
                target,
                str(os.getpid()),
                ",".join(map(str, sorted(cores))),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.file,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal reaches the driver alone
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        os.set_blocking(self.stdout.fileno(), False)

    def begin(self, job: str, run_id: str) -> None:
        self.run_id = run_id
        self.log.begin()
        with suppress(BrokenPipeError):  # it died while idle: the next pump finds out
            self.stdin.write(job.encode("ascii") + b"\n")
            self.stdin.flush()

    def messages(self) -> list[dict[str, Any]]:
        """The whole lines that have come in since."""
        with suppress(BlockingIOError):
            while chunk := os.read(self.stdout.fileno(), 1 << 20):
                self._buffer += chunk
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]

    def dump_stacks(self) -> None:
        """Have the stack of every thread written into the log."""
        size_before = size = self.log.size_bytes
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGUSR1)  # faulthandler's, see `zoo_bench.worker`
        deadline = time.monotonic() + _MOST_SECONDS_FOR_A_STACK_DUMP
        # it is there when the log has grown and grows no more
        while time.monotonic() < deadline:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            last_size, size = size, self.log.size_bytes
            if size_before < size == last_size:
                return

    def end(self, grace_seconds: float) -> None:
        """Ask it to go, then kill it and whatever it started."""
        with suppress(BrokenPipeError):
            self.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace_seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        # not Popen.wait: a second Ctrl-C just there, or in poll, leaves its lock taken for ever
        if self.process.returncode is None:
            with suppress(ChildProcessError):
                _, status = os.waitpid(self.process.pid, 0)
                self.process.returncode = os.waitstatus_to_exitcode(status)

    def close_files(self) -> None:
        self.stdout.close()
        self.log.close()


class LocalExecutor:
    """At most `workers` processes with `threads` threads each, started when there is work.

    Where they fill the machine, each keeps to cores of its own, and none wanders into another's.
    """

    name = "local"
    is_isolated = True

    def __init__(
        self, *, workers: int | None = None, threads: int, target: str = DEFAULT_TARGET
    ) -> None:
        self._most = workers or default_workers(threads)
        self._threads = threads
        self._target = target
        self._core_sets = _core_sets(self._most, threads)
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()

    @property
    def free(self) -> int:
        return self._most - sum(worker.run_id is not None for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """The process ids of all workers."""
        return [worker.process.pid for worker in self._workers]

    def submit(self, job: str) -> None:
        spec = RunSpec.model_validate_json(job)
        if spec.threads != self._threads:
            raise ValueError(f"workers have {self._threads} threads, the run wants {spec.threads}")
        idle = (worker for worker in self._workers if worker.run_id is None)
        worker = next(idle, None) or self._start()
        worker.begin(job, spec.run_id)

    def pump(self, timeout_seconds: float, sink: Sink) -> None:
        self._selector.select(timeout_seconds)
        for worker in list(self._workers):
            # before reading: a process that is dead now has written all it ever will
            code = worker.process.poll()
            for message in worker.messages():
                sink(self._event(worker, message))
            if code is not None:
                run_id, log = worker.run_id, worker.log.text()
                self._drop(worker, grace_seconds=0)
                if run_id is not None:
                    sink(Lost(run_id, _how_it_ended(code), log))

    def cancel(self, run_id: str) -> str:
        worker = next(worker for worker in self._workers if worker.run_id == run_id)
        worker.dump_stacks()
        log = worker.log.text()
        self._drop(worker, grace_seconds=0)
        return log

    def close(self, *, at_once: bool = False) -> None:
        for worker in self._workers:
            with suppress(BrokenPipeError):
                worker.stdin.close()  # all at once, so that they go at the same time
        for worker in list(self._workers):
            self._drop(worker, grace_seconds=0 if at_once else _GRACE_SECONDS)
        self._selector.close()

    def _start(self) -> _Worker:
        taken = {worker.cores for worker in self._workers}
        cores = next((cores for cores in self._core_sets if cores not in taken), frozenset())
        worker = _Worker(self._threads, self._target, cores)
        self._workers.append(worker)
        self._selector.register(worker.stdout, selectors.EVENT_READ)
        return worker

    def _drop(self, worker: _Worker, grace_seconds: float) -> None:
        # in this order: a second Ctrl-C while waiting must still find the worker, to kill it
        worker.end(grace_seconds)
        self._selector.unregister(worker.stdout)
        self._workers.remove(worker)
        worker.close_files()

    def _event(self, worker: _Worker, message: dict[str, Any]) -> Event:
        run_id = worker.run_id
        assert run_id is not None
        match message.pop("event"):
            case "started":
                return Started(run_id, message["pid"])
            case "progress":
                return Progressed(run_id, **message)
        log, worker.run_id = worker.log.text(), None
        if "failure" in message:
            return Failed(run_id, message["failure"], log)
        encoded = message["predictions"]
        predictions = None if encoded is None else base64.b64decode(encoded)
        return Finished(run_id, message["result"], predictions, log)


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"the worker was ended by {signal.Signals(-code).name}"
    return f"the worker exited with code {code} and left no result"


def thread_environment(threads: int) -> dict[str, str]:
    """What a process must have in its environment so that every library takes `threads` threads."""
    variables = {name: str(threads) for name in _THREAD_VARIABLES}
    # forking in the middle of a tokenizer's threads warns, and could hang
    return variables | {"TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false"}


def _core_sets(workers: int, threads: int) -> list[frozenset[int]]:
    """A set of cores for each worker; none where cores would be left for another command."""
    if sys.platform != "linux":
        return []
    cores = sorted(os.sched_getaffinity(0))
    # two commands of one worker each must not both sit on the first core
    if workers * threads != len(cores):
        return []
    return [frozenset(cores[start : start + threads]) for start in range(0, len(cores), threads)]


def default_workers(threads: int) -> int:
    """As many runs at a time as the cores allow; one where they would share a GPU."""
    has_gpu = Path("/proc/driver/nvidia/gpus").is_dir()
    if has_gpu and os.environ.get("CUDA_VISIBLE_DEVICES") not in ("", "-1"):
        return 1
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores // threads)
