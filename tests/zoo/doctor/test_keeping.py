"""Looking changes nothing: model, optimizer, scheduler, order and chance, bit for bit."""

import copy
import random

import numpy as np
import pytest
import torch
from torch import nn

from zoo.doctor import diagnose


def everything(model, optimizer, scheduler, loader):
    """All that training depends on, copied."""
    return copy.deepcopy(
        {
            "model": model.state_dict(),
            "modes": [module.training for module in model.modules()],
            "gradients": [each.grad for each in model.parameters()],
            "trained": [each.requires_grad for each in model.parameters()],
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "torch": torch.get_rng_state(),
            "numpy": np.random.get_state()[1],
            "python": random.getstate(),
            "order": loader.generator.get_state(),
        }
    )


def same(first, second):
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second) and first.dtype == second.dtype
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


@pytest.fixture
def training(model, examples):
    """A training in the middle: momentum, gradients, a schedule that has moved."""
    data = torch.utils.data.TensorDataset(*examples)
    order = torch.Generator().manual_seed(3)
    loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True, generator=order)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=60)
    for ids, labels in list(loader)[:3]:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids), labels).backward()
        optimizer.step()
        scheduler.step()
    model.hidden.eval()

    def step(batch):
        ids, labels = batch
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(ids), labels).backward()
        optimizer.step()
        scheduler.step()

    return model, optimizer, scheduler, loader, step


def test_everything_is_as_it_was(training):
    model, optimizer, scheduler, loader, step = training
    before = everything(model, optimizer, scheduler, loader)
    found = diagnose(model, optimizer, loader, scheduler=scheduler, steps=60, step=step)
    assert found.is_healthy
    assert same(everything(model, optimizer, scheduler, loader), before)


def test_everything_is_as_it_was_after_an_error(training):
    model, optimizer, scheduler, loader, _ = training
    before = everything(model, optimizer, scheduler, loader)

    def loss(logits, labels):
        with torch.no_grad():
            model.out.weight.zero_()
        raise RuntimeError("of a stranger")

    found = diagnose(model, optimizer, loader, loss, scheduler=scheduler)
    assert "of a stranger" in found.findings[0].evidence
    assert same(everything(model, optimizer, scheduler, loader), before)


def test_training_goes_on_as_if_nobody_had_looked(training):
    """Ten further steps, with and without an examination in between."""

    def go_on(look):
        model, optimizer, scheduler, loader = copy.deepcopy(training[:4])
        torch.manual_seed(5)
        if look:
            diagnose(model, optimizer, loader, scheduler=scheduler)
        for ids, labels in list(loader)[:10]:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(ids), labels).backward()
            optimizer.step()
            scheduler.step()
        return model.state_dict()

    assert same(go_on(look=True), go_on(look=False))


def test_counters_of_the_model_are_as_they_were(model, batches):
    model.calls = 0
    model.register_forward_hook(lambda module, *_: setattr(module, "calls", module.calls + 1))
    diagnose(model, batches=batches, seconds=0)
    assert model.calls == 0


def test_an_optimizer_that_made_no_step_has_no_state(model, batches, optimizer):
    diagnose(model, optimizer, batches)
    assert not optimizer.state


def test_a_tensor_that_is_replaced_and_not_only_changed_is_put_back(model, batches):
    model.register_buffer("centre", torch.zeros(3))
    model.seen = torch.zeros(1)
    before = (model.centre, model.seen)

    def move(module, *_):
        module.centre = 0.9 * module.centre + 1
        module.seen = module.seen + 1

    model.register_forward_hook(move)
    diagnose(model, batches=batches, seconds=0)
    assert model.centre is before[0]
    assert model.seen is before[1]
    assert not model.centre.any() and not model.seen.any()
