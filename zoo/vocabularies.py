"""The tokenizer of an encoder, without the encoder: neither torch nor weights are loaded."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import registry
from zoo.errors import CheckpointError, OutOfReach
from zoo.terminal import cause_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DEFAULT_MAX_LENGTH = 512


def tokenizer_of(
    encoder: str,
    *,
    pretrained: bool = True,
    revision: str | None = None,
    local_files_only: bool = False,
) -> PreTrainedTokenizerBase:
    """The tokenizer that `zoo.build` gives an encoder of this name.

    `pretrained` as there; `revision` is that of its hub checkpoint, where it is not to be the
    spec's. Raises `UnknownEncoder` and its relatives, `CheckpointError`, and `OutOfReach` where the
    checkpoint is neither in the cache nor on a hub that can be reached.
    """
    found = registry.find_encoder(encoder)
    spec = found.spec
    source = weight_source(found) if pretrained else None
    # weights inside a package have its vocabulary; read from there, it needs no torch
    if source in (None, spec.weights) and spec.configuration and spec.vocabulary:
        return read_vocabulary(spec.vocabulary, spec.configuration.get("max_position_embeddings"))
    if source is None:
        raise CheckpointError(
            f"encoder {found.name!r} names neither weights nor a vocabulary of its own, so there "
            "is no tokenizer of it"
        )
    if source == spec.weights:
        return _saved_tokenizer(str(resource_path(source)), None, local_files_only)
    try:
        return _saved_tokenizer(source, revision or spec.revision, local_files_only)
    except OutOfReach as error:
        raise OutOfReach(
            f"encoder {found.name!r}: {error}\nWithout a network: "
            f"{', '.join(offline_encoders())}; or hf:FOLDER with a downloaded copy"
        ) from error


def offline_encoders() -> list[str]:
    """The encoders that need no network."""
    return [
        one.name
        for one in registry.encoders()
        if not one.spec.checkpoint and not one.spec.takes_checkpoint
    ]


def weight_source(found: Any) -> str | None:
    """Where the pretrained weights of an encoder are: in a package or on the hub; None: nowhere."""
    return found.spec.weights or found.checkpoint or found.spec.checkpoint


def _saved_tokenizer(
    checkpoint: str, revision: str | None, local_files_only: bool
) -> PreTrainedTokenizerBase:
    from zoo.hub import locate

    # before transformers, which takes a while to load
    place = locate(checkpoint, revision, local_files_only=local_files_only)

    from transformers import AutoConfig, AutoTokenizer

    options = {
        "revision": place.commit,
        "local_files_only": place.is_local,
        "trust_remote_code": False,
    }
    try:
        limit = getattr(
            AutoConfig.from_pretrained(checkpoint, **options), "max_position_embeddings", None
        )
        tokenizer = AutoTokenizer.from_pretrained(checkpoint, **options)
    except Exception as error:  # transformers and the hub each raise their own
        raise CheckpointError(
            f"{checkpoint}: its tokenizer cannot be loaded: {cause_of(error)}"
        ) from error
    if isinstance(limit, int) and limit > 0:
        tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
    return tokenizer


def read_vocabulary(resource: str, max_length: int | None) -> PreTrainedTokenizerBase:
    """A WordPiece tokenizer over a packaged vocabulary, one token a line.

    Lower case, accents kept: stripping them would take Hangul syllables apart into their letters.
    """
    from transformers import BertTokenizer

    with resource_path(resource).open(encoding="utf-8") as lines:
        vocabulary = {line.rstrip("\n"): index for index, line in enumerate(lines)}
    return BertTokenizer(
        vocab=vocabulary,
        do_lower_case=True,
        strip_accents=False,
        model_max_length=max_length or DEFAULT_MAX_LENGTH,
    )


def resource_path(resource: str) -> Path:
    """The path of `"package:folder/file"`; raises `CheckpointError` where it is not there."""
    package, _, inside = resource.partition(":")
    path = Path(str(importlib.resources.files(package).joinpath(inside)))
    if not path.exists():
        raise CheckpointError(f"{resource}: the package holds no such file; install it again")
    return path
