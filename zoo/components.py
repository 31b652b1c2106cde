"""Components from names and from saved records."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zoo import options, registry
from zoo.errors import CheckpointError, PairError, PluginError, UnknownName

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedTokenizerBase

FIND = {"encoder": registry.find_encoder, "head": registry.find_head}


def component_class(kind: str, found: Any, given: Mapping[str, Any]) -> Any:
    """The class a found component points at, its options checked before anything is built."""
    target = registry.import_target(found)
    options.check_options(target, given, f"{kind} {found.name!r}")
    return target


def component_record(found: Any, asked_for: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration keeps of a component: name, distribution, version, target, options."""
    return {"name": asked_for, **registry.identity(found), "options": dict(given)}


def construct_encoder(
    record: Mapping[str, Any], tokenizer: PreTrainedTokenizerBase | None
) -> nn.Module:
    """The encoder of a saved record, with the weights its class draws; loading replaces them."""
    encoder_class = saved_class("encoder", record)
    encoder = encoder_class(record["configuration"], tokenizer, **record["options"])
    return check_encoder(encoder, record["name"])


def construct_head(record: Mapping[str, Any], hidden_size: int, num_labels: int) -> nn.Module:
    """The head of a saved record, as its class initialises it."""
    return saved_class("head", record)(hidden_size, num_labels, **record["options"])


def saved_class(kind: str, record: Mapping[str, Any]) -> Any:
    """The class of a saved component, found by its name and never by a path in the file.

    Raises `CheckpointError` with the `pip install` line where its plugin is missing; warns where
    another version is installed.
    """
    name, distribution, version = record["name"], record["distribution"], record["version"]
    # a name with a colon carries its distribution, or its checkpoint, already
    full_name = name if ":" in name else f"{distribution}:{name}"
    try:
        found = FIND[kind](full_name)
    except (UnknownName, PluginError) as error:
        raise CheckpointError(
            f"{kind} {name!r} comes from the plugin {distribution} {version}, which is not "
            f"available here: pip install '{distribution}=={version}' ({error})"
        ) from error
    if found.version != version:
        warnings.warn(
            f"{kind} {name!r} was saved with {distribution} {version}; {found.version} is installed",
            stacklevel=2,
        )
    return component_class(kind, found, record["options"])


def check_encoder(encoder: Any, name: str) -> Any:
    """The encoder itself; raises `PairError` where it lacks what a head or saving needs."""
    size = getattr(encoder, "hidden_size", None)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise PairError(
            f"encoder {name!r} must have an attribute hidden_size, a whole number above 0, "
            f"got {size!r}"
        )
    for attribute in ("tokenizer", "configuration"):
        if not hasattr(encoder, attribute):
            raise PairError(f"encoder {name!r} must have an attribute {attribute!r}")
    return encoder
