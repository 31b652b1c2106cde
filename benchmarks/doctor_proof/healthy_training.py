"""Losses, optimizers, schedules and loops, all of them right."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import SGD, AdamW, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, OneCycleLR
from transformers import Adafactor, get_cosine_schedule_with_warmup

from doctor_proof.material import Material
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents
from doctor_proof.setups import HealthyCase, Setup

Dictionary = dict[str, torch.Tensor]
Pair = tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]


def smoothed_labels(material: Material) -> Setup:
    """A tenth of each label is spread."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(label_smoothing=0.1),
    )


def weighted_classes(material: Material) -> Setup:
    """Each class weighs as much as any other, though it has fewer examples."""
    counts = Counter(material.domains.labels)
    weights = torch.tensor([len(material.domains.labels) / (5 * counts[at]) for at in range(5)])
    model = ElectraForIntents(material, num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
        loss=nn.CrossEntropyLoss(weight=weights),
    )


def one_sigmoid_a_label(material: Material) -> Setup:
    """`BCEWithLogitsLoss` on one-hot labels starts at ln 2, not at ln C."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    binary = nn.BCEWithLogitsLoss()

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return binary(logits, F.one_hot(labels, 16).float())

    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
        loss=criterion,
        steps=350,
    )


def focal_loss(material: Material) -> Setup:
    """Lin et al. 2017: easy examples weigh less."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        each = F.cross_entropy(logits, labels, reduction="none")
        return ((1 - torch.exp(-each)) ** 2 * each).mean()

    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
        loss=criterion,
    )


def nll_of_log_softmax(material: Material) -> Setup:
    """Log-probabilities from the model, `NLLLoss` on them."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return F.log_softmax(super().forward(input_ids, attention_mask), dim=1)

    model = Classifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.NLLLoss(),
    )


def sum_divided_by_the_batch(material: Material) -> Setup:
    """A sum over the batch, divided by its size: a mean."""
    model = BertMean(material.fresh_bert(), num_labels=5)

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, labels, reduction="sum") / labels.size(0)

    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains),
        loss=criterion,
    )


def stochastic_gradient_descent(material: Material) -> Setup:
    """SGD at a rate of its own, with momentum."""
    model = BertMean(material.pretrained_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=0.005, momentum=0.9, nesterov=True),
        batches=material.pairs(material.domains),
    )


def rmsprop(material: Material) -> Setup:
    """An older optimizer."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=RMSprop(model.parameters(), lr=2e-4),
        batches=material.pairs(material.intents),
        steps=350,
    )


def adafactor(material: Material) -> Setup:
    """transformers' Adafactor with a given rate."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = Adafactor(model.parameters(), lr=1e-3, relative_step=False, scale_parameter=False)
    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.intents), steps=350
    )


def no_decay_on_norms(material: Material) -> Setup:
    """The groups of every BERT script; embeddings are in the first of them once."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    spared = ("bias", "LayerNorm.weight")
    named = list(model.named_parameters())
    groups = [
        {"params": [p for n, p in named if not n.endswith(spared)], "weight_decay": 0.01},
        {"params": [p for n, p in named if n.endswith(spared)], "weight_decay": 0.0},
    ]
    return Setup(
        model=model,
        optimizer=AdamW(groups, lr=3e-4, eps=1e-8),
        batches=material.loader(material.domains),
    )


def cosine_over_all_steps(material: Material) -> Setup:
    """One half of a cosine, stepped per batch, over just as many."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    loader = material.loader(material.intents)
    total = 5 * len(loader)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=CosineAnnealingLR(optimizer, T_max=total),
        steps=total,
    )


def cosine_after_a_warmup(material: Material) -> Setup:
    """The same by transformers, its warm-up a tenth of all."""
    model = ElectraForIntents(material, num_labels=5)
    loader = material.loader(material.domains)
    total = 4 * len(loader)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = get_cosine_schedule_with_warmup(optimizer, total // 10, total)
    return Setup(model=model, optimizer=optimizer, batches=loader, scheduler=scheduler, steps=total)


def one_cycle(material: Material) -> Setup:
    """It begins at a 25th of its rate and ends at nearly 0."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    loader = material.pairs(material.intents)
    total = 4 * len(loader)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = OneCycleLR(optimizer, max_lr=2e-3, total_steps=total)

    def step(batch: Pair) -> None:
        (ids, mask), labels = batch
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(ids, mask)[0], labels).backward()
        optimizer.step()
        # the last one would be a step too many for OneCycleLR
        if scheduler.last_epoch < total - 1:
            scheduler.step()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        scheduler=scheduler,
        steps=total,
        step=step,
    )


