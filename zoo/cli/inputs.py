"""What commands are given: labelled texts by `--task` or `--data`, a pair, a recipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from zoo.data import Examples
    from zoo.recipe import Recipe

Command = TypeVar("Command", bound=Callable[..., Any])

# options that only one of the two sources has a use for
OF_A_FILE = frozenset(
    {"text", "label", "encoding", "file_format", "delimiter", "empty", "validation", "test"}
)
OF_A_TASK = frozenset({"split"})

_SOURCE_OPTIONS = (
    click.option(
        "--task",
        metavar="NAME",
        help="A task of `zoo list tasks`; 3i4k@1000 has 1,000 of its training examples.",
    ),
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
    click.option(
        "--delimiter",
        metavar="CHARACTER",
        callback=lambda context, option, value: "\t" if value == r"\t" else value,
        help=r"Between the columns of CSV and TSV; a tab is \t. Default: that of the format.",
    ),
)
_EMPTY_OPTION = click.option(
    "--empty",
    type=click.Choice(["error", "drop"]),
    default="error",
    show_default=True,
    help="What to do about rows without a text or a label.",
)


_TRAINING_OPTIONS = (
    click.option(
        "--recipe", "recipe_file", type=click.Path(path_type=Path), metavar="FILE", help="YAML."
    ),
    click.option(
        "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Change the recipe."
    ),
    click.option("--seed", default=0, show_default=True),
    click.option("--scratch", is_flag=True, help="Random weights instead of pretrained ones."),
    click.option(
        "--weights",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="A local copy of weights.",
    ),
)


def training_options(command: Command) -> Command:
    """Add `--recipe`, `--set`, `--seed`, `--scratch` and `--weights`."""
    for option in reversed(_TRAINING_OPTIONS):
        command = option(command)
    return command


def split_pair(pair: str) -> tuple[str, str]:
    """`encoder+head` as two names."""
    encoder, plus, head = pair.rpartition("+")
    if not (encoder and plus and head):
        raise click.UsageError(f"PAIR is written encoder+head, as in bert-nano+mlp; got {pair!r}")
    return encoder, head


def make_recipe(path: Path | None, settings: tuple[str, ...]) -> Recipe:
    """The recipe of a file, or the default one, with `--set` applied."""
    from zoo.recipe import Recipe

    recipe = Recipe() if path is None else Recipe.from_file(path)
    return recipe.with_settings(settings) if settings else recipe


def source_options(command: Command) -> Command:
    """Add `--task`, `--data`, `--text`, `--label`, `--encoding`, `--format`, `--delimiter`."""
    for option in reversed(_SOURCE_OPTIONS):
        command = option(command)
    return command


def data_options(command: Command) -> Command:
    """Add the `source_options` and `--empty`."""
    return source_options(_EMPTY_OPTION(command))


def check_source(task: str | None, data: Path | None) -> None:
    """Raise a usage error unless exactly one of the two is given, with options of its own alone."""
    if (task is None) == (data is None):
        raise click.UsageError("give either --task NAME or --data FILE")
    context = click.get_current_context()
    source, other = ("--task", "--data") if data is None else ("--data", "--task")
    idle = OF_A_FILE if data is None else OF_A_TASK
    for option in context.command.params:
        if (
            option.name in idle
            and context.get_parameter_source(option.name) is click.core.ParameterSource.COMMANDLINE
        ):
            raise click.UsageError(
                f"{option.opts[0]} goes with {other} and has no use with {source}: leave it out"
            )


def read_file(path: Path, columns: dict[str, Any]) -> Examples:
    """The examples of a file, what was repaired told on stderr."""
    from zoo.data import read_examples
    from zoo.data.faults import noted

    options = dict(columns)
    examples = read_examples(path, format=options.pop("file_format"), **options)
    for note, count in examples.notes.items():
        click.echo(f"{path}: {noted(note, count)}", err=True)
    return examples
