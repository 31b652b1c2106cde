"""Held out: schedules, and the loop around the step."""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import ExponentialLR, OneCycleLR, ReduceLROnPlateau
from transformers import (
    get_cosine_schedule_with_warmup,
)

from doctor_proof.held_out.models import (
    Dictionary,
    GRUModel,
    Pair,
    SentenceModel,
    distilbert,
    ids_and_labels,
)
from doctor_proof.material import Material
from doctor_proof.setups import BrokenCase, Setup


def exponential_decay_per_batch(material: Material) -> Setup:
    """`gamma=0.9` is for epochs; after 60 batches the rate is 0.2 % of what it was."""
    model = SentenceModel(material.fresh_bert(), 16)
    loader = material.loader(material.intents)
    optimizer = AdamW(model.parameters(), lr=5e-4)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=ExponentialLR(optimizer, gamma=0.9),
        steps=6 * len(loader),
    )


def plateau_of_a_falling_loss(material: Material) -> Setup:
    """`mode="max"` is for an accuracy, and gets the loss: the better it is, the lower the rate."""
    model = GRUModel(len(material.tokenizer), 16)
    optimizer = Adam(model.parameters(), lr=2e-3)
    scheduler = ReduceLROnPlateau(optimizer, mode="max", factor=0.1, patience=3)
    criterion = nn.CrossEntropyLoss()
    batches = ids_and_labels(material, material.intents, 32)

    def step(batch: Pair) -> None:
        text, labels = batch
        optimizer.zero_grad()
        loss = criterion(model(text), labels)
        loss.backward()
        optimizer.step()
        scheduler.step(loss.item())

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=batches,
        loss=criterion,
        scheduler=scheduler,
        steps=10 * len(batches),
        step=step,
    )


def one_cycle_that_only_rises(material: Material) -> Setup:
    """`pct_start` is the share that rises: 0.95 of all, where 0.05 was meant."""
    model = SentenceModel(distilbert(material), 5)
    loader = material.loader(material.domains)
    total = 4 * len(loader)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = OneCycleLR(optimizer, max_lr=1e-3, total_steps=total, pct_start=0.95)
    return Setup(model=model, optimizer=optimizer, batches=loader, scheduler=scheduler, steps=total)


def cycles_as_epochs(material: Material) -> Setup:
    """`num_cycles` is half a wave unless told otherwise; here it is told the number of epochs."""
    model = SentenceModel(material.fresh_bert(), 16)
    loader = material.loader(material.intents)
    epochs = 6
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = get_cosine_schedule_with_warmup(
        optimizer, 20, epochs * len(loader), num_cycles=epochs
    )
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=epochs * len(loader),
    )


# loops


def step_without_parentheses(material: Material) -> Setup:
    """`optimizer.step` names the method, and calls nothing."""
    model = SentenceModel(material.pretrained_bert(), 5)
    optimizer = AdamW(model.parameters(), lr=3e-4)

    def step(batch: Dictionary) -> float:
        optimizer.zero_grad()
        output = model(**batch)
        output.loss.backward()
        optimizer.step  # noqa: B018 — the fault
        return output.loss.item()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def accumulation_longer_than_the_batch(material: Material) -> Setup:
    """The pieces of a batch are counted anew each time: there are four, and never eight."""
    model = GRUModel(len(material.tokenizer), 16)
    optimizer = Adam(model.parameters(), lr=2e-3)
    accumulation_steps = 8

    def step(batch: Pair) -> None:
        for i, (ids, labels) in enumerate(
            zip(batch[0].split(8), batch[1].split(8), strict=True), start=1
        ):
            loss = F.cross_entropy(model(ids), labels) / accumulation_steps
            loss.backward()
            if i % accumulation_steps == 0:
                optimizer.step()
                optimizer.zero_grad()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=ids_and_labels(material, material.intents, 32),
        step=step,
    )


def accumulation_never_cleared(material: Material) -> Setup:
    """A step after every second batch, as accumulation has it, but no `zero_grad` after it."""
    model = SentenceModel(material.pretrained_bert(), 5)
    optimizer = SGD(model.parameters(), lr=0.01, momentum=0.9)
    counter = itertools.count(1)

    def step(batch: Dictionary) -> None:
        (model(**batch).loss / 2).backward()
        if next(counter) % 2 == 0:
            optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def norm_cut_to_a_whole_number(material: Material) -> Setup:
    """`type=int` in the argument parser makes 0.5 a norm of 0."""
    model = SentenceModel(material.fresh_bert(), 16)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    max_grad_norm = int(0.5)

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad(set_to_none=True)
        model(**batch)["loss"].backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.intents), step=step
    )


CASES = (
    BrokenCase(exponential_decay_per_batch, "schedule_at_zero"),
    BrokenCase(plateau_of_a_falling_loss, "schedule_at_zero"),
    BrokenCase(one_cycle_that_only_rises, "warmup_too_long"),
    BrokenCase(cycles_as_epochs, "schedule_restarts"),
    BrokenCase(step_without_parentheses, "weights_do_not_move"),
    BrokenCase(accumulation_longer_than_the_batch, "weights_do_not_move"),
    BrokenCase(accumulation_never_cleared, "gradients_not_zeroed"),
    BrokenCase(norm_cut_to_a_whole_number, "clipped_to_nothing"),
)
