"""`build` a classifier from two names, `load` a saved one."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import registry
from zoo.classifier import TextClassifier
from zoo.components import blame, check_encoder, component_class, make_head
from zoo.configuration import ClassifierConfig
from zoo.data.examples import composed
from zoo.errors import CheckpointError, DataError, OutOfReach
from zoo.saved_component import component_record
from zoo.seeds import seeded
from zoo.vocabularies import offline_encoders, read_vocabulary, resource_path, weight_source

if TYPE_CHECKING:
    import torch

    from zoo.specs import EncoderSpec


def build(
    encoder: str,
    head: str,
    *,
    labels: Sequence[str] | None = None,
    num_labels: int | None = None,
    pretrained: bool = True,
    weights: str | Path | None = None,
    revision: str | None = None,
    encoder_options: Mapping[str, Any] | None = None,
    head_options: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> TextClassifier:
    """The classifier of an encoder and a head, by name, ready to be trained.

    Give `labels` by name, or `num_labels` for `label-0`, `label-1`, …  The encoder's weights are
    those of its package or of its hub checkpoint, there of the commit or branch `revision`, if
    given; of the folder `weights`, if given; random with `pretrained=False`. With a `seed`, random
    weights depend on it alone, the head's not on the encoder; the global generators are left as
    they were.

    Raises `UnknownEncoder`, `UnknownHead`, `OptionError`, `CheckpointError`, `PairError`.
    """
    names = label_names(labels, num_labels)
    if weights is not None and not pretrained:
        raise CheckpointError(f"weights={str(weights)!r} and pretrained=False exclude each other")
    encoder_found, head_found = registry.find_encoder(encoder), registry.find_head(head)
    encoder_given, head_given = dict(encoder_options or {}), dict(head_options or {})
    encoder_class = component_class("encoder", encoder_found, encoder_given)
    head_class = component_class("head", head_found, head_given)
    source = given_source(encoder_found, weights) if pretrained else None
    if revision is not None and not is_on_hub(encoder_found, source):
        raise CheckpointError(
            f"revision={revision!r}: what encoder {encoder!r} begins with here is no checkpoint of "
            "a hub; leave revision out"
        )
    with stream(seed, "encoder"):
        if source is None:
            built = from_scratch(encoder_class, encoder_found, encoder_given)
        else:
            built = from_weights(encoder_class, encoder_found, source, revision, encoder_given)
    check_encoder(built, encoder)
    with stream(seed, "head"):
        head_module = make_head(head_class, built.hidden_size, len(names), head_given, head)
    config = ClassifierConfig(
        encoder={
            **component_record(encoder_found, encoder_given),
            "configuration": built.configuration,
            "checkpoint": source,
            "revision": getattr(built, "revision", None),
            "is_pretrained": source is not None,
            "learning_rate": encoder_found.spec.learning_rate,
        },
        head=component_record(head_found, head_given),
        id2label=dict(enumerate(names)),
        label2id={name: index for index, name in enumerate(names)},
    )
    return TextClassifier(config, encoder=built, head=head_module).eval()


def load(
    source: str | Path,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    local_files_only: bool = False,
    dtype: torch.dtype | str | None = None,
    device_map: str | torch.device | None = None,
) -> TextClassifier:
    """A saved classifier, from a folder or a hub id, every weight as it was saved.

    `dtype` and `device_map` (one device) are those of transformers; weights keep the type they were
    saved in otherwise. Raises `CheckpointError`.
    """
    return TextClassifier.from_pretrained(
        source,
        revision=revision,
        token=token,
        cache_dir=cache_dir,
        local_files_only=local_files_only,
        dtype=dtype,
        device_map=device_map,
    )


def label_names(labels: Sequence[str] | None, num_labels: int | None) -> list[str]:
    """The label names, in the order of the logits; raises `DataError` for fewer than two."""
    if labels is None and num_labels is None:
        raise DataError("give the labels: labels=['질문', '명령', …], or num_labels=3")
    if num_labels is not None and (isinstance(num_labels, bool) or not isinstance(num_labels, int)):
        raise DataError(f"num_labels must be a whole number, got {num_labels!r}")
    if isinstance(labels, str):
        raise DataError(f"labels must be a list of names, got the text {labels!r}")
    given = [f"label-{index}" for index in range(num_labels or 0)] if labels is None else labels
    not_text = [name for name in given if not isinstance(name, str)]
    if not_text:
        raise DataError(f"labels must be text, got {not_text[0]!r}")
    # as `Examples` does: a label typed on another machine is the same label
    names = list(composed(given))
    if num_labels is not None and len(names) != num_labels:
        raise DataError(f"num_labels is {num_labels}, but {len(names)} labels are given")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(f"label {repeated[0]!r} is given more than once")
    if len(names) < 2:
        raise DataError(f"a classifier needs at least two labels, got {len(names)}")
    return names


def stream(seed: int | None, purpose: str) -> contextlib.AbstractContextManager[None]:
    """The random stream of one purpose, or the global one without a seed."""
    return contextlib.nullcontext() if seed is None else seeded(seed, purpose)


def given_source(found: Any, weights: str | Path | None) -> str | None:
    """Where pretrained weights come from: a folder, a package or the hub; None for nowhere."""
    if weights is None:
        return weight_source(found)
    if not Path(weights).is_dir():
        raise CheckpointError(f"weights={str(weights)!r} is no folder")
    return str(weights)


def is_on_hub(found: Any, source: str | None) -> bool:
    """Whether weights from there are neither random, nor a package's, nor a folder's."""
    return source not in (None, found.spec.weights) and not Path(str(source)).is_dir()


def from_weights(
    encoder_class: Any, found: Any, source: str, revision: str | None, given: Mapping[str, Any]
) -> Any:
    """The encoder with pretrained weights; `OutOfReach` says what works without a network."""
    place, revision = source, revision or found.spec.revision
    if source == found.spec.weights:
        place, revision = str(resource_path(source)), None
    try:
        with blame(f"encoder {found.name!r}", given):
            return encoder_class.from_pretrained(place, revision=revision, **given)
    except OutOfReach as error:
        raise OutOfReach(
            f"encoder {found.name!r}: {error}\nWithout a network: {', '.join(offline_encoders())}; "
            "weights=FOLDER with a downloaded copy; or pretrained=False for random weights"
        ) from error


def from_scratch(encoder_class: Any, found: Any, given: Mapping[str, Any]) -> Any:
    """The encoder with random weights, over its configuration and its packaged vocabulary."""
    spec: EncoderSpec = found.spec
    if not spec.configuration or spec.vocabulary is None:
        raise CheckpointError(
            f"encoder {found.name!r} has no configuration and vocabulary of its own, so it cannot "
            "be built without weights: leave pretrained=True"
        )
    tokenizer = read_vocabulary(spec.vocabulary, spec.configuration.get("max_position_embeddings"))
    sizes = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    with blame(f"encoder {found.name!r}", given):
        return encoder_class({**spec.configuration, **sizes}, tokenizer, **given)
