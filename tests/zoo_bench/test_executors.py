"""What every executor does alike, and what a process that dies costs."""

import os
import signal
import time

import psutil
import pytest
from fake_runs import make_predictions, make_spec

from zoo.errors import ZooError
from zoo_bench.executors import Failed, Finished, Lost, Progressed, Started, make
from zoo_bench.identity import canonical_json
from zoo_bench.records import Failure, Result

EXECUTORS = ["inline", "local"]


@pytest.fixture
def executor_for():
    made = []

    def make_one(name, target, workers=1):
        made.append(make(name, workers=workers, threads=1, target=f"fake_runs:{target}"))
        return made[-1]

    yield make_one
    for executor in made:
        executor.close(at_once=True)


def submit(executor, spec):
    executor.submit(canonical_json(spec.as_fields()))


def events_until_the_end(executor, *, events=(), seconds=60):
    """All events, those that came already included, until a run has ended."""
    events = list(events)
    deadline = time.monotonic() + seconds
    while not any(isinstance(event, Finished | Failed | Lost) for event in events):
        assert time.monotonic() < deadline, events
        executor.pump(0.1, events.append)
    return events


@pytest.mark.parametrize("name", EXECUTORS)
def test_a_run_starts_goes_on_and_finishes(executor_for, name):
    executor, spec = executor_for(name, "quick"), make_spec(seed=3)
    submit(executor, spec)
    assert executor.free == 0
    events = events_until_the_end(executor)
    assert isinstance(events[0], Started)
    assert Progressed(spec.run_id, 1, 1, 1, 2, 1.0) in events
    finished = events[-1]
    assert Result.model_validate_json(finished.result).run_id == spec.run_id
    assert finished.predictions == make_predictions(3)
    assert finished.log == "hello from seed 3\n"
    assert executor.free == 1


@pytest.mark.parametrize("name", EXECUTORS)
@pytest.mark.parametrize(
    ("target", "kind", "message"),
    [
        ("refuses_seed_1", "refused", "seed 1 is not welcome"),
        ("breaks", "error", 'KeyError: "a stranger\'s bug"'),
        ("calls_sys_exit", "error", "sys.exit(3) was called inside the run"),
        ("runs_out_of_memory", "out_of_memory", "MemoryError"),
        ("no_such_function", "error", "module 'fake_runs' has no attribute 'no_such_function'"),
    ],
)
def test_what_a_run_raises_is_its_failure(executor_for, name, target, kind, message):
    executor = executor_for(name, target)
    submit(executor, make_spec(seed=1))
    failed = events_until_the_end(executor)[-1]
    failure = Failure.model_validate_json(failed.failure)
    assert failure.kind == kind
    assert message.strip('"') in failure.message
    assert "Traceback" in failure.traceback


def test_one_worker_executes_one_run_after_the_other(executor_for):
    executor = executor_for("local", "quick")
    pids = set()
    for seed in range(2):
        submit(executor, make_spec(seed=seed))
        pids.add(events_until_the_end(executor)[0].pid)
        assert executor.free == 1
    assert len(pids) == 1


def test_logs_of_one_worker_do_not_mix(executor_for):
    executor = executor_for("local", "quick")
    logs = []
    for seed in range(2):
        submit(executor, make_spec(seed=seed))
        logs.append(events_until_the_end(executor)[-1].log)
    assert logs == ["hello from seed 0\n", "hello from seed 1\n"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("always_killed", "the worker was ended by SIGKILL"),
        ("leaves_quietly", "the worker exited with code 0 and left no result"),
    ],
)
def test_a_worker_that_dies_loses_its_run_with_the_reason(executor_for, target, reason):
    executor = executor_for("local", target)
    submit(executor, make_spec())
    assert events_until_the_end(executor)[-1].reason == reason
    assert executor.free == 1
    assert executor.pids == []


def test_a_worker_killed_while_idle_is_replaced(executor_for):
    executor = executor_for("local", "quick")
    submit(executor, make_spec())
    events_until_the_end(executor)
    [idle] = executor.pids
    os.kill(idle, signal.SIGKILL)
    while executor.pids:
        executor.pump(0.1, pytest.fail)
    submit(executor, make_spec(seed=1))
    assert isinstance(events_until_the_end(executor)[-1], Finished)


def test_cancel_gives_the_stack_of_a_run_that_hangs(executor_for):
    executor, spec = executor_for("local", "endless"), make_spec()
    submit(executor, spec)
    events = []
    while not any(isinstance(event, Progressed) for event in events):
        executor.pump(0.1, events.append)
    log = executor.cancel(spec.run_id)
    assert "in endless" in log
    assert executor.pids == []


def test_close_ends_busy_workers(executor_for):
    executor = executor_for("local", "endless", workers=2)
    for seed in range(2):
        submit(executor, make_spec(seed=seed))
    pids = executor.pids
    executor.close()
    assert not any(map(psutil.pid_exists, pids))


def test_workers_have_the_threads_of_the_spec_and_ignore_ctrl_c(executor_for):
    executor = executor_for("local", "half_a_second")
    submit(executor, make_spec())
    [pid] = executor.pids
    environment = psutil.Process(pid).environ()
    assert environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == "1"
    assert os.getsid(pid) != os.getsid(0)
    events = []
    while not events:
        executor.pump(0.1, events.append)
    os.kill(pid, signal.SIGINT)
    assert isinstance(events_until_the_end(executor, events=events)[-1], Finished)


def test_an_unknown_executor_is_named_with_the_nearest():
    with pytest.raises(ZooError, match="no executor is called 'locl'; did you mean 'local'"):
        make("locl", workers=1, threads=1)
