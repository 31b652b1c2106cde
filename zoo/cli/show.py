"""`zoo show`: all about one encoder, head or task, or about a saved classifier."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from zoo import name_errors, registry
from zoo.cli import output
from zoo.cli.description import example_of, fields_of, options_of
from zoo.cli.saved import show_saved
from zoo.plugins import host
from zoo.shelf import Registered
from zoo.specs import EncoderSpec

_KINDS = ("encoder", "head", "task")


@click.command("show")
@click.argument("name", metavar="NAME|FOLDER")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def command(name: str, is_json: bool) -> None:
    """Show all about an encoder, head or task, or about a saved classifier.

    Of two kinds with one NAME, both. 3i4k@1000 is a task with so many of its training examples.
    A FOLDER that is called like one of them is written ./FOLDER.
    """
    found = _find(name)
    if not found:
        show_saved(Path(name), is_json)
        return
    if is_json:
        output.print_json([_as_json(one) for one in found])
        return
    for position, one in enumerate(found):
        if position:
            click.echo()
        output.show(output.heading(f"{one.kind} {one.name}"), output.facts(_facts(one)))


def _find(name: str) -> list[Registered[Any]]:
    """Whatever the name may mean, nothing where it is a path.

    To show the rivals for a name is not to choose among them.
    """
    found = [one for kind in _KINDS for one in registry.shelf(kind).candidates(name)]
    if found:
        return found
    if found := _drawn(name):
        return found
    before_colons = [name[:place] for place, letter in enumerate(name) if letter == ":"]
    if any(registry.shelf("encoder").candidates(short) for short in before_colons):
        return [registry.find_encoder(name)]
    # not pathlib's, which raises for a name that is too long for a file
    if "/" in name or os.path.exists(name):  # noqa: PTH110
        return []
    known = sorted(one.name for kind in _KINDS for one in registry.shelf(kind).records)
    raise name_errors.unknown("encoder, head or task", name, known, host().plugins)


def _drawn(name: str) -> list[Registered[Any]]:
    """The tasks that `3i4k@1000` may mean, called so; raises `DataError` for `3i4k@many`."""
    whole, at, _ = name.partition("@")
    tasks = registry.shelf("task").candidates(whole) if at else []
    if not tasks:
        return []
    from zoo.data import parse_name

    _, count = parse_name(name)
    return [dataclasses.replace(one, name=f"{one.name}@{count}") for one in tasks]


def _facts(one: Registered[Any]) -> Iterator[tuple[str, object]]:
    spec = one.spec
    yield "description", spec.description
    if one.kind == "task":
        if "@" in one.name:
            count = one.name.rpartition("@")[2]
            yield "training", f"{int(count):,} of its examples, drawn anew by every seed"
        yield "labels", spec.num_labels
        yield "source", spec.source
    else:
        yield "options", _option_lines(one)
        yield "parameters", spec.parameters
        yield "claims", spec.claims
        yield "certificate", _certificate(one)
    if one.kind == "encoder":
        yield "weights", _weights(one)
        yield "without them", _from_scratch(spec)
        if spec.learning_rate is not None:
            yield "fine-tuned at", f"{spec.learning_rate:.0e}"
    if one.kind != "head":
        yield "languages", spec.languages
    yield "licence", spec.licence
    if one.kind != "task":
        yield "paper", spec.paper
    yield "from", one.release
    yield "target", spec.target
    yield "example", example_of(one)


def _certificate(one: Registered[Any]) -> str:
    from zoo.certificates import find_certificate

    found = find_certificate(one)
    if found is None:
        if getattr(one.spec, "takes_checkpoint", False):
            return "none: it is made from a checkpoint, which is named with it"
        return f"none; zoo check {one.name} makes one"
    total = len(found.checks) - found.count("skipped")
    return (
        f"{found.count('passed')} of {total} checks passed, {found.made_at:%Y-%m-%d}, "
        f"zoo {found.versions.get('zoo', 'unknown')}"
    )


def _option_lines(one: Registered[Any]) -> str:
    found = options_of(one)
    return found if isinstance(found, str) else "\n".join(map(str, found))


def _weights(encoder: Registered[EncoderSpec]) -> str:
    spec = encoder.spec
    if spec.weights:
        return f"packaged, {spec.weights}"
    if checkpoint := encoder.checkpoint or spec.checkpoint:
        revision = f", revision {spec.revision}" if spec.revision else ""
        return f"{checkpoint}{revision}"
    return "of the checkpoint that is named with it" if spec.takes_checkpoint else ""


def _from_scratch(spec: EncoderSpec) -> str:
    if spec.configuration and spec.vocabulary:
        return f"pretrained=False, with {spec.vocabulary}"
    return "not possible: it brings no configuration and vocabulary of its own"


def _as_json(one: Registered[Any]) -> dict[str, Any]:
    record = fields_of(one)
    if one.kind != "task":
        found = options_of(one)
        if isinstance(found, str):
            record |= {"options": None, "options_error": found}
        else:
            record["options"] = [
                {**dataclasses.asdict(each), "is_required": each.is_required} for each in found
            ]
    if one.checkpoint:
        record["checkpoint"] = one.checkpoint
    return {**record, "example": example_of(one)}
