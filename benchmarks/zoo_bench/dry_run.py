"""What `zoo bench` would do, told before it does it: the grid, what is done, how long the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from zoo.terminal import printable
from zoo_bench.estimate import Estimate
from zoo_bench.progress import clock_text
from zoo_bench.records import RunSpec
from zoo_bench.text_tables import ENCODER_WIDTH, make_table, name_text, to_text

State = Literal["done", "failed", "to do"]
_MOST_LISTED = 20


def render(
    runs: Sequence[RunSpec],
    states: Mapping[str, State],
    estimate: Estimate,
    *,
    workers: int | None,
    encoding: str = "utf-8",
) -> str:
    """The grid of every task and the runs that are to do; `states` are by run id.

    `workers` run side by side; None where that is not known before a cluster is asked.
    """
    return to_text(_parts(runs, states, estimate, workers), encoding=encoding)


def _parts(
    runs: Sequence[RunSpec], states: Mapping[str, State], estimate: Estimate, workers: int | None
) -> Iterator[Table | Text]:
    for task in dict.fromkeys(run.task.name for run in runs):
        of_task = [run for run in runs if run.task.name == task]
        pairs = [run for run in of_task if run.kind == "pair"]
        yield Text(printable(f"{task}: runs done of runs planned, over all seeds") + "\n")
        if pairs:
            yield _grid(pairs, states)
        yield Text(_baselines([run for run in of_task if run.kind == "baseline"], states))
    counts = Counter(states[run.run_id] for run in runs)
    yield Text(f"{len(runs)} runs: " + ", ".join(f"{counts[one]} {one}" for one in _ORDER))
    yield Text(_time_left(estimate, workers))
    to_do = [run.label for run in runs if states[run.run_id] != "done"]
    shown = [printable(f"  {label}") for label in to_do[:_MOST_LISTED]]
    if len(to_do) > _MOST_LISTED:
        shown.append(f"  and {len(to_do) - _MOST_LISTED} more (--json lists all)")
    if shown:
        yield Text("\n".join(["not done:", *shown]))


_ORDER: tuple[State, ...] = ("done", "failed", "to do")


def _grid(runs: Sequence[RunSpec], states: Mapping[str, State]) -> Table:
    """Encoders down and heads across, as in a paper."""
    cells: dict[tuple[str, str], Counter[State]] = {}
    for run in runs:
        assert run.encoder is not None and run.head is not None
        place = run.encoder.label, run.head.label
        cells.setdefault(place, Counter())[states[run.run_id]] += 1
    encoders = list(dict.fromkeys(encoder for encoder, _ in cells))
    heads = list(dict.fromkeys(head for _, head in cells))
    width = min(ENCODER_WIDTH, max(map(cell_len, encoders)))
    table = make_table([("encoder", "left", width), *((head, "right", None) for head in heads)])
    for encoder in encoders:
        table.add_row(
            name_text(encoder), *(_cell(cells.get((encoder, head), Counter())) for head in heads)
        )
    return table


def _baselines(runs: Sequence[RunSpec], states: Mapping[str, State]) -> str:
    if not runs:
        return ""
    counts: dict[str, Counter[State]] = {}
    for run in runs:
        counts.setdefault(run.who, Counter())[states[run.run_id]] += 1
    cells = (f"{who} {_cell(of_one)}" for who, of_one in counts.items())
    return printable(f"baselines: {', '.join(cells)}") + "\n"


def _cell(counts: Counter[State]) -> str:
    if not counts:
        return ""
    failed = f", {counts['failed']} failed" if counts["failed"] else ""
    return f"{counts['done']}/{counts.total()}{failed}"


def _time_left(estimate: Estimate, workers: int | None) -> str:
    if not estimate.known and not estimate.unknown:
        return "nothing to do"
    if not estimate.known:
        return "time: unknown, nothing like these runs is done yet"
    side_by_side = f" with {workers} at a time" if workers else " on one worker"
    left = f"time: about {clock_text(estimate.seconds / (workers or 1))}{side_by_side}"
    return left + (f", and {estimate.unknown} runs of unknown length" if estimate.unknown else "")
