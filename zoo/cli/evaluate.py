"""`zoo evaluate`: a saved classifier on labelled texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.inputs import check_source, data_options, read_file

if TYPE_CHECKING:
    from zoo.evaluation import Evaluation


@click.command("evaluate")
@click.argument("folder", metavar="FOLDER")
@data_options
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    default="test",
    show_default=True,
    help="Split of the task.",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, unrounded.")
def command(
    folder: str, task: str | None, data: Path | None, split: str, is_json: bool, **columns: Any
) -> None:
    """Measure the classifier in FOLDER on a task's test split or on a file."""
    check_source(task, data)

    from zoo.building import load
    from zoo.data import load_task
    from zoo.evaluation import evaluate

    classifier = load(folder)
    if task is not None:
        examples = getattr(load_task(task), split)
    else:
        assert data is not None
        examples = read_file(data, columns)
    evaluation = evaluate(classifier, examples)
    if is_json:
        from zoo.cli import output

        output.print_json(
            {
                "examples": len(evaluation.labels),
                "metrics": evaluation.metrics,
                "per_class": evaluation.per_class,
                "labels": list(classifier.labels),
                "confusion": evaluation.confusion,
            }
        )
        return
    print_tables(evaluation)


def print_tables(evaluation: Evaluation) -> None:
    """The metrics, then one line per class."""
    from zoo.cli import output

    percents = {"accuracy", "macro_f1", "weighted_f1"}
    rows = [
        (name, f"{100 * value:.2f} %" if name in percents else f"{value:.4f}")
        for name, value in evaluation.metrics.items()
    ]
    output.show(
        output.heading(f"{len(evaluation.labels):,} examples"),
        output.facts(rows),
        "",
        output.table(
            ["label", "precision %", "recall %", "F1 %", "support"],
            [
                (
                    row["label"],
                    *(f"{100 * row[name]:.1f}" for name in ("precision", "recall", "f1")),
                    row["support"],
                )
                for row in evaluation.per_class
            ],
            right=("precision %", "recall %", "F1 %", "support"),
        ),
    )
