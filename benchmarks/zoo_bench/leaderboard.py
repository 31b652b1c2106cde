"""The leaderboard as data, derived from stored records and nothing else (no torch in here).

A *board* holds what may be compared: one protocol, one recipe, one number of threads. What a recipe
may leave to the encoder is left out of that; where one pair comes with two of it, its rows are told
apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zoo_bench import identity
from zoo_bench.comparisons import (
    AcrossTasks,
    Candidate,
    Comparisons,
    Outcome,
    across_tasks,
    compare,
)
from zoo_bench.entries import Entry, make_candidate, make_entry, rank_scores
from zoo_bench.reading import Contents
from zoo_bench.recipe_differences import recipe_differences
from zoo_bench.records import Failure, Protocol, Result, RunSpec, TaskRecord
from zoo_bench.statistics.variance import VarianceShares, variance_shares

if TYPE_CHECKING:
    import numpy as np

    Correct = Mapping[str, np.ndarray]

# what `Recipe.resolved` fills in by whether the encoder is pretrained; suites fix the epochs
LEFT_TO_THE_ENCODER = ("encoder_learning_rate", "min_warmup_steps")


@dataclass(frozen=True, slots=True)
class TaskBoard:
    """All entries on one task, best first, and what may be said of them."""

    task: TaskRecord
    entries: tuple[Entry, ...]
    hardware: tuple[str, ...]
    comparisons: Comparisons
    variance: VarianceShares | None
    recipe_differences: tuple[str, ...]

    @property
    def pairs(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == "pair"]

    @property
    def has_out_of_scope(self) -> bool:
        """Whether anything was scored of an out-of-scope split."""
        return any(entry.auroc is not None for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Board:
    """What may be compared with one another.

    `newest_version` is the newest of its protocol on the leaderboard.
    """

    protocol: Protocol
    newest_version: int
    threads: int
    recipe: dict[str, Any] | None
    tasks: tuple[TaskBoard, ...]
    across: AcrossTasks | None

    @property
    def recipe_id(self) -> str:
        return identity.sha256(self.recipe)[:6]

    @property
    def outdated(self) -> str | None:
        """What to say of a board whose protocol has a newer version here."""
        if self.protocol.version == self.newest_version:
            return None
        return (
            f"An older version of this protocol: version {self.newest_version} has a board of its "
            "own here, and the two cannot be compared."
        )


@dataclass(frozen=True, slots=True)
class Cause:
    """Why some runs failed, and which."""

    kind: str
    message: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Every board, and what did not get onto one."""

    boards: tuple[Board, ...]
    causes: tuple[Cause, ...]
    unfinished: tuple[str, ...]
    unreadable: tuple[str, ...]
    repeated: tuple[str, ...]


def build(contents: Contents) -> Leaderboard:
    """The leaderboard of what lies in a results root."""
    runs: list[RunSpec] = [
        *contents.results,
        *(spec for spec, _ in contents.failures),
        *contents.unfinished,
    ]
    failed = {failure.run_id for _, failure in contents.failures}
    newest: dict[str, int] = {}
    for run in runs:
        newest[run.protocol.name] = max(run.protocol.version, newest.get(run.protocol.name, 1))
    boards = sorted(
        _boards(runs, failed, contents.correct, newest),
        key=lambda board: (board.protocol.name, -board.protocol.version),
    )
    return Leaderboard(
        boards=tuple(boards),
        causes=tuple(_causes(contents.failures)),
        unfinished=tuple(spec.label for spec in contents.unfinished),
        unreadable=tuple(str(error) for error in contents.unreadable),
        repeated=contents.repeated,
    )


def _boards(
    runs: Sequence[RunSpec], failed: set[str], correct: Correct, newest: Mapping[str, int]
) -> Iterable[Board]:
    pairs = [run for run in runs if run.kind == "pair"]
    baselines = [run for run in runs if run.kind == "baseline"]
    placed: set[str] = set()
    for board_runs in _grouped(pairs, _board_key):
        first = board_runs[0]
        beside = [run for run in baselines if _can_stand_beside(run, board_runs)]
        placed.update(run.run_id for run in beside)
        version = newest[first.protocol.name]
        recipe = _shared_recipe(first)
        yield _board(first, version, recipe, [*board_runs, *beside], failed, correct)
    alone = [run for run in baselines if run.run_id not in placed]
    for board_runs in _grouped(alone, lambda run: (run.protocol.model_dump(), run.threads)):
        version = newest[board_runs[0].protocol.name]
        yield _board(board_runs[0], version, None, board_runs, failed, correct)


def _board_key(run: RunSpec) -> Any:
    return run.protocol.model_dump(), run.threads, _shared_recipe(run)


def _shared_recipe(run: RunSpec) -> dict[str, Any] | None:
    # what the suite gives one task, encoder or head of its own does not part it from the others
    recipe = (run.recipe or {}) | run.overridden
    return {key: value for key, value in recipe.items() if key not in LEFT_TO_THE_ENCODER}


def _can_stand_beside(baseline: RunSpec, pairs: Sequence[RunSpec]) -> bool:
    tasks = {pair.task.key for pair in pairs}
    has_same_rules = (baseline.protocol, baseline.threads) == (pairs[0].protocol, pairs[0].threads)
    return has_same_rules and baseline.task.key in tasks


