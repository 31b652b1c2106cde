"""Results on stdout: tables that fit 80 columns, JSON for machines."""

from __future__ import annotations

import io
import json
import sys
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from zoo.terminal import printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def prepare_streams() -> None:
    """Let text that the terminal cannot encode come out as escapes instead of stopping `zoo`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def prepare_warnings() -> None:
    """Let warnings come out as `Warning: …`: a line of our source says nothing to a user."""
    warnings.showwarning = _show_warning


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    import click

    # others than those for users, such as a deprecation, are told by their kind
    kind = "" if issubclass(category, UserWarning) else f"{category.__name__}: "
    text = printable(f"{kind}{message}", keep_lines=True)
    click.echo(f"Warning: {text}", file=file, err=file is None)


def print_json(value: object) -> None:
    """JSON on stdout, in ASCII: any terminal and any pipe can take it, and nothing obeys it."""
    import click

    click.echo(json.dumps(value, indent=2, default=_as_json))


def _as_json(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def show(*parts: RenderableType) -> None:
    """Print tables and text on stdout; coloured on a terminal only, and not with `NO_COLOR`."""
    import click
    from rich.console import Console

    # text comes from plugins: brackets and colons in it are no mark-up
    console = Console(markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    is_coloured = console.is_terminal and not console.no_color
    # rich fills every line up with blanks
    for line in captured.get().splitlines():
        click.echo(line.rstrip(), color=is_coloured)


def heading(text: str) -> RenderableType:
    from rich.text import Text

    return Text(printable(text), style="bold")


def cell(value: object) -> RenderableType:
    """One value of a table, safe to print: 1,234 for a number, `-` for nothing."""
    from rich.text import Text

    if value is None or value in ("", ()):
        return Text("-")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    return Text(printable(value, keep_lines=True))


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Collection[str] = ()
) -> Table:
    """A table; the columns named in `right` are aligned to the right."""
    from rich.table import Table

    drawn = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    for text in headings:
        drawn.add_column(text, justify="right" if text in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(cell, row))
    return drawn


def facts(rows: Iterable[tuple[str, object]]) -> Table:
    """Two columns: what, and its value."""
    from rich.table import Table

    drawn = Table.grid(padding=(0, 2, 0, 0))
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    for what, value in rows:
        drawn.add_row(cell(f"  {what}"), cell(value))
    return drawn
