"""`zoo results`: verify stored results, join those of several roots, pack them for a journey."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.terminal import printable
from zoo_bench import exports
from zoo_bench.commands.leaderboard import DEFAULT_PLACE, verified_text
from zoo_bench.commands.places import Place
from zoo_bench.reading import MARKER, check_schema, find_roots, read_contents
from zoo_bench.store import ResultsError

if TYPE_CHECKING:
    from zoo_bench.merging import Merged

_PLACE = Place()


@click.group("results")
def command() -> None:
    """Look after stored results: verify, merge, pack."""


@command.command("verify")
@click.argument("results", type=_PLACE, default=DEFAULT_PLACE, metavar="[RESULTS]")
@click.option("--json", "is_json", is_flag=True, help="Print what was found as JSON.")
def verify(results: Path, is_json: bool) -> None:
    """Compute every metric of RESULTS anew from the stored predictions.

    RESULTS is a folder of `zoo bench`, or one that holds several (results). Nothing is changed;
    exit 1 where a result does not follow from its predictions, or cannot be read.
    """
    # torch comes with it: only now
    from zoo_bench.verification import all_faults

    roots = find_roots(results)
    if not roots:
        raise ResultsError(f"results: {results} holds no results of zoo")
    verified = unreadable = 0
    found: list[dict[str, Any]] = []
    for root in roots:
        check_schema(root / MARKER)
        contents = read_contents(root)
        for reason in contents.repeated:
            click.echo(printable(f"left out, there twice: {reason}"), err=True)
        found += [
            {"run": str(error.path), "faults": [error.reason]} for error in contents.unreadable
        ]
        verified += len(contents.results)
        unreadable += len(contents.unreadable)
        found += [
            {"run": str(contents.folders[run_id]), "faults": wrong}
            for run_id, wrong in all_faults(contents).items()
        ]
    if is_json:
        outcome = {"verified": verified, "failed": found}
        click.echo(exports.json_text(outcome), nl=False)
    else:
        for one in found:
            click.echo(printable(f"{one['run']}:"))
            for fault in one["faults"]:
                click.echo(printable(f"  {fault}"))
        click.echo(verified_text(verified, len(found) - unreadable, unreadable))
    sys.exit(1 if found else 0)


@command.command("merge")
@click.argument("sources", type=_PLACE, nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "-o", "--output", type=_PLACE, required=True, help="The results folder that takes the runs."
)
@click.option("--json", "is_json", is_flag=True, help="Print what became of the runs as JSON.")
def merge(sources: tuple[Path, ...], output: Path, is_json: bool) -> None:
    """Copy the runs of every SOURCE, a results folder or a packed file, into one folder.

    A run that is there already stays as it is, unless its result is broken: a good one takes its
    place. Where two have different predictions for the same run, it is named. One that cannot be
    read is left out and named; the exit code is 1 then. `zoo bench --results OUTPUT` goes on with
    what is missing.
    """
    from zoo_bench.merging import merge as merge_roots

    merged = merge_roots(sources, output)
    if is_json:
        fields = {name: getattr(merged, name) for name in merged.__slots__}
        click.echo(exports.json_text(fields), nl=False)
    else:
        _print_merged(merged, output)
    sys.exit(1 if merged.unreadable else 0)


def _print_merged(merged: Merged, output: Path) -> None:
    click.echo(
        f"{output}: {len(merged.finished)} finished and {len(merged.failed)} failed runs came in, "
        f"{len(merged.already_there)} were there already"
    )
    for label in merged.conflicts:
        click.echo(
            printable(f"  {label}: computed twice, with different predictions; the first stays")
        )
    for reason in merged.mended:
        click.echo(printable(f"  mended: {reason}"))
    for reason in merged.unreadable:
        click.echo(printable(f"  left out, unreadable: {reason}"))


@command.command("pack")
@click.argument("results", type=_PLACE)
@click.option(
    "-o", "--output", type=_PLACE, help="The file to write; by default RESULTS.tar.gz beside it."
)
def pack(results: Path, output: Path | None) -> None:
    """Pack the runs of RESULTS into one .tar.gz file, which `zoo results merge` takes.

    The file holds records and predictions, and no texts of any task.
    """
    from zoo_bench.merging import pack as pack_root

    file = output or results.absolute().with_name(f"{results.absolute().name}.tar.gz")
    count = pack_root(results, file)
    click.echo(f"{file}: {count} runs, {file.stat().st_size:,} bytes")
