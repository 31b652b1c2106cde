"""The leaderboard as data, derived from stored records and nothing else (no torch in here).

A *board* holds what may be compared: one protocol, one recipe, one number of threads. What a recipe
may leave to the encoder is left out of that; where one pair comes with two of it, its rows are told
apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoo_bench import identity
from zoo_bench.reading import Contents
from zoo_bench.records import Failure, Kind, Protocol, Result, RunSpec, TaskRecord
from zoo_bench.statistics.intervals import Interval, t_interval

# what `Recipe.resolved` fills in by whether the encoder is pretrained; suites fix the epochs
LEFT_TO_THE_ENCODER = ("encoder_learning_rate", "min_warmup_steps")


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair or baseline on one task. Intervals are over seeds and None without any score.

    `expected` is how many seeds any pair has on this task; `diverged`, `failed` and `unfinished`
    runs have no score and are missing from `n`, `verdicts` counts those that have one.
    `certified`: encoder and head had passed `zoo check` whenever they ran; False where one had
    failed it, None where one had not been checked.
    """

    kind: Kind
    encoder: str | None
    head: str | None
    baseline: str | None
    seeds: tuple[int, ...]
    expected: int
    accuracy: Interval | None
    macro_f1: Interval | None
    clean_accuracy: Interval | None
    parameters_total: int | None
    parameters_head: int | None
    train_seconds: float | None
    latency_p50_ms: float | None
    verdicts: dict[str, int]
    diverged: int
    failed: int
    unfinished: int
    certified: bool | None

    @property
    def name(self) -> str:
        """`encoder+head`, or the baseline's name."""
        return "+".join(part for part in (self.encoder, self.head, self.baseline) if part)

    @property
    def n(self) -> int:
        """How many seeds the scores are over."""
        return 0 if self.accuracy is None else self.accuracy.n

    @property
    def rank_by(self) -> Interval | None:
        """The accuracy on test rows that do not occur in train, where there are such rows."""
        return self.clean_accuracy or self.accuracy


@dataclass(frozen=True, slots=True)
class TaskBoard:
    """All entries on one task, best first."""

    task: TaskRecord
    entries: tuple[Entry, ...]
    hardware: tuple[str, ...]

    @property
    def pairs(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == "pair"]


@dataclass(frozen=True, slots=True)
class Board:
    """What may be compared with one another."""

    protocol: Protocol
    threads: int
    recipe: dict[str, Any] | None
    tasks: tuple[TaskBoard, ...]

    @property
    def recipe_id(self) -> str:
        return identity.sha256(self.recipe)[:6]


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


def build(contents: Contents) -> Leaderboard:
    """The leaderboard of what lies in a results root."""
    runs: list[RunSpec] = [
        *contents.results,
        *(spec for spec, _ in contents.failures),
        *contents.unfinished,
    ]
    boards = _boards(runs, {failure.run_id for _, failure in contents.failures})
    return Leaderboard(
        boards=tuple(boards),
        causes=tuple(_causes(contents.failures)),
        unfinished=tuple(spec.label for spec in contents.unfinished),
        unreadable=tuple(str(error) for error in contents.unreadable),
    )


def _boards(runs: Sequence[RunSpec], failed: set[str]) -> Iterable[Board]:
    pairs = [run for run in runs if run.kind == "pair"]
    baselines = [run for run in runs if run.kind == "baseline"]
    placed: set[str] = set()
    for board_runs in _grouped(pairs, _board_key):
        first = board_runs[0]
        beside = [run for run in baselines if _can_stand_beside(run, board_runs)]
        placed.update(run.run_id for run in beside)
        yield _board(first, _shared_recipe(first), [*board_runs, *beside], failed)
    alone = [run for run in baselines if run.run_id not in placed]
    for board_runs in _grouped(alone, lambda run: (run.protocol.model_dump(), run.threads)):
        yield _board(board_runs[0], None, board_runs, failed)


def _board_key(run: RunSpec) -> Any:
    return run.protocol.model_dump(), run.threads, _shared_recipe(run)


def _shared_recipe(run: RunSpec) -> dict[str, Any] | None:
    recipe = run.recipe or {}
    return {key: value for key, value in recipe.items() if key not in LEFT_TO_THE_ENCODER}


def _can_stand_beside(baseline: RunSpec, pairs: Sequence[RunSpec]) -> bool:
    tasks = {_task_key(pair) for pair in pairs}
    has_same_rules = (baseline.protocol, baseline.threads) == (pairs[0].protocol, pairs[0].threads)
    return has_same_rules and _task_key(baseline) in tasks


