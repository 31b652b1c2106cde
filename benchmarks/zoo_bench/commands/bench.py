"""`zoo bench`: run a suite, continue it, rank its pairs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from zoo_bench import exports, leaderboard, tables
from zoo_bench.driver import Driver, Tally
from zoo_bench.executors import EXECUTORS, make
from zoo_bench.executors.local import default_workers
from zoo_bench.plan import plan
from zoo_bench.progress import display_for
from zoo_bench.reading import UnreadableRecord, read_contents
from zoo_bench.records import RunSpec
from zoo_bench.store import Store, check_root
from zoo_bench.suite import load_suite

DONE, FAILED, OPEN = "done", "failed", "to do"


@click.command("bench")
@click.argument("suite", default="quick", metavar="[SUITE]")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    help="Folder of the results; by default results/NAME-OF-THE-SUITE.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Runs at a time; by default cores // threads of a run, and one where there is a GPU.",
)
@click.option(
    "--executor",
    type=click.Choice(sorted(EXECUTORS)),
    default="local",
    show_default=True,
    help="local: worker processes; inline: in this one, for a debugger.",
)
@click.option("--only", metavar="PATTERN", help="Runs of 'encoder+head', of a task, or one by one.")
@click.option("--retry-failed", is_flag=True, help="Try again what has failed before.")
@click.option(
    "--run-timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="End a run that takes longer, as a failure with its stack. Not with --executor inline.",
)
@click.option("--dry-run", is_flag=True, help="List the runs and what is done of them; do nothing.")
@click.option("--json", "is_json", is_flag=True, help="Print the outcome as JSON.")
def command(
    suite: str,
    results: Path | None,
    workers: int | None,
    executor: str,
    only: str | None,
    retry_failed: bool,
    run_timeout: float | None,
    dry_run: bool,
    is_json: bool,
) -> None:
    """Run SUITE, a YAML file or the name of a shipped suite (quick, korean-scratch-1, paper).

    Runs that are done are kept: the same command continues after an interruption, a crash or a
    power cut. Ctrl-C ends in an orderly way, twice at once.
    """
    if run_timeout and executor == "inline":
        raise click.UsageError(
            "--run-timeout needs workers that can be ended: leave out --executor"
        )
    chosen = load_suite(suite)
    root = results or Path("results") / chosen.name
    check_root(root)
    runs = plan(chosen, only)
    states = _states(Store(root), runs)
    if dry_run:
        _print_plan(runs, states, is_json)
        return
    store = Store.open(root)
    open_count = _announce(root, states, retry_failed)
    threads = chosen.threads
    hands = make(executor, workers=workers or default_workers(threads), threads=threads)
    with display_for(open_count, sys.stderr) as display:
        tally = Driver(
            store, hands, display, retry_failed=retry_failed, run_timeout_seconds=run_timeout
        ).run(runs)
    _print_outcome(chosen.name, root, runs, tally, is_json)
    if tally.was_interrupted:
        done = len(tally.done_before) + len(tally.finished)
        click.echo(
            f"Interrupted: {done} of {len(runs)} runs are done; the same command continues.",
            err=True,
        )
    click.get_current_context().exit(tally.exit_code)


def _states(store: Store, runs: Sequence[RunSpec]) -> dict[str, str]:
    """Run id → done, failed or to do; a broken record is to do (and moved away in its turn)."""
    states = {}
    for run in runs:
        try:
            is_done = store.result(run) is not None
        except UnreadableRecord:
            is_done = False
        is_failed = not is_done and store.failure(run) is not None
        states[run.run_id] = DONE if is_done else FAILED if is_failed else OPEN
    return states


def _announce(root: Path, states: Mapping[str, str], retry_failed: bool) -> int:
    """Say on stderr what lies ahead; gives the number of runs that will be executed."""
    values = list(states.values())
    done, failed, count = values.count(DONE), values.count(FAILED), values.count(OPEN)
    if retry_failed:
        count += failed
    parts = [
        f"{len(values)} {'run' if len(values) == 1 else 'runs'} in {root}",
        f"{done} done before",
    ]
    if failed:
        again = "tried again" if retry_failed else "left alone without --retry-failed"
        parts.append(f"{failed} failed before, {again}")
    click.echo(f"{', '.join(parts)}; {count} to do.", err=True)
    return count


def _print_plan(runs: Sequence[RunSpec], states: Mapping[str, str], is_json: bool) -> None:
    if is_json:
        rows = [
            {"run_id": run.run_id, "label": run.label, "state": states[run.run_id]} for run in runs
        ]
        click.echo(exports.json_text(rows), nl=False)
        return
    for run in runs:
        click.echo(f"{states[run.run_id]:<7} {run.label}")


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
        "was_interrupted": tally.was_interrupted,
        "leaderboard": exports.to_fields(board),
    }
    click.echo(exports.json_text(outcome), nl=False)
