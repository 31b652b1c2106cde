"""All records of one kind by name: which name means which of them."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from zoo import name_errors
from zoo.entry_points import BUILT_IN, normalized
from zoo.errors import AmbiguousName, ZooError, listed
from zoo.plugins import Plugin
from zoo.specs import Spec
from zoo.terminal import printable

AnySpec = TypeVar("AnySpec", bound=Spec)


@dataclass(frozen=True, slots=True)
class Registered(Generic[AnySpec]):
    """A record, and the distribution that brought it.

    `name` is what to ask for: the short name, or `distribution:name` where the short one is refused
    or means a built-in. `kind` is `"encoder"`, `"head"`, `"task"` or `"command"`. `checkpoint` is
    the text after the name of an encoder that takes one.
    """

    name: str
    kind: str
    spec: AnySpec
    distribution: str
    version: str
    checkpoint: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.distribution}:{self.spec.name}"

    @property
    def release(self) -> str:
        """The distribution with its version, safe to print: `zoo-fast 0.2`."""
        return printable(f"{self.distribution} {self.version}")

    @property
    def is_built_in(self) -> bool:
        return self.distribution == BUILT_IN


class Shelf(Generic[AnySpec]):
    """The records of one kind that some plugins brought."""

    def __init__(self, kind: str, plugins: Sequence[Plugin]) -> None:
        self.kind = kind
        self._plugins = plugins
        brought: dict[str, list[tuple[Plugin, AnySpec]]] = defaultdict(list)
        for plugin in plugins:
            for spec in getattr(plugin, f"{kind}s"):
                brought[spec.name].append((plugin, spec))
        # short name → everything that claims it
        self._rivals = {name: self._named(rivals) for name, rivals in sorted(brought.items())}
        self.records = sorted(
            (one for rivals in self._rivals.values() for one in rivals), key=lambda one: one.name
        )
        self._by_full_name = {one.full_name: one for one in self.records}

    def _named(self, rivals: list[tuple[Plugin, AnySpec]]) -> list[Registered[AnySpec]]:
        """The claimants of one short name; who is alone keeps it, and so does a built-in."""
        named = []
        for plugin, spec in rivals:
            keeps_name = len(rivals) == 1 or plugin.distribution == BUILT_IN
            name = spec.name if keeps_name else f"{plugin.distribution}:{spec.name}"
            named.append(Registered(name, self.kind, spec, plugin.distribution, plugin.version))
        return named

    def matching(self, pattern: str = "*") -> list[Registered[AnySpec]]:
        """The records whose name, short or full, fits a pattern of `*`, `?` and `[…]`, by name."""
        return [
            one
            for one in self.records
            if fnmatch.fnmatchcase(one.spec.name, pattern)
            or fnmatch.fnmatchcase(one.full_name, pattern)
        ]

    def clashes(self) -> list[str]:
        """A line for every short name that several distributions bring."""
        return [
            f"{self.kind} {name!r} is brought by "
            + listed((f"{one.release} as {one.name!r}" for one in rivals), "and")
            for name, rivals in self._rivals.items()
            if len(rivals) > 1
        ]

    def candidates(self, name: str) -> list[Registered[AnySpec]]:
        """What a name may mean: nothing, one record, or the rivals for an ambiguous one."""
        distribution, colon, short = name.partition(":")
        if colon:
            one = self._by_full_name.get(f"{normalized(distribution)}:{short}")
            return [one] if one else []
        rivals = self._rivals.get(name, [])
        return [one for one in rivals if one.name == name] or rivals

    def find(self, name: str) -> Registered[AnySpec]:
        """The one record of this name, short or `distribution:name`.

        Raises `AmbiguousName`, the `UnknownName` of its kind, or `PluginError` for a name that a
        plugin which was left out or blocked has probably taken with it.
        """
        name_errors.check_is_text(self.kind, name)
        found = self.candidates(name)
        if not found:
            raise self.unknown(name)
        if len(found) > 1:
            raise self.ambiguous(name, found)
        return found[0]

    def unknown(self, name: str) -> ZooError:
        """The error for a name that means nothing."""
        return name_errors.unknown(
            self.kind, name, [one.name for one in self.records], self._plugins
        )

    def ambiguous(
        self, name: str, rivals: Sequence[Registered[AnySpec]], suffix: str = ""
    ) -> AmbiguousName:
        """The error for a short name that nobody may keep; `suffix` is what was asked after it."""
        owners = listed((one.release for one in rivals), "and")
        ways = listed((repr(one.full_name + suffix) for one in rivals), "or")
        return AmbiguousName(f"{self.kind} {name!r} is brought by {owners}; ask for {ways}")
