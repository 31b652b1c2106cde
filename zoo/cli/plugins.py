"""`zoo plugins`: who is here, what they bring, and why somebody is not."""

from __future__ import annotations

import traceback
from typing import Any

import click

from zoo.cli import output
from zoo.cli.group import commands
from zoo.plugins import Plugin, host
from zoo.registry import shelf
from zoo.terminal import printable

_KINDS = ("encoders", "heads", "tasks", "commands")
# a manifest that takes longer imports something that it should leave to its targets
_SLOW_SECONDS = 1.0


@click.command("plugins")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, with tracebacks.")
@click.pass_context
def command(ctx: click.Context, is_json: bool) -> None:
    """List plugins and what they bring. The exit status is 1 if one was left out."""
    plugins = host().plugins
    clashes = [line for kind in ("encoder", "head", "task") for line in shelf(kind).clashes()]
    clashes += commands().clashes()
    if is_json:
        output.print_json({"plugins": [_fields(one) for one in plugins], "clashes": clashes})
    else:
        _show(plugins, clashes)
    if any(one.status == "left out" for one in plugins):
        ctx.exit(1)


def _show(plugins: tuple[Plugin, ...], clashes: list[str]) -> None:
    output.show(
        output.table(
            ["plugin", "from", "status", *_KINDS],
            [[one.name, one.release, one.status, *_counts(one)] for one in plugins],
            right=_KINDS,
        )
    )
    notes = {
        "Left out": [
            f"{one.full_name}: {one.cause}" for one in plugins if one.status == "left out"
        ],
        "Made for another zoo": [
            f"{one.full_name}: {one.unmet_requirement}"
            for one in plugins
            if one.status == "loaded" and one.unmet_requirement
        ],
        "Name clashes": clashes,
        "Slow to import": [
            f"{one.full_name}: {one.import_seconds:.1f} s; a manifest imports nothing heavier "
            "than zoo"
            for one in plugins
            if one.import_seconds > _SLOW_SECONDS
        ],
    }
    for title, lines in notes.items():
        if lines:
            click.echo(f"\n{title}:")
            for line in lines:
                click.echo(f"  {printable(line)}")


def _counts(plugin: Plugin) -> list[int | None]:
    """How many records of each kind; nothing where nobody could ask."""
    return [len(getattr(plugin, kind)) if plugin.status == "loaded" else None for kind in _KINDS]


def _fields(plugin: Plugin) -> dict[str, Any]:
    error = plugin.error
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "module": plugin.module,
        "status": plugin.status,
        "cause": plugin.cause or None,
        "unmet_requirement": plugin.unmet_requirement or None,
        "traceback": None if error is None else "".join(traceback.format_exception(error)),
        "import_seconds": plugin.import_seconds,
        **{kind: [spec.name for spec in getattr(plugin, kind)] for kind in _KINDS},
        "lost": plugin.lost,
    }
