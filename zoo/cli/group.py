"""The group `zoo`: its own commands, those of plugins, and how every error ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from zoo.entry_points import BUILT_IN, zoo_version
from zoo.errors import PluginError, ZooError
from zoo.plugins import Plugin, block, host
from zoo.registry import import_target
from zoo.shelf import Registered, Shelf
from zoo.specs import CommandSpec
from zoo.terminal import printable

# name → what it does; each is `command` in the module of its name
_COMMANDS = {
    "audit": "Look for faults in a task or in files before anything is learned.",
    "check": "Hold a head or an encoder to its contract, and certify it.",
    "doctor": "Say why a pair does not learn, or will not, and what to change.",
    "evaluate": "Measure a saved classifier on labelled texts.",
    "list": "List encoders, heads and tasks.",
    "new": "Write a package with a head or an encoder of your own.",
    "plugins": "List plugins, what they bring, and why one was left out.",
    "predict": "Label texts with a saved classifier.",
    "show": "Show all about an encoder, head, task or saved classifier.",
    "train": "Train a classifier on labelled texts and save it.",
}


def commands() -> Shelf[CommandSpec]:
    """Every command; one of a plugin that is called as one of ours goes by its full name."""
    return Shelf("command", [_built_in(), *host().plugins])


def _built_in() -> Plugin:
    return Plugin(
        name="cli",
        distribution=BUILT_IN,
        version=zoo_version(),
        module="zoo.cli",
        status="loaded",
        commands=tuple(
            CommandSpec(name=name, target=f"zoo.cli.{name}:command", description=description)
            for name, description in _COMMANDS.items()
        ),
    )


class ZooGroup(click.Group):
    """Imports a command when it is called, and nothing to list them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [one.name for one in commands().records]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        # our own commands work whatever the plugins do
        known: Shelf[CommandSpec] = (
            Shelf("command", [_built_in()]) if cmd_name in _COMMANDS else commands()
        )
        if not known.candidates(cmd_name):
            return None
        return _imported(known.find(cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        is_option = args[0].startswith("-")
        if not (is_option or ctx.resilient_parsing or self.get_command(ctx, args[0])):
            raise commands().unknown(args[0])
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(one.name, printable(one.spec.description)) for one in commands().records]
            )

    def invoke(self, ctx: click.Context) -> None:
        # without a result, so that only ctx.exit() decides the exit status
        super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run and exit: 0 done, 1 something failed, 2 wrong usage, 130 interrupted."""
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            # here, where a closed pipe is caught, and not when Python ends
            sys.stdout.flush()
        except ZooError as error:
            text = printable(f"{type(error).__name__}: {error}", keep_lines=True)
            click.echo(f"Error: {text}", err=True)
            status = getattr(error, "exit_code", 2)
        except click.ClickException as error:
            error.show()
            status = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo("Interrupted.", err=True)
            status = 130
        except BrokenPipeError:
            # as docs.python.org/3/library/signal.html#note-on-sigpipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = 1
        sys.exit(status or 0)


def _imported(command: Registered[CommandSpec]) -> click.Command:
    target = import_target(command)
    if not isinstance(target, click.Command):
        raise PluginError(
            f"command {command.name!r} of {command.release}: its target {command.spec.target!r} "
            f"must be a click command, it is a {type(target).__name__}"
        )
    return target


def _block(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    names = []
    for value in values:
        prefix, _, name = value.partition(":")
        if prefix != "no" or not name:
            raise click.BadParameter(f"{value!r}: write no:NAME", ctx, parameter)
        names.append(name)
    if names:
        block(names)


def _print_version(ctx: click.Context, parameter: click.Parameter, is_asked: bool) -> None:
    if not is_asked:
        return
    click.echo(f"zoo {zoo_version()}")
    others = {
        f"{plugin.release}{'' if plugin.status == 'loaded' else f' ({plugin.status})'}": None
        for plugin in host().plugins
        if plugin.distribution != BUILT_IN
    }
    if others:
        click.echo(f"plugins: {', '.join(others)}")
    ctx.exit()


@click.group(cls=ZooGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-p",
    "blocked",
    metavar="no:NAME",
    multiple=True,
    # before --help and --version, which list plugins
    is_eager=True,
    expose_value=False,
    callback=_block,
    help="Leave a plugin out: its name, its distribution, or distribution:name.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version of zoo and of every plugin.",
)
def zoo() -> None:
    """Text classifiers out of an encoder and a head, joined by name."""
