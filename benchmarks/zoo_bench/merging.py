"""Results that travel: runs of several roots in one, and a root packed into one file.

A packed root is a `.tar.gz` of what `zoo bench` writes, byte for byte, without the quarantine and
without what is derived.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from zoo import durable
from zoo_bench.conflicts import is_conflict
from zoo_bench.predictions import PREDICTIONS
from zoo_bench.reading import MARKER, UnreadableRecord, check_schema, find_roots, read_record
from zoo_bench.records import Result, RunSpec
from zoo_bench.store import (
    ERROR,
    LOG,
    RESULT,
    RUNS,
    SPEC,
    DiskError,
    ResultsError,
    Store,
    check_predictions,
)

# by the file that ends a run: what is taken of it, that file last, for it says that all is there
_FILES = {RESULT: (SPEC, PREDICTIONS, LOG, RESULT), ERROR: (SPEC, LOG, ERROR)}
_PACKED = (".tar.gz", ".tgz")
_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class Merged:
    """What became of the runs of a merge, as labels; `mended` and `unreadable` have reasons.

    `conflicts` are runs that two sources have with different predictions: the first one stayed.
    Where only one of them predicted what is out of scope, the other splits decide.
    `mended` are those of `finished` whose broken result in the target went into quarantine.
    """

    finished: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    already_there: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def merge(sources: Sequence[Path], target: Path) -> Merged:
    """Copy the runs of results roots, folders of roots, or packed files into the root `target`.

    A finished run that is already there stays; a failure gives way to a result, and so does a
    broken result, which is quarantined. Raises `ResultsError` for a source that holds no results,
    before anything is written.
    """
    with ExitStack() as stack:
        roots = [root for source in sources for root in _opened(source, stack)]
        store = Store.open(target, "--output")
        merged = Merged()
        for root in roots:
            for folder in sorted((root / RUNS).glob("*/")):
                try:
                    _adopt(store, folder, merged)
                except UnreadableRecord as error:
                    merged.unreadable.append(str(error))
        return merged


def _opened(source: Path, stack: ExitStack) -> Iterator[Path]:
    if source.is_file() and source.name.endswith(_PACKED):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zoo-results-")))
        _unpack(source, folder)
        source_roots = find_roots(folder)
    elif source.is_dir():
        source_roots = find_roots(source)
    else:
        raise ResultsError(f"results: there is no folder and no packed file {source}")
    if not source_roots:
        raise ResultsError(f"results: {source} holds no results of zoo")
    for root in source_roots:
        check_schema(root / MARKER)
        yield root


def _adopt(store: Store, folder: Path, merged: Merged) -> None:
    """Copy one run that has come to its end, unless the store has it."""
    files = _files_of(folder)
    spec: RunSpec
    if RESULT in files:
        spec = read_record(folder / RESULT, Result, files[RESULT])
        check_predictions(folder, spec, files.get(PREDICTIONS))
    elif SPEC in files:
        spec = read_record(folder / SPEC, RunSpec, files[SPEC])
    elif files:
        raise UnreadableRecord(folder / SPEC, "is missing")
    else:
        return
    claim = store.claim(spec)
    if claim is None:
        raise ResultsError(f"results: {spec.label} is being computed in {store.root}; try later")
    try:
        if _is_lacking(store, spec, folder, merged):
            store.copy_run(spec, files)
            (merged.finished if RESULT in files else merged.failed).append(spec.label)
    finally:
        claim.release()


def _files_of(folder: Path) -> dict[str, bytes]:
    """The files of a run that has come to its end, the one that says so last; else empty.

    Nobody claims a run of a source, which may be read-only: one that failed may be tried again and
    finish meanwhile. What it has then is read anew, and never a part of the one and the other.
    Raises `UnreadableRecord`.
    """
    while True:
        # the failure is looked for first: it goes once the result is there
        has_failed, is_finished = ((folder / name).exists() for name in (ERROR, RESULT))
        if not (has_failed or is_finished):
            return {}
        end = RESULT if is_finished else ERROR
        found = {name: _read(folder / name) for name in _FILES[end]}
        if found[end] is not None and (is_finished or not (folder / RESULT).exists()):
            return {name: content for name, content in found.items() if content is not None}


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableRecord(path, f"cannot be read: {error.strerror}") from error


def _is_lacking(store: Store, spec: RunSpec, folder: Path, merged: Merged) -> bool:
    """Whether the store has nothing as good; what it has is noted, or quarantined if broken."""
    try:
        there = store.result(spec)
    except UnreadableRecord as error:
        if not isinstance(spec, Result):
            raise  # a failure mends nothing, and `zoo bench` would no longer compute the run anew
        moved = store.quarantine(spec, str(error)).folder
        merged.mended.append(f"{error}; moved to {moved}, a good one is in its place")
        return True
    if there is None and (isinstance(spec, Result) or store.failure(spec) is None):
        return True
    merged.already_there.append(spec.label)
    if not isinstance(spec, Result) or there is None:
        return False
    if is_conflict(spec, folder, there, store.folder(there)):
        merged.conflicts.append(spec.label)
    return False


def pack(root: Path, file: Path) -> int:
    """Write the runs of a results root, finished and failed, to `file`; gives their number.

    The same runs give the same bytes: no times, no owners, names in order. Raises `ResultsError`
    for what is no root and for a name that `merge` does not take, and `DiskError` for a file that
    cannot be written.
    """
    if not file.name.endswith(_PACKED):
        raise ResultsError(
            f"results: zoo results merge would not take {file}; name a file that ends in "
            f"{' or '.join(_PACKED)} with --output"
        )
    if find_roots(root) != [root]:
        raise ResultsError(f"results: {root} is no results root; name the folder with {MARKER}")
    check_schema(root / MARKER)
    count = 0
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        _add(archive, MARKER, (root / MARKER).read_bytes())
        for folder in sorted((root / RUNS).glob("*/")):
            files = _files_of(folder)
            count += bool(files)
            for name, content in files.items():
                _add(archive, f"{RUNS}/{folder.name}/{name}", content)
    try:
        durable.write(file, packed.getvalue())
    except OSError as error:
        raise DiskError(
            f"results: cannot write {file}: {error.strerror}; name another file with --output"
        ) from error
    return count


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _unpack(file: Path, folder: Path) -> None:
    try:
        with gzip.open(file) as stream:
            # to its end, where the checksum is: for tarfile a damaged header ends the archive
            while stream.read(_CHUNK_BYTES):
                pass
            stream.seek(0)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                # PEP 706: no absolute names, nothing outside of the folder, no links out of it
                archive.extractall(folder, filter="data")
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ResultsError(
            f"results: {file} is damaged, and nothing was merged ({error}); copy it or have it "
            "packed once more"
        ) from error
    except (tarfile.TarError, OSError) as error:
        raise ResultsError(f"results: {file} cannot be unpacked: {error}") from error
