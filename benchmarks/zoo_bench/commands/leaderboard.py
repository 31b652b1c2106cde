"""`zoo leaderboard`: rank the pairs of stored results."""

from __future__ import annotations

import gc
import sys
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from zoo import durable
from zoo_bench import exports, latex, tables
from zoo_bench.commands.places import Place
from zoo_bench.leaderboard import Leaderboard, build
from zoo_bench.reading import Contents, find_roots, read_all
from zoo_bench.remembered import leaderboard_of
from zoo_bench.store import DiskError, ResultsError

DEFAULT_PLACE = Path("results")
DEFAULT_OUTPUT = "leaderboard"
HTML = "html"
ALL = "all"
# the name of the file that each format is written to
FILES = {
    "table": "leaderboard.txt",
    "md": "leaderboard.md",
    "csv": "leaderboard.csv",
    "json": "leaderboard.json",
    "latex": "leaderboard.tex",
    HTML: "index.html",
}
_TEXTS: Mapping[str, Callable[[Leaderboard], str]] = {
    "table": tables.render,
    "md": exports.to_markdown,
    "csv": exports.to_csv,
    "json": lambda leaderboard: exports.json_text(exports.to_fields(leaderboard)),
    "latex": latex.to_latex,
}


@contextmanager
def no_collection() -> Iterator[None]:
    """Look for no garbage: there are thousands of records, all needed to the end.

    Looking takes a sixth of the time for a leaderboard of 1,000 runs.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@click.command("leaderboard")
@click.argument("results", type=Place(), required=False, metavar="[RESULTS]")
@click.option(
    "--format",
    "form",
    type=click.Choice((*FILES, ALL)),
    default="table",
    show_default=True,
    help="html: a page with charts, one file that needs no network; latex: booktabs tables; "
    "all: a file of each.",
)
@click.option("--json", "is_json", is_flag=True, help="The same as --format json: unrounded.")
@click.option(
    "-o",
    "--output",
    type=Place(),
    metavar="DIR",
    help="Write a file in this folder instead of stdout; html and all go to RESULTS/leaderboard "
    "without.",
)
@click.option("--open", "is_opened", is_flag=True, help="With --format html: open it in a browser.")
@click.option(
    "--examples/--no-examples",
    default=True,
    help="With --format html: show test texts that were taken for something else, where the "
    "licence of the task allows it, and what an audit of its data counts. The task is loaded "
    "for that.",
)
@click.option(
    "--verify",
    "is_verified",
    is_flag=True,
    help="Compute every metric anew from the stored predictions first. A result that does not "
    "follow from them is left out and named; the exit code is 1 then, and where one cannot be "
    "read.",
)
@no_collection()
def command(
    results: Path | None,
    form: str,
    is_json: bool,
    output: Path | None,
    is_opened: bool,
    examples: bool,
    is_verified: bool,
) -> None:
    """Rank the pairs in RESULTS, a folder of `zoo bench` or one that holds several (results).

    Reads stored records only and changes none. Of a run that lies there twice the first by name
    counts, as where results are merged. One that predicts something else, and a copy within one
    folder of results, are named below the table.
    """
    chosen = "json" if is_json else form
    if is_opened and chosen not in (HTML, ALL):
        raise click.UsageError("--open opens the page in a browser: add --format html")
    place = results or DEFAULT_PLACE
    roots = _roots(place, is_asked_for=results is not None)
    has_page = chosen in (HTML, ALL)
    contents = read_all(roots) if has_page or is_verified else None
    if contents is not None and is_verified:
        contents = _verified(contents)
    leaderboard = leaderboard_of(roots) if contents is None else build(contents)
    if output is None and not has_page:
        click.echo(_on_stdout(chosen, leaderboard), nl=False)
    else:
        folder = output or place / DEFAULT_OUTPUT
        for one in FILES if chosen == ALL else [chosen]:
            path = folder / FILES[one]
            if one == HTML:
                assert contents is not None
                _write(path, _page(leaderboard, contents, examples))
            else:
                _write(path, _TEXTS[one](leaderboard))
            click.echo(path)
        if is_opened:
            webbrowser.open((folder / FILES[HTML]).absolute().as_uri())
    if contents is not None and is_verified and contents.unreadable:
        sys.exit(1)


def _roots(place: Path, *, is_asked_for: bool) -> list[Path]:
    roots = find_roots(place)
    if not roots and is_asked_for and not place.is_dir():
        raise ResultsError(f"results: there is no folder {place}")
    if not roots:
        click.echo(f"{place} holds no results; make some with `zoo bench quick`", err=True)
    return roots


def _on_stdout(form: str, leaderboard: Leaderboard) -> str:
    if form == "table":
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return tables.render(leaderboard, encoding=encoding)
    return _TEXTS[form](leaderboard)


def _verified(contents: Contents) -> Contents:
    # torch comes with it: only now
    from zoo_bench.verification import without_faults

    right = without_faults(contents)
    at_fault = len(contents.results) - len(right.results)
    unreadable = len(contents.unreadable)
    text = verified_text(len(contents.results), at_fault, unreadable, is_left_out=True)
    click.echo(text, err=True)
    return right


def verified_text(
    verified: int, at_fault: int, unreadable: int, *, is_left_out: bool = False
) -> str:
    """What came of verifying so many results, beside which so many could not be read."""
    runs = "1 result" if verified == 1 else f"{verified:,} results"
    found = f"{at_fault:,} at fault" if at_fault else "every metric follows from its predictions"
    said = [f"{runs} verified: {found}"]
    if at_fault and is_left_out:
        said.append("left out")
    if unreadable:
        said.append(f"{unreadable:,} more cannot be read")
    return ", ".join(said)


def _page(leaderboard: Leaderboard, contents: Contents, with_examples: bool) -> str:
    from zoo_bench.page.build import build_page

    return build_page(leaderboard, contents, with_examples=with_examples)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, text.encode("utf-8"))
    except OSError as error:
        raise DiskError(
            f"leaderboard: cannot write {path}: {error.strerror}; name another folder with -o"
        ) from error
