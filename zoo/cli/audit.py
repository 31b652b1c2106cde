"""`zoo audit`: what is to be known of data before anything is learned from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zoo.cli.inputs import check_source, source_options
from zoo.limits import MAX_LENGTH


@click.command("audit")
@source_options
@click.option(
    "--validation", type=click.Path(path_type=Path), metavar="FILE", help="Validation examples."
)
@click.option("--test", type=click.Path(path_type=Path), metavar="FILE", help="Test examples.")
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    metavar="NAME",
    help="Count its tokens; may be given again. Default: the encoders that need no network.",
)
@click.option(
    "--max-length",
    default=MAX_LENGTH,
    show_default=True,
    help="Tokens that a recipe cuts texts at.",
)
@click.option(
    "--near",
    default=0.8,
    show_default=True,
    metavar="SHARE",
    help="Share of common character trigrams from which on two texts are near duplicates.",
)
@click.option("--json", "is_json", is_flag=True, help="Print every number, unrounded.")
def command(
    task: str | None,
    data: Path | None,
    validation: Path | None,
    test: Path | None,
    encoders: tuple[str, ...],
    max_length: int,
    near: float,
    is_json: bool,
    **columns: Any,
) -> None:
    """Look for faults in a task, or in files: duplicates, leaks, conflicting labels, …

    Findings come first, worst first, then the tables. The exit status is 1 if one of them is
    serious (✗): training would fail on it, or a score would mean something else than it says.
    """
    check_source(task, data)

    from zoo.auditing import audit
    from zoo.cli import output
    from zoo.data import load_task

    options: dict[str, Any] = {"encoders": encoders or None, "max_length": max_length, "near": near}
    if task is not None:
        report = audit(load_task(task), **options)
    else:
        columns["format"] = columns.pop("file_format")
        report = audit(data, validation=validation, test=test, **options, **columns)
    if is_json:
        output.print_json(report.as_fields())
    else:
        click.echo(str(report))
    click.get_current_context().exit(0 if report.is_healthy else 1)
