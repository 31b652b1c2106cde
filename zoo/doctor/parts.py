"""Parameters told by the parts of the model that they belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from torch import nn

MOST_NAMED = 4


def whole_parts(names: Collection[str], all_names: Iterable[str]) -> list[str]:
    """The largest parts of a model of which `names` has every parameter.

    `bert` instead of its 60 parameters; a single parameter where the rest of its part is not in it.
    """
    chosen = set(names)
    everything = list(all_names)
    found: list[str] = []
    covered: set[str] = set()
    for name in everything:
        if name not in chosen or name in covered:
            continue
        pieces = name.split(".")
        for depth in range(1, len(pieces) + 1):
            part = ".".join(pieces[:depth])
            inside = [each for each in everything if each == part or each.startswith(f"{part}.")]
            if all(each in chosen for each in inside):
                found.append(part)
                covered.update(inside)
                break
    return found


def in_part(name: str, part: str) -> bool:
    """Whether a parameter lies in a part; every one lies in the whole, which has no name."""
    return not part or name == part or name.startswith(f"{part}.")


def told(names: Collection[str], model: nn.Module) -> str:
    """Parts and how many numbers they hold: `'classifier' (5,383 parameters)`."""
    sizes = {name: each.numel() for name, each in model.named_parameters()}
    parts = whole_parts(names, sizes)
    shown = ", ".join(repr(part) for part in parts[:MOST_NAMED])
    more = f" and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    total = sum(sizes[name] for name in names)
    return f"{shown}{more} ({total:,} of {sum(sizes.values()):,} parameters)"
