"""What `zoo show` tells of a saved classifier, its plugins installed or not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from zoo.cli import output
from zoo.errors import CheckpointError, PluginError
from zoo.plugins import host
from zoo.saved_classifier import SavedClassifier, read_classifier
from zoo.saved_component import SavedComponent


def show_saved(folder: Path, is_json: bool) -> None:
    """Print what the folder says; raises `CheckpointError` where it holds no classifier."""
    if not folder.is_dir():
        raise CheckpointError(_no_folder(folder))
    saved = read_classifier(folder)
    if is_json:
        output.print_json([_as_json(saved, folder)])
        return
    output.show(output.heading(f"classifier {folder}"), output.facts(_facts(saved)))
    for component in (saved.encoder, saved.head):
        click.echo()
        output.show(
            output.heading(f"{component.kind} {component.name}"),
            output.facts(_component_facts(component)),
        )


def _no_folder(path: Path) -> str:
    if path.is_file():
        return f"{path} is a file; a saved classifier is a folder: zoo show {path.parent}"
    text = f"{path} is no folder; give the one that a classifier was saved in"
    if re.fullmatch(r"\w[\w.-]*/[\w.-]+", str(path)):
        text += f", for one on the hub after: hf download {path} --local-dir FOLDER"
    return text


def _facts(saved: SavedClassifier) -> Iterator[tuple[str, object]]:
    yield "pair", saved.pair
    yield "labels", f"{len(saved.labels)}: {', '.join(saved.labels)}"
    yield "max length", saved.max_length or "the tokenizer's"
    yield "began with", _origin(saved)
    unknown = "unknown: the weights are missing or damaged"
    yield "parameters", unknown if saved.parameters is None else saved.parameters


def _origin(saved: SavedClassifier) -> str:
    if saved.checkpoint is None:
        return "random weights"
    return f"{saved.checkpoint}, revision {saved.revision}" if saved.revision else saved.checkpoint


def _component_facts(component: SavedComponent) -> Iterator[tuple[str, object]]:
    yield "from", f"{component.distribution} {component.version}"
    yield "target", component.target
    yield "options", "\n".join(f"{key} = {value}" for key, value in component.options.items())
    yield "here", _standing(component)[1]


def _standing(component: SavedComponent) -> tuple[str, str]:
    """Whether a component is here, in a word for machines and in words for people."""
    try:
        found = component.find()
    except CheckpointError as error:
        others = {one.distribution: one.release for one in host().plugins}
        other = others.get(component.distribution)
        # without the distribution it is only a guess that the plugin would have brought it
        if other and isinstance(error.__cause__, PluginError):
            return "unavailable", str(error.__cause__)
        fault = f"{other} is installed, which lacks it" if other else "not installed"
        return "missing", f"{fault}: {component.install_line}"
    match component.difference(found):
        case "version":
            return "other version", f"{found.release} is installed"
        case "source":
            return "other source", "installed, its source has changed since"
    return "installed", "installed"


def _as_json(saved: SavedClassifier, folder: Path) -> dict[str, Any]:
    fields = dataclasses.asdict(saved)
    for component in (saved.encoder, saved.head):
        status, words = _standing(component)
        more = {"status": status, "here": words, "install": component.install_line}
        fields[component.kind] |= more
    return {"kind": "classifier", "folder": str(folder), "pair": saved.pair, **fields}
