"""Where a command's labelled texts come from: `--task NAME`, or `--data FILE` with its columns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from zoo.data import Examples

Command = TypeVar("Command", bound=Callable[..., Any])

_SOURCE_OPTIONS = (
    click.option("--task", metavar="NAME", help="A task that zoo knows; see `zoo list tasks`."),
    click.option(
        "--data",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="CSV, TSV, JSONL or Parquet.",
    ),
    click.option("--text", default="text", show_default=True, help="Column of the texts."),
    click.option("--label", default="label", show_default=True, help="Column of the labels."),
    click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the file."),
    click.option("--format", "file_format", help="csv, tsv, jsonl or parquet; default: by suffix."),
)
_EMPTY_OPTION = click.option(
    "--empty",
    type=click.Choice(["error", "drop"]),
    default="error",
    show_default=True,
    help="What to do about rows without a text.",
)


def source_options(command: Command) -> Command:
    """Add `--task`, `--data`, `--text`, `--label`, `--encoding` and `--format`."""
    for option in reversed(_SOURCE_OPTIONS):
        command = option(command)
    return command


def data_options(command: Command) -> Command:
    """Add the `source_options` and `--empty`."""
    return source_options(_EMPTY_OPTION(command))


def check_source(task: str | None, data: Path | None) -> None:
    """Raise a usage error unless exactly one of the two is given."""
    if (task is None) == (data is None):
        raise click.UsageError("give either --task NAME or --data FILE")


def read_file(path: Path, columns: dict[str, Any]) -> Examples:
    """The examples of a file, what was repaired told on stderr."""
    from zoo.data import read_examples

    options = dict(columns)
    examples = read_examples(path, format=options.pop("file_format"), **options)
    for note, count in examples.notes.items():
        click.echo(f"{path}: {count:,} {note}", err=True)
    return examples
