"""What to say of a name that means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from zoo.entry_points import normalized
from zoo.errors import (
    PluginError,
    UnknownEncoder,
    UnknownHead,
    UnknownName,
    UnknownTask,
    ZooError,
    did_you_mean,
)
from zoo.plugins import Plugin

ERROR_OF_KIND: Mapping[str, type[UnknownName]] = {
    "encoder": UnknownEncoder,
    "head": UnknownHead,
    "task": UnknownTask,
    "command": UnknownName,
}


def check_is_text(kind: str, name: object) -> None:
    """Raise the `UnknownName` of this kind unless the name is text."""
    if not isinstance(name, str):
        raise ERROR_OF_KIND[kind](f"the name of {a(kind)} is text, got {name!r}")


def unknown(kind: str, name: str, known: Sequence[str], plugins: Sequence[Plugin]) -> ZooError:
    """The error for a name that no plugin brought: `PluginError` if one would have, probably."""
    for plugin in plugins:
        if plugin.status != "loaded" and (connection := _connection(plugin, name)):
            error = PluginError(
                f"{kind} {name!r} {connection} plugin {plugin.name!r} ({plugin.release}), which "
                f"{fate(plugin)}; see `zoo plugins`"
            )
            error.__cause__ = plugin.error
            return error
    near = _other_kind(name, plugins) or did_you_mean(name, known) or "."
    lines = [
        f"no {kind} is called {name!r}{near}",
        f"Known: {', '.join(known)}." if known else f"No {kind} is known.",
        *missing(plugins),
    ]
    return ERROR_OF_KIND.get(kind, UnknownName)("\n".join(lines))


def _connection(plugin: Plugin, name: str) -> str:
    """The words `comes from` or `may come from`, or an empty text for a name of somebody else."""
    distribution, colon, short = name.partition(":")
    is_its_own = bool(colon) and normalized(distribution) == plugin.distribution
    if (short if is_its_own else name) in plugin.lost:
        return "comes from"
    # a whole word of the name: a plugin 'fast' may have brought 'fast-bert', but not 'fasttext'
    words = "|".join(map(re.escape, (plugin.name, plugin.distribution)))
    occurs = re.search(rf"(?<![a-z0-9])({words})(?![a-z0-9])", name, re.IGNORECASE)
    return "may come from" if is_its_own or occurs else ""


def fate(plugin: Plugin) -> str:
    """The words `was left out: …` or `is blocked`."""
    return f"was left out: {plugin.cause}" if plugin.status == "left out" else "is blocked"


def _other_kind(name: str, plugins: Sequence[Plugin]) -> str:
    """The words `; 'crf' is a head.`, or an empty text."""
    for kind in ERROR_OF_KIND:
        if any(name == spec.name for plugin in plugins for spec in getattr(plugin, f"{kind}s")):
            return f"; {name!r} is {a(kind)}."
    return ""


def missing(plugins: Sequence[Plugin]) -> Iterator[str]:
    """A line that counts and names the plugins that were left out, and one for the blocked ones."""
    left_out = [plugin for plugin in plugins if plugin.status == "left out"]
    if left_out:
        causes = "; ".join(f"{plugin.release}: {plugin.cause}" for plugin in left_out)
        yield f"{_counted(left_out)} left out ({causes}); see `zoo plugins`."
    blocked = [plugin for plugin in plugins if plugin.status == "blocked"]
    if blocked:
        yield f"{_counted(blocked)} blocked ({', '.join(plugin.full_name for plugin in blocked)})."


def _counted(plugins: Sequence[Plugin]) -> str:
    return "1 plugin was" if len(plugins) == 1 else f"{len(plugins)} plugins were"


def a(kind: str) -> str:
    """`an encoder`, `a head`."""
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
