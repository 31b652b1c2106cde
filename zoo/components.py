"""Components from names and from saved records."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from torch import nn

from zoo import options, registry
from zoo.errors import CheckpointError, PairError, PluginError, UnknownName, ZooError
from zoo.terminal import cause_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

RECORD_KEYS = ("name", "distribution", "version", "target", "options")
FIND: Mapping[str, Callable[[str], Any]] = {
    "encoder": registry.find_encoder,
    "head": registry.find_head,
}


def component_class(kind: str, found: Any, given: Mapping[str, Any]) -> Any:
    """The class a found component points at, its options checked before anything is built."""
    target = registry.import_target(found)
    options.check_options(target, given, f"{kind} {found.name!r}")
    return target


def component_record(found: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a configuration keeps of a component: name, distribution, version, target, options.

    The name is the short one, with the checkpoint where one was asked for: `hf:klue/roberta-small`.
    """
    name = f"{found.spec.name}:{found.checkpoint}" if found.checkpoint else found.spec.name
    return {"name": name, **registry.identity(found), "options": dict(given)}


def construct_encoder(
    record: Mapping[str, Any], tokenizer: PreTrainedTokenizerBase | None
) -> nn.Module:
    """The encoder of a saved record, with the weights its class draws; loading replaces them."""
    encoder_class = saved_class("encoder", record)
    with blame(f"encoder {record['name']!r}", record["options"]):
        encoder = encoder_class(record["configuration"], tokenizer, **record["options"])
    return check_encoder(encoder, record["name"])


def construct_head(record: Mapping[str, Any], hidden_size: int, num_labels: int) -> nn.Module:
    """The head of a saved record, as its class initialises it."""
    head_class = saved_class("head", record)
    return make_head(head_class, hidden_size, num_labels, record["options"], record["name"])


def make_head(
    head_class: Any, hidden_size: int, num_labels: int, given: Mapping[str, Any], name: str
) -> nn.Module:
    """A new head; raises `PairError` where its class refuses the size, the labels or an option."""
    with blame(f"head {name!r} with {num_labels} labels on {hidden_size} hidden units", given):
        head = head_class(hidden_size, num_labels, **given)
    if not isinstance(head, nn.Module):
        raise PairError(f"head {name!r} must be a torch.nn.Module, it is a {type(head).__name__}")
    return head


@contextlib.contextmanager
def blame(what: str, given: Mapping[str, Any]) -> Iterator[None]:
    """Turn whatever a component raises while it is built into a `PairError` that names it."""
    try:
        yield
    except ZooError:
        raise
    except Exception as error:  # a stranger's code may raise anything
        options_given = f" and the options {dict(given)}" if given else ""
        raise PairError(f"{what}{options_given} cannot be built: {cause_of(error)}") from error


def saved_class(kind: str, record: Mapping[str, Any]) -> Any:
    """The class of a saved component, found by its name and never by a path in the file.

    Raises `CheckpointError` with the `pip install` line where its plugin is missing; warns where
    another version is installed.
    """
    absent = [key for key in RECORD_KEYS if key not in record]
    if absent:
        raise CheckpointError(f"config.json: the record of the {kind} lacks {absent[0]!r}")
    name, distribution, version = record["name"], record["distribution"], record["version"]
    try:
        found = FIND[kind](f"{distribution}:{name}")
    except (UnknownName, PluginError) as error:
        raise CheckpointError(
            f"{kind} {name!r} comes from the plugin {distribution} {version}, which is not "
            f"available here: pip install '{distribution}=={version}'\n({error})"
        ) from error
    if found.version != version:
        warnings.warn(
            f"{kind} {name!r} was saved with {distribution} {version}; {found.version} is "
            "installed",
            stacklevel=2,
        )
    return component_class(kind, found, record["options"])


def check_encoder(encoder: Any, name: str) -> Any:
    """The encoder itself; raises `PairError` where it lacks what a head or saving needs."""
    if not isinstance(encoder, nn.Module):
        raise PairError(
            f"encoder {name!r} must be a torch.nn.Module, it is a {type(encoder).__name__}"
        )
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
