"""The plugins that installed distributions offer, before any of them is imported."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint
from types import ModuleType

from zoo.errors import PluginError
from zoo.hookspecs import ENTRY_POINT_GROUP

BUILT_IN = "intentzoo"
_UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class OfferedPlugin:
    """One entry point of the group `zoo`, and the distribution that it came in."""

    entry_point: EntryPoint
    distribution: str
    version: str
    requirements: tuple[str, ...]
    fault: str = ""

    @property
    def name(self) -> str:
        return self.entry_point.name

    @property
    def full_name(self) -> str:
        return f"{self.distribution}:{self.name}"

    def load(self) -> ModuleType:
        """Import the manifest; raises whatever it raises, and `PluginError` if it is no module."""
        if self.fault:
            raise PluginError(self.fault)
        value = self.entry_point.value
        if not self.entry_point.pattern.match(value):
            raise PluginError(f"the entry point {self.name!r} = {value!r} does not name a module")
        loaded = self.entry_point.load()
        if not isinstance(loaded, ModuleType):
            raise PluginError(
                f"the entry point {self.name!r} = {value!r} is a {_word_for(loaded)}, not a "
                f"module; write {self.entry_point.module!r}"
            )
        return loaded


def unmet_requirement(requirements: Iterable[str]) -> str:
    """The words `it requires intentzoo>=9, this is 0.1.0`, or an empty text."""
    from packaging.requirements import InvalidRequirement, Requirement

    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if normalized(requirement.name) != BUILT_IN:
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(zoo_version(), prereleases=True):
            return f"it requires {BUILT_IN}{requirement.specifier}, this is {zoo_version()}"
    return ""


def _word_for(value: object) -> str:
    return "class" if isinstance(value, type) else type(value).__name__


def zoo_version() -> str:
    """The version of the installed `zoo`; a checkout that is merely on the path has none."""
    try:
        return importlib.metadata.version(BUILT_IN)
    except importlib.metadata.PackageNotFoundError:
        return "0+unknown"


def normalized(distribution: str) -> str:
    """One spelling per distribution (PEP 503), so that `Zoo_Fast` and `zoo-fast` are the same."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def offered_plugins(path: list[str] | None = None) -> list[OfferedPlugin]:
    """Every plugin on the path (`sys.path` unless given), by distribution and name, ours first."""
    offered = [
        plugin for distribution in _distributions(path) for plugin in _offered_by(distribution)
    ]
    return sorted(offered, key=lambda one: (one.distribution != BUILT_IN, one.full_name))


def _distributions(path: list[str] | None) -> Iterator[Distribution]:
    """Each distribution that offers a plugin, once, however often it is on the path."""
    path = sys.path if path is None else path
    seen: set[str] = set()
    for distribution in importlib.metadata.distributions(path=path):
        if not _offered_by(distribution):
            continue
        name, *_ = _metadata(distribution)
        if name == _UNNAMED:
            yield distribution
        elif name not in seen:
            seen.add(name)
            # the first of this name is the one that gets imported; it may offer nothing any more
            yield next(iter(importlib.metadata.distributions(name=name, path=path)), distribution)


def _offered_by(distribution: Distribution) -> list[OfferedPlugin]:
    entry_points: Iterable[EntryPoint]
    fault = ""
    try:
        entry_points = distribution.entry_points.select(group=ENTRY_POINT_GROUP)
    except Exception as error:  # a damaged file must not hide everybody else's plugins
        entry_points = [EntryPoint("entry_points.txt", "", ENTRY_POINT_GROUP)]
        fault = f"its entry_points.txt cannot be read: {type(error).__name__}: {error}"
    return [
        OfferedPlugin(entry_point, *_metadata(distribution), fault) for entry_point in entry_points
    ]


def _metadata(distribution: Distribution) -> tuple[str, str, tuple[str, ...]]:
    """The normalized name, the version and the requirements, as far as they can be read."""
    try:
        return (
            normalized(distribution.metadata["Name"] or _UNNAMED),
            distribution.metadata["Version"] or "unknown",
            tuple(distribution.requires or ()),
        )
    except Exception:  # damaged metadata: Python 3.14 raises where older ones give None
        return _UNNAMED, "unknown", ()
