"""Which weights a run will begin with, settled before the grid starts: by commit, by hash, once.

An unreachable hub is one error for the whole suite, with the ways to go on without it.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zoo import registry
from zoo.errors import CheckpointError
from zoo.registry import Registered
from zoo.specs import EncoderSpec
from zoo.terminal import cause_of

_HUB_TIMEOUT_SECONDS = 10.0
_COMMIT = re.compile(r"[0-9a-f]{40}")
# weights, configuration, and the tokenizers of transformers
_DECIDE = {".safetensors", ".json", ".txt", ".model"}


@dataclass(frozen=True, slots=True)
class Weights:
    """Where weights come from: a hub id with its commit, or files with their hash."""

    checkpoint: str | None = None
    revision: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class _OutOfReach:
    encoder: str
    checkpoint: str
    cause: str


def settle(encoders: Sequence[Registered[EncoderSpec]]) -> list[Weights]:
    """The weights of each encoder; raises one `CheckpointError` that names all out of reach."""
    settled: list[Weights] = []
    missing: list[_OutOfReach] = []
    for encoder in encoders:
        found = _settle_one(encoder)
        if isinstance(found, Weights):
            settled.append(found)
        else:
            missing.append(found)
    if missing:
        raise CheckpointError(_explain(missing))
    return settled


def _settle_one(encoder: Registered[EncoderSpec]) -> Weights | _OutOfReach:
    spec = encoder.spec
    checkpoint = spec.weights or encoder.checkpoint or spec.checkpoint
    if checkpoint is None:
        return Weights()
    on_disk = hash_on_disk(encoder)
    if on_disk is not None:
        return Weights(checkpoint, None, on_disk)
    cached = _cached_commit(checkpoint, spec.revision)
    if spec.revision and _COMMIT.fullmatch(spec.revision) and cached:
        return Weights(checkpoint, spec.revision)  # a commit never moves: no need to ask
    try:
        return Weights(checkpoint, _commit_on_hub(checkpoint, spec.revision))
    except Exception as error:  # the hub's client lets through whatever its network library raises
        if cached is None:
            return _OutOfReach(encoder.name, checkpoint, cause_of(error))
    # read when the workers start: each load would otherwise wait for the network to give up
    os.environ["HF_HUB_OFFLINE"] = "1"
    return Weights(checkpoint, cached)


def hash_on_disk(encoder: Registered[EncoderSpec]) -> str | None:
    """The SHA-256 of an encoder whose weights are files here; None where they come from a hub.

    Of packaged weights it is over the safetensors files, for the version of the package stands for
    the rest. Of a folder of the user's it is over all that decides what is loaded.
    """
    spec = encoder.spec
    if spec.weights is not None:
        package, _, inside = spec.weights.partition(":")
        place = Path(str(importlib.resources.files(package).joinpath(inside)))
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


def _commit_on_hub(checkpoint: str, revision: str | None) -> str | None:
    from huggingface_hub import HfApi

    return HfApi().model_info(checkpoint, revision=revision, timeout=_HUB_TIMEOUT_SECONDS).sha


def _cached_commit(checkpoint: str, revision: str | None) -> str | None:
    """The commit in the local cache that the revision (`main` by default) stood for last."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        path = try_to_load_from_cache(checkpoint, "config.json", revision=revision)
    except HFValidationError:
        return None  # a path that is no folder; asking the hub explains it
    return Path(path).parent.name if isinstance(path, str) else None


def _explain(missing: Sequence[_OutOfReach]) -> str:
    offline = [
        one.name
        for one in registry.encoders()
        if not one.spec.checkpoint and not one.spec.takes_checkpoint
    ]
    lines = [
        "no run was started: checkpoints are neither on the hub, as far as it can be reached, nor "
        "in the local cache",
        *(f"  {one.encoder}: {one.checkpoint} ({one.cause})" for one in missing),
        "Without a network:",
        f"  put other encoders into the suite: {', '.join(offline)}",
        "  or a local folder: 'hf:/path/to/folder'",
        f"  or download once where there is a network: hf download {missing[0].checkpoint}",
        "  or train from random weights: 'pretrained: false' in the suite",
    ]
    return "\n".join(lines)
