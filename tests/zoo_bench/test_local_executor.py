"""What only the worker processes of this machine do."""

import os
import signal
import sys

import psutil
import pytest
from fake_runs import make_spec
from test_executors import is_end, pump_until, submit

from zoo_bench.executors import Finished, Started
from zoo_bench.executors.local import LocalExecutor


@pytest.fixture
def executor_for():
    made = []

    def make_one(target, workers=1):
        made.append(LocalExecutor(workers=workers, threads=1, target=f"fake_runs:{target}"))
        return made[-1]

    yield make_one
    for executor in made:
        executor.close(at_once=True)


def test_one_worker_executes_one_run_after_the_other(executor_for):
    executor = executor_for("quick")
    pids = set()
    for seed in range(2):
        submit(executor, make_spec(seed=seed))
        pids.add(pump_until(executor, is_end)[0].pid)
        assert executor.free == 1
    assert len(pids) == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("always_killed", "the worker was ended by SIGKILL"),
        ("leaves_quietly", "the worker exited with code 0 and left no result"),
    ],
)
def test_a_worker_that_dies_loses_its_run_with_the_reason(executor_for, target, reason):
    executor = executor_for(target)
    submit(executor, make_spec())
    assert pump_until(executor, is_end)[-1].reason == reason
    assert executor.pids == []


def test_a_worker_killed_while_idle_is_replaced(executor_for):
    executor = executor_for("quick")
    submit(executor, make_spec())
    pump_until(executor, is_end)
    [idle] = executor.pids
    os.kill(idle, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(idle)], timeout=60)
    executor.pump(0.1, pytest.fail)
    assert executor.pids == []
    submit(executor, make_spec(seed=1))
    assert isinstance(pump_until(executor, is_end)[-1], Finished)


def test_a_worker_has_a_session_of_its_own(executor_for):
    executor = executor_for("half_a_second")
    submit(executor, make_spec())
    [started] = pump_until(executor, lambda event: isinstance(event, Started))
    assert os.getsid(started.pid) == started.pid != os.getsid(0)


def cores_of_workers(executor, count):
    for seed in range(count):
        submit(executor, make_spec(seed=seed))
    return [frozenset(psutil.Process(pid).cpu_affinity()) for pid in pids_when_started(executor)]


def pids_when_started(executor):
    pids = []
    while len(pids) < len(executor.pids):
        executor.pump(1, lambda event: isinstance(event, Started) and pids.append(event.pid))
    return pids


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pins processes to cores")
def test_workers_that_fill_the_machine_have_a_core_each(executor_for, monkeypatch):
    ours = sorted(os.sched_getaffinity(0))[:2]
    if len(ours) < 2:
        pytest.skip("this machine has one core")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(ours))
    found = cores_of_workers(executor_for("half_a_second", workers=2), 2)
    assert sorted(found, key=min) == [frozenset({core}) for core in ours]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pins processes to cores")
def test_a_worker_that_leaves_cores_to_others_is_not_pinned(executor_for):
    ours = os.sched_getaffinity(0)
    if len(ours) < 2:
        pytest.skip("this machine has one core")
    assert cores_of_workers(executor_for("half_a_second"), 1) == [frozenset(ours)]
