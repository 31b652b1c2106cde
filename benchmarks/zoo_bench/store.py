"""A results root on disk: who may write, what is done, and how records come to lie there.

    zoo-results.json                          marks the root: format and schema version
    runs/<slug>-<run_id[:12]>/spec.json       written first, never changed
                              predictions.safetensors
                              result.json     written last = the run is done
                              error.json      the last failure, if the run is not done
                              log.txt
    quarantine/<slug>-<run_id[:12]>-<n>/      an unreadable record and `reason.txt`
    locks/<slug>-<run_id[:12]>                empty

One process writes a run at a time: it holds the lock of the run's file in `locks/`, which the
kernel releases when that process dies, however it dies. While nobody writes, the folder `locks/`
can be deleted.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zoo import durable
from zoo.errors import ZooError
from zoo_bench.locks import Claim, NoLocks
from zoo_bench.predictions import PREDICTIONS
from zoo_bench.reading import MARKER, MARKER_LINE, UnreadableRecord, check_schema, read_record
from zoo_bench.records import SCHEMA_VERSION, Failure, Result, RunSpec, to_json

RUNS = "runs"
QUARANTINE = "quarantine"
LOCKS = "locks"
SPEC, RESULT, ERROR = "spec.json", "result.json", "error.json"
LOG = "log.txt"


class ResultsError(ZooError):
    """A results folder cannot be used as it is."""


class DiskError(ResultsError):
    """The disk refuses a write, from the beginning or in the middle of a grid."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An unreadable record that was moved away: where it went, and why."""

    folder: Path
    reason: str


class Store:
    """The results root at `root`. Make it with `Store.open`, which checks it first.

    `option` is what names the root on the command line, for errors to say.
    """

    def __init__(self, root: Path, option: str = "--results") -> None:
        self.root = root
        self._option = option

    @classmethod
    def open(cls, root: Path, option: str = "--results") -> Store:
        """The root, made if it is missing; raises `ResultsError` unless it can be written."""
        check_root(root, option)
        try:
            durable.make_folder(root)
            # an older zoo must not write into a root that now holds records of this schema
            if not (root / MARKER).exists() or check_schema(root / MARKER) < SCHEMA_VERSION:
                durable.write(root / MARKER, f"{MARKER_LINE}\n".encode("ascii"))
            durable.make_folder(root / RUNS)
            durable.make_folder(root / LOCKS)
            # one real write: permissions alone do not tell a read-only or full disk
            probe = root / f".{MARKER}.probe"
            durable.write(probe, b"zoo")
            # and one real lock: not every file system grants them; held by another, it does
            claim = Claim()
            try:
                claim.lock_file(probe)
            finally:
                claim.release()
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise _disk_error(error, root, option) from error
        return cls(root, option)

    @contextmanager
    def _named_disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _disk_error(error, self.root, self._option) from error

    def folder(self, spec: RunSpec) -> Path:
        """Where the run's files lie."""
        return self.root / RUNS / spec.folder_name

    def claim(self, spec: RunSpec) -> Claim | None:
        """The sole right to write this run, or None while another process has it."""
        folder = self.folder(spec)
        with self._named_disk_errors():
            folder.mkdir(exist_ok=True)
            if not self.has_begun(spec):
                # also where another process made it: that one may have been killed before the sync
                durable.sync_folder(folder.parent)
        claim = Claim()
        with claim.released_on_error(), self._named_disk_errors():
            is_mine = claim.lock_file(self.root / LOCKS / spec.folder_name)
            # the folder was all that zoo locked at first; may go with schema 6, which that zoo
            # does not write into
            if not (is_mine and claim.lock_folder(folder)):
                claim.release()
                return None
            for leftover in folder.glob(f".*{durable.TEMPORARY_SUFFIX}"):
                leftover.unlink(missing_ok=True)
        return claim

    def has_begun(self, spec: RunSpec) -> bool:
        """Whether anybody ever began this run."""
        return (self.folder(spec) / SPEC).exists()

    def has_result(self, spec: RunSpec) -> bool:
        """Whether there is a result, readable or not."""
        return (self.folder(spec) / RESULT).exists()

    def failure(self, spec: RunSpec) -> Failure | None:
        """The last failure of a run that is not done, or None; an unreadable one counts as none."""
        try:
            return read_record(self.folder(spec) / ERROR, Failure)
        except (FileNotFoundError, UnreadableRecord):
            return None

    def result(self, spec: RunSpec) -> Result | None:
        """The result of a run that is done, or None. Raises `UnreadableRecord` for a broken one."""
        folder = self.folder(spec)
        try:
            result = read_record(folder / RESULT, Result)
        except FileNotFoundError:
            return None
        if result.run_id != spec.run_id:
            raise UnreadableRecord(folder / RESULT, "it belongs to another run")
        check_predictions(folder, result, _predictions_in(folder))
        return result

    def quarantine(
        self, spec: RunSpec, reason: str, names: Sequence[str] = (RESULT, PREDICTIONS)
    ) -> Quarantined:
        """Move files of the run out of the way, with the reason beside them, to be made anew."""
        folder = self.folder(spec)
        with self._named_disk_errors():
            target = _next_free(self.root / QUARANTINE, folder.name)
            for name in names:
                if (folder / name).exists():
                    (folder / name).replace(target / name)
            durable.write(target / "reason.txt", f"{reason}\n".encode())
            durable.sync_folder(folder)
        return Quarantined(target, reason)

    def write_spec(self, spec: RunSpec) -> Quarantined | None:
        """The first file of a run; one that is already there must be the same run.

        Gives where an unreadable one was moved to.
        """
        path = self.folder(spec) / SPEC
        quarantined = None
        try:
            if read_record(path, RunSpec).run_id != spec.run_id:
                raise ResultsError(f"{path.parent}: holds another run; move that folder away")
            return None
        except FileNotFoundError:
            pass
        except UnreadableRecord as error:
            quarantined = self.quarantine(spec, str(error), (SPEC,))
        with self._named_disk_errors():
            durable.write(path, to_json(spec).encode("ascii"))
        return quarantined

    def write_result(self, result: Result, predictions: bytes | None, log: str) -> None:
        """Everything the run left, the result last; when this returns the run is done for good."""
        folder = self.folder(result)
        with self._named_disk_errors():
            if predictions is not None:
                durable.write(folder / PREDICTIONS, predictions)
            durable.write(folder / LOG, log.encode("utf-8", "backslashreplace"))
            durable.write(folder / RESULT, to_json(result).encode("ascii"))
            (folder / ERROR).unlink(missing_ok=True)

    def copy_run(self, spec: RunSpec, files: Mapping[str, bytes]) -> None:
        """Take over a run's files from another root as they are, in this order."""
        folder = self.folder(spec)
        with self._named_disk_errors():
            for name, content in files.items():
                durable.write(folder / name, content)
            if RESULT in files:
                (folder / ERROR).unlink(missing_ok=True)

    def write_failure(self, spec: RunSpec, failure: Failure, log: str) -> None:
        """The last failure of a run, with its log."""
        folder = self.folder(spec)
        with self._named_disk_errors():
            durable.write(folder / LOG, log.encode("utf-8", "backslashreplace"))
            durable.write(folder / ERROR, to_json(failure).encode("ascii"))


