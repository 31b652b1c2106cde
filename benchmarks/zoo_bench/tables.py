"""The leaderboard on a terminal: per task a table in the shape of a paper's, below it the list.

Made for 80 columns and for terminals that know neither UTF-8 nor colour.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zoo.terminal import printable
from zoo_bench.leaderboard import Board, Cause, Entry, Leaderboard, TaskBoard
from zoo_bench.statistics.intervals import Interval

WIDTH = 80
NO_TESTS_YET = "Differences are not tested yet: read overlapping intervals as ties."
# for terminals that cannot write the letter on the left
PLAIN_LETTERS = (("±", "+/-"), ("…", "..."), ("─", "-"), ("✓", "ok"), ("✗", "!!"))
_GAP = 2
_CELL_WIDTH = len("100.00 ± 12.34")
_CERTIFIED, _UNFIT = "✓", "✗"
_LONGEST_NAME = 22
_MARK_WIDTH = 2
_MOST_RUNS_PER_CAUSE = 5


def render(leaderboard: Leaderboard, *, width: int = WIDTH, encoding: str = "utf-8") -> str:
    """The leaderboard as text that any stream of this encoding can take."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, legacy_windows=False)
    for part in _parts(leaderboard, width):
        console.print(part, overflow="fold", soft_wrap=False)
    # "+/-" and not "?": a number must survive a terminal that cannot write its sign
    text = stream.getvalue()
    for letter, plain in PLAIN_LETTERS:
        if not _can_encode(letter, encoding):
            text = text.replace(letter, plain)
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding) + "\n"


