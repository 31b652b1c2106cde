"""`zoo doctor`: why a pair does not learn on some data, before it is trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from zoo.cli import output
from zoo.cli.inputs import (
    check_source,
    data_options,
    make_recipe,
    read_file,
    split_pair,
    training_options,
)


@click.command("doctor")
@click.argument("pair", metavar="PAIR")
@data_options
@training_options
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="At most about so long; 0 leaves out the trials of learning rates.",
)
@click.option("--json", "is_json", is_flag=True, help="Print the diagnosis as JSON.")
def command(
    pair: str,
    task: str | None,
    data: Path | None,
    recipe_file: Path | None,
    settings: tuple[str, ...],
    seed: int,
    scratch: bool,
    weights: Path | None,
    seconds: float,
    is_json: bool,
    **columns: Any,
) -> None:
    """Say why PAIR, such as koelectra-nano+bilstm, does not learn on a task or a file.

    Nothing is trained or written: data, tokens, masks, loss, gradients, optimizer and schedule are
    examined, and a few dozen steps are tried at several learning rates. Exits with 1 where
    something is wrong. For a model and a loop of your own, see `zoo.diagnose` in Python.
    """
    encoder, head = split_pair(pair)
    check_source(task, data)
    recipe = make_recipe(recipe_file, settings)
    if task is not None:
        from zoo.data import load_task

        loaded = load_task(task, seed)
        examples, labels = loaded.train, loaded.labels
    else:
        assert data is not None
        examples = read_file(data, columns)
        labels = examples.label_names

    from zoo.building import build
    from zoo.training_diagnosis import diagnose_training

    classifier = build(
        encoder, head, labels=labels, pretrained=not scratch, weights=weights, seed=seed
    )
    click.echo(f"examining {pair} on {task or data} …", err=True)
    diagnosis = diagnose_training(classifier, examples, recipe, seed=seed, seconds=seconds)
    if is_json:
        output.print_json({"pair": pair, "data": str(task or data), **diagnosis.as_fields()})
    else:
        click.echo(f"{pair} on {task or data}: {diagnosis}")
    sys.exit(0 if diagnosis.is_healthy else 1)
