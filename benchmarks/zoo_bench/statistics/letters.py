"""Ranks as letters: who shares a letter is tied (compact letter display).

Insert and absorb, after Piepho 2004, "An algorithm for a letter-based representation of
all-pairwise comparisons", doi:10.1198/1061860043515.
"""

from __future__ import annotations

import string
from collections.abc import Iterable


def letters(count: int, different: Iterable[tuple[int, int]]) -> list[str]:
    """The letters of `count` candidates, given best first; `different` lists who differ.

    Two candidates share a letter if and only if they do not differ; `a` is the group of the best.
    """
    groups = [frozenset(range(count))]
    for first, second in different:
        parted: list[frozenset[int]] = []
        for group in groups:
            if first in group and second in group:
                parted += [group - {first}, group - {second}]
            else:
                parted.append(group)
        groups = _absorbed(parted)
    ordered = sorted(groups, key=sorted)
    return [
        "".join(_letter(place) for place, group in enumerate(ordered) if candidate in group)
        for candidate in range(count)
    ]


def _absorbed(groups: list[frozenset[int]]) -> list[frozenset[int]]:
    """The groups that lie in no other one."""
    kept: list[frozenset[int]] = []
    for group in sorted(set(groups), key=lambda one: (-len(one), sorted(one))):
        if not any(group <= larger for larger in kept):
            kept.append(group)
    return kept


def _letter(place: int) -> str:
    """`a` to `z`, then `a1` to `z1`, `a2` …"""
    round_, index = divmod(place, len(string.ascii_lowercase))
    return string.ascii_lowercase[index] + (str(round_) if round_ else "")
