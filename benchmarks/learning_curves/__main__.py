"""What stored results say of the number of examples, and of frozen encoders.

python -m learning_curves report RESULTS… --figure FIGURE.svg
python -m learning_curves agreement FROZEN FINE_TUNED
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from learning_curves.agreement import agreements
from learning_curves.curves import LANGUAGES, curves_of, draw, table
from zoo_bench.reading import find_roots, read_all
from zoo_bench.records import Result

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(help=__doc__)
def main() -> None:
    """The commands of the curves."""


@main.command()
@click.argument("places", metavar="RESULTS...", nargs=-1, required=True, type=FOLDER)
@click.option("--language", type=click.Choice(sorted(LANGUAGES)), default="en", show_default=True)
@click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), help="Draw it as SVG.")
def report(places: Sequence[Path], language: str, figure: Path | None) -> None:
    """Print a table for each task in RESULTS, and draw the curves."""
    curves = curves_of(results_in(places))
    for task, of_task in curves.items():
        click.echo(f"{task}\n\n{table(of_task, language)}\n")
    if figure is not None:
        draw(curves, language, figure)


@main.command()
@click.argument("one", type=FOLDER)
@click.argument("other", type=FOLDER)
def agreement(one: Path, other: Path) -> None:
    """Print how far the order of the pairs in ONE is that in OTHER, task by task."""
    found = agreements(results_in([one]), results_in([other]))
    if not found:
        raise click.ClickException(f"{one} and {other} share no task with three pairs or more")
    click.echo("| task | pairs | Kendall τ | Spearman ρ |\n|---|--:|--:|--:|")
    for each in found:
        click.echo(f"| {each.task} | {each.pairs} | {each.kendall:.2f} | {each.spearman:.2f} |")


def results_in(places: Sequence[Path]) -> Sequence[Result]:
    """All finished runs of results folders, or of those inside them."""
    roots = [root for place in places for root in find_roots(place)]
    if not roots:
        raise click.ClickException(f"no results in {', '.join(map(str, places))}")
    return read_all(roots).results


if __name__ == "__main__":
    main()
