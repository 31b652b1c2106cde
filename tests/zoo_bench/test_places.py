"""Paths that no file can have are refused like any other that is wrong."""

import pytest
from click.testing import CliRunner
from fake_runs import make_spec
from test_leaderboard import fill

from zoo_bench.commands import bench, leaderboard, results

LONG = "x" * 300


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (bench.command, ["--results", LONG]),
        (leaderboard.command, [LONG]),
        (leaderboard.command, ["ours", "-o", LONG]),
        (results.command, ["verify", LONG]),
        (results.command, ["merge", LONG, "-o", "both"]),
        (results.command, ["merge", "ours", "-o", LONG]),
        (results.command, ["pack", LONG]),
        (results.command, ["pack", "ours", "-o", f"{LONG}.tgz"]),
    ],
)
def test_a_name_too_long_for_a_file_is_wrong_usage(tmp_path, monkeypatch, command, arguments):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "ours", [make_spec()])
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 2
    assert "File name too long" in done.stderr
