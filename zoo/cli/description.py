"""What the commands tell of a record."""

from __future__ import annotations

import dataclasses
from typing import Any

from zoo import options, registry
from zoo.errors import PluginError
from zoo.shelf import Registered
from zoo.specs import EncoderSpec


def fields_of(one: Registered[Any]) -> dict[str, Any]:
    """Everything a record holds, and whose it is, for JSON."""
    spec = {field.name: getattr(one.spec, field.name) for field in dataclasses.fields(one.spec)}
    owner = {"distribution": one.distribution, "version": one.version}
    return {"kind": one.kind, **spec, "name": one.name, **owner}


def weights_of(spec: EncoderSpec) -> str:
    """Where pretrained weights come from, in a word."""
    if spec.weights:
        return "package"
    return "hub" if spec.has_pretrained_weights else "none"


def options_of(one: Registered[Any]) -> tuple[options.Option, ...] | str:
    """The options of a component, or why they cannot be told."""
    try:
        return options.declared_options(one.spec.target)
    except PluginError as error:
        return str(error)


def example_of(one: Registered[Any]) -> str:
    """The shortest Python that uses a record, with a partner that is installed, if there is one."""
    if one.kind == "task":
        return f'zoo.load_task("{one.name}")'
    if one.kind == "encoder":
        head = next((each.name for each in registry.heads()), "HEAD")
        return _build(one, head)
    # the lightest encoder that needs no network
    offline = [each for each in registry.encoders() if weights_of(each.spec) != "hub"]
    offline.sort(key=lambda each: (each.spec.parameters or float("inf"), each.name))
    encoder = next(iter(offline or registry.encoders()), None)
    if encoder is None:
        return f'zoo.build("ENCODER", "{one.name}", num_labels=2)'
    return _build(encoder, one.name)


def _build(encoder: Registered[EncoderSpec], head: str) -> str:
    name, spec = encoder.name, encoder.spec
    if spec.takes_checkpoint and not encoder.checkpoint:
        name = f"{name}:OWNER/MODEL"
    return f'zoo.build("{name}", "{head}", num_labels=2)'
