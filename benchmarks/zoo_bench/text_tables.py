"""Tables as text, for 80 columns and for streams that know neither UTF-8 nor colour."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zoo.terminal import printable

WIDTH = 80
# of the first column where encoders go down: koelectra-nano[scratch] and no more
ENCODER_WIDTH = 23
GAP = 2
_PARTS = re.compile(r"(?=[+\[])")
# for terminals that cannot write the letter on the left
PLAIN_LETTERS = (("±", "+/-"), ("…", "..."), ("→", "->"), ("─", "-"), ("✓", "ok"), ("✗", "!!"))


def to_text(parts: Iterable[Table | Text], *, width: int = WIDTH, encoding: str = "utf-8") -> str:
    """The parts below one another, as text that any stream of this encoding can take."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, legacy_windows=False)
    for part in parts:
        console.print(part, overflow="fold", soft_wrap=False)
    # "+/-" and not "?": a number must survive a terminal that cannot write its sign
    text = stream.getvalue()
    for letter, plain in PLAIN_LETTERS:
        if not _can_encode(letter, encoding):
            text = text.replace(letter, plain)
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(lines).encode(encoding, "backslashreplace").decode(encoding) + "\n"


def _can_encode(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def make_table(columns: Sequence[tuple[str, str, int | None]]) -> Table:
    """An empty table of columns: heading, `left` or `right`, and width where it is fixed."""
    # the box itself puts one blank between columns
    gap = (0, GAP - 1, 0, 0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=gap, show_edge=False)
    for title, justify, width in columns:
        table.add_column(
            name_text(title, keep_lines=True),
            justify="right" if justify == "right" else "left",
            width=width,
            overflow="fold",
        )
    return table


def broken_name(name: str, width: int, mark: str = "") -> list[str]:
    """A name and its mark in lines that fit, broken before the head and what is in brackets.

    A part that alone is wider than `width` stays whole.
    """
    *parts, last = _PARTS.split(name)
    lines = [""]
    for part in (*parts, last + mark):
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append(part)
        else:
            lines[-1] += part
    return lines


def name_text(name: str, *, keep_lines: bool = False) -> Text:
    """A name that cannot command the terminal nor style the table."""
    return Text(printable(name, keep_lines=keep_lines))
