"""Which weights a run will begin with, settled before the grid starts: by commit, by hash, once.

An unreachable hub is one error for the whole suite, with the ways to go on without it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import CheckpointError, OutOfReach
from zoo.hub import locate
from zoo.registry import Registered
from zoo.specs import EncoderSpec
from zoo.vocabularies import offline_encoders, resource_path, weight_source

# weights, configuration, and the tokenizers of transformers
_DECIDE = {".safetensors", ".json", ".txt", ".model"}


@dataclass(frozen=True, slots=True)
class Weights:
    """Where weights come from: a hub id with its commit, or files with their hash."""

    checkpoint: str | None = None
    revision: str | None = None
    sha256: str | None = None


def settle(encoders: Sequence[Registered[EncoderSpec]]) -> list[Weights]:
    """The weights of each encoder; raises one `CheckpointError` that names all it cannot get."""
    settled: list[Weights] = []
    refused: list[tuple[Registered[EncoderSpec], CheckpointError]] = []
    needs_hub: list[bool] = []
    for encoder in encoders:
        checkpoint, on_disk = weight_source(encoder), hash_on_disk(encoder)
        if checkpoint is None or on_disk is not None:
            settled.append(Weights(checkpoint, None, on_disk))
            continue
        try:
            place = locate(checkpoint, encoder.spec.revision)
        except CheckpointError as error:
            refused.append((encoder, error))
            continue
        settled.append(Weights(checkpoint, place.commit))
        # also one that names its commit: that of its files not all are in the cache is possible
        needs_hub.append(not place.is_local)
    if refused:
        raise CheckpointError(_explain(refused))
    if needs_hub and not any(needs_hub):
        # read when the workers start: each load would otherwise wait for the network to give up
        os.environ["HF_HUB_OFFLINE"] = "1"
    return settled


def hash_on_disk(encoder: Registered[EncoderSpec]) -> str | None:
    """The SHA-256 of an encoder whose weights are files here; None where they come from a hub.

    Of packaged weights it is over the safetensors files, for the version of the package stands for
    the rest. Of a folder of the user's it is over all that decides what is loaded.
    """
    spec = encoder.spec
    if spec.weights is not None:
        place = resource_path(spec.weights)
        return _hash_of(sorted(place.glob("*.safetensors")) if place.is_dir() else [place])
    checkpoint = encoder.checkpoint or spec.checkpoint
    if checkpoint is None or not Path(checkpoint).is_dir():
        return None
    return _hash_of(sorted(path for path in Path(checkpoint).iterdir() if path.suffix in _DECIDE))


def _hash_of(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _explain(refused: Sequence[tuple[Registered[EncoderSpec], CheckpointError]]) -> str:
    lines = [
        "no run was started, for there are checkpoints that cannot be had:",
        *(f"  {encoder.name}: {error}" for encoder, error in refused),
    ]
    out_of_reach = [encoder for encoder, error in refused if isinstance(error, OutOfReach)]
    if out_of_reach:
        download = f"hf download {weight_source(out_of_reach[0])}"
        lines += [
            "Without a network:",
            f"  put other encoders into the suite: {', '.join(offline_encoders())}",
            "  or a local folder: 'hf:/path/to/folder'",
            f"  or download once where there is a network: {download}",
            "  or train from random weights: 'pretrained: false' in the suite",
        ]
    return "\n".join(lines)
