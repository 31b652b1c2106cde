"""What the page shows, as JSON values: the leaderboard, and behind each row its runs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from zoo.terminal import printable, shortened
from zoo_bench.comparisons import Comparison
from zoo_bench.entries import Entry
from zoo_bench.leaderboard import Board, Leaderboard, TaskBoard
from zoo_bench.page.audits import audit_fields
from zoo_bench.page.examples import LONGEST_TEXT, Texts, most_wrong
from zoo_bench.reading import Contents
from zoo_bench.records import ClassScores, Component, Result, RunSpec
from zoo_bench.standings import tests_over_tasks
from zoo_bench.statements import UNLEARNED, caveats, claims

_DIGITS = 6
_OF_AN_EPOCH = ("epoch", "train_loss", "validation_loss", "accuracy", "macro_f1")
# of a provenance, what differs from run to run; the rest is the same for many
_OF_ONE_RUN = {"executor", "attempts", "resumed", "started_at", "finished_at"}

TaskKey = tuple[str, str]
NO_EXAMPLES = Texts(None, reason="This page was built without examples.")


def page_fields(
    leaderboard: Leaderboard, contents: Contents, texts: Mapping[TaskKey, Texts]
) -> dict[str, Any]:
    """Everything the page shows; `texts` by name and content of a task, where they are wanted."""
    environments = _Environments()
    tasks = [
        [_task_fields(board, one, contents, texts, environments) for one in board.tasks]
        for board in leaderboard.boards
    ]
    shown: dict[str, Any] = _shown(
        {
            "boards": [_board_fields(board) for board in leaderboard.boards],
            "environments": environments.known,
            "causes": [dataclasses.asdict(cause) for cause in leaderboard.causes],
            "unfinished": leaderboard.unfinished,
            "unreadable": leaderboard.unreadable,
            "repeated": leaderboard.repeated,
        }
    )
    for board, of_board in zip(shown["boards"], tasks, strict=True):
        board["tasks"] = of_board
    return shown


class _Environments:
    """Provenances that many runs share, each once."""

    def __init__(self) -> None:
        self.known: list[dict[str, Any]] = []

    def place(self, provenance: dict[str, Any]) -> int:
        if provenance not in self.known:
            self.known.append(provenance)
        return self.known.index(provenance)


def _shown(value: Any) -> Any:
    """The value with names that nothing obeys and with as many digits as a page can use."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {printable(key): _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value


def _board_fields(board: Board) -> dict[str, Any]:
    return {
        "protocol": f"{board.protocol.name} {board.protocol.version}",
        "outdated": board.outdated,
        "threads": board.threads,
        "recipe": board.recipe,
        "recipe_id": None if board.recipe is None else board.recipe_id,
        "across": board.across
        and {
            **dataclasses.asdict(board.across),
            "counted": board.across.counted,
            "tests": list(tests_over_tasks(board.across)),
        },
    }


def _task_fields(
    board: Board,
    task_board: TaskBoard,
    contents: Contents,
    texts: Mapping[TaskKey, Texts],
    environments: _Environments,
) -> dict[str, Any]:
    task, comparisons = task_board.task, task_board.comparisons
    by_id = {run.run_id: run for run in _all_runs(contents)}
    runs = {entry.name: [by_id[run_id] for run_id in entry.run_ids] for entry in task_board.entries}
    failures = {failure.run_id: failure for _, failure in contents.failures}
    found = texts.get(task.key, NO_EXAMPLES)
    names = [tables.task.name for tables in board.tasks]
    is_twice = names.count(task.name) > 1
    of_entries = [
        _entry_fields(entry)
        | {"runs": [_run_fields(run, failures, environments) for run in runs[entry.name]]}
        | _details(runs[entry.name])
        for entry in task_board.entries
    ]
    fields: dict[str, Any] = _shown(
        {
            "id": f"{task.name}~{task.content_sha256[:6]}" if is_twice else task.name,
            "task": task.model_dump(mode="json"),
            "is_drawn": task.is_drawn,
            "claims": claims(task_board),
            "why_unranked": UNLEARNED if any(one.unlearned for one in task_board.pairs) else None,
            "detectable": comparisons.detectable,
            "variance": task_board.variance and dataclasses.asdict(task_board.variance),
            "caveats": caveats(task_board),
            "comparisons": list(_comparisons(task_board, comparisons.pairs)),
            "with_baselines": list(_comparisons(task_board, comparisons.with_baselines)),
            "entries": of_entries,
            "audit": audit_fields(found, [run for one in runs.values() for run in one]),
            "texts": {"licence": found.licence, "source": found.source, "reason": found.reason},
        }
    )
    if found.texts is not None:
        for entry, shown in zip(task_board.entries, fields["entries"], strict=True):
            # as they are: a text is no name, and nothing but `textContent` ever holds it
            shown["examples"] = _examples(runs[entry.name], contents, found.texts)
    return fields


