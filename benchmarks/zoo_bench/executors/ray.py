"""Runs on the machines of a Ray cluster. Ray moves jobs and results; the driver decides all else.

Jobs are Ray tasks that Ray never retries: a lost one is reported, and the driver tries again.
Results come back through Ray's object store, so the machines share no folder.
"""

from __future__ import annotations

import contextlib
import io
import re
import time
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any

from zoo.entry_points import zoo_version
from zoo.errors import MissingExtra
from zoo_bench.executors import (
    DEFAULT_TARGET,
    Event,
    Failed,
    Finished,
    Lost,
    Sink,
    Started,
)
from zoo_bench.executors.local import thread_environment
from zoo_bench.job import failure_of
from zoo_bench.ray_worker import Ended, Letter, Mailbox, execute
from zoo_bench.records import FailureKind, RunSpec
from zoo_bench.resources import Resources

try:
    import ray
    from ray import exceptions
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
except ModuleNotFoundError:
    raise MissingExtra("ray", "ray", "--executor ray") from None

from zoo_bench.executors.ray_connection import NoCluster, connect

_SECONDS_BETWEEN_COUNTS = 2.0
_MOST_SECONDS_FOR_LETTERS = 5.0
_MOST_SECONDS_FOR_A_RESULT = 300.0
_MOST_SECONDS_FOR_A_STACK = 10.0
_SECONDS_BETWEEN_LOOKS = 0.1
_GRACE_SECONDS = 10.0

_REASONS = {
    exceptions.NodeDiedError: "its node went away",
    exceptions.WorkerCrashedError: "the worker process died",
    exceptions.ObjectLostError: "its result was lost together with its node",
}


@dataclass(slots=True)
class _Running:
    """One attempt at a run, with the last that was heard of it."""

    run_id: str
    reference: Any
    letter: Letter | None = None


class RayExecutor:
    """As many runs at a time as the cluster has room for, at most `workers`."""

    name = "ray"
    is_isolated = True

    def __init__(
        self,
        *,
        workers: int | None = None,
        threads: int,
        target: str = DEFAULT_TARGET,
        address: str | None = None,
        resources: Resources | None = None,
    ) -> None:
        self._most = workers
        self._target = target
        self._running: dict[str, _Running] = {}
        self._letters: deque[Letter] = deque()
        self._exits = contextlib.ExitStack()
        # Ray tells of every dead worker on stdout, at length; the driver does, shortly, on stderr
        self._exits.enter_context(contextlib.redirect_stdout(io.StringIO()))
        self._exits.callback(ray.shutdown)
        try:
            connect(address)
            self._prepare(resources or Resources(), threads)
        except BaseException:
            self._exits.close()
            raise

    def _prepare(self, resources: Resources, threads: int) -> None:
        has_gpus = any(node.get("GPU") for node in _nodes())
        self._resources = resources.settled(threads, has_gpus=has_gpus)
        self._check_room()
        environment = thread_environment(threads)
        if not self._resources.gpus:
            environment["CUDA_VISIBLE_DEVICES"] = ""  # a GPU that others have been promised
        amounts = self._resources.as_amounts
        self._execute = ray.remote(execute).options(
            num_cpus=amounts["CPU"],
            num_gpus=amounts.get("GPU", 0),
            memory=amounts.get("memory"),
            max_retries=0,
            runtime_env={"env_vars": environment},
        )
        # on the driver's own node, and not on one that may go away
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        self._mailbox: Any = (
            ray.remote(Mailbox)
            .options(num_cpus=0, max_restarts=-1, scheduling_strategy=here)
            .remote()
        )

    def _check_room(self) -> None:
        self._count_room()
        if not self._room:
            nodes = [
                f"{node.get('CPU', 0):g} CPUs, {node.get('GPU', 0):g} GPUs" for node in _nodes()
            ]
            raise NoCluster(
                f"a run takes {self._resources}, and no node of the cluster has that "
                f"({'; '.join(nodes)}); change `resources` in the suite, or add a node"
            )

    def _count_room(self) -> None:
        self._counted = time.monotonic()
        self._room = sum(map(self._resources.fitting_in, _nodes()))

    @property
    def free(self) -> int:
        if time.monotonic() - self._counted > _SECONDS_BETWEEN_COUNTS:
            self._count_room()  # nodes come and go
        return min(self._room, self._most or self._room) - len(self._running)

    def submit(self, job: str) -> None:
        run_id = RunSpec.model_validate_json(job).run_id
        # a key of its own for each attempt: letters of a lost one may come late
        key = uuid.uuid4().hex
        reference = self._execute.remote(job, self._target, zoo_version(), key, self._mailbox)
        self._running[key] = _Running(run_id, reference)

    def pump(self, timeout_seconds: float, sink: Sink) -> None:
        if not self._running:
            time.sleep(timeout_seconds)
            return
        references = [running.reference for running in self._running.values()]
        ray.wait(references, num_returns=1, timeout=timeout_seconds)
        ended, _ = ray.wait(references, num_returns=len(references), timeout=0)
        # after that: what has ended has sent all its letters
        self._fetch_letters()
        while self._letters:
            self._read(self._letters.popleft(), sink)
        for key, running in list(self._running.items()):
            if running.reference in ended:
                del self._running[key]
                self._tell_end(running, sink)

    def cancel(self, run_id: str) -> str:
        key = next(key for key, one in self._running.items() if one.run_id == run_id)
        running = self._running[key]
        self._wait_for_stack(key, running)
        del self._running[key]
        _end([running], _GRACE_SECONDS)
        return running.letter.log if running.letter else ""

    def _wait_for_stack(self, key: str, running: _Running) -> None:
        """Have a run write its stack into its log, if it can still be spoken to."""
        with contextlib.suppress(exceptions.RayError):
            ray.get(self._mailbox.ask_for_stack.remote(key), timeout=_MOST_SECONDS_FOR_LETTERS)
        deadline = time.monotonic() + _MOST_SECONDS_FOR_A_STACK
        while time.monotonic() < deadline:
            self._fetch_letters()
            for letter in self._letters:
                if letter.key == key:
                    running.letter = letter
            if running.letter and running.letter.has_stack:
                return
            ray.wait([running.reference], timeout=_SECONDS_BETWEEN_LOOKS)

    def close(self, *, at_once: bool = False) -> None:
        if ray.is_initialized():
            _end(list(self._running.values()), 0 if at_once else _GRACE_SECONDS)
        self._running.clear()
        self._exits.close()

    def _fetch_letters(self) -> None:
        # a mailbox that is gone is made anew by Ray: progress is late, no run is harmed
        with contextlib.suppress(exceptions.RayError):
            letters = ray.get(self._mailbox.take.remote(), timeout=_MOST_SECONDS_FOR_LETTERS)
            self._letters.extend(letters)

    def _read(self, letter: Letter, sink: Sink) -> None:
        running = self._running.get(letter.key)
        if running is None:
            return
        is_first, running.letter = running.letter is None, letter
        if is_first:
            sink(Started(running.run_id, letter.pid))
        if letter.progress is not None:
            sink(letter.progress)

    def _tell_end(self, running: _Running, sink: Sink) -> None:
        event, pid = _end_of(running)
        if running.letter is None and pid is not None:
            sink(Started(running.run_id, pid))  # its letters were lost
        sink(event)


