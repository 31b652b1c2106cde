"""What stored results say of the number of examples, and of frozen encoders.

python -m learning_curves collect RESULTS… --output SCORES.jsonl
python -m learning_curves report SCORES.jsonl --figure FIGURE.svg
python -m learning_curves agreement FROZEN.jsonl FINE_TUNED.jsonl
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from learning_curves import scores
from learning_curves.agreement import agreements
from learning_curves.curves import LANGUAGES, curves_of, draw, table
from zoo_bench.reading import find_roots, read_all

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SCORES = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help=__doc__)
def main() -> None:
    """The commands of the curves."""


@main.command()
@click.argument("places", metavar="RESULTS...", nargs=-1, required=True, type=FOLDER)
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def collect(places: Sequence[Path], output: Path) -> None:
    """Add the scores of all finished runs in RESULTS to a file, a line each.

    A run that the file has already is written anew; the others there stay.
    """
    roots = [root for place in places for root in find_roots(place)]
    try:
        found = scores.scores_of(read_all(roots).results)
        if not found:
            raise click.ClickException(f"no results in {', '.join(map(str, places))}")
        runs = scores.joined(_read(output) if output.exists() else [], found)
    except ValueError as error:
        raise click.ClickException(f"{output} is left as it is: {error}") from None
    scores.write(runs, output)
    click.echo(f"{len(runs)} runs in {output}", err=True)


@main.command()
@click.argument("file", metavar="SCORES.jsonl", type=SCORES)
@click.option("--language", type=click.Choice(sorted(LANGUAGES)), default="en", show_default=True)
@click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw it as SVG.")
def report(file: Path, language: str, figure: Path | None) -> None:
    """Print a table for each task, and draw the curves of those with several sizes."""
    curves = curves_of(_read(file))
    for task, of_task in curves.items():
        click.echo(f"{task}\n\n{table(of_task, language)}\n")
    if figure is not None:
        try:
            draw(curves, language, figure)
        except ValueError as error:
            raise click.ClickException(str(error)) from None


@main.command()
@click.argument("one", type=SCORES)
@click.argument("other", type=SCORES)
def agreement(one: Path, other: Path) -> None:
    """Print how far the order of the pairs in ONE is that in OTHER, task by task."""
    found = agreements(_read(one), _read(other))
    if not found:
        raise click.ClickException(f"{one} and {other} share no task with three pairs or more")
    click.echo("| task | pairs | Kendall τ | Spearman ρ |\n|---|--:|--:|--:|")
    for each in found:
        click.echo(f"| {each.task} | {each.pairs} | {each.kendall:.2f} | {each.spearman:.2f} |")


def _read(file: Path) -> list[scores.Score]:
    try:
        return scores.read(file)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
