"""`zoo list`: what there is to build from and to train on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from zoo import registry
from zoo.cli import output
from zoo.cli.description import fields_of, weights_of
from zoo.shelf import Registered
from zoo.terminal import printable

if TYPE_CHECKING:
    from rich.table import Table

# kind → heading and value of each column between the name and the description
_COLUMNS: Mapping[str, Mapping[str, Callable[[Any], object]]] = {
    "encoders": {
        "parameters": lambda spec: spec.parameters,
        "languages": lambda spec: spec.languages,
        "weights": weights_of,
    },
    "heads": {"parameters": lambda spec: spec.parameters},
    "tasks": {
        "labels": lambda spec: spec.num_labels,
        "languages": lambda spec: spec.languages,
    },
}


@click.command("list")
@click.argument("kind", type=click.Choice(tuple(_COLUMNS)), required=False)
@click.argument("pattern", default="*")
@click.option("--json", "is_json", is_flag=True, help="Print JSON: every field of every record.")
def command(kind: str | None, pattern: str, is_json: bool) -> None:
    """List encoders, heads and tasks, all of them or those whose name fits PATTERN ('ko*')."""
    found = {
        one: registry.shelf(one.removesuffix("s")).matching(pattern)
        for one in ([kind] if kind else _COLUMNS)
    }
    if is_json:
        output.print_json({one: [fields_of(each) for each in found[one]] for one in found})
        return
    is_first = True
    for one, records in found.items():
        if not records:
            click.echo(_nothing(one, pattern), err=True)
            continue
        if not is_first:
            click.echo()
        output.show(output.heading(one.capitalize()), _table(one, records))
        is_first = False


def _table(kind: str, records: list[Registered[Any]]) -> Table:
    columns = _COLUMNS[kind]
    # worth a column only where anything is not built in
    owner = () if all(one.is_built_in for one in records) else ("from",)
    rows = []
    for one in records:
        values = [read(one.spec) for read in columns.values()]
        owners = [one.distribution for _ in owner]
        rows.append([one.name, *values, *owners, one.spec.description])
    return output.table(
        ["name", *columns, *owner, "description"], rows, right=("parameters", "labels")
    )


def _nothing(kind: str, pattern: str) -> str:
    return f"no {kind}" if pattern == "*" else printable(f"no {kind} fit {pattern!r}")
