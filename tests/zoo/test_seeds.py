"""One random stream per purpose, a pure function of (seed, purpose)."""

import random

import numpy as np
import pytest
import torch

from zoo.errors import RecipeError
from zoo.seeds import LARGEST_SEED, check_seed, derive_seed, seeded


def draws():
    return random.random(), np.random.rand(), torch.rand(1).item()


def test_the_same_seed_and_purpose_draw_the_same():
    with seeded(1, "order"):
        first = draws()
    draws()
    with seeded(1, "order"):
        assert draws() == first


@pytest.mark.parametrize(("seed", "purpose"), [(1, "head"), (2, "order")])
def test_another_seed_or_purpose_draws_something_else(seed, purpose):
    with seeded(1, "order"):
        first = draws()
    with seeded(seed, purpose):
        assert not set(draws()) & set(first)


def test_the_global_generators_go_on_as_if_nothing_had_been_drawn():
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    undisturbed = draws()
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    with seeded(1, "order"):
        draws()
    assert draws() == undisturbed


def test_an_error_puts_the_generators_back_too():
    torch.manual_seed(5)
    undisturbed = torch.rand(1)
    torch.manual_seed(5)
    with pytest.raises(KeyError), seeded(1, "order"):
        raise KeyError
    assert torch.rand(1) == undisturbed


def test_derived_seeds_do_not_change_between_versions():
    # sha256("0:head") begins with these bytes; results of the past depend on it
    assert derive_seed(0, "head") == 0xBEFCBE5F


@pytest.mark.parametrize("seed", [0, LARGEST_SEED, np.int64(3)])
def test_whole_numbers_up_to_32_bits_are_seeds(seed):
    assert check_seed(seed) == int(seed)


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, None, 1.0, "1", True])
def test_anything_else_is_refused(seed):
    with pytest.raises(RecipeError) as error:
        check_seed(seed)
    assert str(error.value) == f"seed must be a whole number from 0 to 4294967295, got {seed!r}"