def _board(
    first: RunSpec, recipe: dict[str, Any] | None, runs: Sequence[RunSpec], failed: set[str]
) -> Board:
    tasks = (_task_board(task_runs, failed) for task_runs in _grouped(runs, _task_key))
    return Board(first.protocol, first.threads, recipe, tuple(tasks))


def _task_board(runs: Sequence[RunSpec], failed: set[str]) -> TaskBoard:
    expected = len({run.seed for run in runs if run.kind == "pair"})
    grouped = _grouped(runs, _entry_key)
    shared_names = Counter(group[0].who for group in grouped)
    entries = [
        _entry(
            group,
            failed,
            mark=_mark(group[0]) if shared_names[group[0].who] > 1 else "",
            expected=expected if group[0].kind == "pair" else 1,
        )
        for group in grouped
    ]
    hardware = {run.cost.hardware for run in runs if isinstance(run, Result)}
    return TaskBoard(runs[0].task, tuple(sorted(entries, key=_order)), tuple(sorted(hardware)))


def _order(entry: Entry) -> tuple[float, str]:
    return -entry.rank_by.mean if entry.rank_by else 1.0, entry.name


def _entry(runs: Sequence[RunSpec], failed: set[str], *, mark: str, expected: int) -> Entry:
    first = runs[0]
    results = [run for run in runs if isinstance(run, Result)]
    scored = [result for result in results if result.metrics.get("test")]
    latencies = [run.cost.latency.p50_ms for run in scored if run.cost.latency]
    failures = sum(run.run_id in failed for run in runs)
    return Entry(
        kind=first.kind,
        encoder=first.encoder.label if first.encoder else None,
        head=first.head.label + mark if first.head else None,
        baseline=first.baseline.label + mark if first.baseline else None,
        seeds=tuple(sorted(run.seed for run in scored)),
        expected=expected,
        accuracy=_interval(scored, "test", "accuracy"),
        macro_f1=_interval(scored, "test", "macro_f1"),
        clean_accuracy=_interval(scored, "test_clean", "accuracy"),
        parameters_total=scored[0].cost.parameters_total if scored else None,
        parameters_head=scored[0].cost.parameters_head if scored else None,
        train_seconds=_mean([run.cost.train_seconds for run in scored]),
        latency_p50_ms=_mean(latencies),
        verdicts=dict(sorted(Counter(run.verdict for run in scored if run.verdict).items())),
        diverged=sum(run.verdict == "diverged" for run in results),
        failed=failures,
        unfinished=len(runs) - len(results) - failures,
        certified=_is_certified(results) if first.kind == "pair" else None,
    )


def _is_certified(results: Sequence[Result]) -> bool | None:
    found = [
        run.provenance.certificates.get(role) for run in results for role in ("encoder", "head")
    ]
    if any(one is not None and one.status == "failed" for one in found):
        return False
    return True if found and all(found) else None


def _interval(scored: Sequence[Result], split: str, metric: str) -> Interval | None:
    values = [(run.metrics.get(split) or {}).get(metric) for run in scored]
    known = [value for value in values if value is not None]
    return t_interval(known) if known else None


def _mean(values: Sequence[float]) -> float | None:
    return t_interval(values).mean if values else None


def _entry_key(run: RunSpec) -> Any:
    """Everything that decides the number, except the seed."""
    decides = identity.identity(run.as_fields())
    return {key: value for key, value in decides.items() if key != "seed"}


def _mark(run: RunSpec) -> str:
    """What tells two of the same name apart (another version, revision or learning rate)."""
    return f"#{identity.sha256(_entry_key(run))[:4]}"


def _task_key(run: RunSpec) -> tuple[str, str]:
    return run.task.name, run.task.content_sha256


def _grouped(runs: Iterable[RunSpec], key: Any) -> list[list[RunSpec]]:
    """Runs with equal keys together, groups and members in the order they came."""
    groups: Mapping[str, list[RunSpec]] = defaultdict(list)
    for run in runs:
        groups[identity.canonical_json(key(run))].append(run)
    return list(groups.values())


def _causes(failures: Sequence[tuple[RunSpec, Failure]]) -> Iterable[Cause]:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for spec, failure in failures:
        groups[failure.kind, failure.message].append(spec.label)
    for (kind, message), runs in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield Cause(kind, message, tuple(sorted(runs)))
