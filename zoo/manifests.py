"""What one plugin module says: are its hooks hooks, and are its records records?

Every check raises `PluginError`, whose text becomes the cause for which the plugin is left out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, get_type_hints

import pluggy

from zoo.errors import PluginError, did_you_mean
from zoo.specs import CommandSpec, EncoderSpec, HeadSpec, Spec, TaskSpec
from zoo.terminal import cause_of

RECORD_OF_HOOK: Mapping[str, type[Spec]] = {
    "zoo_encoders": EncoderSpec,
    "zoo_heads": HeadSpec,
    "zoo_tasks": TaskSpec,
    "zoo_commands": CommandSpec,
}


def check_hooks(manager: pluggy.PluginManager, module: ModuleType) -> None:
    """Refuse what pluggy passes over in silence: misspelt, unmarked and wrapping hooks."""
    for name, value in list(vars(module).items()):
        options = manager.parse_hookimpl_opts(module, name)
        if options is None:
            _check_is_no_hook(name, value)
            continue
        hook = options.get("specname") or name
        if hook not in RECORD_OF_HOOK and not options.get("optionalhook"):
            raise PluginError(f"{name}() is marked as a hook, but {_no_hook(hook)}")
        if options.get("wrapper") or options.get("hookwrapper"):
            raise PluginError(f"{name}() is a hook wrapper; the hooks of zoo only yield records")
        if needed := _needed_arguments(value):
            raise PluginError(
                f"{name}() asks for {', '.join(needed)}; the hooks of zoo get nothing"
            )


def _check_is_no_hook(name: str, value: object) -> None:
    # a module may well be called so: `import zoo_heads`
    if inspect.ismodule(value):
        return
    if name in RECORD_OF_HOOK:
        if not inspect.isroutine(value):
            raise PluginError(
                f"{name} is a {type(value).__name__}; write a function that yields its records, "
                "marked with @zoo.hookimpl"
            )
        raise PluginError(f"{name}() lacks its marker: write @zoo.hookimpl above it")
    if name.startswith("zoo_") and inspect.isfunction(value):
        raise PluginError(
            f"{name}() begins with 'zoo_', which is kept for hooks, but {_no_hook(name)}"
        )


def _needed_arguments(function: Callable[..., Any]) -> list[str]:
    return [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _no_hook(name: str) -> str:
    near = did_you_mean(name, RECORD_OF_HOOK)
    return f"there is no hook {name!r}{near or '.'} The hooks are {', '.join(RECORD_OF_HOOK)}"


def read_records(manager: pluggy.PluginManager, module: ModuleType, hook: str) -> Iterator[Spec]:
    """The records of one hook of one module, each checked; nobody else's hook is called."""
    expected = RECORD_OF_HOOK[hook]
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        if implementation.plugin is not module:
            continue
        for record in _called(hook, implementation.function):
            if not isinstance(record, expected):
                raise PluginError(
                    f"{hook}() gave {_a(record)} where {expected.__name__} records are expected"
                )
            _check_fields(record, expected)
            yield record


def _called(hook: str, function: Callable[[], Any]) -> list[Any]:
    try:
        result = function()
        # a generator runs its body, and raises, only when it is read
        is_readable = isinstance(result, Iterable) and not isinstance(result, str)
        records = list(result) if is_readable else [result]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a stranger's code may raise anything, SystemExit included
        raise PluginError(f"{hook}() failed: {cause_of(error)}") from error
    return records


def _a(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


# by the annotations in specs.py; a dataclass itself accepts anything
_FITS: Mapping[Any, tuple[str, Callable[[Any], bool]]] = {
    str: ("text", lambda value: isinstance(value, str)),
    str | None: ("text or None", lambda value: value is None or isinstance(value, str)),
    bool: ("True or False", lambda value: isinstance(value, bool)),
    int | None: (
        "a whole number or None",
        lambda value: value is None or (isinstance(value, int) and not isinstance(value, bool)),
    ),
    float | None: (
        "a number or None",
        lambda value: (
            value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        ),
    ),
    tuple[str, ...]: (
        "a tuple of texts",
        lambda value: isinstance(value, tuple) and all(isinstance(one, str) for one in value),
    ),
    Mapping[str, Any]: ("a mapping", lambda value: isinstance(value, Mapping)),
}


def _check_fields(record: Spec, expected: type[Spec]) -> None:
    for field, annotation in get_type_hints(expected).items():
        words, fits = _FITS[annotation]
        value = getattr(record, field)
        if not fits(value):
            raise PluginError(
                f"{expected.__name__} {record.name!r}: {field} must be {words}, got {value!r}"
            )