def _nodes() -> list[dict[str, float]]:
    """What each living node has in all, by Ray's names."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _end(runs: list[_Running], seconds: float) -> None:
    """End runs by force and wait for that, at most so long."""
    for running in runs:
        ray.cancel(running.reference, force=True)
    if runs:
        ray.wait([one.reference for one in runs], num_returns=len(runs), timeout=seconds)


def _end_of(running: _Running) -> tuple[Event, int | None]:
    """How an attempt ended, and the process it was in where that is known."""
    run_id, log = running.run_id, running.letter.log if running.letter else ""
    try:
        ended: Ended = ray.get(running.reference, timeout=_MOST_SECONDS_FOR_A_RESULT)
    except exceptions.OutOfMemoryError as error:
        return _failed(run_id, "out_of_memory", _first_line(error), log), None
    except exceptions.RayTaskError as error:
        if not _is_of_importing(error):
            # of the node, a full disk say: errors of the run itself `execute` hands back
            return _failed(run_id, "error", f"{_last_line(error)} ({_node_of(error)})", log), None
        message = (
            f"{_node_of(error)} cannot import zoo_bench ({_last_line(error)}); install the same "
            f"packages on every node (pip install 'intentzoo[ray]=={zoo_version()}'), then give "
            "the same command with --retry-failed"
        )
        return _failed(run_id, "refused", message, log), None
    except exceptions.RayError as error:
        kind = next((known for known in _REASONS if isinstance(error, known)), None)
        where = (
            f" (process {running.letter.pid} on {running.letter.host})" if running.letter else ""
        )
        reason = _REASONS[kind] if kind else f"{type(error).__name__}: {_first_line(error)}"
        return Lost(run_id, reason + where, log), None
    if ended.failure is not None:
        return Failed(run_id, ended.failure, ended.log), ended.pid
    assert ended.result is not None
    return Finished(run_id, ended.result, ended.predictions, ended.log), ended.pid


def _failed(run_id: str, kind: FailureKind, message: str, log: str) -> Failed:
    return Failed(run_id, failure_of(run_id, kind, message).model_dump_json(), log)


def _is_of_importing(error: exceptions.RayTaskError) -> bool:
    # where `execute` cannot be imported, Ray runs a function in its place that says so
    return isinstance(
        error.cause, ImportError | AttributeError
    ) or "failed to import on the worker" in str(error)


def _node_of(error: exceptions.RayTaskError) -> str:
    # its attribute `ip` is lost where Ray mixes the cause's class in
    found = re.search(r"\bip=([^,)]+)", str(error))
    return f"the node {found[1]}" if found else "a node"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2]
