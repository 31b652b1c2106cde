"""How pairs tell what is out of scope, on a terminal: a list below that of the accuracies."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from zoo.terminal import printable
from zoo_bench.leaderboard import TaskBoard
from zoo_bench.text_tables import make_table, name_text

CONFIDENCE = (
    "Confidence is the largest probability; of scores that are no probabilities, the largest score."
)
_NAME_WIDTH = 39


def out_of_scope_list(task_board: TaskBoard) -> Iterator[Table | Text]:
    """The entries in the order of the board; nothing where no entry was scored."""
    if not task_board.has_out_of_scope:
        return
    count = task_board.task.n_out_of_scope
    yield Text(f"\nOut of scope: how well confidence tells {count:,} other texts from test rows\n")
    table = make_table(
        [
            ("pair", "left", _NAME_WIDTH),
            ("AUROC % (n)", "right", None),
            ("FPR %,\n95 % TPR", "right", None),
        ]
    )
    for entry in task_board.entries:
        if entry.auroc is not None and entry.fpr_at_95_tpr is not None:
            auroc = f"{entry.auroc.percent} ({entry.auroc.n})"
            table.add_row(name_text(entry.name), auroc, entry.fpr_at_95_tpr.percent)
    yield table
    yield Text(printable("\n".join(["", CONFIDENCE, *_notes(task_board)]), keep_lines=True))


def _notes(task_board: TaskBoard) -> Iterator[str]:
    for entry in task_board.entries:
        if entry.unscored_out_of_scope:
            yield (
                f"{entry.name}: out of scope not scored {entry.unscored_out_of_scope}/{entry.n}, "
                "results from before schema 4"
            )
