"""The options of a component: the keyword-only parameters of its class, and nothing else."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zoo import source
from zoo.errors import OptionError, PluginError, did_you_mean

__all__ = ["Option", "accepted_options", "check_options", "declared_options"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option as its class declares it; `type` and `default` are Python, as text.

    `type` is empty where there is no annotation, `default` is None where a value is required.
    """

    name: str
    type: str
    default: str | None

    @property
    def is_required(self) -> bool:
        return self.default is None

    def __str__(self) -> str:
        value = "required" if self.default is None else f"= {self.default}"
        separator = "" if not self.type else ", " if self.is_required else " "
        return f"{self.name} ({self.type}{separator}{value})"


def declared_options(target: str) -> tuple[Option, ...]:
    """The options of the class at `"package.module:Class"`, read from its source, not imported.

    Raises `PluginError` where the source cannot be followed to an `__init__`.
    """
    module, _, name = target.partition(":")
    try:
        function = source.initializer(module, name)
    except source.Unreadable as error:
        raise PluginError(
            f"the options of {target!r} cannot be read from its source: {error}"
        ) from error
    if function is None:
        return ()
    arguments = function.args
    return tuple(
        Option(
            one.arg,
            _annotation_text(one.annotation),
            None if default is None else ast.unparse(default),
        )
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    )


def _annotation_text(annotation: ast.expr | None) -> str:
    match annotation:
        case None:
            return ""
        case ast.Constant(value=str(text)):
            return text
    return ast.unparse(annotation)


def accepted_options(component: type) -> tuple[Option, ...]:
    """The options of an imported class."""
    return tuple(
        Option(
            parameter.name,
            _type_text(parameter.annotation),
            None if parameter.default is parameter.empty else repr(parameter.default),
        )
        for parameter in _parameters(component)
        if parameter.kind is parameter.KEYWORD_ONLY
    )


def _parameters(component: type) -> Iterable[inspect.Parameter]:
    return inspect.signature(component.__init__).parameters.values()  # type: ignore[misc]


def _type_text(annotation: Any) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def check_options(component: type, options: Mapping[str, Any], component_name: str) -> None:
    """Raise `OptionError` for an option that a class does not take, or needs and does not get.

    `component_name` is how the message begins: `head 'mlp'`.
    """
    accepted = accepted_options(component)
    names = [option.name for option in accepted]
    for name in options:
        if name not in names:
            near = did_you_mean(str(name), names) or _positional(component, name) or "."
            taken = ", ".join(map(str, accepted))
            rest = f"It takes: {taken}" if taken else "It takes no options"
            raise OptionError(f"{component_name} takes no option {name!r}{near} {rest}")
    for option in accepted:
        if option.is_required and option.name not in options:
            raise OptionError(f"{component_name} needs a value for its option {option}")


def _positional(component: type, name: str) -> str:
    if any(name == parameter.name for parameter in _parameters(component)):
        return ": it is a positional parameter, and only keyword-only ones are options."
    return ""
