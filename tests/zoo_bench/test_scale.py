"""The program that measures the harness itself, with sizes that take a moment."""

import re

import numpy as np
import pytest
from click.testing import CliRunner

from scale.__main__ import main
from scale.boards import fill, leaderboard_usage
from zoo_bench.reading import read_contents


@pytest.fixture
def root(tmp_path):
    written = list(fill(tmp_path / "results", pairs=12, seeds=2, rows=50))
    assert len(written) == 24
    return tmp_path / "results"


def test_made_up_runs_are_records_like_any_other(root):
    contents = read_contents(root)
    assert not contents.unreadable
    assert len(contents.results) == 24
    for result in contents.results:
        rows = contents.correct[result.run_id]
        assert rows.mean() == result.metrics["test_clean"]["accuracy"]
    # worth something, and not all the same
    accuracies = [rows.mean() for rows in contents.correct.values()]
    assert 0.5 < np.mean(accuracies) < 0.95
    assert np.std(accuracies) > 0.01


def test_a_process_tells_what_it_took_and_remembers(root, tmp_path):
    usage = leaderboard_usage(root, tmp_path / "cache")
    assert usage.wall_seconds > 0 and usage.cpu_seconds > 0
    assert 10e6 < usage.peak_bytes < 1e9
    assert len(list((tmp_path / "cache").rglob("*.json"))) == 1


def test_three_tables():
    options = "--runs 6 --seeds 2 --rows 20 --idle-runs 2 --busy-runs 2 --rounds 10 --repeats 1"
    done = CliRunner().invoke(main, options.split())
    assert done.exit_code == 0, done.output
    number = r"[\d.]+"
    for row in (
        rf"\| 6 \| 3 \| no \| {number} \| {number} \| \d+ \|",
        rf"\| 6 \| 3 \| yes \| {number} \| {number} \| \d+ \|",
        rf"\| inline \| {number} \|",
        rf"\| local \| {number} \|",
        rf"\| {number} \| {number} \| {number} \|",
    ):
        assert re.search(rf"^{row}$", done.stdout, re.MULTILINE), done.stdout
