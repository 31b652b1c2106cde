"""Where the recipes of a task's pairs differ: who reads a rank must know what was tuned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zoo.terminal import printable
from zoo_bench.records import RunSpec


def recipe_differences(pairs: Mapping[str, RunSpec]) -> Iterator[str]:
    """One sentence for each value in which recipes differ; `pairs` has a run of each, by name."""
    recipes = [run.recipe or {} for run in pairs.values()]
    for key in sorted({key for recipe in recipes for key in recipe}):
        values = [_value(recipe, key) for recipe in recipes]
        if len(set(values)) > 1:
            yield printable(f"Recipes differ in {key}: {_listed(pairs, values)}.")


def _value(recipe: Mapping[str, Any], key: str) -> str:
    if key == "encoder_learning_rate" and recipe.get("frozen"):
        return "none, frozen"
    value = recipe.get(key)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(pairs: Mapping[str, RunSpec], values: Sequence[str]) -> str:
    """Each value with who has it: encoders or heads where they decide it, else pairs."""
    parts = [(run.encoder, run.head) for run in pairs.values()]
    encoders, heads = (
        [part.label if part else "" for part in role] for role in zip(*parts, strict=True)
    )
    for names in (encoders, heads, list(pairs)):
        who = dict(zip(names, values, strict=True))
        if [who[name] for name in names] == list(values):
            break
    return ", ".join(
        f"{value} ({', '.join(name for name in who if who[name] == value)})"
        for value in dict.fromkeys(values)
    )
