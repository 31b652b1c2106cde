"""`zoo train`: labelled texts in, a saved classifier out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo import durable
from zoo.cli.inputs import (
    check_source,
    data_options,
    make_recipe,
    read_file,
    split_pair,
    training_options,
)
from zoo.errors import CheckpointError

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.data import Examples
    from zoo.training import TrainingReport
    from zoo.verdict import Judgement

VALIDATION_SHARE = 0.1
CHECKPOINTS = "checkpoints"


@click.command("train")
@click.argument("pair", metavar="PAIR")
@data_options
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Validation examples; default: a tenth of the data.",
)
@training_options
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where to save.",
)
@click.option("--resume", is_flag=True, help="Continue a training that was interrupted.")
@click.option("--json", "is_json", is_flag=True, help="Print the report as JSON.")
def command(
    pair: str,
    task: str | None,
    data: Path | None,
    validation: Path | None,
    recipe_file: Path | None,
    settings: tuple[str, ...],
    seed: int,
    scratch: bool,
    weights: Path | None,
    output: Path,
    resume: bool,
    is_json: bool,
    **columns: Any,
) -> None:
    """Train PAIR, such as koelectra-nano+bilstm, and save it to a folder.

    The texts come from a task (--task ko-intents) or a file (--data intents.csv --label intent).
    """
    encoder, head = split_pair(pair)
    check_source(task, data)
    check_output(output, resume)
    recipe = make_recipe(recipe_file, settings)
    train_examples, validation_examples, labels = read_splits(task, data, validation, columns, seed)

    from zoo.building import build
    from zoo.cli.progress import training_progress
    from zoo.evaluation import evaluate
    from zoo.resumption import remove_checkpoints
    from zoo.training import train

    classifier = build(
        encoder, head, labels=labels, pretrained=not scratch, weights=weights, seed=seed
    )
    make_folder(output)
    checkpoints = output / CHECKPOINTS
    try:
        with training_progress() as on_progress:
            report = train(
                classifier,
                train_examples,
                validation_examples,
                recipe,
                seed=seed,
                on_progress=on_progress,
                checkpoints=checkpoints,
            )
        classifier.save_pretrained(output)
    except KeyboardInterrupt:
        if not has_checkpoint(output):
            raise
        click.echo(f"Interrupted: the same command with --resume continues in {output}.", err=True)
        click.get_current_context().exit(130)
    remove_checkpoints(checkpoints)
    metrics = evaluate(classifier, validation_examples).metrics
    print_report(report, metrics, classifier, output, is_json)


def check_output(output: Path, resume: bool) -> None:
    """Raise `CheckpointError` for an output that somebody may still need."""
    if output.exists() and not output.is_dir():
        raise CheckpointError(f"--output {output} is a file; name a folder")
    is_unfinished = (output / CHECKPOINTS).is_dir()
    if is_unfinished:
        check_checkpoints(output / CHECKPOINTS)
    has_classifier = (output / "config.json").exists()
    # a training that failed before its first checkpoint left nothing to continue
    if is_unfinished and not resume and (has_classifier or has_checkpoint(output)):
        raise CheckpointError(
            f"{output} holds an interrupted training: continue it with --resume, or remove the "
            "folder"
        )
    # a classifier beside checkpoints is what an interrupted saving left
    if has_classifier and not is_unfinished:
        raise CheckpointError(f"{output} holds a saved classifier already; name another folder")
    if resume and not is_unfinished:
        raise CheckpointError(
            f"--resume: {output} holds no interrupted training; leave --resume out to begin one"
        )


def check_checkpoints(folder: Path) -> None:
    """Raise `CheckpointError` for anything that would be lost, as checkpoints are in the end."""
    from zoo.resumption import strangers

    found = strangers(folder)
    if found:
        raise CheckpointError(
            f"{folder} is where zoo train keeps its checkpoints, and holds {found[0].name}, which "
            "is none of them: move it away, or name another --output"
        )


def has_checkpoint(output: Path) -> bool:
    """Whether a training in this folder can be continued."""
    # imports torch, and so only where there are checkpoints to look at
    from zoo.resumption import complete_checkpoints

    return bool(complete_checkpoints(output / CHECKPOINTS))


def make_folder(output: Path) -> None:
    """Make the folder now, so that what is wrong with it shows before hours of training."""
    try:
        durable.make_folder(output)
        with tempfile.TemporaryFile(dir=output):
            pass
    except OSError as error:
        raise CheckpointError(f"--output {output} cannot be written: {error.strerror}") from error


def read_splits(
    task: str | None,
    data: Path | None,
    validation: Path | None,
    columns: dict[str, Any],
    seed: int,
) -> tuple[Examples, Examples, tuple[str, ...]]:
    """Training and validation examples and the label names, from a task or from files."""
    from zoo.data import load_task, split_validation

    if task is not None:
        loaded = load_task(task, seed)
        return loaded.train, loaded.validation, loaded.labels
    assert data is not None
    examples = read_file(data, columns)
    if validation is not None:
        return examples, read_file(validation, columns), examples.label_names
    train, held_out = split_validation(examples, VALIDATION_SHARE)
    click.echo(
        f"{data}: {len(train):,} examples to train on, {len(held_out):,} held out to validate",
        err=True,
    )
    return train, held_out, examples.label_names


def print_report(
    report: TrainingReport,
    metrics: dict[str, float],
    classifier: TextClassifier,
    output: Path,
    is_json: bool,
) -> None:
    """What was trained and how well it does on the validation examples."""
    from zoo.cli import output as out

    if is_json:
        out.print_json(
            {
                "output": str(output),
                "pair": f"{classifier.config.encoder['name']}+{classifier.config.head['name']}",
                "seed": report.seed,
                "recipe": report.recipe.model_dump(),
                "best_epoch": report.best_epoch,
                "steps": report.steps,
                "train_seconds": report.train_seconds,
                "samples_per_second": report.samples_per_second,
                "device": report.device,
                "history": report.history,
                "validation": metrics,
                "measurements": report.measurements.model_dump(),
                "verdict": None if report.verdict is None else report.verdict.model_dump(),
            }
        )
        return
    click.echo(
        f"validation accuracy {100 * metrics['accuracy']:.2f} %, "
        f"macro F1 {100 * metrics['macro_f1']:.2f} % "
        f"(epoch {report.best_epoch} of {len(report.history)}, {report.train_seconds:.0f} s, "
        f"{report.device})"
    )
    if report.verdict is not None:
        click.echo(verdict_text(report.verdict))
    click.echo(f"saved to {output}")


def verdict_text(judgement: Judgement) -> str:
    """The verdict with its numbers and, below it, what to change."""
    text = f"{judgement.verdict.replace('_', ' ')}: {judgement.reason}"
    return text if judgement.suggestion is None else f"{text}\nto try: {judgement.suggestion}"
