"""Components from names and from saved records."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from zoo import options, registry
from zoo.errors import CheckpointError, PairError, ZooError
from zoo.saved_component import SavedComponent, component_record
from zoo.terminal import cause_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from zoo.configuration import ClassifierConfig


def component_class(kind: str, found: Any, given: Mapping[str, Any]) -> Any:
    """The class a found component points at, its options checked before anything is built."""
    target = registry.import_target(found)
    options.check_options(target, given, f"{kind} {found.name!r}")
    return target


def construct_encoder(
    config: ClassifierConfig, tokenizer: PreTrainedTokenizerBase | None
) -> nn.Module:
    """The encoder of a saved configuration, with weights that loading is to replace.

    Its record in the configuration becomes that of the code that is installed.
    """
    encoder_class, config.encoder = saved_class("encoder", config.encoder)
    record = config.encoder
    if "configuration" not in record:
        raise CheckpointError("config.json: the record of the encoder lacks 'configuration'")
    with blame(f"encoder {record['name']!r}", record["options"]):
        encoder = encoder_class(record["configuration"], tokenizer, **record["options"])
    return check_encoder(encoder, record["name"])


def construct_head(config: ClassifierConfig, hidden_size: int) -> nn.Module:
    """The head of a saved configuration, as its class initialises it; its record likewise."""
    head_class, config.head = saved_class("head", config.head)
    record = config.head
    return make_head(head_class, hidden_size, len(config.labels), record["options"], record["name"])


def saved_class(kind: str, record: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The class that answers to a saved record here, and the record that names this class.

    Raises `CheckpointError` with the `pip install` line where its plugin is missing; warns where
    another version is installed, or the same one with another source.
    """
    saved = SavedComponent.from_record(kind, record)
    found = saved.find()
    before = f"{kind} {saved.name!r} was saved with {saved.distribution} {saved.version}"
    difference = saved.difference(found)
    if difference == "version":
        warnings.warn(f"{before}; {found.version} is installed", stacklevel=2)
    elif difference == "source":
        warnings.warn(f"{before}, whose source has changed since", stacklevel=2)
    renewed = {**record, **component_record(found, saved.options)}
    return component_class(kind, found, saved.options), renewed


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


def apply_encoder(
    encoder: Any,
    config: ClassifierConfig,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    token_type_ids: torch.Tensor | None = None,
) -> torch.Tensor:
    """States `(batch, seq, hidden)`; raises `PairError` where the encoder returns anything else."""
    hidden = encoder(input_ids, attention_mask, token_type_ids)
    name, due = config.encoder["name"], (*input_ids.shape, encoder.hidden_size)
    check_returned("encoder", name, hidden, "(batch, seq, hidden)", due, input_ids.device)
    return hidden


def apply_head(
    head: nn.Module, config: ClassifierConfig, hidden: torch.Tensor, attention_mask: torch.Tensor
) -> torch.Tensor:
    """Logits `(batch, label)`; raises `PairError` where the head returns anything else."""
    logits = head(hidden, attention_mask)
    name, due = config.head["name"], (len(hidden), len(config.labels))
    check_returned("head", name, logits, "(batch, label)", due, hidden.device)
    return logits


def check_returned(
    kind: str, name: str, returned: Any, axes: str, due: tuple[int, ...], device: torch.device
) -> None:
    """Raise `PairError` for anything but a floating-point tensor of the shape and on the device."""
    if not isinstance(returned, torch.Tensor):
        got = type(returned).__name__
    elif not returned.is_floating_point() or returned.shape != due:
        got = f"{returned.dtype} of shape {tuple(returned.shape)}"
    elif returned.device != device:
        raise PairError(
            f"{kind} {name!r} returned a tensor on {returned.device} for an input on {device}; "
            "make every new tensor where the input is: torch.zeros(…, device=hidden.device)"
        )
    else:
        return
    raise PairError(f"{kind} {name!r} returned {got} where floating-point {axes} = {due} is due")


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
