"""A grid survives what happens to its processes, and computes nothing twice."""

import io
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from fake_driver import drive
from fake_runs import make_predictions, make_spec

from zoo_bench.driver import Driver
from zoo_bench.executors import make
from zoo_bench.progress import PlainDisplay
from zoo_bench.reading import read_contents
from zoo_bench.store import DiskError, Store

HERE = Path(__file__).parent
SECONDS = 120  # more than anything here takes on a busy machine


def predictions_in(root):
    """Seed → bytes of every finished run."""
    return {
        result.seed: (root / "runs" / result.folder_name / "predictions.safetensors").read_bytes()
        for result in read_contents(root).results
    }


def undisturbed(seeds):
    return {seed: make_predictions(seed) for seed in range(seeds)}


# in this process


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_every_run_of_a_grid_is_done_once(tmp_path, executor):
    first = drive(tmp_path / "r", executor, "quick", 3)
    assert (len(first.finished), first.exit_code) == (3, 0)
    again = drive(tmp_path / "r", executor, "quick", 4)
    assert (len(again.done_before), len(again.finished)) == (3, 1)
    assert predictions_in(tmp_path / "r") == undisturbed(4)


def test_the_result_says_who_executed_it(tmp_path):
    drive(tmp_path / "r", "local", "quick", 1)
    [result] = read_contents(tmp_path / "r").results
    assert result.provenance.executor == "local"
    assert (result.provenance.attempts, result.provenance.resumed) == (1, False)
    assert (tmp_path / "r/runs" / result.folder_name / "log.txt").read_text() == (
        "hello from seed 0\n"
    )


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_failing_run_leaves_the_others_alone(tmp_path, executor):
    tally = drive(tmp_path / "r", executor, "refuses_seed_1", 3)
    assert (len(tally.finished), len(tally.failed), tally.exit_code) == (2, 1, 1)
    [(spec, failure)] = read_contents(tmp_path / "r").failures
    assert (spec.seed, failure.kind, failure.attempts) == (1, "refused", 1)


def test_failed_is_not_done_and_is_tried_again_only_when_asked(tmp_path):
    drive(tmp_path / "r", "inline", "refuses_seed_1", 2)
    same = drive(tmp_path / "r", "inline", "quick", 2)
    assert (len(same.failed_before), len(same.finished), same.exit_code) == (1, 0, 1)
    retried = drive(tmp_path / "r", "inline", "quick", 2, retry_failed=True)
    assert (len(retried.finished), retried.exit_code) == (1, 0)


def test_a_lost_worker_costs_one_more_attempt(tmp_path, fake_runs_folder):
    tally = drive(tmp_path / "r", "local", "killed_once", 3)
    assert (len(tally.finished), tally.exit_code) == (3, 0)
    attempts = {
        result.seed: result.provenance.attempts for result in read_contents(tmp_path / "r").results
    }
    assert attempts == {0: 1, 1: 2, 2: 1}
    assert predictions_in(tmp_path / "r") == undisturbed(3)


def test_a_run_that_always_kills_its_worker_fails_after_two_retries(tmp_path):
    tally = drive(tmp_path / "r", "local", "always_killed", 1)
    assert tally.exit_code == 1
    [(_, failure)] = read_contents(tmp_path / "r").failures
    assert failure.kind == "lost"
    assert failure.message == "the worker was ended by SIGKILL (3 attempts)"


def test_a_run_that_takes_too_long_is_a_failure_with_its_stack(tmp_path):
    spec = make_spec()
    steps = []

    class Watch(PlainDisplay):
        def progressed(self, spec, progress):
            steps.append(progress)

    # an hour goes by with the first step
    driver = Driver(
        Store.open(tmp_path / "r"),
        make("local", workers=1, threads=1, target="fake_runs:endless"),
        Watch(1, io.StringIO()),
        run_timeout_seconds=60,
        clock=lambda: 3600.0 * len(steps[:1]),
    )
    assert driver.run([spec]).exit_code == 1
    [(_, failure)] = read_contents(tmp_path / "r").failures
    assert failure.kind == "timeout"
    log = (tmp_path / "r/runs" / spec.folder_name / "log.txt").read_text()
    assert "in endless" in log


def test_a_broken_result_is_moved_away_and_computed_anew(tmp_path):
    drive(tmp_path / "r", "inline", "quick", 2)
    folder = tmp_path / "r/runs" / make_spec(seed=1).folder_name
    (folder / "result.json").write_text('{"schema_version"')
    tally = drive(tmp_path / "r", "inline", "quick", 2)
    assert (len(tally.done_before), len(tally.finished)) == (1, 1)
    assert len(list((tmp_path / "r/quarantine").iterdir())) == 1
    assert predictions_in(tmp_path / "r") == undisturbed(2)


def test_a_broken_spec_is_named_and_moved_away(tmp_path, capfd):
    store = Store.open(tmp_path / "r")
    store.folder(make_spec()).mkdir()
    (store.folder(make_spec()) / "spec.json").write_text("{")
    assert drive(tmp_path / "r", "inline", "quick", 1).exit_code == 0
    [moved] = (tmp_path / "r/quarantine").iterdir()
    said = capfd.readouterr().err
    assert "spec.json: cannot be read" in said and f"moved to {moved}, computed anew" in said


