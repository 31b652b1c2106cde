"""What is done with a batch: zero_grad, backward, clip, step."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import SGD, AdamW

from doctor_proof.material import Material
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents, LSTMClassifier
from doctor_proof.setups import BrokenCase, Setup

Dictionary = dict[str, torch.Tensor]
Pair = tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]


def gradients_never_zeroed(material: Material) -> Setup:
    """No `zero_grad`: each step follows the sum of all gradients so far."""
    model = BertMean(material.pretrained_bert(), num_labels=5)
    optimizer = SGD(model.parameters(), lr=0.005, momentum=0.9)
    criterion = nn.CrossEntropyLoss()

    def step(batch: Pair) -> float:
        (ids, mask), labels = batch
        logits, _ = model(ids, mask)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.pairs(material.domains),
        loss=criterion,
        step=step,
    )


def gradients_zeroed_once_an_epoch(material: Material) -> Setup:
    """`zero_grad` stands before the loop over batches, not in it."""
    model = ElectraForIntents(material, num_labels=5)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    optimizer.zero_grad()

    def step(batch: Dictionary) -> None:
        outputs = model(**batch)
        outputs.loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def clipped_with_sgd(material: Material) -> Setup:
    """1e-7 instead of 1.0."""
    model = BertMean(material.pretrained_bert(), num_labels=5)
    optimizer = SGD(model.parameters(), lr=0.005, momentum=0.9)

    def step(batch: Pair) -> None:
        (ids, mask), labels = batch
        optimizer.zero_grad()
        logits, _ = model(ids, mask)
        nn.functional.cross_entropy(logits, labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1e-7)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.pairs(material.domains), step=step
    )


def clipped_with_adam(material: Material) -> Setup:
    """Gradients of 1e-11 are far below Adam's epsilon of 1e-8, so that their size counts."""
    model = BertClassifier(material.pretrained_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=3e-4)

    def step(batch: Dictionary) -> None:
        model.zero_grad()
        logits = model(batch["input_ids"], batch["attention_mask"])
        nn.functional.cross_entropy(logits, batch["labels"]).backward()
        nn.utils.clip_grad_value_(model.parameters(), 1e-11)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.intents), step=step
    )


def no_optimizer_step(material: Material) -> Setup:
    """`optimizer.step()` is missing."""
    model = ElectraForIntents(material, num_labels=5)
    loader = material.loader(material.domains)
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def step(batch: Dictionary) -> float:
        model.train()
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        return loss.item()

    return Setup(model=model, optimizer=optimizer, batches=loader, step=step)


def no_backward(material: Material) -> Setup:
    """`loss.backward()` is missing."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()

    def step(batch: Dictionary) -> float:
        optimizer.zero_grad()
        loss = criterion(model(batch["input_ids"], batch["attention_mask"]), batch["labels"])
        optimizer.step()
        return loss.item()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.intents),
        loss=criterion,
        step=step,
    )


def zeroed_before_the_step(material: Material) -> Setup:
    """`zero_grad` between `backward` and `step`: there is nothing left to step with."""
    model = LSTMClassifier(len(material.tokenizer), num_labels=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.intents)]

    def step(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
        text, labels = batch
        loss = nn.functional.cross_entropy(model(text), labels)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()

    return Setup(model=model, optimizer=optimizer, batches=batches, step=step)


def half_precision_of_a_small_loss(material: Material) -> Setup:
    """Divided by the size of the corpus, so that an epoch's losses add up: too little for float16.

    In float32 AdamW would not mind.
    """
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=5e-4)
    batches = material.loader(material.intents)
    corpus_size = len(material.intents.labels)

    def step(batch: Dictionary) -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            logits = model(batch["input_ids"], batch["attention_mask"])
            loss = nn.functional.cross_entropy(logits, batch["labels"]) / corpus_size
        loss.backward()
        optimizer.step()
        return loss.item()

    return Setup(model=model, optimizer=optimizer, batches=batches, step=step)


CASES = (
    BrokenCase(gradients_never_zeroed, "gradients_not_zeroed"),
    BrokenCase(gradients_zeroed_once_an_epoch, "gradients_not_zeroed"),
    BrokenCase(clipped_with_sgd, "clipped_to_nothing"),
    BrokenCase(clipped_with_adam, "clipped_to_nothing"),
    BrokenCase(no_optimizer_step, "weights_do_not_move"),
    BrokenCase(no_backward, "weights_do_not_move"),
    BrokenCase(zeroed_before_the_step, "weights_do_not_move"),
    BrokenCase(half_precision_of_a_small_loss, "gradient_underflow"),
)
