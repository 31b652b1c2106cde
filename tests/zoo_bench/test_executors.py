"""The contract: what every executor does alike. Isolated ones also survive what a run does."""

import os
import signal
import time

import psutil
import pytest
from fake_runs import make_predictions, make_spec

from zoo.errors import ZooError
from zoo_bench.executors import EXECUTORS, Failed, Finished, Lost, Progressed, Started, make
from zoo_bench.identity import canonical_json
from zoo_bench.records import Failure, Result

SECONDS = 120
MARKS = {"ray": pytest.mark.slow}


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, ())) for name in EXECUTORS])
def executor_for(request):
    """Makes executors of one kind, for a target among the fake runs."""
    made = []
    name = request.param
    options = request.getfixturevalue("ray_options") if name == "ray" else {}

    def make_one(target, workers=1):
        made.append(make(name, workers=workers, threads=1, target=f"fake_runs:{target}", **options))
        return made[-1]

    yield make_one
    for executor in made:
        executor.close(at_once=True)


@pytest.fixture
def isolated_executor_for(executor_for):
    """As `executor_for`, where a run has a process of its own."""

    def make_one(target, workers=1):
        executor = executor_for(target, workers)
        if not executor.is_isolated:
            pytest.skip(f"{executor.name} runs are not isolated")
        return executor

    return make_one


def submit(executor, spec):
    executor.submit(canonical_json(spec.as_fields()))


def pump_until(executor, condition, events=()):
    """All events, those that came already included, until one fulfils the condition."""
    events = list(events)
    deadline = time.monotonic() + SECONDS
    while not any(map(condition, events)):
        assert time.monotonic() < deadline, events
        executor.pump(0.1, events.append)
    return events


def is_end(event):
    return isinstance(event, Finished | Failed | Lost)


def test_a_run_starts_goes_on_and_finishes(executor_for):
    executor, spec = executor_for("quick"), make_spec(seed=3)
    submit(executor, spec)
    assert executor.free == 0
    events = pump_until(executor, is_end)
    assert isinstance(events[0], Started)
    assert Progressed(spec.run_id, 1, 1, 1, 2, 1.0) in events
    finished = events[-1]
    assert Result.model_validate_json(finished.result).run_id == spec.run_id
    assert finished.predictions == make_predictions(3)
    assert finished.log == "hello from seed 3\n"
    assert executor.free == 1


def test_what_a_run_raises_is_its_failure(executor_for):
    executor = executor_for("raises_by_seed")
    for seed, (kind, message) in enumerate(
        [
            ("refused", "seed 0 is not welcome"),
            ("error", 'KeyError: "a stranger\'s bug"'),
            ("error", "sys.exit(3) was called inside the run"),
            ("out_of_memory", "MemoryError"),
            ("out_of_memory", "out of GPU memory at step 3"),
            ("error", r"ValueError: half a letter: \ud800"),
        ]
    ):
        submit(executor, make_spec(seed=seed))
        failed = pump_until(executor, is_end)[-1]
        failure = Failure.model_validate_json(failed.failure)
        assert (failure.kind, failure.message) == (kind, message)
        assert "Traceback" in failure.traceback


def test_a_failure_knows_the_step_it_came_in(executor_for):
    executor = executor_for("fails_in_step_2")
    submit(executor, make_spec())
    failed = pump_until(executor, is_end)[-1]
    assert Failure.model_validate_json(failed.failure).step == 2


def test_a_target_that_cannot_be_imported_is_a_failure(executor_for):
    executor = executor_for("no_such_function")
    submit(executor, make_spec())
    failed = pump_until(executor, is_end)[-1]
    assert "module 'fake_runs' has no attribute 'no_such_function'" in failed.failure


def test_logs_of_runs_do_not_mix(executor_for):
    executor = executor_for("quick")
    logs = []
    for seed in range(2):
        submit(executor, make_spec(seed=seed))
        logs.append(pump_until(executor, is_end)[-1].log)
    assert logs == ["hello from seed 0\n", "hello from seed 1\n"]


def test_a_process_that_dies_loses_its_run_alone(isolated_executor_for):
    executor = isolated_executor_for("dies_by_seed")
    for seed in range(2):
        spec = make_spec(seed=seed)
        submit(executor, spec)
        lost = pump_until(executor, is_end)[-1]
        assert isinstance(lost, Lost) and lost.run_id == spec.run_id
        assert lost.reason.startswith("the worker")
        assert executor.free == 1
    submit(executor, make_spec(seed=2))  # whatever had the run has been replaced
    assert isinstance(pump_until(executor, is_end)[-1], Finished)


def test_cancel_ends_a_run_and_gives_its_stack(isolated_executor_for):
    executor, spec = isolated_executor_for("endless"), make_spec()
    submit(executor, spec)
    events = pump_until(executor, lambda event: isinstance(event, Progressed))
    log = executor.cancel(spec.run_id)
    assert "in endless" in log
    assert executor.free == 1
    executor.pump(0, pytest.fail)
    wait_for_end_of(events[0].pid)


def test_close_ends_busy_workers(isolated_executor_for):
    executor = isolated_executor_for("endless", workers=2)
    pids = set()
    for seed in range(2):
        submit(executor, make_spec(seed=seed))

    def both_have_started(event):
        if isinstance(event, Started):
            pids.add(event.pid)
        return len(pids) == 2

    pump_until(executor, both_have_started)
    executor.close()
    for pid in pids:
        wait_for_end_of(pid)


def test_workers_have_the_threads_of_the_spec_and_ignore_ctrl_c(isolated_executor_for):
    executor = isolated_executor_for("tells_its_threads")
    submit(executor, make_spec())
    events = pump_until(executor, lambda event: isinstance(event, Started))
    os.kill(events[0].pid, signal.SIGINT)
    finished = pump_until(executor, is_end, events)[-1]
    assert isinstance(finished, Finished), finished
    assert "OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1" in finished.log


def test_a_lock_that_a_second_ctrl_c_left_taken_keeps_no_worker_alive():
    """It may come between Popen's taking of its lock and the `try` behind it."""
    executor = make("local", workers=1, threads=1, target="fake_runs:endless")
    submit(executor, make_spec())
    started = pump_until(executor, lambda event: isinstance(event, Started))[-1]
    [worker] = executor._workers
    worker.process._waitpid_lock.acquire()
    executor.close(at_once=True)
    # it may have ended by itself, as its stdin did, before it was killed
    assert worker.process.returncode in (0, -signal.SIGKILL)
    assert not psutil.pid_exists(started.pid)


def wait_for_end_of(pid):
    deadline = time.monotonic() + SECONDS
    while psutil.pid_exists(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_unknown_executor_is_named_with_the_nearest():
    with pytest.raises(ZooError, match="no executor is called 'locl'; did you mean 'local'"):
        make("locl", workers=1, threads=1)
