"""A leaderboard is worked out once, and again as soon as anything it follows from has changed."""

import os
from pathlib import Path

import pytest
from fake_runs import make_spec
from test_leaderboard import fill

from zoo_bench import cache, remembered
from zoo_bench.leaderboard import build
from zoo_bench.reading import read_all


@pytest.fixture
def root(tmp_path):
    fill(tmp_path / "r", [make_spec(seed=seed) for seed in range(3)])
    return tmp_path / "r"


@pytest.fixture
def builds(monkeypatch):
    """How often a leaderboard was worked out, as a list of ones."""
    counted = []

    def counting(contents):
        counted.append(1)
        return build(contents)

    monkeypatch.setattr(remembered, "build", counting)
    return counted


def test_the_second_time_it_is_remembered_and_equal(root, builds):
    first, second = remembered.leaderboard_of([root]), remembered.leaderboard_of([root])
    assert first == second == build(read_all([root]))
    assert len(builds) == 1


def one_more_run(root):
    fill(root, [make_spec(seed=9)])


def a_record_less(root):
    next(root.glob("runs/*/result.json")).unlink()


def other_predictions(root):
    path = next(root.glob("runs/*/predictions.safetensors"))
    path.write_bytes(path.read_bytes()[:-1])


def a_folder_for_a_record(root):
    path = next(root.glob("runs/*/result.json"))
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "change", [one_more_run, a_record_less, other_predictions, a_folder_for_a_record]
)
def test_whatever_changes_is_seen(root, builds, change):
    remembered.leaderboard_of([root])
    change(root)
    assert remembered.leaderboard_of([root]) == build(read_all([root]))
    assert len(builds) == 2


def test_a_damaged_memory_is_no_memory(root, builds):
    expected = remembered.leaderboard_of([root])
    for path in Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json"):
        path.write_text("{")
    assert remembered.leaderboard_of([root]) == expected
    assert len(builds) == 2


def test_a_cache_that_cannot_be_written_costs_time_alone(root, builds, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert remembered.leaderboard_of([root]) == remembered.leaderboard_of([root])
    assert len(builds) == 2


def test_a_path_that_is_no_utf_8_costs_time_alone(root, builds):
    folder = next(root.glob("runs/*"))
    folder = folder.rename(folder.with_name(os.fsdecode(b"run-\xff")))
    (folder / "result.json").write_text("{")
    first = remembered.leaderboard_of([root])
    assert first == remembered.leaderboard_of([root])
    assert len(first.unreadable) == 1 and len(builds) == 2


def test_few_are_remembered(root, monkeypatch):
    monkeypatch.setattr(cache, "_MOST_KEPT", 2)
    for seed in range(10, 14):
        fill(root, [make_spec(seed=seed)])
        remembered.leaderboard_of([root])
    assert len(list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*.json"))) == 2
