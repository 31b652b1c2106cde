"""Where the recipes of a task's pairs differ: who reads a rank must know what was tuned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from zoo_bench.records import RunSpec


def recipe_differences(runs: Iterable[RunSpec]) -> Iterator[str]:
    """One sentence for each value in which the recipes of some pairs differ."""
    pairs = list({run.who: run for run in runs if run.kind == "pair" and run.recipe}.values())
    for key in sorted({key for run in pairs for key in run.recipe or {}}):
        values = [_value(run, key) for run in pairs]
        if len(set(values)) > 1:
            yield f"Recipes differ in {key}: {_listed(pairs, values)}."


def _value(run: RunSpec, key: str) -> str:
    recipe = run.recipe or {}
    if key == "encoder_learning_rate" and recipe.get("frozen"):
        return "none, frozen"
    value: Any = recipe.get(key)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(pairs: Sequence[RunSpec], values: Sequence[str]) -> str:
    """Each value with who has it: encoders or heads where they decide it, else pairs."""
    by: Callable[[RunSpec], str]
    for by in (_encoder, _head, _pair):
        names = [by(run) for run in pairs]
        who = dict(zip(names, values, strict=True))
        if all(who[name] == value for name, value in zip(names, values, strict=True)):
            break
    return ", ".join(
        f"{value} ({', '.join(name for name in who if who[name] == value)})"
        for value in dict.fromkeys(values)
    )


def _encoder(run: RunSpec) -> str:
    return run.encoder.label if run.encoder else ""


def _head(run: RunSpec) -> str:
    return run.head.label if run.head else ""


def _pair(run: RunSpec) -> str:
    return run.who
