"""Everything that can be asked for by name, and who brought it."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import sys
from collections.abc import Iterator
from typing import Any

from zoo.errors import PluginError, UnknownEncoder, ZooError
from zoo.name_errors import a, check_is_text
from zoo.plugins import host
from zoo.shelf import Registered, Shelf
from zoo.specs import EncoderSpec, HeadSpec, TaskSpec
from zoo.terminal import cause_of

__all__ = [
    "Registered",
    "encoders",
    "find_encoder",
    "find_head",
    "find_task",
    "heads",
    "identity",
    "import_target",
    "shelf",
    "tasks",
]


def shelf(kind: str) -> Shelf[Any]:
    """All records of `"encoder"`, `"head"`, `"task"` or `"command"`."""
    return Shelf(kind, host().plugins)


def encoders(pattern: str = "*") -> list[Registered[EncoderSpec]]:
    """The encoders whose name fits the pattern (`ko*`, `zoo-fast:*`), sorted by name."""
    return shelf("encoder").matching(pattern)


def heads(pattern: str = "*") -> list[Registered[HeadSpec]]:
    """The heads whose name fits the pattern, sorted by name."""
    return shelf("head").matching(pattern)


def tasks(pattern: str = "*") -> list[Registered[TaskSpec]]:
    """The tasks whose name fits the pattern, sorted by name."""
    return shelf("task").matching(pattern)


def find_head(name: str) -> Registered[HeadSpec]:
    """The head of this name; raises `UnknownHead`, `AmbiguousName` or `PluginError`."""
    return shelf("head").find(name)


def find_task(name: str) -> Registered[TaskSpec]:
    """The task of this name; raises `UnknownTask`, `AmbiguousName` or `PluginError`."""
    return shelf("task").find(name)


def find_encoder(name: str) -> Registered[EncoderSpec]:
    """The encoder of this name, with the `checkpoint` that was asked for (`hf:me/my-bert`), if any.

    Raises `UnknownEncoder`, `AmbiguousName` or `PluginError`.
    """
    check_is_text("encoder", name)
    known: Shelf[EncoderSpec] = shelf("encoder")
    # before `distribution:name`, so that 'hf:…' means the same whatever is installed
    for short, checkpoint in _splits(name):
        rivals = known.candidates(short)
        if not any(one.spec.takes_checkpoint for one in rivals):
            continue
        if len(rivals) > 1:
            raise known.ambiguous(short, rivals, f":{checkpoint}")
        if not checkpoint.strip():
            raise _needs_checkpoint(rivals[0])
        return dataclasses.replace(rivals[0], name=name, checkpoint=checkpoint)
    short, colon, rest = name.partition(":")
    if colon and known.candidates(short) and not known.candidates(name):
        raise UnknownEncoder(f"encoder {short!r} takes no checkpoint; leave out {':' + rest!r}")
    found = known.find(name)
    if found.spec.takes_checkpoint:
        raise _needs_checkpoint(found)
    return found


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """`a:b:c` as `a` and `b:c`, then as `a:b` and `c`; further colons belong to the checkpoint."""
    first, colon, rest = name.partition(":")
    if colon:
        yield first, rest
        second, colon, rest = rest.partition(":")
        if colon:
            yield f"{first}:{second}", rest


def _needs_checkpoint(encoder: Registered[EncoderSpec]) -> UnknownEncoder:
    return UnknownEncoder(
        f"encoder {encoder.name!r} needs a checkpoint: write '{encoder.name}:OWNER/MODEL' for one "
        f"on the hub, or '{encoder.name}:/path/to/folder'"
    )


def identity(component: Registered[Any]) -> dict[str, str]:
    """What a result or a checkpoint keeps of a component: distribution, version and target."""
    return {
        "distribution": component.distribution,
        "version": component.version,
        "target": component.spec.target,
    }


def import_target(component: Registered[Any]) -> Any:
    """What the record points at: the class of an encoder or a head, else something to call.

    Raises `PluginError` that names the distribution, the target and the cause; an error of `zoo`,
    such as `MissingExtra`, says enough itself and passes.
    """
    module, _, attribute = component.spec.target.partition(":")
    try:
        # what is printed while importing must not get among the results on stdout
        with contextlib.redirect_stdout(sys.stderr):
            target = getattr(importlib.import_module(module), attribute)
    except (KeyboardInterrupt, ZooError):
        raise
    except BaseException as error:  # a stranger's code may raise anything, SystemExit included
        cause = "; ".join(filter(None, [cause_of(error), _unmet_requirement(component)]))
        raise PluginError(f"{_target_of(component)} cannot be imported: {cause}") from error
    is_component = component.kind in ("encoder", "head")
    if not (isinstance(target, type) if is_component else callable(target)):
        wanted = "a class" if is_component else "something to call"
        raise PluginError(
            f"{_target_of(component)} must be {wanted}, it is {a(type(target).__name__)}"
        )
    return target


def _target_of(component: Registered[Any]) -> str:
    return (
        f"{component.kind} {component.name!r} of {component.release}: "
        f"its target {component.spec.target!r}"
    )


def _unmet_requirement(component: Registered[Any]) -> str:
    """The words of `Plugin.unmet_requirement` for the distribution that brought a component."""
    owners = (one for one in host().plugins if one.distribution == component.distribution)
    return next((one.unmet_requirement for one in owners), "")
