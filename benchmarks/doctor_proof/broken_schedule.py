"""The learning rate is right, but not when it matters."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    LambdaLR,
    StepLR,
)
from transformers import get_linear_schedule_with_warmup

from doctor_proof.material import Material
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents
from doctor_proof.setups import BrokenCase, Setup

EPOCHS = 5


def cosine_stepped_per_batch(material: Material) -> Setup:
    """The mission's third: `T_max` counts epochs, `scheduler.step()` batches."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    loader = material.loader(material.intents)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = CosineAnnealingLR(optimizer, T_max=EPOCHS)
    criterion = nn.CrossEntropyLoss()

    def step(batch: dict[str, torch.Tensor]) -> None:
        optimizer.zero_grad()
        logits = model(batch["input_ids"], batch["attention_mask"])
        loss = criterion(logits, batch["labels"])
        loss.backward()
        optimizer.step()
        scheduler.step()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        loss=criterion,
        scheduler=scheduler,
        steps=EPOCHS * len(loader),
        step=step,
    )


def warm_restarts_every_ten_batches(material: Material) -> Setup:
    """`T_0=10` was meant as ten epochs."""
    model = ElectraForIntents(material, num_labels=5)
    loader = material.loader(material.domains)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=10)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=EPOCHS * len(loader),
    )


def decay_counted_in_epochs(material: Material) -> Setup:
    """The rate is 0 after five batches."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    loader = material.pairs(material.intents)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = LambdaLR(optimizer, lambda epoch: max(0.0, 1 - epoch / EPOCHS))
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=EPOCHS * len(loader),
    )


def steps_of_one_epoch_over_accumulation(material: Material) -> Setup:
    """The steps of one epoch, over the accumulation that is no longer done: a tenth of all."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    loader = material.loader(material.domains)
    optimizer = AdamW(model.parameters(), lr=3e-4)
    scheduler = get_linear_schedule_with_warmup(
        optimizer, num_warmup_steps=5, num_training_steps=len(loader) // 2
    )

    def step(batch: dict[str, torch.Tensor]) -> None:
        logits = model(batch["input_ids"], batch["attention_mask"])
        nn.functional.cross_entropy(logits, batch["labels"]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=EPOCHS * len(loader),
        step=step,
        tokenizer=material.tokenizer,
    )


def tenfold_decay_per_batch(material: Material) -> Setup:
    """`StepLR(step_size=1)` is stepped after each batch: 1e-11 after eight."""
    model = ElectraForIntents(material, num_labels=3)
    loader = material.loader(material.utterances)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.1)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=EPOCHS * len(loader),
    )


def warmup_by_whole_numbers(material: Material) -> Setup:
    """`step // warmup` is 0 during the whole warm-up, which was set to the whole training."""
    model = BertClassifier(material.fresh_bert(), num_labels=5)
    loader = material.loader(material.domains)
    total = EPOCHS * len(loader)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = LambdaLR(optimizer, lambda step: min(1, step // total))
    return Setup(model=model, optimizer=optimizer, batches=loader, scheduler=scheduler, steps=total)


def warmup_of_ten_thousand(material: Material) -> Setup:
    """BERT's own warm-up, for a training of 350 steps."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    loader = material.loader(material.intents)
    total = EPOCHS * len(loader)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = get_linear_schedule_with_warmup(
        optimizer, num_warmup_steps=10_000, num_training_steps=total
    )
    return Setup(model=model, optimizer=optimizer, batches=loader, scheduler=scheduler, steps=total)


def schedule_of_attention_is_all_you_need(material: Material) -> Setup:
    """The rate of Vaswani et al. 2017, with its 4,000 steps of warm-up."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    loader = material.pairs(material.intents)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-9)
    warmup = 4000
    scheduler = LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, (warmup / (step + 1)) ** 0.5)
    )

    def step(batch: tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        (ids, mask), labels = batch
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(ids, mask)[0], labels)
        loss.backward()
        optimizer.step()
        scheduler.step()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=2 * len(loader),
        step=step,
    )


CASES = (
    BrokenCase(cosine_stepped_per_batch, "schedule_restarts"),
    BrokenCase(warm_restarts_every_ten_batches, "schedule_restarts"),
    BrokenCase(decay_counted_in_epochs, "schedule_at_zero"),
    BrokenCase(steps_of_one_epoch_over_accumulation, "schedule_at_zero"),
    BrokenCase(tenfold_decay_per_batch, "schedule_at_zero"),
    BrokenCase(warmup_by_whole_numbers, "schedule_at_zero"),
    BrokenCase(warmup_of_ten_thousand, "warmup_too_long"),
    BrokenCase(schedule_of_attention_is_all_you_need, "warmup_too_long"),
)
