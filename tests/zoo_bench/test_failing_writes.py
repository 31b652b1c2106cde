"""Every call that touches the disk fails in turn, and nothing that was done is lost.

The invariant: a run once complete stays complete and byte for byte as it was; a run that is not
complete is not taken for one; the same command later ends with the results of an undisturbed one.
"""

import contextlib
import errno
import io
import os
from pathlib import Path

import pytest
from fake_runs import make_predictions, make_spec

from zoo_bench.driver import Driver
from zoo_bench.executors.inline import InlineExecutor
from zoo_bench.progress import PlainDisplay
from zoo_bench.reading import read_contents
from zoo_bench.store import DiskError, Store

SEEDS = 3
_ABRUPT_EXIT = 9


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """`fsync` is counted and does nothing: no power is cut here, and thousands of them take time."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


class FaultyDisk:
    """Counts calls that write, and lets the one with the number `fails_at` fail."""

    def __init__(self, monkeypatch, fails_at, fail):
        self.calls = 0
        self._fails_at = fails_at
        self._fail = fail
        for owner, name in ((Path, "mkdir"), (Path, "replace"), (Path, "unlink"), (os, "fsync")):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))
        monkeypatch.setattr(Path, "open", self._counting_writes(Path.open))

    def _counted(self, function):
        def counted(*arguments, **options):
            self.count()
            return function(*arguments, **options)

        return counted

    def _counting_writes(self, open_file):
        def open_counted(path, mode="r", *arguments, **options):
            if "w" not in mode:
                return open_file(path, mode, *arguments, **options)
            self.count()
            return _CountedFile(open_file(path, mode, *arguments, **options), self)

        return open_counted

    def count(self):
        """One more call that touches the disk; it is this one's turn to fail, or not."""
        self.calls += 1
        if self.calls == self._fails_at:
            self._fail()


class _CountedFile:
    """A file whose writes are counted; one that fails leaves half of what was to be written."""

    def __init__(self, file, disk):
        self._file, self._disk = file, disk

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def write(self, content):
        self._file.write(content[: len(content) // 2])
        self._file.flush()
        self._disk.count()
        self._file.write(content[len(content) // 2 :])

    def __getattr__(self, name):
        return getattr(self._file, name)


def drive(root):
    """The grid, in this process."""
    specs = [make_spec(seed=seed) for seed in range(SEEDS)]
    store = Store.open(root)
    executor = InlineExecutor(target="fake_runs:at_once")
    Driver(store, executor, PlainDisplay(SEEDS, io.StringIO())).run(specs)


def complete(root):
    """Run folder → the bytes of everything in it, of runs that have a result."""
    return {
        result.parent.name: {path.name: path.read_bytes() for path in result.parent.iterdir()}
        for result in root.glob("runs/*/result.json")
    }


def one_run_done(root):
    store = Store.open(root)
    spec = make_spec(seed=0)
    executor = InlineExecutor(target="fake_runs:at_once")
    Driver(store, executor, PlainDisplay(1, io.StringIO())).run([spec])
    return complete(root)


def check(root, before):
    """What was complete is as it was, what is complete now can be read, and the rest is computed."""
    assert {name: complete(root)[name] for name in before} == before
    contents = read_contents(root) if (root / "runs").is_dir() else None
    assert contents is None or not contents.unreadable
    drive(root)
    contents = read_contents(root)
    assert sorted(result.seed for result in contents.results) == list(range(SEEDS))
    assert not contents.failures and not contents.unreadable
    for seed in range(SEEDS):
        folder = root / "runs" / make_spec(seed=seed).folder_name
        assert (folder / "predictions.safetensors").read_bytes() == make_predictions(seed)
        assert not list(folder.glob(".*"))


def how_many_calls(tmp_path):
    with pytest.MonkeyPatch.context() as patched:
        disk = FaultyDisk(patched, 0, lambda: None)
        one_run_done(tmp_path / "counted")
        drive(tmp_path / "counted")
    return disk.calls


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["disk full", "broken disk"])
def test_every_write_fails_in_turn_and_nothing_is_lost(tmp_path, code):
    calls = how_many_calls(tmp_path)
    assert calls > 30

    def fail():
        raise OSError(code, os.strerror(code))

    for number in range(1, calls + 1):
        root = tmp_path / f"at-{number}"
        before = one_run_done(root)
        with pytest.MonkeyPatch.context() as patched:
            FaultyDisk(patched, number, fail)
            # a call that only tidies up may fail unnoticed; any other is one clear error
            with contextlib.suppress(DiskError):
                drive(root)
        check(root, before)


def test_an_abrupt_exit_at_every_write_loses_nothing(tmp_path):
    for number in range(1, how_many_calls(tmp_path) + 1):
        root = tmp_path / f"at-{number}"
        before = one_run_done(root)
        child = os.fork()
        if child == 0:
            with pytest.MonkeyPatch.context() as patched:
                FaultyDisk(patched, number, lambda: os._exit(_ABRUPT_EXIT))
                drive(root)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) in (0, _ABRUPT_EXIT)
        check(root, before)
