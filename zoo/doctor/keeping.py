"""Leaving everything as it was found, bit for bit."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

PLAIN = (bool, int, float, str, type(None))


class Kept:
    """A copy of all that looking may change; `restore` puts it back, as often as wanted.

    Kept are the model's parameters, buffers, other tensors, gradients, modes and plain attributes;
    the state and the groups of the optimizer; the scheduler; every random generator, also those of
    the batches.
    """

    def __init__(self, model: nn.Module, optimizer: Any, scheduler: Any, batches: Any) -> None:
        self.model = model
        self.optimizer = optimizer
        self.scheduler = scheduler
        # a module may put another tensor in the place of one, and not only change what it holds
        self.places = [place for module in model.modules() for place in _places(module)]
        tensors = {id(each): each for *_, each in self.places}.values()
        self.tensors = [(each, each.detach().clone()) for each in tensors]
        self.gradients = [(each, each.grad, _copy(each.grad)) for each in model.parameters()]
        self.trains = [(each, each.requires_grad) for each in model.parameters()]
        self.attributes = [(each, _plain(each)) for each in model.modules()]
        if optimizer is not None:
            self.optimizer_attributes = _plain(optimizer)
            self.groups = [dict(group) for group in optimizer.param_groups]
            self.state = {
                each: {name: (value, _copy(value)) for name, value in entry.items()}
                for each, entry in optimizer.state.items()
            }
        if scheduler is not None:
            self.schedule = copy.deepcopy(scheduler.state_dict())
        self.generators = [(each, each.get_state()) for each in _generators(batches)]
        self.randomness = _randomness()

    def restore(self) -> None:
        """Put everything back."""
        for place, name, tensor in self.places:
            place[name] = tensor
        with torch.no_grad():
            for tensor, value in self.tensors:
                tensor.copy_(value)
        for parameter, gradient, value in self.gradients:
            if gradient is not None:
                gradient.copy_(value)
            parameter.grad = gradient
        for parameter, is_trained in self.trains:
            parameter.requires_grad_(is_trained)
        for module, attributes in self.attributes:
            vars(module).update(attributes)
        if self.optimizer is not None:
            self._restore_optimizer()
        if self.scheduler is not None:
            self.scheduler.load_state_dict(copy.deepcopy(self.schedule))
        for generator, state in self.generators:
            generator.set_state(state)
        _set_randomness(self.randomness)

    def _restore_optimizer(self) -> None:
        vars(self.optimizer).update(self.optimizer_attributes)
        for group, kept in zip(self.optimizer.param_groups, self.groups, strict=True):
            group.clear()
            group.update(kept)
        self.optimizer.state.clear()
        for parameter, entry in self.state.items():
            for value, kept in entry.values():
                if isinstance(value, torch.Tensor):
                    value.copy_(kept)
            self.optimizer.state[parameter] = {name: value for name, (value, _) in entry.items()}


@contextlib.contextmanager
def left_as_found(model: nn.Module, optimizer: Any, scheduler: Any, batches: Any) -> Iterator[Kept]:
    """Whatever happens inside, an error too, all is as before afterwards."""
    kept = Kept(model, optimizer, scheduler, batches)
    try:
        yield kept
    finally:
        kept.restore()


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) else value


def _places(module: nn.Module) -> Iterator[tuple[dict[str, Any], str, torch.Tensor]]:
    """Where a module holds a tensor, under which name, and which."""
    for place in (module._parameters, module._buffers, vars(module)):
        for name, value in place.items():
            if isinstance(value, torch.Tensor):
                yield place, name, value


def _plain(thing: Any) -> dict[str, Any]:
    """The attributes that are numbers, texts or truth values, the mode of a module among them."""
    return {name: value for name, value in vars(thing).items() if isinstance(value, PLAIN)}


def _generators(batches: Any) -> list[torch.Generator]:
    """The random generators of a loader and its samplers."""
    samplers = [getattr(batches, name, None) for name in ("sampler", "batch_sampler")]
    inner = [getattr(each, "sampler", None) for each in samplers]
    found = [getattr(each, "generator", None) for each in (batches, *samplers, *inner)]
    unique = {id(each): each for each in found if isinstance(each, torch.Generator)}
    return list(unique.values())


def _randomness() -> tuple[Any, ...]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None
    return random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda


def _set_randomness(state: tuple[Any, ...]) -> None:
    of_python, of_numpy, of_torch, of_cuda = state
    random.setstate(of_python)
    np.random.set_state(of_numpy)
    torch.set_rng_state(of_torch)
    if of_cuda is not None:
        torch.cuda.set_rng_state_all(of_cuda)
