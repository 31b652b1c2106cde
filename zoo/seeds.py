"""One random stream per purpose, each a pure function of (seed, purpose)."""

from __future__ import annotations

import contextlib
import hashlib
import operator
import random
from collections.abc import Iterator

from zoo.errors import RecipeError

LARGEST_SEED = 2**32 - 1


def check_seed(seed: int) -> int:
    """The seed itself; raises `RecipeError` unless it is a whole number from 0 to 2³² - 1."""
    try:
        whole = operator.index(seed)  # a numpy integer is welcome, too
    except TypeError:
        whole = -1
    if isinstance(seed, bool) or not 0 <= whole <= LARGEST_SEED:
        raise RecipeError(f"seed must be a whole number from 0 to {LARGEST_SEED}, got {seed!r}")
    return whole


def derive_seed(seed: int, purpose: str) -> int:
    """A seed of 32 bits for one purpose (`"head"`, `"order"`, `"dropout"`, …).

    A hash, so that two purposes share no stream and neither depends on what else was drawn.
    """
    digest = hashlib.sha256(f"{check_seed(seed)}:{purpose}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


@contextlib.contextmanager
def seeded(seed: int, purpose: str) -> Iterator[None]:
    """Python's, numpy's and torch's generators set for one purpose, and put back afterwards."""
    import numpy
    import torch

    value = derive_seed(seed, purpose)
    python_state, numpy_state = random.getstate(), numpy.random.get_state()
    # of the CPU and of every GPU, named one by one: left to itself, fork_rng warns of several
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        random.seed(value)
        numpy.random.seed(value)
        torch.manual_seed(value)
        try:
            yield
        finally:
            random.setstate(python_state)
            numpy.random.set_state(numpy_state)
