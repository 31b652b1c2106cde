"""The leaderboard for other programs: Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from zoo.terminal import printable
from zoo_bench.comparisons import AcrossTasks, Comparisons
from zoo_bench.entries import Entry
from zoo_bench.leaderboard import Board, Leaderboard, TaskBoard
from zoo_bench.out_of_scope import CONFIDENCE
from zoo_bench.standings import STANDING_TITLES, standing_cells, tests_over_tasks
from zoo_bench.statements import caveats, claims, verdict_notes
from zoo_bench.statistics.intervals import Interval

JSON_FORMAT = "zoo-leaderboard"
JSON_VERSION = 3


def to_fields(leaderboard: Leaderboard) -> dict[str, Any]:
    """Everything, unrounded (a share is 0 to 1), as JSON values."""
    return {"format": JSON_FORMAT, "version": JSON_VERSION, **_fields(leaderboard)}


def json_text(fields: Any) -> str:
    """JSON values as text: ASCII, sorted keys, no NaN."""
    return json.dumps(fields, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Entry):
        named = ("name", "instead_of_rank", "suggestion")
        return {**{name: getattr(value, name) for name in named}, **_fields(value)}
    if isinstance(value, Comparisons):
        shown = ("letters", "row_errors", "detectable", "pairs", "with_baselines")
        return {name: _plain(getattr(value, name)) for name in shown}
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


_CSV_COLUMNS: Mapping[str, Callable[[Board, TaskBoard, Entry], Any]] = {
    "task": lambda board, task_board, entry: task_board.task.name,
    "protocol": lambda board, task_board, entry: board.protocol.name,
    "protocol_version": lambda board, task_board, entry: board.protocol.version,
    "newest_version": lambda board, task_board, entry: board.newest_version,
    "recipe": lambda board, task_board, entry: board.recipe and board.recipe_id,
    "threads": lambda board, task_board, entry: board.threads,
    "kind": lambda board, task_board, entry: entry.kind,
    "name": lambda board, task_board, entry: entry.name,
    "encoder": lambda board, task_board, entry: entry.encoder,
    "head": lambda board, task_board, entry: entry.head,
    "rank": lambda board, task_board, entry: entry.rank,
    "instead_of_rank": lambda board, task_board, entry: entry.instead_of_rank,
    "suggestion": lambda board, task_board, entry: entry.suggestion,
    "n": lambda board, task_board, entry: entry.n,
    "expected": lambda board, task_board, entry: entry.expected,
    "accuracy": lambda board, task_board, entry: _mean(entry.accuracy),
    "accuracy_half_width": lambda board, task_board, entry: _half_width(entry.accuracy),
    "row_error": lambda board, task_board, entry: entry.row_error,
    "macro_f1": lambda board, task_board, entry: _mean(entry.macro_f1),
    "clean_accuracy": lambda board, task_board, entry: _mean(entry.clean_accuracy),
    "parameters_total": lambda board, task_board, entry: entry.parameters_total,
    "parameters_head": lambda board, task_board, entry: entry.parameters_head,
    "hardware": lambda board, task_board, entry: "; ".join(entry.hardware),
    "train_seconds": lambda board, task_board, entry: entry.train_seconds,
    "latency_p50_ms": lambda board, task_board, entry: entry.latency_p50_ms,
    "learned": lambda board, task_board, entry: entry.verdicts.get("learned", 0),
    "not_learned": lambda board, task_board, entry: entry.verdicts.get("not_learned", 0),
    "collapsed": lambda board, task_board, entry: entry.verdicts.get("collapsed", 0),
    "undertrained": lambda board, task_board, entry: entry.verdicts.get("undertrained", 0),
    "diverged": lambda board, task_board, entry: entry.diverged,
    "failed": lambda board, task_board, entry: entry.failed,
    "unfinished": lambda board, task_board, entry: entry.unfinished,
    "against_baselines": lambda board, task_board, entry: _outcomes(entry),
    "certified": lambda board, task_board, entry: entry.certified,
    "unknown_share": lambda board, task_board, entry: entry.unknown_share,
    "truncated_share": lambda board, task_board, entry: entry.truncated_share,
    "auroc": lambda board, task_board, entry: _mean(entry.auroc),
    "auroc_half_width": lambda board, task_board, entry: _half_width(entry.auroc),
    "fpr_at_95_tpr": lambda board, task_board, entry: _mean(entry.fpr_at_95_tpr),
    "fpr_at_95_tpr_half_width": lambda board, task_board, entry: _half_width(entry.fpr_at_95_tpr),
}


def to_csv(leaderboard: Leaderboard) -> str:
    """One row per pair and task, unrounded; no name commands a spreadsheet or a terminal."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(_CSV_COLUMNS)
    for board in leaderboard.boards:
        for task_board in board.tasks:
            for entry in task_board.entries:
                values = (column(board, task_board, entry) for column in _CSV_COLUMNS.values())
                writer.writerow([_csv_cell(value) for value in values])
    return stream.getvalue()