def _can_encode(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _parts(leaderboard: Leaderboard, width: int) -> Iterator[Table | Text]:
    for board in leaderboard.boards:
        for task_board in board.tasks:
            yield _heading(board, task_board, is_one_of_many=len(leaderboard.boards) > 1)
            yield from _paper_tables(task_board, width)
            yield Text(f"\n{NO_TESTS_YET}\n" if len(task_board.pairs) > 1 else "")
            yield _ranked_list(task_board)
            yield from _notes(task_board)
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
    if task.n_test_clean != task.n_test:
        lines.append(
            f"{task.n_test - task.n_test_clean:,} test rows also occur in train; the list is "
            "sorted by the accuracy on the other, clean ones"
        )
    if not task.is_verified:
        lines.append("the data could not be verified: these are no figures of the official task")
    if is_one_of_many and board.recipe is not None:
        lines.append(f"recipe {board.recipe_id}: {_short(board.recipe)}")
    return Text(printable("\n".join(lines), keep_lines=True) + "\n")


def _short(recipe: dict[str, object]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(recipe.items()))


def _paper_tables(task_board: TaskBoard, width: int) -> Iterator[Table | Text]:
    """Encoders down, heads across; more tables where the heads do not fit into one."""
    by_place = {(entry.encoder, entry.head): entry for entry in task_board.pairs}
    encoders = _in_order(entry.encoder for entry in task_board.pairs)
    heads = _in_order(entry.head for entry in task_board.pairs)
    first = min(_LONGEST_NAME, max((cell_len(name) for name in encoders), default=0))
    at_once = max(1, (width - first) // (_CELL_WIDTH + _GAP))
    for start in range(0, len(heads), at_once):
        shown = heads[start : start + at_once]
        table = _table(
            [("encoder", "left", first)] + [(head, "right", _CELL_WIDTH) for head in shown]
        )
        for encoder in encoders:
            cells = [_cell(by_place.get((encoder, head))) for head in shown]
            table.add_row(_text(encoder), *map(Text, cells))
        if start:
            yield Text("")
        yield table


def _in_order(names: Iterable[str | None]) -> list[str]:
    return sorted({name for name in names if name})


def _cell(entry: Entry | None) -> str:
    if entry is None:
        return "n/a"
    if entry.accuracy is not None:
        return f"{_percent(entry.accuracy)}\nn={entry.n}"
    if entry.diverged:
        return f"diverged\n{entry.diverged}/{entry.expected}"
    return f"failed\n{entry.failed}/{entry.expected}" if entry.failed else "not done"


def _ranked_list(task_board: TaskBoard) -> Table:
    has_clean = task_board.task.n_test_clean != task_board.task.n_test
    columns: list[tuple[str, Callable[[Entry], str]]] = [
        ("accuracy % (n)", _accuracy),
        ("macro\nF1 %", lambda entry: _mean_percent(entry.macro_f1)),
        ("clean\nacc. %", lambda entry: _mean_percent(entry.clean_accuracy)),
        ("para-\nmeters", lambda entry: _millions(entry.parameters_total)),
        ("train\ns", lambda entry: _number(entry.train_seconds, 1)),
        ("p50\nms", lambda entry: _number(entry.latency_p50_ms, 2)),
    ]
    if not has_clean:
        del columns[2]
    has_marks = any(entry.certified is not None for entry in task_board.entries)
    width = _LONGEST_NAME + (_MARK_WIDTH if has_marks else 0)
    table = _table([("pair", "left", width)] + [(title, "right", None) for title, _ in columns])
    for entry in task_board.entries:
        if entry.accuracy is not None:
            table.add_row(_pair(entry, width), *(Text(value(entry)) for _, value in columns))
    return table


def _pair(entry: Entry, width: int) -> Text:
    """The name and its mark; one that is too long breaks between encoder and head."""
    mark = "" if entry.certified is None else f" {_CERTIFIED if entry.certified else _UNFIT}"
    if entry.kind == "pair" and cell_len(entry.name + mark) > width:
        return _text(f"{entry.encoder}\n+{entry.head}{mark}", keep_lines=True)
    return _text(entry.name + mark)


def _table(columns: Sequence[tuple[str, str, int | None]]) -> Table:
    # the box itself puts one blank between columns
    gap = (0, _GAP - 1, 0, 0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=gap, show_edge=False)
    for title, justify, width in columns:
        table.add_column(
            _text(title, keep_lines=True),
            justify="right" if justify == "right" else "left",
            width=width,
            overflow="fold",
        )
    return table


def _notes(task_board: TaskBoard) -> Iterator[Text]:
    lines = list(_meaning_of_marks(task_board))
    lines += [note for entry in task_board.entries for note in _notes_on(entry)]
    if len(task_board.hardware) > 1:
        lines.append(
            "seconds and ms come from different machines: " + "; ".join(task_board.hardware)
        )
    yield Text(printable("\n".join(["", *lines]), keep_lines=True))


def _meaning_of_marks(task_board: TaskBoard) -> Iterator[str]:
    marks = {entry.certified for entry in task_board.pairs}
    if True in marks:
        yield f"{_CERTIFIED} encoder and head had passed zoo check"
    if False in marks:
        yield f"{_UNFIT} one of them had failed zoo check: see zoo check NAME"


def _notes_on(entry: Entry) -> Iterator[str]:
    m = entry.expected
    for verdict in ("collapsed", "not_learned"):
        if verdict in entry.verdicts:
            yield f"{entry.name}: {verdict.replace('_', ' ')} {entry.verdicts[verdict]}/{m}"
    if entry.diverged:
        yield f"{entry.name}: diverged {entry.diverged}/{m}, not in the mean"
    if entry.failed:
        yield f"{entry.name}: failed {entry.failed}/{m}, not in the mean"
    if entry.n + entry.diverged + entry.failed < m:
        yield f"{entry.name}: incomplete {entry.n + entry.diverged}/{m}"


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
    if lines:
        yield Text("\n".join(lines))


def _cause_line(cause: Cause) -> str:
    shown = ", ".join(cause.runs[:_MOST_RUNS_PER_CAUSE])
    more = len(cause.runs) - _MOST_RUNS_PER_CAUSE
    runs = f"{shown} and {more} more" if more > 0 else shown
    return printable(f"  {len(cause.runs)} x {cause.kind}: {cause.message} ({runs})")


def _text(name: str, *, keep_lines: bool = False) -> Text:
    return Text(printable(name, keep_lines=keep_lines))


def _accuracy(entry: Entry) -> str:
    return f"{_percent(entry.accuracy)} ({entry.n})" if entry.accuracy else ""


def _percent(interval: Interval) -> str:
    mean = f"{100 * interval.mean:.2f}"
    if interval.half_width is None:
        return mean
    return f"{mean} ± {100 * interval.half_width:.2f}"


def _mean_percent(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval.mean:.2f}"


def _millions(count: int | None) -> str:
    if count is None:
        return ""
    return f"{count / 1e6:.2f}M" if count < 1e8 else f"{count / 1e6:.1f}M"


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return ""
    return f"{value:.{digits}f}" if value < 1000 else f"{value:.0f}"