def _all_runs(contents: Contents) -> Iterator[RunSpec]:
    yield from contents.results
    yield from (spec for spec, _ in contents.failures)
    yield from contents.unfinished


def _entry_fields(entry: Entry) -> dict[str, Any]:
    named = ("name", "n", "unlearned", "instead_of_rank", "suggestion")
    return {**{name: getattr(entry, name) for name in named}, **dataclasses.asdict(entry)}


def _comparisons(task_board: TaskBoard, found: Iterable[Comparison]) -> Iterator[list[Any]]:
    """`[first, second, difference, p, low, high, is real]`, both by their places in the list."""
    places = {entry.name: place for place, entry in enumerate(task_board.entries)}
    for one in found:
        numbers = [round(value, 5) for value in (one.difference, one.p_value, one.low, one.high)]
        yield [places[one.first], places[one.second], *numbers, one.is_real]


def _run_fields(
    run: RunSpec, failures: Mapping[str, Any], environments: _Environments
) -> dict[str, Any]:
    fields: dict[str, Any] = {"run_id": run.run_id, "seed": run.seed}
    if not isinstance(run, Result):
        failure = failures.get(run.run_id)
        if failure is None:
            return fields | {"state": "unfinished"}
        failed = failure.model_dump(mode="json", include={"kind", "message", "step", "attempts"})
        failed["message"] = " ".join(failure.message.split())
        return fields | {"state": "failed", "failure": failed}
    provenance = run.provenance.model_dump(mode="json")
    of_all = {key: value for key, value in provenance.items() if key not in _OF_ONE_RUN}
    return fields | {
        "state": "scored" if run.has_scores else "diverged",
        "verdict": run.verdict,
        "reason": run.verdict_reason,
        "suggestion": run.suggestion,
        "metrics": run.metrics,
        "undefined": run.undefined,
        "cost": run.cost.model_dump(mode="json"),
        "history": [{key: row[key] for key in _OF_AN_EPOCH if key in row} for row in run.history],
        "predictions": run.predictions and run.predictions.sha256,
        "provenance": {key: provenance[key] for key in _OF_ONE_RUN},
        "environment": environments.place(of_all),
    }


def _details(runs: Sequence[RunSpec]) -> dict[str, Any]:
    """What an entry's runs have in common, and their classes and confusions taken together."""
    scored = [run for run in runs if isinstance(run, Result) and run.has_scores]
    counts: Counter[tuple[int, int]] = Counter()
    for run in scored:
        for label, row in enumerate(run.confusion):
            counts.update({(label, other): count for other, count in enumerate(row) if count})
    return {
        "components": {
            role: part.model_dump(mode="json")
            for role, part in _components(runs[0])
            if part is not None
        },
        "recipe": runs[0].recipe,
        "overridden": runs[0].overridden,
        "per_class": _mean_classes([run.per_class for run in scored if run.per_class]),
        "confusion": [[*place, count] for place, count in sorted(counts.items())],
    }


def _components(run: RunSpec) -> Iterator[tuple[str, Component | None]]:
    yield from (("encoder", run.encoder), ("head", run.head), ("baseline", run.baseline))


def _mean_classes(tables: Sequence[Sequence[ClassScores]]) -> list[dict[str, Any]]:
    """The means over seeds of every label's scores; null where no seed has the score."""
    rows = []
    for same in zip(*tables, strict=True):
        scores: dict[str, Any] = {"label": same[0].label, "support": same[0].support}
        for metric in ("precision", "recall", "f1"):
            known = [value for one in same if (value := getattr(one, metric)) is not None]
            scores[metric] = fmean(known) if known else None
        rows.append(scores)
    return rows


def _examples(
    runs: Sequence[RunSpec], contents: Contents, texts: Sequence[str]
) -> list[dict[str, Any]]:
    scored = [run for run in runs if isinstance(run, Result) and run.has_scores]
    return [
        {**dataclasses.asdict(one), "text": shortened(texts[one.row], LONGEST_TEXT)}
        for one in most_wrong(scored, contents.folders)
    ]
