"""What a saved classifier says of itself, read without its plugins and without torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo.errors import CheckpointError, JsonError
from zoo.saved_component import SavedComponent
from zoo.strict_json import load_json

MODEL_TYPE = "zoo"
CONFIGURATION = "config.json"
WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
# what safetensors itself accepts, in bytes
LARGEST_HEADER = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedClassifier:
    """A saved classifier as its folder tells it.

    `labels` are in the order of the logits. `max_length` is in tokens, None for the tokenizer's
    own. `checkpoint` is what training began with, None for random weights. `parameters` counts the
    stored numbers, None where the weights are not all there.
    """

    encoder: SavedComponent
    head: SavedComponent
    labels: tuple[str, ...]
    max_length: int | None
    checkpoint: str | None
    revision: str | None
    parameters: int | None

    @property
    def pair(self) -> str:
        return f"{self.encoder.name}+{self.head.name}"


def read_classifier(folder: Path) -> SavedClassifier:
    """The classifier that was saved in a folder; raises `CheckpointError` for anything else."""
    file = folder / CONFIGURATION
    try:
        values = load_json(file.read_bytes(), str(file))
    except OSError as error:
        reason = f"{CONFIGURATION} is missing" if not file.exists() else error.strerror
        raise CheckpointError(f"{folder}: no saved classifier is there ({reason})") from error
    except JsonError as error:
        raise CheckpointError(f"{folder}: no saved classifier is there ({error})") from error
    check_is_classifier(values, str(folder))
    encoder = values.get("encoder")
    return SavedClassifier(
        encoder=SavedComponent.from_record("encoder", encoder),
        head=SavedComponent.from_record("head", values.get("head")),
        labels=_labels(values),
        max_length=values.get("max_length"),
        checkpoint=encoder.get("checkpoint"),
        revision=encoder.get("revision"),
        parameters=_parameters(folder),
    )


def check_is_classifier(values: Any, source: str) -> None:
    """Raise `CheckpointError` for a configuration of something else, with what helps."""
    kind = values.get("model_type") if isinstance(values, Mapping) else None
    if kind is None:
        raise CheckpointError(
            f"{source}: no saved classifier is there ({CONFIGURATION} names no model_type)"
        )
    if kind != MODEL_TYPE:
        raise CheckpointError(
            f"{source}: this is a '{kind}' checkpoint, not a classifier saved by zoo; to put a "
            f"head on it: zoo.build('hf:{source}', HEAD, labels=[…])"
        )


def _labels(values: Mapping[str, Any]) -> tuple[str, ...]:
    # transformers leaves out what is the default of its configurations
    names = values.get("id2label", {"0": "LABEL_0", "1": "LABEL_1"})
    count = len(names) if isinstance(names, dict) else 0
    found = [name for index in range(count) if isinstance(name := names.get(str(index)), str)]
    if not found or len(found) < count:
        raise CheckpointError(
            f"{CONFIGURATION}: id2label must name every label from 0 on, got {names!r:.80}"
        )
    return tuple(found)


def _parameters(folder: Path) -> int | None:
    """How many numbers the safetensors of a folder hold, by their headers."""
    try:
        if (folder / WEIGHTS).exists():
            return _stored_numbers(folder / WEIGHTS)
        index = load_json((folder / WEIGHTS_INDEX).read_bytes(), WEIGHTS_INDEX)
        shards = {Path(name).name for name in index["weight_map"].values()}
        return sum(_stored_numbers(folder / name) for name in shards)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _stored_numbers(file: Path) -> int:
    """The numbers in one file: eight bytes say how long its JSON of names and shapes is.

    https://huggingface.co/docs/safetensors/index#format
    """
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > LARGEST_HEADER:
            raise ValueError(f"{file} is no safetensors file")
        header = load_json(stream.read(length), str(file))
    header.pop("__metadata__", None)
    shapes = [tensor["shape"] for tensor in header.values()]
    if any(type(extent) is not int or extent < 0 for shape in shapes for extent in shape):
        raise ValueError(f"{file} is no safetensors file")
    return sum(math.prod(shape) for shape in shapes)
