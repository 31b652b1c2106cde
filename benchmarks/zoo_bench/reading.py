"""Reading a results root without changing it: one record, or everything that lies there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from zoo.errors import ZooError
from zoo.strict_json import load_json
from zoo_bench.conflicts import is_conflict
from zoo_bench.correctness import UnusablePredictions, rows_of
from zoo_bench.identity import canonical_json
from zoo_bench.migrations import migrate
from zoo_bench.records import SCHEMA_VERSION, Failure, Record, Result, RunSpec

if TYPE_CHECKING:
    import numpy as np

MARKER = "zoo-results.json"
MARKER_LINE = f'{{"format": "zoo-results", "schema_version": {SCHEMA_VERSION}}}'

AnyRecord = TypeVar("AnyRecord", bound=Record)


class NewerSchema(ZooError):
    """Records that a newer zoo wrote; they are left untouched."""


class UnreadableRecord(ZooError):
    """One record that is broken; the others are unaffected."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a results root: finished, failed, begun but unfinished, and unreadable runs.

    `repeated` says of runs that are there twice which one was left out. By run id: `correct`, which
    of the test rows that ranks count were right, `(row,)`; `folders`, where the files of a finished
    run lie.
    """

    results: tuple[Result, ...] = ()
    failures: tuple[tuple[RunSpec, Failure], ...] = ()
    unfinished: tuple[RunSpec, ...] = ()
    unreadable: tuple[UnreadableRecord, ...] = ()
    repeated: tuple[str, ...] = ()
    correct: Mapping[str, np.ndarray] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)

    def of(self, runs: Sequence[RunSpec]) -> Contents:
        """Of these runs alone; those that left nothing are unfinished."""
        wanted = {run.run_id for run in runs}
        results = tuple(result for result in self.results if result.run_id in wanted)
        failures = tuple(pair for pair in self.failures if pair[0].run_id in wanted)
        ended = {run.run_id for run in (*results, *(spec for spec, _ in failures))}
        unfinished = tuple(run for run in runs if run.run_id not in ended)
        return replace(self, results=results, failures=failures, unfinished=unfinished)


def check_schema(marker: Path) -> int:
    """The schema version of a results root; raises `NewerSchema` or `UnreadableRecord`."""
    try:
        version: int = _read_json(marker)[1]["schema_version"]
    except UnreadableRecord as error:
        # every record has a version of its own, and is refused where that is a newer one
        mend = f"no run beside it is lost: put a file with this line in its place: {MARKER_LINE}"
        raise UnreadableRecord(marker, f"{error.reason}; {mend}") from error
    return version


def _read_json(path: Path, content: bytes | None = None) -> tuple[bytes, dict[str, Any]]:
    """A record's text and what it says, its schema version known to be one that can be read."""
    try:
        content = path.read_bytes() if content is None else content
        value = load_json(content, path.name)
    except (ValueError, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise UnreadableRecord(path, f"cannot be read: {error}") from error
    version = value.get("schema_version") if isinstance(value, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UnreadableRecord(path, "has no schema_version, so it is no record of zoo")
    if version > SCHEMA_VERSION:
        raise NewerSchema(
            f"{path}: schema {version}, this is schema {SCHEMA_VERSION}: upgrade zoo "
            "(pip install --upgrade intentzoo); nothing was touched"
        )
    return content, value


def read_record(path: Path, record: type[AnyRecord], content: bytes | None = None) -> AnyRecord:
    """The record at `path`; raises `FileNotFoundError`, `NewerSchema` or `UnreadableRecord`.

    With `content` it is that of a file which was read before.
    """
    content, value = _read_json(path, content)
    if value["schema_version"] < SCHEMA_VERSION:
        content = canonical_json(migrate(value)).encode("ascii")
    try:
        # from the text, not from the parsed value: strict JSON mode reads dates and tuples
        return record.model_validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        # a byte-order mark: JSON for `load_json`, none for pydantic
        where = "cannot be read" if first["type"] == "json_invalid" else where
        raise UnreadableRecord(path, f"{where}: {first['msg']}".removeprefix(": ")) from error


def read_contents(root: Path) -> Contents:
    """Everything in a results root, sorted by folder name; nothing is moved or written.

    Of a run that lies there twice the first counts, and `repeated` names the other.
    """
    found = _Found()
    found.add(root)
    return found.contents()


def find_roots(place: Path) -> list[Path]:
    """The results root at `place`, or those directly inside, by name."""
    if (place / MARKER).is_file():
        return [place]
    return sorted(folder.parent for folder in place.glob(f"*/{MARKER}"))


def read_all(roots: Iterable[Path]) -> Contents:
    """Everything in several roots; of a run that lies in more than one the first counts.

    As where roots are merged, one that predicts something else than the first is named, in
    `repeated`.
    """
    found = _Found()
    for root in roots:
        check_schema(root / MARKER)
        found.add(root)
    return found.contents()


class _Found:
    """What was found so far, each run once."""

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}
        self._failures: dict[str, tuple[RunSpec, Failure]] = {}
        self._unfinished: dict[str, RunSpec] = {}
        self._unreadable: list[UnreadableRecord] = []
        self._repeated: list[str] = []
        self._correct: dict[str, np.ndarray] = {}
        self._folders: dict[str, Path] = {}

    def add(self, root: Path) -> None:
        """Everything in one more root."""
        here: dict[str, Path] = {}
        for folder in sorted((root / "runs").glob("*/")):
            try:
                if (folder / "result.json").exists():
                    self._add_result(folder, here)
                else:
                    self._add_unfinished(folder, here)
            except FileNotFoundError:
                continue  # claimed a moment ago by a running `zoo bench`: nothing is in it yet
            except UnreadableRecord as error:
                self._unreadable.append(error)
            except UnusablePredictions as error:
                self._unreadable.append(UnreadableRecord(folder / "result.json", str(error)))

    def _add_result(self, folder: Path, here: dict[str, Path]) -> None:
        result = read_record(folder / "result.json", Result)
        run_id = result.run_id
        rows = None if result.predictions is None else rows_of(result, folder)
        counted = self._folders.get(run_id)
        if counted is None:
            if run_id in here:
                self._name(result, left_out=here[run_id], counted=folder)
            self._results[run_id] = result
            self._folders[run_id] = here[run_id] = folder
            if rows is not None:
                self._correct[run_id] = rows
        elif is_conflict(self._results[run_id], counted, result, folder):
            self._name(result, folder, counted, "computed twice, with different predictions")
        elif run_id in here:
            self._name(result, folder, counted)

    def _add_unfinished(self, folder: Path, here: dict[str, Path]) -> None:
        """A run that failed, or that was begun."""
        has_failed = (folder / "error.json").exists()
        if has_failed and not (folder / "spec.json").exists():
            raise UnreadableRecord(folder / "spec.json", "is missing")
        spec = read_record(folder / "spec.json", RunSpec)
        failure = read_record(folder / "error.json", Failure) if has_failed else None
        if spec.run_id in here:
            self._name(spec, folder, here[spec.run_id])
            return
        here[spec.run_id] = folder
        if failure is None:
            self._unfinished.setdefault(spec.run_id, spec)
        else:
            self._failures.setdefault(spec.run_id, (spec, failure))

    def _name(
        self, run: RunSpec, left_out: Path, counted: Path, what: str = "the same run twice"
    ) -> None:
        self._repeated.append(f"{left_out}: {run.label}, {what}; the one in {counted} counts")

    def contents(self) -> Contents:
        """All of it: a run that is finished somewhere has not failed, nor is it unfinished."""
        failed = {run: pair for run, pair in self._failures.items() if run not in self._results}
        ended = self._results.keys() | failed.keys()
        left = [spec for run_id, spec in self._unfinished.items() if run_id not in ended]
        return Contents(
            results=tuple(self._results.values()),
            failures=tuple(failed.values()),
            unfinished=tuple(left),
            unreadable=tuple(self._unreadable),
            repeated=tuple(self._repeated),
            correct=self._correct,
            folders=self._folders,
        )
