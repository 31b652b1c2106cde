"""What the harness itself costs: `make scale`, three tables on stdout."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import click

from scale.boards import Usage, fill, leaderboard_usage
from scale.grids import seconds_per_run, seconds_with

AT_LEAST_ONE = click.IntRange(min=1)


@click.command(help=__doc__)
@click.option(
    "--runs",
    "sizes",
    type=AT_LEAST_ONE,
    multiple=True,
    default=(1_000, 10_000),
    show_default=True,
    help="Finished runs of a leaderboard; may be given several times.",
)
@click.option("--seeds", type=AT_LEAST_ONE, default=5, show_default=True, help="Seeds of a pair.")
@click.option("--rows", type=AT_LEAST_ONE, default=448, show_default=True, help="Test rows.")
@click.option(
    "--idle-runs",
    type=click.IntRange(min=2),
    default=200,
    show_default=True,
    help="Runs that do nothing, for the driver's own time.",
)
@click.option(
    "--busy-runs",
    type=AT_LEAST_ONE,
    default=16,
    show_default=True,
    help="Runs that compute, for two workers against one.",
)
@click.option(
    "--rounds",
    type=AT_LEAST_ONE,
    default=1_000_000,
    show_default=True,
    help="Rounds of hashing in such a run, about half a second.",
)
@click.option(
    "--repeats",
    type=AT_LEAST_ONE,
    default=5,
    show_default=True,
    help="How often two workers and one take turns.",
)
def main(
    sizes: Sequence[int],
    seeds: int,
    rows: int,
    idle_runs: int,
    busy_runs: int,
    rounds: int,
    repeats: int,
) -> None:
    """Measure and print."""
    for table in (
        _leaderboards(sizes, seeds, rows),
        _driver(idle_runs),
        _workers(busy_runs, rounds, repeats),
    ):
        click.echo("\n".join(table) + "\n")


def _leaderboards(sizes: Sequence[int], seeds: int, rows: int) -> Iterator[str]:
    yield f"`zoo leaderboard` of runs with {rows} test rows, in a process of its own:\n"
    yield "| runs | pairs | remembered | wall s | CPU s | peak MB |"
    yield "|--:|--:|---|--:|--:|--:|"
    for runs in sizes:
        pairs = max(1, runs // seeds)
        with tempfile.TemporaryDirectory() as place:
            root, cache = Path(place) / "results", Path(place) / "cache"
            written = fill(root, pairs, seeds, rows)
            length = pairs * seeds
            with click.progressbar(written, length, label="writing", file=sys.stderr) as bar:
                for _ in bar:
                    pass
            for remembered in ("no", "yes"):
                click.echo(f"ranking {pairs * seeds} runs, remembered: {remembered}", err=True)
                usage = leaderboard_usage(root, cache)
                yield f"| {pairs * seeds:,} | {pairs:,} | {remembered} | {_cells(usage)} |"


def _cells(usage: Usage) -> str:
    megabytes = usage.peak_bytes / 1e6
    return f"{usage.wall_seconds:.2f} | {usage.cpu_seconds:.2f} | {megabytes:.0f}"


def _driver(runs: int) -> Iterator[str]:
    yield f"The driver's own time for each of {runs} runs that do nothing, with one worker:\n"
    yield "| executor | ms a run |"
    yield "|---|--:|"
    for executor in ("inline", "local"):
        click.echo(f"{runs} runs that do nothing, {executor}", err=True)
        yield f"| {executor} | {1000 * seconds_per_run(executor, runs):.1f} |"


def _workers(runs: int, rounds: int, repeats: int) -> Iterator[str]:
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for repeat in range(repeats):
        # in turns, and each goes first as often: the machine is not as fast at all times
        for workers in (1, 2) if repeat % 2 == 0 else (2, 1):
            seconds[workers].append(seconds_with(workers, runs, rounds))
            click.echo(f"workers {workers}: {seconds[workers][-1]:.2f} s", err=True)
    one, two = median(seconds[1]), median(seconds[2])
    ratio = median(a / b for a, b in zip(seconds[1], seconds[2], strict=True))
    yield f"{runs} runs that compute, by local workers; medians of {repeats}:\n"
    yield "| 1 worker s | 2 workers s | times as fast |"
    yield "|--:|--:|--:|"
    yield f"| {one:.2f} | {two:.2f} | {ratio:.2f} |"


if __name__ == "__main__":
    main()
