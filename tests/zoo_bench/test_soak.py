"""Worker and driver killed with SIGKILL at random moments, round after round."""

import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from fake_runs import make_predictions

from zoo_bench.reading import read_contents

HERE = Path(__file__).parent
ROUNDS = 20
SEEDS = 24
# a driver takes about two seconds to start, and a run a tenth of a second
LONGEST_WAIT_SECONDS = 3.0


def complete(root):
    """The bytes of every file of every run that is done."""
    return {
        path: path.read_bytes()
        for result in root.glob("runs/*/result.json")
        for path in result.parent.iterdir()
    }


def start(root):
    command = [sys.executable, HERE / "fake_driver.py", root, "local", "quick", str(SEEDS)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def kill_somebody(driver, draw):
    """SIGKILL for the driver, or for one of its workers; the rest is then ended by the driver."""
    workers = psutil.Process(driver.pid).children(recursive=True)
    victim = draw.choice([driver, *workers]) if workers else driver
    victim.kill()


@pytest.mark.slow
def test_twenty_rounds_of_kill_9_leave_the_results_of_an_undisturbed_grid(tmp_path):
    draw = random.Random(20)
    before = {}
    for _ in range(ROUNDS):
        driver = start(tmp_path)
        try:
            time.sleep(draw.uniform(0.2, LONGEST_WAIT_SECONDS))
            if driver.poll() is None:
                kill_somebody(driver, draw)
                time.sleep(draw.uniform(0, 0.3))
        finally:
            driver.kill()
            driver.wait()
        now = complete(tmp_path)
        assert {path: now.get(path) for path in before} == before
        before = now
    last = start(tmp_path)
    assert last.wait(120) == 0
    contents = read_contents(tmp_path)
    assert not contents.failures and not contents.unreadable and not contents.unfinished
    found = {
        result.seed: (contents.folders[result.run_id] / "predictions.safetensors").read_bytes()
        for result in contents.results
    }
    assert found == {seed: make_predictions(seed) for seed in range(SEEDS)}
