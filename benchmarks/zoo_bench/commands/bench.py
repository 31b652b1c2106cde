"""`zoo bench`: run a suite, continue it, rank its pairs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from zoo_bench import dry_run, exports, leaderboard, tables
from zoo_bench.commands.places import Place
from zoo_bench.driver import Driver, Tally
from zoo_bench.dry_run import State
from zoo_bench.estimate import estimate
from zoo_bench.executors import EXECUTORS, make
from zoo_bench.executors.local import default_workers
from zoo_bench.plan import plan
from zoo_bench.progress import display_for
from zoo_bench.reading import UnreadableRecord, read_contents
from zoo_bench.records import RunSpec
from zoo_bench.store import Store, check_root
from zoo_bench.suite import load_suite

DONE: State = "done"
FAILED: State = "failed"
OPEN: State = "to do"


@click.command("bench")
@click.argument("suite", default="quick", metavar="[SUITE]")
@click.option(
    "--results",
    type=Place(),
    help="Folder of the results; by default results/NAME-OF-THE-SUITE.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Runs at a time; by default cores // threads of a run, and one where there is a GPU; with "
    "--executor ray as many as the cluster holds.",
)
@click.option(
    "--executor",
    type=click.Choice(sorted(EXECUTORS)),
    default="local",
    show_default=True,
    help="local: worker processes; inline: in this one, for a debugger; ray: on the machines of a "
    "cluster.",
)
@click.option(
    "--address",
    metavar="ADDRESS",
    help="With --executor ray, the cluster: auto for the one that this machine belongs to, "
    "HOST:6379, or ray://HOST:10001 from outside. By default Ray is started on this machine, and "
    "ends with the command.",
)
@click.option("--only", metavar="PATTERN", help="Runs of 'encoder+head', of a task, or one by one.")
@click.option("--retry-failed", is_flag=True, help="Try again what has failed before.")
@click.option(
    "--run-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End a run that takes longer, as a failure with its stack. Not with --executor inline.",
)
@click.option(
    "--max-failures",
    type=click.IntRange(min=1),
    metavar="N",
    help="Begin no more runs once N have failed.",
)
@click.option(
    "--dry-run",
    "is_dry_run",
    is_flag=True,
    help="Show the grid, what is done of it and about how long the rest takes; do nothing.",
)
@click.option("--json", "is_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    suite: str,
    results: Path | None,
    workers: int | None,
    executor: str,
    address: str | None,
    only: str | None,
    retry_failed: bool,
    run_timeout: float | None,
    max_failures: int | None,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Run SUITE, a YAML file or a shipped one: quick (the default), korean, korean-frozen, paper.

    Runs that are done are kept: the same command continues after an interruption, a crash or a
    power cut. Ctrl-C ends in an orderly way, twice at once.
    """
    if run_timeout and executor == "inline":
        raise click.UsageError(
            "--run-timeout needs workers that can be ended: leave out --executor inline"
        )
    if address and executor != "ray":
        raise click.UsageError("--address is the address of a Ray cluster: add --executor ray")
    chosen = load_suite(suite)
    root = results or Path("results") / chosen.name
    check_root(root)
    runs = plan(chosen, only)
    states = _states(Store(root), runs)
    if is_dry_run:
        _print_plan(root, runs, states, _workers(executor, workers, chosen.threads), is_json)
        return
    store = Store.open(root)
    open_count = _announce(chosen.name, root, states, retry_failed)
    threads = chosen.threads
    options: dict[str, Any] = {}
    if executor == "ray":
        options = {"address": address, "resources": chosen.resources}
    hands = make(executor, workers=workers, threads=threads, **options)
    with display_for(open_count, sys.stderr) as display:
        tally = Driver(
            store,
            hands,
            display,
            retry_failed=retry_failed,
            run_timeout_seconds=run_timeout,
            max_failures=max_failures,
        ).run(runs)
    _print_outcome(chosen.name, root, runs, tally, is_json)
    if tally.was_interrupted:
        done = len(tally.done_before) + len(tally.finished)
        click.echo(
            f"Interrupted: {done} of {len(runs)} runs are done; the same command continues.",
            err=True,
        )
    elif tally.not_begun:
        click.echo(
            f"Stopped by --max-failures. Failed: {len(tally.failed)}, not begun: "
            f"{len(tally.not_begun)}; the same command goes on with the latter.",
            err=True,
        )
    click.get_current_context().exit(tally.exit_code)


def _workers(executor: str, workers: int | None, threads: int) -> int | None:
    """How many runs there will be at a time; None where only a cluster knows."""
    if executor == "inline":
        return 1
    return workers or (default_workers(threads) if executor == "local" else None)


def _states(store: Store, runs: Sequence[RunSpec]) -> dict[str, State]:
    """Run id → done, failed or to do; a broken record is to do (and moved away in its turn)."""
    states: dict[str, State] = {}
    for run in runs:
        try:
            is_done = store.result(run) is not None
        except UnreadableRecord:
            is_done = False
        is_failed = not is_done and store.failure(run) is not None
        states[run.run_id] = DONE if is_done else FAILED if is_failed else OPEN
    return states


def _announce(suite: str, root: Path, states: Mapping[str, State], retry_failed: bool) -> int:
    """Say on stderr what lies ahead; gives the number of runs that will be executed."""
    values = list(states.values())
    done, failed, count = values.count(DONE), values.count(FAILED), values.count(OPEN)
    if retry_failed:
        count += failed
    parts = [
        f"suite {suite}: {len(values)} {'run' if len(values) == 1 else 'runs'} in {root}",
        f"{done} done before",
    ]
    if failed:
        again = "tried again" if retry_failed else "left alone without --retry-failed"
        parts.append(f"{failed} failed before, {again}")
    click.echo(f"{', '.join(parts)}; {count} to do.", err=True)
    return count


def _print_plan(
    root: Path,
    runs: Sequence[RunSpec],
    states: Mapping[str, State],
    workers: int | None,
    is_json: bool,
) -> None:
    finished = read_contents(root).results if root.is_dir() else ()
    time_left = estimate([run for run in runs if states[run.run_id] != DONE], finished)
    if not is_json:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        text = dry_run.render(runs, states, time_left, workers=workers, encoding=encoding)
        click.echo(text, nl=False)
        return
    rows = [{"run_id": run.run_id, "label": run.label, "state": states[run.run_id]} for run in runs]
    fields = {
        "runs": rows,
        "workers": workers,
        "estimated_worker_seconds": time_left.seconds,
        "runs_of_unknown_length": time_left.unknown,
    }
    click.echo(exports.json_text(fields), nl=False)


def _print_outcome(
    suite: str, root: Path, runs: Sequence[RunSpec], tally: Tally, is_json: bool
) -> None:
    board = leaderboard.build(read_contents(root).of(runs))
    if not is_json:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        click.echo(tables.render(board, encoding=encoding), nl=False)
        return
    outcome: dict[str, Any] = {
        "suite": suite,
        "results": str(root),
        "runs": len(runs),
        "done_before": len(tally.done_before),
        "finished": len(tally.finished),
        "failed": len(tally.failed),
        "failed_before": len(tally.failed_before),
        "not_begun": len(tally.not_begun),
        "was_interrupted": tally.was_interrupted,
        "leaderboard": exports.to_fields(board),
    }
    click.echo(exports.json_text(outcome), nl=False)
