"""Reading a results root without changing it: one record, or everything that lies there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from zoo.errors import ZooError
from zoo.strict_json import load_json
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

    By run id: `correct`, which of the test rows that ranks count were right, `(row,)`; `folders`,
    where the files of a finished run lie.
    """

    results: tuple[Result, ...] = ()
    failures: tuple[tuple[RunSpec, Failure], ...] = ()
    unfinished: tuple[RunSpec, ...] = ()
    unreadable: tuple[UnreadableRecord, ...] = ()
    correct: Mapping[str, np.ndarray] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)

    def of(self, runs: Sequence[RunSpec]) -> Contents:
        """Of these runs alone; those that left nothing are unfinished."""
        wanted = {run.run_id for run in runs}
        results = tuple(result for result in self.results if result.run_id in wanted)
        failures = tuple(pair for pair in self.failures if pair[0].run_id in wanted)
        ended = {run.run_id for run in (*results, *(spec for spec, _ in failures))}
        unfinished = tuple(run for run in runs if run.run_id not in ended)
        return Contents(results, failures, unfinished, self.unreadable, self.correct, self.folders)


def check_schema(marker: Path) -> int:
    """The schema version of a results root; raises `NewerSchema` or `UnreadableRecord`."""
    try:
        version: int = _read_json(marker)[1]["schema_version"]
    except UnreadableRecord as error:
        # every record has a version of its own, and is refused where that is a newer one
        mend = f"no run beside it is lost: put a file with this line in its place: {MARKER_LINE}"
        raise UnreadableRecord(marker, f"{error.reason}; {mend}") from error
    return version


def _read_json(path: Path) -> tuple[bytes, dict[str, Any]]:
    """A record's text and what it says, its schema version known to be one that can be read."""
    try:
        content = path.read_bytes()
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


def read_record(path: Path, record: type[AnyRecord]) -> AnyRecord:
    """The record at `path`; raises `FileNotFoundError`, `NewerSchema` or `UnreadableRecord`."""
    content, value = _read_json(path)
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
    """Everything in a results root, sorted by folder name; nothing is moved or written."""
    results: list[Result] = []
    failures: list[tuple[RunSpec, Failure]] = []
    unfinished: list[RunSpec] = []
    unreadable: list[UnreadableRecord] = []
    correct: dict[str, np.ndarray] = {}
    folders: dict[str, Path] = {}
    for folder in sorted((root / "runs").glob("*/")):
        try:
            if (folder / "result.json").exists():
                result = read_record(folder / "result.json", Result)
                if result.predictions is not None:
                    correct[result.run_id] = rows_of(result, folder)
                results.append(result)
                folders[result.run_id] = folder
                continue
            spec = read_record(folder / "spec.json", RunSpec)
            if (folder / "error.json").exists():
                failures.append((spec, read_record(folder / "error.json", Failure)))
            else:
                unfinished.append(spec)
        except FileNotFoundError:
            continue  # claimed a moment ago by a running `zoo bench`: nothing is in it yet
        except UnreadableRecord as error:
            unreadable.append(error)
        except UnusablePredictions as error:
            unreadable.append(UnreadableRecord(folder / "result.json", str(error)))
    return Contents(
        tuple(results),
        tuple(failures),
        tuple(unfinished),
        tuple(unreadable),
        correct,
        folders,
    )


def find_roots(place: Path) -> list[Path]:
    """The results root at `place`, or those directly inside, by name."""
    if (place / MARKER).is_file():
        return [place]
    return sorted(folder.parent for folder in place.glob(f"*/{MARKER}"))


def read_all(roots: Iterable[Path]) -> Contents:
    """Everything in several roots; a run that lies in more than one counts once."""
    results: dict[str, Result] = {}
    failures: dict[str, tuple[RunSpec, Failure]] = {}
    unfinished: dict[str, RunSpec] = {}
    unreadable: list[UnreadableRecord] = []
    correct: dict[str, np.ndarray] = {}
    folders: dict[str, Path] = {}
    for root in roots:
        check_schema(root / MARKER)
        contents = read_contents(root)
        results |= {result.run_id: result for result in contents.results}
        failures |= {spec.run_id: (spec, failure) for spec, failure in contents.failures}
        unfinished |= {spec.run_id: spec for spec in contents.unfinished}
        unreadable += contents.unreadable
        correct |= contents.correct
        folders |= contents.folders
    failed = {run_id: pair for run_id, pair in failures.items() if run_id not in results}
    left = {run_id: spec for run_id, spec in unfinished.items() if run_id not in results | failed}
    return Contents(
        tuple(results.values()),
        tuple(failed.values()),
        tuple(left.values()),
        tuple(unreadable),
        correct,
        folders,
    )