def check_predictions(folder: Path, result: Result, predictions: bytes | None) -> None:
    """Raises `UnreadableRecord` unless these, None where there are none, are those of a result."""
    if result.predictions is None:
        return
    if predictions is None:
        raise UnreadableRecord(folder / RESULT, f"its {PREDICTIONS} is missing")
    found = hashlib.sha256(predictions).hexdigest()
    if found != result.predictions.sha256:
        raise UnreadableRecord(
            folder / RESULT,
            f"its {PREDICTIONS} has SHA-256 {found[:12]}…, not {result.predictions.sha256[:12]}…",
        )


def _predictions_in(folder: Path) -> bytes | None:
    try:
        return (folder / PREDICTIONS).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"its {PREDICTIONS} cannot be read: {error.strerror}"
        raise UnreadableRecord(folder / RESULT, reason) from error


def check_root(root: Path, option: str = "--results") -> None:
    """Raises `ResultsError` unless `root` is a results root, an empty folder or not there yet."""
    if root.exists() and not root.is_dir():
        raise ResultsError(f"results: {root} is a file; name a folder with {option}")
    if (root / MARKER).exists():
        check_schema(root / MARKER)
    elif root.is_dir() and any(not path.name.startswith(f".{MARKER}") for path in root.iterdir()):
        raise ResultsError(
            f"results: {root} holds other files and no {MARKER}, so it is not a results folder of "
            f"zoo; name another or an empty one with {option}"
        )


def _next_free(quarantine: Path, name: str) -> Path:
    durable.make_folder(quarantine)
    number = 1
    while True:
        try:
            (quarantine / f"{name}-{number}").mkdir()
        except FileExistsError:
            number += 1
        else:
            durable.sync_folder(quarantine)
            return quarantine / f"{name}-{number}"


def _disk_error(error: OSError, root: Path, option: str) -> ResultsError:
    if isinstance(error, NoLocks):
        return ResultsError(
            f"results: the file system of {root} grants no locks ({error.strerror}), and without "
            "them two commands could compute the same run at once; have it mounted with locks "
            f"(over NFS: with its lock service running), or name a folder elsewhere with {option}"
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        existing = next(folder for folder in (root, *root.absolute().parents) if folder.exists())
        free = shutil.disk_usage(existing).free
        return DiskError(
            f"results: no space left for {root} ({free:,} bytes free); make room and give the same "
            "command again: finished runs are kept"
        )
    return DiskError(
        f"results: cannot write in {root}: {error.strerror}; name another folder with {option}"
    )
