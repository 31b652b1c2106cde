"""The plugins of this process: each loaded by itself, so that a broken one hurts nobody else."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import pluggy

from zoo import hookspecs
from zoo.entry_points import (
    BUILT_IN,
    OfferedPlugin,
    normalized,
    offered_plugins,
    unmet_requirement,
)
from zoo.errors import PluginError, did_you_mean
from zoo.manifests import RECORD_OF_HOOK, check_hooks, read_records
from zoo.specs import CommandSpec, EncoderSpec, HeadSpec, Spec, TaskSpec
from zoo.terminal import cause_of, printable

__all__ = ["BUILT_IN", "Plugin", "PluginHost", "block", "host", "plugins"]

_log = logging.getLogger(__name__)

# hook → what it yielded so far
Records = dict[str, list[Spec]]
# (distribution, hook, component name) → the plugin that brought it
Owners = dict[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin, whatever became of it.

    A plugin that was left out says why in `cause`, keeps the exception in `error`, has no records,
    and lists in `lost` the names that are known to have gone with it.
    """

    name: str
    distribution: str
    version: str
    module: str
    status: Literal["loaded", "left out", "blocked"]
    cause: str = ""
    requirements: tuple[str, ...] = field(default=(), repr=False)
    error: BaseException | None = field(default=None, compare=False, repr=False)
    import_seconds: float = field(default=0.0, compare=False)
    encoders: tuple[EncoderSpec, ...] = ()
    heads: tuple[HeadSpec, ...] = ()
    tasks: tuple[TaskSpec, ...] = ()
    commands: tuple[CommandSpec, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.distribution}:{self.name}"

    @property
    def release(self) -> str:
        """The distribution with its version, safe to print: `zoo-fast 0.2`."""
        return printable(f"{self.distribution} {self.version}")

    @property
    def unmet_requirement(self) -> str:
        """What other `zoo` it wants, `it requires intentzoo>=9, this is 0.1.0`, or nothing."""
        return unmet_requirement(self.requirements)