def test_a_full_disk_stops_the_grid_and_loses_nothing(tmp_path, monkeypatch):
    drive(tmp_path / "r", "inline", "quick", 1)

    def refuse(self, result, predictions, log):
        raise DiskError("results: no space left")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "write_result", refuse)
        with pytest.raises(DiskError):
            drive(tmp_path / "r", "local", "quick", 3)
    assert not [one for one in psutil.Process().children() if "zoo_bench.worker" in one.cmdline()]
    assert drive(tmp_path / "r", "inline", "quick", 3).exit_code == 0
    assert predictions_in(tmp_path / "r") == undisturbed(3)


def test_a_run_that_others_have_is_waited_for_and_not_done_twice(tmp_path):
    store = Store.open(tmp_path / "r")
    claim = store.claim(make_spec(seed=0))
    other = start(tmp_path / "r", "inline", "quick", 2)
    wait_for(lambda: len(read_contents(tmp_path / "r").results) == 1)
    assert other.poll() is None  # seed 1 is done, seed 0 is ours
    claim.release()
    assert other.wait(SECONDS) == 0
    assert predictions_in(tmp_path / "r") == undisturbed(2)


# as a process of its own


def start(root, executor, target, seeds):
    return subprocess.Popen(
        [sys.executable, str(HERE / "fake_driver.py"), str(root), executor, target, str(seeds)],
        stderr=subprocess.DEVNULL,
    )


def wait_for(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def workers_of(driver):
    return psutil.Process(driver.pid).children(recursive=True)


def count_done(root):
    return len(list((root / "runs").glob("*/result.json")))


def test_kill_9_of_a_worker_leaves_the_same_predictions(tmp_path):
    driver = start(tmp_path / "r", "local", "half_a_second", 6)
    wait_for(lambda: count_done(tmp_path / "r") >= 1)
    workers_of(driver)[0].kill()
    assert driver.wait(SECONDS) == 0
    assert predictions_in(tmp_path / "r") == undisturbed(6)


def test_kill_9_of_the_driver_takes_the_workers_along_and_the_same_command_continues(
    tmp_path, fake_runs_folder
):
    driver = start(tmp_path / "r", "local", "waits_after_two", 6)
    wait_for(lambda: count_done(tmp_path / "r") == 2)
    wait_for(lambda: len(list(fake_runs_folder.glob("begun-*"))) == 2)
    workers = workers_of(driver)
    driver.kill()
    driver.wait()
    _, alive = psutil.wait_procs(workers, timeout=SECONDS)
    assert alive == []
    done = {path: path.stat().st_mtime_ns for path in tmp_path.glob("r/runs/*/result.json")}
    assert len(done) == 2
    (fake_runs_folder / "go").touch()
    assert start(tmp_path / "r", "local", "waits_after_two", 6).wait(SECONDS) == 0
    assert predictions_in(tmp_path / "r") == undisturbed(6)
    assert {path: path.stat().st_mtime_ns for path in done} == done
    resumed = {one.seed: one.provenance.resumed for one in read_contents(tmp_path / "r").results}
    assert resumed == {0: False, 1: False, 2: True, 3: True, 4: False, 5: False}


@pytest.mark.parametrize("executor", ["inline", "local"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_the_grid_in_order_and_the_same_command_continues(
    tmp_path, executor, number
):
    driver = start(tmp_path / "r", executor, "half_a_second", 4)
    wait_for(lambda: count_done(tmp_path / "r") >= 1)
    workers = workers_of(driver)
    driver.send_signal(number)
    assert driver.wait(SECONDS) == 130
    assert psutil.wait_procs(workers, timeout=0)[1] == []
    assert count_done(tmp_path / "r") < 4
    assert not list(tmp_path.glob("r/runs/*/error.json"))
    assert start(tmp_path / "r", executor, "half_a_second", 4).wait(SECONDS) == 0
    assert predictions_in(tmp_path / "r") == undisturbed(4)


def test_a_second_ctrl_c_kills_a_worker_that_does_not_end(tmp_path):
    driver = start(tmp_path / "r", "local", "endless", 1)
    wait_for(lambda: workers_of(driver))
    [worker] = workers_of(driver)
    wait_for(lambda: list(tmp_path.glob("r/runs/*/spec.json")))
    worker.suspend()  # it cannot notice that its stdin ends
    began = time.monotonic()
    driver.send_signal(signal.SIGINT)
    time.sleep(0.5)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(20) == 130
    assert time.monotonic() - began < 5  # which is how long a single one waits before it kills
    assert not worker.is_running()


def test_two_drivers_on_one_folder_compute_no_run_twice(tmp_path, fake_runs_folder):
    drivers = [start(tmp_path / "r", "local", "leaves_a_trace", 6) for _ in range(2)]
    trace = fake_runs_folder / "executed"
    # two each: from here on both have work, and look for more of it at the same time
    wait_for(lambda: trace.exists() and len(trace.read_text().split()) == 4)
    (fake_runs_folder / "go").touch()
    assert [driver.wait(SECONDS) for driver in drivers] == [0, 0]
    assert predictions_in(tmp_path / "r") == undisturbed(6)
    assert sorted(trace.read_text().split()) == ["0", "1", "2", "3", "4", "5"]


def test_what_was_done_before_is_not_counted_as_not_begun(tmp_path):
    drive(tmp_path / "r", "inline", "quick", 1)
    specs = [make_spec(seed=1), make_spec(seed=2), make_spec(seed=0)]
    driver = Driver(
        Store.open(tmp_path / "r"),
        make("inline", workers=1, threads=1, target="fake_runs:refuses_seed_1"),
        PlainDisplay(3, io.StringIO()),
        max_failures=1,
    )
    assert driver.run(specs).not_begun == [make_spec(seed=2).run_id]
