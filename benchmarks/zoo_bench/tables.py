"""The leaderboard on a terminal: per task a table in the shape of a paper's, below it the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from zoo.terminal import printable
from zoo_bench.comparisons import AcrossTasks
from zoo_bench.entries import Entry
from zoo_bench.leaderboard import Board, Cause, Leaderboard, TaskBoard
from zoo_bench.out_of_scope import out_of_scope_list
from zoo_bench.records import TaskRecord
from zoo_bench.standings import STANDING_TITLES, standing_cells, tests_over_tasks
from zoo_bench.statements import caveats, claims, verdict_notes
from zoo_bench.statistics.intervals import Interval
from zoo_bench.text_tables import (
    ENCODER_WIDTH,
    GAP,
    WIDTH,
    broken_name,
    make_table,
    name_text,
    to_text,
)

_CELL_WIDTH = len("100.00 ± 12.34")
_CERTIFIED, _UNFIT = "✓", "✗"
# letters and name, without and with the column of clean accuracies beside them
_NAME_WIDTH, _NAME_WIDTH_BESIDE_CLEAN = 29, 25
_LONGEST_RANK = 6
_MOST_RUNS_PER_CAUSE = 5


def render(leaderboard: Leaderboard, *, width: int = WIDTH, encoding: str = "utf-8") -> str:
    """The leaderboard as text that any stream of this encoding can take."""
    return to_text(_parts(leaderboard, width), width=width, encoding=encoding)


def _parts(leaderboard: Leaderboard, width: int) -> Iterator[Table | Text]:
    for board in leaderboard.boards:
        for task_board in board.tasks:
            yield _heading(board, task_board, is_one_of_many=len(leaderboard.boards) > 1)
            yield from _paper_tables(task_board, width)
            yield Text("\n" + "\n".join(claims(task_board)) + "\n")
            yield _ranked_list(task_board)
            yield from out_of_scope_list(task_board)
            yield from _notes(task_board)
        if board.across is not None:
            yield from _across_tasks(board.across)
    if not leaderboard.boards:
        yield Text("There are no results here yet.")
    yield from _left_out(leaderboard)


def _heading(board: Board, task_board: TaskBoard, *, is_one_of_many: bool) -> Text:
    task = task_board.task
    lines = [
        f"{task.name}: test accuracy in %, mean ± half of the 95 % t interval over n seeds",
        f"protocol {board.protocol.name} {board.protocol.version}, "
        f"{task.n_train:,} train, {task.n_test:,} test rows, {len(task.labels)} labels",
    ]
    if task_board.comparisons.row_errors:
        lines.insert(1, "(in brackets: ± half of the 95 % interval over resampled test rows)")
    if task.n_test_clean != task.n_test:
        lines.append(_overlap(task))
    if board.outdated:
        lines.append(board.outdated)
    if not task.is_verified:
        lines.append("the data could not be verified: these are no figures of the official task")
    if is_one_of_many and board.recipe is not None:
        lines.append(f"recipe {board.recipe_id}: {_short(board.recipe)}")
    return Text(printable("\n".join(lines), keep_lines=True) + "\n")


def _overlap(task: TaskRecord) -> str:
    """How many test rows are not clean, and by which of them pairs are ranked."""
    # of a drawn task, clean is what occurs in none of the examples that a seed may draw
    whole = "whole " if task.is_drawn else ""
    place = f"also occur in the {whole}training or validation data"
    if not task.has_clean_scores:
        return f"all test rows {place}: this table and the order of the list go by them"
    return (
        f"{task.n_test - task.n_test_clean:,} test rows {place}: this table and the order of the "
        "list go by the other, clean ones"
    )


def _short(recipe: dict[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(recipe.items()))


def _paper_tables(task_board: TaskBoard, width: int) -> Iterator[Table | Text]:
    """Encoders down, heads across; more tables where the heads do not fit into one."""
    by_place = {(entry.encoder, entry.head): entry for entry in task_board.pairs}
    encoders = _in_order(entry.encoder for entry in task_board.pairs)
    heads = _in_order(entry.head for entry in task_board.pairs)
    first = min(ENCODER_WIDTH, max((cell_len(name) for name in encoders), default=0))
    at_once = max(1, (width - first) // (_CELL_WIDTH + GAP))
    for start in range(0, len(heads), at_once):
        shown = heads[start : start + at_once]
        table = make_table(
            [("encoder", "left", first)] + [(head, "right", _CELL_WIDTH) for head in shown]
        )
        for encoder in encoders:
            cells = [_cell(by_place.get((encoder, head))) for head in shown]
            table.add_row(name_text(encoder), *map(Text, cells))
        if start:
            yield Text("")
        yield table


def _in_order(names: Iterable[str | None]) -> list[str]:
    return sorted({name for name in names if name})


def _cell(entry: Entry | None) -> str:
    if entry is None:
        return "n/a"
    if entry.rank_by is not None:
        rows = "" if entry.row_error is None else f" (± {100 * entry.row_error:.2f})"
        verdict = f"\n{entry.instead_of_rank}" if entry.instead_of_rank else ""
        return f"{entry.rank_by.percent}\nn={entry.n}{rows}{verdict}"
    if entry.diverged:
        return f"diverged\n{entry.diverged}/{entry.expected}"
    return f"failed\n{entry.failed}/{entry.expected}" if entry.failed else "not done"


def _ranked_list(task_board: TaskBoard) -> Table:
    has_clean = task_board.task.has_clean_scores
    columns: list[tuple[str, Callable[[Entry], str]]] = [
        ("accuracy % (n)", _accuracy),
        ("macro\nF1 %", lambda entry: _mean_percent(entry.macro_f1)),
        ("clean\nacc. %", lambda entry: _mean_percent(entry.clean_accuracy)),
        ("para-\nmeters", lambda entry: _millions(entry.parameters_total)),
        ("train\ns", lambda entry: _number(entry.train_seconds)),
        ("p50\nms", lambda entry: _number(entry.latency_p50_ms)),
    ]
    if not has_clean:
        del columns[2]
    width = _NAME_WIDTH_BESIDE_CLEAN if has_clean else _NAME_WIDTH
    ranks = max((cell_len(_rank(entry)) for entry in task_board.entries), default=0)
    indent = ranks + 1 if ranks else 0
    table = make_table(
        [(" " * indent + "pair", "left", width)] + [(title, "right", None) for title, _ in columns]
    )
    for entry in task_board.entries:
        if entry.accuracy is not None:
            name = _name(entry, indent, width)
            table.add_row(name, *(Text(value(entry)) for _, value in columns))
    return table


def _rank(entry: Entry) -> str:
    rank = entry.rank or ""
    return rank if len(rank) <= _LONGEST_RANK else f"{rank[: _LONGEST_RANK - 1]}…"


def _name(entry: Entry, indent: int, width: int) -> Text:
    """Letters, name and mark, below them the verdict."""
    mark = "" if entry.certified is None else f" {_CERTIFIED if entry.certified else _UNFIT}"
    lines = broken_name(entry.name, width - indent, mark)
    if entry.instead_of_rank:
        lines.append(f"({entry.instead_of_rank})")
    text = f"\n{' ' * indent}".join(lines)
    return name_text(f"{_rank(entry):<{indent}}{text}", keep_lines=True)


def _notes(task_board: TaskBoard) -> Iterator[Text]:
    lines = list(_meaning_of_marks(task_board))
    lines += verdict_notes(task_board)
    lines += [note for entry in task_board.entries for note in _notes_on(entry)]
    lines += caveats(task_board)
    yield Text(printable("\n".join(["", *lines]), keep_lines=True))


def _meaning_of_marks(task_board: TaskBoard) -> Iterator[str]:
    marks = {entry.certified for entry in task_board.pairs}
    if True in marks:
        yield f"{_CERTIFIED} encoder and head had passed zoo check"
    if False in marks:
        yield f"{_UNFIT} one of them had failed zoo check: see zoo check NAME"


def _notes_on(entry: Entry) -> Iterator[str]:
    m = entry.expected
    if entry.failed:
        yield f"{entry.name}: failed {entry.failed}/{m}, not in the mean"
    if entry.n + entry.diverged + entry.failed < m:
        yield f"{entry.name}: incomplete {entry.n + entry.diverged}/{m}"


def _across_tasks(across: AcrossTasks) -> Iterator[Table | Text]:
    yield Text(f"\nOver {across.counted}: 1 is the best rank; wins, ties and losses task by task\n")
    table = make_table(
        [("pair", "left", _NAME_WIDTH)] + [(title, "right", None) for title in STANDING_TITLES]
    )
    for standing in across.standings:
        name = name_text("\n".join(broken_name(standing.name, _NAME_WIDTH)), keep_lines=True)
        table.add_row(name, *map(Text, standing_cells(standing, across)))
    yield table
    if found := list(tests_over_tasks(across)):
        yield Text("\n" + "\n".join(found))
    yield Text("")


def _left_out(leaderboard: Leaderboard) -> Iterator[Text]:
    lines: list[str] = []
    if leaderboard.causes:
        count = sum(len(cause.runs) for cause in leaderboard.causes)
        lines += [
            f"{count} {'run' if count == 1 else 'runs'} failed, by cause:",
            *map(_cause_line, leaderboard.causes),
        ]
    if leaderboard.unfinished:
        lines.append(f"not done: {len(leaderboard.unfinished)}")
    for reason in leaderboard.unreadable:
        lines.append(f"left out, unreadable: {printable(reason)}")
    for reason in leaderboard.repeated:
        lines.append(f"left out, there twice: {printable(reason)}")
    if lines:
        yield Text("\n".join(lines))


def _cause_line(cause: Cause) -> str:
    shown = ", ".join(cause.runs[:_MOST_RUNS_PER_CAUSE])
    more = len(cause.runs) - _MOST_RUNS_PER_CAUSE
    runs = f"{shown} and {more} more" if more > 0 else shown
    return printable(f"  {len(cause.runs)} x {cause.kind}: {cause.message} ({runs})")


def _accuracy(entry: Entry) -> str:
    return f"{entry.accuracy.percent} ({entry.n})" if entry.accuracy else ""


def _mean_percent(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.mean:.2f}"


def _millions(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count / 1e6:.2f}M" if count < 1e8 else f"{count / 1e6:.1f}M"


def _number(value: float | None) -> str:
    """Four digits at most: `0.35`, `12.5`, `1432`."""
    if value is None:
        return ""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"