def _board(
    first: RunSpec,
    newest_version: int,
    recipe: dict[str, Any] | None,
    runs: Sequence[RunSpec],
    failed: set[str],
    correct: Correct,
) -> Board:
    by_task = [
        _grouped(task_runs, _entry_key) for task_runs in _grouped(runs, lambda run: run.task.key)
    ]
    marks = _marks([group[0] for groups in by_task for group in groups])
    tasks = tuple(_task_board(groups, marks, failed, correct) for groups in by_task)
    return Board(first.protocol, newest_version, first.threads, recipe, tasks, _across(tasks))


def _across(tasks: Sequence[TaskBoard]) -> AcrossTasks | None:
    tables = [{entry.name: entry for entry in task.pairs} for task in tasks]
    names = sorted({name for table in tables for name in table})
    scores = {
        name: [_ranked_mean(table[name]) if name in table else None for table in tables]
        for name in names
    }
    # a drawn task has the hash of the whole
    data_sets = [task.task.content_sha256 for task in tasks]
    return across_tasks(scores, [task.comparisons for task in tasks], data_sets)


def _ranked_mean(entry: Entry) -> float | None:
    return entry.rank_by.mean if entry.rank is not None and entry.rank_by is not None else None


def _task_board(
    grouped: Sequence[Sequence[RunSpec]],
    marks: Mapping[str, str],
    failed: set[str],
    correct: Correct,
) -> TaskBoard:
    runs = [run for group in grouped for run in group]
    seeds = {kind: {run.seed for run in runs if run.kind == kind} for kind in ("pair", "baseline")}
    entries: list[Entry] = []
    candidates: dict[str, Candidate] = {}
    variance_scores: dict[tuple[str, str, int], float] = {}
    named: dict[str, RunSpec] = {}
    for group in grouped:
        entry = make_entry(
            group,
            failed,
            mark=marks.get(group[0].run_id, ""),
            expected=len(seeds[group[0].kind]),
        )
        entries.append(entry)
        scores = rank_scores(group)
        candidates[entry.name] = make_candidate(entry, scores, correct)
        if entry.encoder is not None and entry.head is not None:
            named[entry.name] = group[0]
            variance_scores |= {
                (entry.encoder, entry.head, run.seed): score for run, score in scores
            }
    entries.sort(key=_order)
    is_whole = not any(entry.unlearned for entry in entries)
    comparisons = compare([candidates[entry.name] for entry in entries if entry.n])
    # here and not in a verdict: a record does not depend on which other runs there are
    against: dict[str, dict[str, Outcome]] = defaultdict(dict)
    for one in comparisons.with_baselines:
        against[one.first][one.second] = one.outcome
    hardware = {run.cost.hardware for run in runs if isinstance(run, Result)}
    return TaskBoard(
        # one that counts what is out of scope: records from before schema 4 do not
        next((run.task for run in runs if run.task.n_out_of_scope is not None), runs[0].task),
        tuple(
            replace(
                entry,
                rank=comparisons.letters.get(entry.name),
                row_error=comparisons.row_errors.get(entry.name),
                against_baselines=against[entry.name],
            )
            for entry in entries
        ),
        tuple(sorted(hardware)),
        comparisons,
        # with runs that have not learned it would tell of the training, and not of the parts
        variance_shares(variance_scores) if is_whole else None,
        tuple(recipe_differences(named)),
    )


def _order(entry: Entry) -> tuple[float, str]:
    return -entry.rank_by.mean if entry.rank_by else 1.0, entry.name


def _entry_key(run: RunSpec) -> Any:
    """Everything that decides the number, except the seed."""
    decides = identity.identity(run.as_fields())
    return {key: value for key, value in decides.items() if key != "seed"}


def _marks(runs: Sequence[RunSpec]) -> dict[str, str]:
    """By run id, what tells those of one name apart (another version, revision or learning rate).

    `runs` has one of every entry on a board: a pair has the same name on all of its tasks.
    """
    marks: dict[str, str] = {}
    for namesakes in _grouped(runs, lambda run: run.who):
        own = _own_values(namesakes)
        found = [_mark(run, own) for run in namesakes]
        if len(set(found)) > 1:
            marks |= {run.run_id: mark for run, mark in zip(namesakes, found, strict=True)}
    return marks


def _own_values(namesakes: Sequence[RunSpec]) -> set[str]:
    """What of their recipes differs on one task, and so is not what a suite gives that task."""
    return {
        key
        for on_one_task in _grouped(namesakes, lambda run: run.task.key)
        for key in {key for run in on_one_task for key in run.recipe or {}}
        if len({identity.canonical_json((run.recipe or {}).get(key)) for run in on_one_task}) > 1
    }


def _mark(run: RunSpec, own: set[str]) -> str:
    recipe = run.recipe or {}
    shared = recipe | run.overridden | {key: recipe[key] for key in own if key in recipe}
    decides = {key: value for key, value in _entry_key(run).items() if key != "task"}
    return f"#{identity.sha256(decides | {'recipe': shared})[:4]}"


def _grouped(runs: Iterable[RunSpec], key: Any) -> list[list[RunSpec]]:
    """Runs with equal keys together, groups and members in the order they came."""
    groups: Mapping[str, list[RunSpec]] = defaultdict(list)
    for run in runs:
        groups[identity.canonical_json(key(run))].append(run)
    return list(groups.values())


def _causes(failures: Sequence[tuple[RunSpec, Failure]]) -> Iterable[Cause]:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for spec, failure in failures:
        # a message of several lines is one line of a board
        groups[failure.kind, " ".join(failure.message.split())].append(spec.label)
    for (kind, message), runs in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield Cause(kind, message, tuple(sorted(runs)))
