"""One random stream per purpose, each a pure function of (seed, purpose)."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterator

from zoo.errors import RecipeError

LARGEST_SEED = 2**32 - 1


def check_seed(seed: int) -> int:
    """The seed itself; raises `RecipeError` unless it is a whole number from 0 to 2³² - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        raise RecipeError(f"seed must be a whole number from 0 to {LARGEST_SEED}, got {seed!r}")
    return seed


def derive_seed(seed: int, purpose: str) -> int:
    """A seed of 32 bits for one purpose (`"head"`, `"order"`, `"dropout"`, …).

    A hash, so that two purposes share no stream and neither depends on what else was drawn.
    """
    check_seed(seed)
    digest = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


@contextlib.contextmanager
def seeded(seed: int, purpose: str) -> Iterator[None]:
    """Python's, numpy's and torch's generators set for one purpose, and put back afterwards."""
    import numpy
    import torch

    value = derive_seed(seed, purpose)
    python_state, numpy_state = random.getstate(), numpy.random.get_state()
    # fork_rng puts back the states of the CPU and of every GPU
    with torch.random.fork_rng():
        random.seed(value)
        numpy.random.seed(value)
        torch.manual_seed(value)
        try:
            yield
        finally:
            random.setstate(python_state)
            numpy.random.set_state(numpy_state)
