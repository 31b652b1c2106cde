"""Why a training does not learn: one fault at a time, over five seeds.

python -m why_it_does_not_learn train RUNS.jsonl
python -m why_it_does_not_learn report RUNS.jsonl --figure FIGURE.svg
"""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import click
import torch
from rich.console import Console

from why_it_does_not_learn.report import LANGUAGES, draw, missing, read_runs, table
from why_it_does_not_learn.training import SEEDS, measured, trainings


@click.group(help=__doc__)
def main() -> None:
    """The commands of the experiment."""


@main.command()
@click.argument("runs", type=click.Path(dir_okay=False, path_type=Path))
def train(runs: Path) -> None:
    """Train what RUNS does not hold yet; a line for each training and seed."""
    console = Console(stderr=True, highlight=False)
    done = set()
    if runs.exists():
        done = {(run.training, run.seed) for run in read_runs(runs)}
        # a line that a kill cut off must not have the next one behind it
        whole, newline, _ = runs.read_text("utf-8").rpartition("\n")
        runs.write_text(whole + newline, "utf-8")
    waiting = [(name, seed) for seed in SEEDS for name in trainings() if (name, seed) not in done]
    # one thread each: what a training computes does not depend on how many run beside it
    pool = ProcessPoolExecutor(
        mp_context=get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)
    )
    with pool:
        futures = [pool.submit(measured, *each) for each in waiting]
        for number, future in enumerate(as_completed(futures), start=1):
            entry = future.result()
            with runs.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(entry, ensure_ascii=False)}\n")
            console.print(
                f"{number} of {len(waiting)}: {entry['training']}, seed {entry['seed']}: "
                f"{entry['accuracy']:.2%}"
            )


@main.command()
@click.argument("runs", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(sorted(LANGUAGES)), default="en", show_default=True)
@click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw it as SVG.")
def report(runs: Path, language: str, figure: Path | None) -> None:
    """Print the table of RUNS in Markdown, and draw curves and scores."""
    found = read_runs(runs)
    if lacking := missing(found):
        raise click.ClickException(
            f"{runs}: not trained yet: {', '.join(lacking)}; python -m why_it_does_not_learn train "
            f"{runs} goes on"
        )
    click.echo(table(found, language))
    if figure is not None:
        draw(found, language, figure)


if __name__ == "__main__":
    main()
