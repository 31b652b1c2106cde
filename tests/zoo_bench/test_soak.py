"""Workers and drivers killed with SIGKILL at random moments, round after round."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from fake_runs import QUICK_SEEDS, make_predictions, make_result, make_spec

from zoo_bench.reading import read_contents
from zoo_bench.records import to_json

HERE = Path(__file__).parent
SEEDS = QUICK_SEEDS + 2
# twenty rounds: each driver loses two workers, and is killed then itself, apart from the last
DRIVERS = 7
WORKERS_PER_DRIVER = 2  # a run that loses three to one driver is a failure
LONGEST_WAIT_SECONDS = 0.5
HALF_A_RUN_SECONDS = 0.05
SECONDS = 300  # more than anything here takes on a busy machine


class Grid:
    """A grid in `root`, its driver, and the marks of the runs that are being executed."""

    def __init__(self, root, marks, draw):
        self.root, self._marks, self._draw = root, marks, draw
        self._done = {}

    def begin(self):
        arguments = [self.root, "local", "marks_while_running", str(SEEDS)]
        self.driver = psutil.Popen(
            [sys.executable, HERE / "fake_driver.py", *arguments], stderr=subprocess.DEVNULL
        )

    def kill_worker(self):
        """At a random moment, one that was executing a run just before; gives if it still was."""
        victim = self._draw.choice(self._working())
        time.sleep(self._draw.uniform(0, HALF_A_RUN_SECONDS))
        victim.kill()
        return self._interrupted([victim]) == 1

    def kill_driver(self):
        """At a random moment, and its workers end with it; gives if any was executing a run."""
        self._working()
        workers = self.driver.children()
        self.driver.kill()
        self.driver.wait()
        return self._interrupted(workers) > 0

    def end(self):
        if self.driver.is_running():
            self.driver.kill()

    def check_done(self):
        """Whatever was done a round ago is done, byte for byte."""
        done = {
            path: path.read_bytes()
            for result in self.root.glob("runs/*/result.json")
            for path in result.parent.iterdir()
        }
        assert {path: done.get(path) for path in self._done} == self._done
        self._done = done

    def _working(self):
        """The workers that execute a run, after a while and as soon as there is one."""
        time.sleep(self._draw.uniform(0, LONGEST_WAIT_SECONDS))
        deadline = time.monotonic() + SECONDS
        while True:
            working = [one for one in self.driver.children() if self._mark(one).exists()]
            if working:
                return working
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def _mark(self, worker):
        return self._marks / f"running-{worker.pid}"

    def _interrupted(self, victims):
        """How many runs died with them: one that comes to its end takes its mark away."""
        _, alive = psutil.wait_procs(victims, timeout=SECONDS)
        assert alive == []
        return sum(self._mark(victim).exists() for victim in victims)


@pytest.fixture
def grid(tmp_path, fake_runs_folder):
    grid = Grid(tmp_path / "r", fake_runs_folder, random.Random(20))
    yield grid
    grid.end()


def without_provenance(text):
    return {key: value for key, value in json.loads(text).items() if key != "provenance"}


@pytest.mark.slow
def test_twenty_rounds_of_kill_9_leave_the_results_of_an_undisturbed_grid(grid, fake_runs_folder):
    worker_hits, driver_hits = [], []
    for number in range(DRIVERS):
        grid.begin()
        for _ in range(WORKERS_PER_DRIVER):
            worker_hits.append(grid.kill_worker())
            grid.check_done()
        if number < DRIVERS - 1:
            driver_hits.append(grid.kill_driver())
            grid.check_done()
    (fake_runs_folder / "go").touch()
    assert grid.driver.wait(SECONDS) == 0
    grid.check_done()
    assert (len(worker_hits), len(driver_hits)) == (14, 6)
    # most do; as many do on a busy machine, too
    assert sum(worker_hits) >= 4 and sum(driver_hits) >= 1
    contents = read_contents(grid.root)
    assert not contents.failures and not contents.unreadable and not contents.unfinished
    assert sorted(result.seed for result in contents.results) == list(range(SEEDS))
    # the last driver lost workers, lived on, and did again what they were executing
    again = sum(result.provenance.attempts - 1 for result in contents.results)
    assert again >= sum(worker_hits[-WORKERS_PER_DRIVER:])
    for result in contents.results:
        folder = contents.folders[result.run_id]
        content = make_predictions(result.seed)
        assert (folder / "predictions.safetensors").read_bytes() == content
        undisturbed = make_result(make_spec(seed=result.seed), content=content)
        found = (folder / "result.json").read_text()
        assert without_provenance(found) == without_provenance(to_json(undisturbed))
