"""Ranks as letters: who shares a letter is tied (compact letter display).

To give as few letters as possible is as hard as covering a graph with cliques; greedily grown
cliques come near to it. Gramm, Guo, Hüffner & Niedermeier 2007, "Algorithms for compact letter
displays: comparison and evaluation", doi:10.1016/j.csda.2006.09.035.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

_LETTER = re.compile(r"[a-z]\d*")


def letters(count: int, different: Iterable[tuple[int, int]]) -> list[str]:
    """The letters of `count` candidates, given best first; `different` lists who differ.

    Two candidates share a letter if and only if they do not differ; `a` is a group of the best.
    """
    tied = [(1 << count) - 1 for _ in range(count)]  # bit i of a number stands for candidate i
    for first, second in different:
        tied[first] &= ~(1 << second)
        tied[second] &= ~(1 << first)
    uncovered = list(tied)
    groups: list[list[int]] = []
    for first in range(count):
        while uncovered[first]:
            # the farthest first: what lies between two that are tied mostly is tied with both
            farthest = uncovered[first].bit_length() - 1
            group = _grown(first, farthest, tied)
            groups.append(group)
            mask = sum(1 << one for one in group)
            for one in group:
                uncovered[one] &= ~mask
    found = [""] * count
    for place, group in enumerate(sorted(groups)):
        for candidate in group:
            found[candidate] += _letter(place)
    return found


def are_tied(first: str, second: str) -> bool:
    """Whether two candidates with these letters share one."""
    return not set(_LETTER.findall(first)).isdisjoint(_LETTER.findall(second))


def _grown(first: int, second: int, tied: list[int]) -> list[int]:
    """Two tied candidates, and whoever is tied with all that are in already, in order."""
    group = {first, second}
    common = tied[first] & tied[second]
    for one in range(len(tied)):
        if common >> one & 1:
            group.add(one)
            common &= tied[one]
    return sorted(group)


def _letter(place: int) -> str:
    """`a` to `z`, then `a1` to `z1`, `a2` …"""
    round_, index = divmod(place, len(string.ascii_lowercase))
    return string.ascii_lowercase[index] + (str(round_) if round_ else "")