def _outcomes(entry: Entry) -> str:
    return "; ".join(f"{name}: {outcome}" for name, outcome in entry.against_baselines.items())


def _mean(interval: Interval | None) -> float | None:
    return None if interval is None else interval.mean


def _half_width(interval: Interval | None) -> float | None:
    return None if interval is None else interval.half_width


def _csv_cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = printable(value)
    # OWASP, CSV injection: a spreadsheet would compute a cell that begins like this
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def to_markdown(leaderboard: Leaderboard) -> str:
    """One table per task, rounded as on the terminal, and what was left out."""
    blocks: list[str] = []
    for board in leaderboard.boards:
        for task_board in board.tasks:
            blocks += _markdown_task(board, task_board)
        if board.across is not None:
            blocks += _markdown_across(board, board.across)
    if not blocks:
        blocks = ["There are no results here yet."]
    left_out = [
        f"- {len(cause.runs)} × {_markdown_cell(f'{cause.kind}: {cause.message}')}"
        for cause in leaderboard.causes
    ]
    left_out += [f"- unreadable: {_markdown_cell(reason)}" for reason in leaderboard.unreadable]
    left_out += [f"- there twice: {_markdown_cell(reason)}" for reason in leaderboard.repeated]
    if left_out:
        blocks.append("Failed or left out:\n\n" + "\n".join(left_out))
    return "\n\n".join(blocks) + "\n"


def _markdown_task(board: Board, task_board: TaskBoard) -> Iterator[str]:
    protocol = f"{board.protocol.name} {board.protocol.version}"
    yield f"## {_markdown_cell(task_board.task.name)} (protocol {_markdown_cell(protocol)})"
    outdated = [board.outdated] if board.outdated else []
    said = " ".join([*outdated, *map(_markdown_cell, claims(task_board))])
    yield f"{said} Accuracy in %: mean ± half of the 95 % t interval (n seeds).".lstrip()
    if task_board.has_out_of_scope:
        yield f"AUROC and FPR in %: how well confidence tells what is out of scope. {CONFIDENCE}"
    titles = [
        "rank",
        "pair",
        "accuracy",
        "macro F1",
        "clean accuracy",
        "parameters",
        "train s",
        "p50 ms",
    ]
    if task_board.has_out_of_scope:
        titles += ["AUROC", "FPR at 95 % TPR"]
    titles.append("notes")
    rows = [titles, ["---", "---", *["--:"] * (len(titles) - 3), "---"]]
    rows += [
        _markdown_row(entry, has_out_of_scope=task_board.has_out_of_scope)
        for entry in task_board.entries
    ]
    yield _markdown_table(rows)
    notes = [*verdict_notes(task_board), *caveats(task_board)]
    if notes:
        yield "\n".join(f"- {_markdown_cell(note)}" for note in notes)


def _markdown_across(board: Board, across: AcrossTasks) -> Iterator[str]:
    protocol = _markdown_cell(f"{board.protocol.name} {board.protocol.version}")
    yield f"## Over {across.counted} (protocol {protocol})"
    said = "1 is the best rank; wins, ties and losses are task by task."
    yield " ".join([said, *map(_markdown_cell, tests_over_tasks(across))])
    rows = [["pair", *STANDING_TITLES], ["---", *["--:"] * len(STANDING_TITLES)]]
    rows += [[_markdown_cell(one.name), *standing_cells(one, across)] for one in across.standings]
    yield _markdown_table(rows)


def _markdown_table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _markdown_row(entry: Entry, *, has_out_of_scope: bool) -> list[str]:
    counts = {**entry.unlearned, "failed": entry.failed, "unfinished": entry.unfinished}
    if has_out_of_scope:
        counts["out of scope not scored"] = entry.unscored_out_of_scope
    notes = [
        f"{name.replace('_', ' ')} {count}/{entry.expected}"
        for name, count in counts.items()
        if count
    ]
    if entry.certified is not None:
        notes.append("certified" if entry.certified else "failed zoo check")
    parameters = "" if entry.parameters_total is None else f"{entry.parameters_total:,}"
    return [
        entry.rank or entry.instead_of_rank or "",
        _markdown_cell(entry.name),
        f"{_percent(entry.accuracy)} ({entry.n})" if entry.accuracy else "",
        _percent(entry.macro_f1),
        _percent(entry.clean_accuracy),
        parameters,
        "" if entry.train_seconds is None else f"{entry.train_seconds:.1f}",
        "" if entry.latency_p50_ms is None else f"{entry.latency_p50_ms:.2f}",
        *([_percent(entry.auroc), _percent(entry.fpr_at_95_tpr)] if has_out_of_scope else []),
        ", ".join(notes),
    ]


def _percent(interval: Interval | None) -> str:
    return "" if interval is None else interval.percent


def _markdown_cell(text: str) -> str:
    text = printable(" ".join(text.split()))
    for letter in "\\|`*_<>[]#":
        text = text.replace(letter, f"\\{letter}" if letter not in "<>" else f"&#{ord(letter)};")
    return text
