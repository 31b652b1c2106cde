"""Whether one run that was computed twice came out differently (no torch in here)."""

from __future__ import annotations

from pathlib import Path

from zoo_bench.predictions import PREDICTIONS
from zoo_bench.records import Result


def is_conflict(one: Result, folder: Path, other: Result, other_folder: Path) -> bool:
    """Whether two results of a run have different predictions of what both predicted.

    The predictions are known to be readable.
    """
    import numpy as np
    from safetensors.numpy import load_file

    if one.predictions == other.predictions:
        return False
    if one.predictions is None or other.predictions is None:
        return True
    # before schema 4 no run predicted what is out of scope
    first, second = (load_file(place / PREDICTIONS) for place in (folder, other_folder))
    return any(
        not np.array_equal(first[name], second[name]) for name in first.keys() & second.keys()
    )