def inverse_root_of_steps(material: Material) -> Setup:
    """The schedule of Vaswani et al. 2017 with a warm-up that fits."""
    model = BertClassifier(material.fresh_bert(), num_labels=5)
    loader = material.loader(material.domains)
    total, warmup = 4 * len(loader), 30
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scheduler = LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, math.sqrt(warmup / (step + 1)))
    )
    return Setup(model=model, optimizer=optimizer, batches=loader, scheduler=scheduler, steps=total)


def clipped_at_one(material: Material) -> Setup:
    """The loop of every tutorial."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    loader = material.loader(material.domains)
    optimizer = AdamW(model.parameters(), lr=3e-4)
    criterion = nn.CrossEntropyLoss()

    def step(batch: Dictionary) -> float:
        model.train()
        optimizer.zero_grad()
        loss = criterion(model(batch["input_ids"], batch["attention_mask"]), batch["labels"])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return Setup(model=model, optimizer=optimizer, batches=loader, loss=criterion, step=step)


def zeroed_at_the_end(material: Material) -> Setup:
    """`zero_grad` after the step is as good as before the forward."""
    model = ElectraForIntents(material, num_labels=5)
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def step(batch: Dictionary) -> None:
        loss = model(**batch)["loss"]
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def gradients_of_two_batches(material: Material) -> Setup:
    """Accumulation: half the loss of each, a step and zeros after every second."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    loader = material.loader(material.domains, 8)
    optimizer = AdamW(model.parameters(), lr=5e-4)
    numbers = itertools.count(1)

    def step(batch: Dictionary) -> None:
        logits = model(batch["input_ids"], batch["attention_mask"])
        (F.cross_entropy(logits, batch["labels"]) / 2).backward()
        if next(numbers) % 2 == 0:
            optimizer.step()
            optimizer.zero_grad()

    # three passes, a step for two batches
    return Setup(
        model=model, optimizer=optimizer, batches=loader, step=step, steps=3 * len(loader) // 2
    )


def four_pieces_of_a_batch(material: Material) -> Setup:
    """Accumulation within the batch that is handed over."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def step(batch: Pair) -> None:
        (ids, mask), labels = batch
        optimizer.zero_grad()
        for part in torch.arange(len(labels)).chunk(4):
            loss = F.cross_entropy(model(ids[part], mask[part])[0], labels[part])
            (loss * len(part) / len(labels)).backward()
        optimizer.step()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.pairs(material.intents, 32),
        step=step,
        steps=210,
    )


def autocast(material: Material) -> Setup:
    """bfloat16 where it is computed, float32 where it is kept."""
    model = BertClassifier(material.fresh_bert(), num_labels=5)
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(batch["input_ids"], batch["attention_mask"])
            loss = F.cross_entropy(logits, batch["labels"])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def scaled_half_precision(material: Material) -> Setup:
    """float16, a scaler, and the gradient clipped after it is unscaled."""
    model = BertClassifier(material.fresh_bert(), num_labels=5)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cpu")

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            logits = model(batch["input_ids"], batch["attention_mask"])
            loss = F.cross_entropy(logits, batch["labels"])
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def handed_over_in_eval_mode(material: Material) -> Setup:
    """The loop calls `model.train()`; what is handed over was evaluated last."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5).eval()
    optimizer = AdamW(model.parameters(), lr=3e-4)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.domains),
        tokenizer=material.tokenizer,
    )


def no_optimizer_given(material: Material) -> Setup:
    """Model and data alone."""
    model = ElectraForIntents(material, num_labels=5)
    return Setup(model=model, batches=material.loader(material.domains))


CASES = tuple(
    HealthyCase(author)
    for author in (
        smoothed_labels,
        weighted_classes,
        one_sigmoid_a_label,
        focal_loss,
        nll_of_log_softmax,
        sum_divided_by_the_batch,
        stochastic_gradient_descent,
        rmsprop,
        adafactor,
        no_decay_on_norms,
        cosine_over_all_steps,
        cosine_after_a_warmup,
        one_cycle,
        inverse_root_of_steps,
        clipped_at_one,
        zeroed_at_the_end,
        gradients_of_two_batches,
        four_pieces_of_a_batch,
        autocast,
        scaled_half_precision,
        handed_over_in_eval_mode,
        no_optimizer_given,
    )
)
