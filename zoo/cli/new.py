"""`zoo new`: a package to start from, with one head or encoder that works."""

from __future__ import annotations

import importlib.util
import keyword
import re
import shlex
from pathlib import Path

import click

from zoo.errors import listed
from zoo.name_errors import a
from zoo.registry import shelf
from zoo.scaffold import Kind, Names, package_files, write_files
from zoo.terminal import printable

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@click.command("new")
@click.argument("kind", type=click.Choice(["head", "encoder"]))
@click.argument("name")
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The folder of the package; by default zoo-NAME, here.",
)
def command(kind: Kind, name: str, folder: Path | None) -> None:
    """Write a package with a head or an encoder of your own to start from.

    NAME is what it will be asked for by: label-attention. The package zoo-NAME is complete: it
    can be installed and checked as it is.
    """
    check_name(kind, name)
    folder = folder or Path(Names(name).distribution)
    try:
        check_folder(folder)
        asked_name = free_name(kind, name)
        check = check_command(kind, asked_name)
        write_files(package_files(kind, name, asked_name=asked_name, check=check), folder)
    except OSError as error:
        raise click.ClickException(
            f"{printable(folder)} cannot be written: {error.strerror}; name another place with "
            "--output"
        ) from error
    print_next(kind, name, folder, check)


def check_name(kind: Kind, name: str) -> None:
    """Raise `UsageError` for a name that cannot be a distribution, a module and a class."""
    suggestion = suggested_name(name)
    hint = f"; {suggestion!r} would do" if suggestion and suggestion != name else ""
    if not _NAME.fullmatch(name):
        raise click.UsageError(
            f"NAME {name!r}: use lower-case letters and digits, in words joined by '-', beginning "
            f"with a letter{hint}"
        )
    if name.startswith("zoo-"):
        raise click.UsageError(f"NAME {name!r}: the package is called zoo-NAME anyway{hint}")
    names = Names(name)
    # null: a suite that names it would have to quote it
    is_word = keyword.iskeyword(names.module) or keyword.iskeyword(names.class_name)
    if is_word or name in ("null", "zoo"):
        raise click.UsageError(
            f"NAME {name!r}: a module or a class of this name would hide zoo itself, or is a word "
            f"of Python or YAML; '{name}-{kind}' would do"
        )
    # of its own, or a stranger's: only one of two packages of one name can be imported
    if (spec := importlib.util.find_spec(names.package)) is not None:
        place = spec.origin or ", ".join(spec.submodule_search_locations or ())
        raise click.UsageError(
            f"NAME {name!r}: a package {names.package} is installed already ({place}), and only "
            "one of this name can be imported; choose another name, or uninstall that one"
        )


def suggested_name(name: str) -> str:
    """The nearest name that fits, or an empty text: `LabelAttention` → `label-attention`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    near = re.sub(r"[^a-z0-9]+", "-", words).strip("-").removeprefix("zoo-")
    return near if _NAME.fullmatch(near) else ""


def check_folder(folder: Path) -> None:
    """Raise `UsageError` for a place where something is already."""
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{printable(folder)} is a file; name a folder with --output")
    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(
            f"{printable(folder)} is not empty; name another folder with --output"
        )


def free_name(kind: Kind, name: str) -> str:
    """The name itself, or `zoo-NAME:NAME` with a warning where somebody else has it already."""
    owners = shelf(kind).candidates(name)
    if not owners:
        return name
    full_name = f"{Names(name).distribution}:{name}"
    releases = listed((one.release for one in owners), "and")
    click.echo(
        f"Warning: {kind} {name!r} is brought by {releases} already; yours will be asked for as "
        f"{full_name!r}",
        err=True,
    )
    return full_name


def check_command(kind: Kind, asked_name: str) -> str:
    """`zoo check NAME`, with the kind where a component of the other kind has this name."""
    other = "encoder" if kind == "head" else "head"
    is_ambiguous = bool(shelf(other).candidates(asked_name))
    return f"zoo check {asked_name}{f' --kind {kind}' if is_ambiguous else ''}"


def print_next(kind: Kind, name: str, folder: Path, check: str) -> None:
    """What was written, and the commands that follow."""
    names = Names(name)
    module = f"src/{names.package}/{names.module}.py"
    click.echo(
        f"{printable(folder)} holds {a(kind)} called {name}, ready to be installed:\n\n"
        f"  cd {printable(shlex.quote(str(folder)))}\n"
        "  pip install -e '.[test]'\n"
        "  zoo plugins\n"
        f"  {check}\n"
        "  pytest\n\n"
        f"Then make it yours in {module};\n"
        "pytest tells whether it still keeps the contract."
    )
