"""Faulty rows, collected: one error names the first rows of every fault, not the very first."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from zoo.errors import DataError, did_you_mean, listed

_MOST_PLACES = 5
_MOST_NAMES = 20


class DataWarning(UserWarning):
    """Data that can be used, but looks as if something else was meant."""


class Faults:
    """What is wrong with the rows of one source; `unit` is what its rows are counted in.

    >>> faults = Faults("a.csv", "line")
    >>> for line in (3, 7):
    ...     faults.add("no text {where}", line)
    >>> faults.lines()
    ['a.csv: no text in lines 3 and 7']
    """

    def __init__(self, source: str, unit: str) -> None:
        self.source = source
        self.unit = unit
        self._places: dict[str, list[int]] = {}
        self._faulty: set[int] = set()

    def add(self, reason: str, place: int) -> None:
        """Note one row; `reason` has `{where}` in it and is the same for the same fault."""
        self._places.setdefault(reason, []).append(place)
        self._faulty.add(place)

    def __contains__(self, place: int) -> bool:
        """Whether anything is wrong with this row so far."""
        return place in self._faulty

    def lines(self) -> list[str]:
        """One sentence a reason."""
        return [
            f"{self.source}: {reason.replace('{where}', where(self.unit, places))}"
            for reason, places in self._places.items()
        ]

    def check(self) -> None:
        """Raise one `DataError` with everything that was noted, if anything was."""
        if self._places:
            raise DataError("\n".join(self.lines()))


def where(unit: str, places: Sequence[int]) -> str:
    """`in line 3`, `in lines 3 and 7`, `in 12 lines, the first 3, 7, 9, 12 and 15`."""
    first = listed([f"{place:,}" for place in places[:_MOST_PLACES]], "and")
    # files have a line 1; frames and lists have a row 0
    counted = " (counted from 0)" if unit == "row" else ""
    if len(places) == 1:
        return f"in {unit} {first}{counted}"
    if len(places) <= _MOST_PLACES:
        return f"in {unit}s {first}{counted}"
    return f"in {len(places):,} {unit}s, the first {first}{counted}"


def noted(note: str, count: int) -> str:
    """`1 row without a text dropped`, `6 rows without a text dropped`; a note begins with rows."""
    plural, _, rest = note.partition(" ")
    return f"{count:,} {plural.removesuffix('s') if count == 1 else plural} {rest}"


def names(values: Sequence[object]) -> str:
    """The first names as `repr` writes them, which no terminal obeys, and how many are left."""
    shown = ", ".join(repr(value) for value in values[:_MOST_NAMES])
    more = len(values) - _MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def hint(name: str, known: Sequence[object]) -> str:
    """The words `; did you mean 'Text'?`, also where only case differs, or an empty text."""
    texts = [one for one in known if isinstance(one, str)]
    alike = [one for one in texts if one.casefold() == name.casefold()]
    return f"; did you mean {alike[0]!r}?" if alike else did_you_mean(name, texts)


def warn(message: str) -> None:
    """Issue a `DataWarning`."""
    # the message names the source; which line of ours found it would say nothing
    warnings.warn(message, DataWarning, stacklevel=3)
