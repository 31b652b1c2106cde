"""What a power cut after "done" would leave: all of it."""

import os
from pathlib import Path

import pytest
from fake_driver import drive
from fake_runs import make_spec

from zoo_bench.store import Store


class SyncedDisk:
    """Follows `fsync`, and knows what of a folder a power cut would leave.

    By POSIX that is a name its folder was synced with, and a file's content when it was synced.
    """

    def __init__(self, monkeypatch):
        self._names = {}  # inode of a folder → name → inode
        self._contents = {}  # inode of a file → bytes
        monkeypatch.setattr(os, "fsync", self._sync)

    def _sync(self, handle):
        path = Path(f"/proc/self/fd/{handle}").resolve()
        inode = os.fstat(handle).st_ino
        if path.is_dir():
            self._names[inode] = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
        else:
            self._contents[inode] = path.read_bytes()

    def left_in(self, folder):
        """Path from `folder` → bytes of every file that would be left."""
        return dict(self._left("", folder.stat().st_ino))

    def _left(self, path, inode):
        if inode in self._contents:
            yield path, self._contents[inode]
        for name, below in self._names.get(inode, {}).items():
            yield from self._left(f"{path}/{name}", below)


@pytest.fixture
def disk(monkeypatch):
    return SyncedDisk(monkeypatch)


def files(folder):
    """What must be left; a lock holds nothing, and nobody has it after a power cut."""
    return {
        f"/{path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "locks"
    }


def test_a_run_that_is_done_outlives_a_power_cut_with_every_folder_above_it(tmp_path, disk):
    root = tmp_path / "results/of/mine"
    assert drive(root, "inline", "at_once", 1).exit_code == 0
    there = files(tmp_path)
    assert f"/results/of/mine/runs/{make_spec().folder_name}/result.json" in there
    assert disk.left_in(tmp_path).items() >= there.items()


def test_a_failure_and_a_run_in_quarantine_outlive_it_too(tmp_path, disk):
    root = tmp_path / "r"
    drive(root, "inline", "at_once", 2)
    broken = Store(root).folder(make_spec(seed=1)) / "result.json"
    with broken.open("w") as file:
        file.write("{")
        file.flush()
        os.fsync(file.fileno())
    assert drive(root, "inline", "refuses_seed_1", 2).exit_code == 1
    there = files(tmp_path)
    assert [path for path in there if path.endswith("/error.json")]
    assert [path for path in there if "/quarantine/" in path and path.endswith("/result.json")]
    assert disk.left_in(tmp_path).items() >= there.items()


def test_a_run_that_another_process_had_only_made_room_for_outlives_it(tmp_path, disk):
    store = Store.open(tmp_path / "r")
    store.folder(make_spec()).mkdir()  # killed before it could sync `runs/`
    drive(tmp_path / "r", "inline", "at_once", 1)
    assert disk.left_in(tmp_path).items() >= files(tmp_path).items()
