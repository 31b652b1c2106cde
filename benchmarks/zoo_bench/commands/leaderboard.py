"""`zoo leaderboard`: rank the pairs of stored results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from zoo_bench import exports, tables
from zoo_bench.leaderboard import Leaderboard, build
from zoo_bench.reading import find_roots, read_all
from zoo_bench.store import ResultsError

DEFAULT_PLACE = Path("results")


def _table(leaderboard: Leaderboard) -> str:
    return tables.render(leaderboard, encoding=getattr(sys.stdout, "encoding", None) or "utf-8")


_FORMATS: Mapping[str, Callable[[Leaderboard], str]] = {
    "table": _table,
    "md": exports.to_markdown,
    "csv": exports.to_csv,
    "json": lambda leaderboard: exports.json_text(exports.to_fields(leaderboard)),
}


@click.command("leaderboard")
@click.argument("results", type=click.Path(path_type=Path), required=False, metavar="[RESULTS]")
@click.option(
    "--format", "form", type=click.Choice(tuple(_FORMATS)), default="table", show_default=True
)
@click.option("--json", "is_json", is_flag=True, help="The same as --format json: unrounded.")
def command(results: Path | None, form: str, is_json: bool) -> None:
    """Rank the pairs in RESULTS, a folder of `zoo bench` or one that holds several (results).

    Reads stored records only and changes none.
    """
    place = results or DEFAULT_PLACE
    roots = find_roots(place)
    if not roots and results is not None and not place.is_dir():
        raise ResultsError(f"results: there is no folder {place}")
    if not roots:
        click.echo(f"{place} holds no results; make some with `zoo bench quick`", err=True)
    click.echo(_FORMATS["json" if is_json else form](build(read_all(roots))), nl=False)
