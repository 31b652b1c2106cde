"""The whole contract between `zoo` and its plugins: four hooks, all optional.

A plugin is a module that an installed distribution names under the entry-point group `zoo`:

    [project.entry-points.zoo]
    mine = "my_package"

It imports nothing heavier than `zoo`; what its records point at is imported when it is built.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from zoo.specs import CommandSpec, EncoderSpec, HeadSpec, TaskSpec

ENTRY_POINT_GROUP = "zoo"

hookspec = pluggy.HookspecMarker("zoo")
hookimpl = pluggy.HookimplMarker("zoo")


@hookspec
def zoo_encoders() -> Iterable[EncoderSpec]:
    """Yield the encoders of this plugin.

    >>> import zoo
    >>> @zoo.hookimpl
    ... def zoo_encoders():
    ...     yield zoo.EncoderSpec(
    ...         name="my-bert", target="my_package.bert:MyBert",
    ...         description="BERT, trained on my mail", checkpoint="me/my-bert",
    ...     )
    """
    return ()


@hookspec
def zoo_heads() -> Iterable[HeadSpec]:
    """Yield the heads of this plugin.

    >>> import zoo
    >>> @zoo.hookimpl
    ... def zoo_heads():
    ...     yield zoo.HeadSpec(
    ...         name="mean", target="my_package.mean:Mean", description="mean over real tokens"
    ...     )
    """
    return ()


@hookspec
def zoo_tasks() -> Iterable[TaskSpec]:
    """Yield the tasks of this plugin.

    >>> import zoo
    >>> @zoo.hookimpl
    ... def zoo_tasks():
    ...     yield zoo.TaskSpec(
    ...         name="mail", target="my_package.mail:load", description="mail by department"
    ...     )
    """
    return ()


@hookspec
def zoo_commands() -> Iterable[CommandSpec]:
    """Yield the commands that this plugin adds to `zoo`.

    >>> import zoo
    >>> @zoo.hookimpl
    ... def zoo_commands():
    ...     yield zoo.CommandSpec(
    ...         name="hello", target="my_package.hello:command", description="Say hello."
    ...     )
    """
    return ()