class PluginHost:
    """Finds the plugins on a search path (`sys.path` unless given) and loads them when asked.

    `blocked` names plugins to leave alone, each by its entry point (`mine`), its distribution
    (`zoo-mine`) or both (`zoo-mine:mine`).
    """

    def __init__(self, path: list[str] | None = None, *, blocked: Iterable[str] = ()) -> None:
        self._path = path
        self._blocked = [name.strip() for name in blocked if name.strip()]
        self._lock = threading.RLock()
        self._is_loading = False
        self._loaded: tuple[Plugin, ...] | None = None
        self._manager = pluggy.PluginManager("zoo")
        self._manager.add_hookspecs(hookspecs)

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """Every plugin in the order of loading: the built-in ones, then by distribution and name.

        Loaded on first use. A plugin that is left out is logged as a warning, which Python prints
        to stderr unless logging is set up otherwise.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load_once()
            return self._loaded

    def _load_once(self) -> tuple[Plugin, ...]:
        # the lock keeps other threads out, so this is a manifest that came back while it is loaded
        if self._is_loading:
            raise PluginError(
                "it asked for the registry while it was being imported; a manifest only yields "
                "records: move the call into what its targets name"
            )
        self._is_loading = True
        try:
            return tuple(self._load_all())
        finally:
            self._is_loading = False

    def _load_all(self) -> Iterator[Plugin]:
        offered = offered_plugins(self._path)
        self._warn_of_idle_blocks(offered)
        owners: Owners = {}
        for one in offered:
            if any(_blocks(block, one) for block in self._blocked):
                yield _plugin(one, status="blocked")
            else:
                yield self._load(one, owners)

    def _load(self, one: OfferedPlugin, owners: Owners) -> Plugin:
        records: Records = {hook: [] for hook in RECORD_OF_HOOK}
        started = time.perf_counter()
        try:
            # what a manifest prints must not get among the results on stdout
            with contextlib.redirect_stdout(sys.stderr):
                self._read(one, records, owners)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a stranger's code may raise anything, SystemExit included
            return _left_out(one, error, records)
        return _plugin(
            one,
            status="loaded",
            import_seconds=time.perf_counter() - started,
            **{hook.removeprefix("zoo_"): tuple(read) for hook, read in records.items()},
        )

    def _read(self, one: OfferedPlugin, records: Records, owners: Owners) -> None:
        if self._manager.has_plugin(one.full_name):
            raise PluginError(f"{one.distribution} names the entry point {one.name!r} twice")
        module = one.load()
        if registered := self._manager.get_name(module):
            raise PluginError(
                f"the module {module.__name__!r} is already the plugin {registered!r}; "
                "two plugins need modules of two names"
            )
        try:
            check_hooks(self._manager, module)
            self._manager.register(module, name=one.full_name)
            self._read_hooks(module, records)
            _claim_names(one, records, owners)
        except BaseException:
            # pluggy 1.6 keeps a module whose hooks it refused
            if self._manager.is_registered(module):
                self._manager.unregister(module)
            raise

    def _read_hooks(self, module: ModuleType, records: Records) -> None:
        first_error: PluginError | None = None
        for hook, read in records.items():
            try:
                # one at a time, so that the names before a fault are known to be lost
                for record in read_records(self._manager, module, hook):
                    read.append(record)
            except PluginError as error:
                first_error = first_error or error
        if first_error:
            raise first_error

    def _warn_of_idle_blocks(self, offered: list[OfferedPlugin]) -> None:
        known = {name for one in offered for name in (one.name, one.distribution, one.full_name)}
        for block in self._blocked:
            if not any(_blocks(block, one) for one in offered):
                _log.warning(
                    "plugin %r is to be blocked, but there is none of this name%s",
                    block,
                    did_you_mean(block, known),
                )


def _blocks(block: str, one: OfferedPlugin) -> bool:
    distribution, colon, name = block.partition(":")
    if colon:
        return (normalized(distribution), name) == (one.distribution, one.name)
    return block == one.name or normalized(block) == one.distribution


def _claim_names(
    one: OfferedPlugin,
    records: Records,
    owners: Owners,
) -> None:
    """Refuse a name that one distribution brings twice: `distribution:name` has to mean one."""
    claims: Owners = {}
    for hook, read in records.items():
        for record in read:
            key = one.distribution, hook, record.name
            if owner := (owners | claims).get(key):
                raise PluginError(
                    f"{hook}() brings {record.name!r}, which {owner!r} of the same distribution "
                    "has brought already"
                )
            claims[key] = one.name
    owners.update(claims)


def _left_out(one: OfferedPlugin, error: BaseException, records: Records) -> Plugin:
    cause = "; ".join(filter(None, [cause_of(error), unmet_requirement(one.requirements)]))
    release = printable(f"{one.distribution} {one.version}")
    _log.warning("plugin %r of %s was left out: %s; see `zoo plugins`", one.name, release, cause)
    _log.debug("where plugin %r failed", one.name, exc_info=error)
    lost = tuple(record.name for read in records.values() for record in read)
    return _plugin(one, status="left out", cause=cause, error=error, lost=lost)


def _plugin(one: OfferedPlugin, **rest: Any) -> Plugin:
    return Plugin(
        name=one.name,
        distribution=one.distribution,
        version=one.version,
        module=one.entry_point.value,
        requirements=one.requirements,
        **rest,
    )


@functools.cache
def host() -> PluginHost:
    """The host of this process; it leaves out what the environment variable `ZOO_BLOCK` names."""
    return PluginHost(blocked=os.environ.get("ZOO_BLOCK", "").split(","))


def block(names: Iterable[str]) -> None:
    """Leave these plugins out, too, in this process and in every process started from it."""
    # by the environment, because worker processes have to see the same plugins
    os.environ["ZOO_BLOCK"] = ",".join([os.environ.get("ZOO_BLOCK", ""), *names]).strip(",")
    host.cache_clear()


def plugins() -> list[Plugin]:
    """Every plugin, loaded, left out or blocked: the built-in ones, then by distribution."""
    return list(host().plugins)
