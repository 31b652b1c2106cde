"""Whether stored results follow from their stored predictions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from zoo.errors import EvaluationError
from zoo_bench import predictions
from zoo_bench.outcomes import NO_PROBABILITIES, score_predictions
from zoo_bench.predictions import PREDICTIONS
from zoo_bench.reading import Contents, UnreadableRecord
from zoo_bench.records import Result

# the metrics are float32, and sums in another order differ in their last digits
TOLERANCE = 1e-5
_MOST_FAULTS = 5


def all_faults(contents: Contents) -> dict[str, list[str]]:
    """By run id, what of each result that is at fault does not follow; progress goes to stderr."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        found = {
            result.run_id: faults(result, contents.folders[result.run_id])
            for result in progress.track(contents.results, description="verifying")
        }
    return {run_id: wrong for run_id, wrong in found.items() if wrong}


def without_faults(contents: Contents) -> Contents:
    """The contents, where results that are at fault are unreadable ones."""
    wrong = all_faults(contents)
    unreadable = (
        UnreadableRecord(contents.folders[run_id] / "result.json", "; ".join(reasons))
        for run_id, reasons in wrong.items()
    )
    return replace(
        contents,
        results=tuple(one for one in contents.results if one.run_id not in wrong),
        unreadable=(*contents.unreadable, *unreadable),
    )


def faults(result: Result, folder: Path) -> list[str]:
    """What of a result does not follow from its predictions; empty if everything does."""
    from safetensors import SafetensorError

    if result.predictions is None:
        return [] if not any(result.metrics.values()) else [f"has metrics, but no {PREDICTIONS}"]
    try:
        content = (folder / PREDICTIONS).read_bytes()
        found = predictions.from_bytes(content)
    except FileNotFoundError:
        return [f"{PREDICTIONS} is missing"]
    except (SafetensorError, KeyError, OSError) as error:
        return [f"{PREDICTIONS} cannot be read: {error}"]
    digest = predictions.sha256(content)
    if digest != result.predictions.sha256:
        expected = result.predictions.sha256
        return [f"{PREDICTIONS} has SHA-256 {digest[:12]}…, the result says {expected[:12]}…"]
    try:
        scores = score_predictions(
            found,
            result.task.labels,
            has_probabilities=result.undefined.get("test.nll") != NO_PROBABILITIES,
        )
    except EvaluationError as error:
        return [f"{PREDICTIONS} cannot be scored: {error}"]
    checked = {
        "metrics": (result.metrics, scores.metrics),
        "per_class": (
            [row.model_dump() for row in result.per_class],
            [row.model_dump() for row in scores.per_class],
        ),
        "confusion": (result.confusion, scores.confusion),
        "predictions.n": (result.predictions.n, len(found.labels)),
        "task.n_test_clean": (result.task.n_test_clean, len(found.clean_rows)),
        "task.n_out_of_scope": (
            result.task.n_out_of_scope,
            None if found.out_of_scope_logits is None else len(found.out_of_scope_logits),
        ),
    }
    differing = [
        fault for name, (stored, due) in checked.items() for fault in _compare(name, stored, due)
    ]
    more = len(differing) - _MOST_FAULTS
    return differing[:_MOST_FAULTS] + ([f"and {more} more"] if more > 0 else [])


def _compare(name: str, stored: Any, due: Any) -> Iterator[str]:
    if isinstance(stored, dict) and isinstance(due, dict):
        for key in sorted(stored.keys() | due.keys()):
            yield from _compare(f"{name}.{key}", stored.get(key), due.get(key))
    elif isinstance(stored, list | tuple) and isinstance(due, list | tuple):
        if len(stored) != len(due):
            yield f"{name} has {len(stored)} entries, from the predictions come {len(due)}"
            return
        for index, (one, other) in enumerate(zip(stored, due, strict=True)):
            yield from _compare(f"{name}[{index}]", one, other)
    elif not _is_equal(stored, due):
        yield f"{name} is {_text(stored)}, from the predictions comes {_text(due)}"


def _is_equal(stored: Any, due: Any) -> bool:
    if isinstance(stored, float) and isinstance(due, int | float):
        return math.isclose(stored, due, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(stored == due)


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
