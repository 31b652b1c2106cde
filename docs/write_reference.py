"""Writes the reference pages that repeat what the program says: commands, checks, causes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from zoo.checks.report import CHECKS
from zoo.cli.group import zoo
from zoo.doctor.findings import MEANINGS

REFERENCE = Path(__file__).parent / "reference"


def commands() -> Iterator[str]:
    """The page of every command, with the help it prints."""
    yield "# Commands\n\nWhat `zoo COMMAND --help` prints. `make reference` writes this page.\n"
    runner = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1"})
    for words in _names(zoo, click.Context(zoo)):
        text = runner.invoke(zoo, [*words, "--help"], prog_name="zoo").stdout
        yield f"\n## zoo {' '.join(words)}\n\n```text\n{text}```\n"


def _names(group: click.Group, context: click.Context) -> Iterator[tuple[str, ...]]:
    """Every command as the words that call it, those of groups after the group itself."""
    for name in group.list_commands(context):
        yield (name,)
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, *words) for words in _names(command, click.Context(command)))


def checks() -> Iterator[str]:
    """The page of every check, with its claim and its reason."""
    yield (
        "# Checks\n\nWhat `zoo check` holds a component to, in the order of its lines. "
        "`make reference` writes this\npage from the checks themselves.\n"
    )
    for kind, title in (("head", "Heads"), ("encoder", "Encoders")):
        yield f"\n## {title}\n\n| check | claim | why |\n|---|---|---|\n"
        for check in CHECKS[kind]:
            yield f"| `{check.name}` | {check.claim} | {check.reason} |\n"


def causes() -> Iterator[str]:
    """The page of every cause that the doctor names."""
    yield (
        "# Causes\n\nWhat `zoo doctor` and `zoo.diagnose` can find, in the order in which to mend "
        "it: an earlier cause\nexplains later ones. `make reference` writes this page.\n\n"
        "| cause | what it means |\n|---|---|\n"
    )
    for cause, meaning in MEANINGS.items():
        yield f"| `{cause}` | {meaning} |\n"


def main() -> None:
    """Write all pages."""
    os.environ["COLUMNS"] = "80"
    REFERENCE.mkdir(exist_ok=True)
    for name, parts in (
        ("commands", commands()),
        ("checks", checks()),
        ("causes", causes()),
    ):
        (REFERENCE / f"{name}.md").write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
