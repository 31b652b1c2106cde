"""Held out and healthy: unusual optimizers and loops."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import SGD, Adagrad, Adam, AdamW
from torch.optim.lr_scheduler import ReduceLROnPlateau

from doctor_proof.held_out.models import (
    Dictionary,
    GRUModel,
    Pair,
    SentenceModel,
    ids_and_labels,
)
from doctor_proof.material import (
    Material,
    mean_of_tokens,
)
from doctor_proof.models import BertClassifier
from doctor_proof.setups import HealthyCase, Setup


def sparse_gradients_with_sgd(material: Material) -> Setup:
    """Sparse gradients, and a rate of 2.0, which a mean of many small vectors can do with."""

    class Bag(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.bag = nn.EmbeddingBag(vocab_size, 64, sparse=True, padding_idx=0)
            nn.init.uniform_(self.bag.weight, -0.5, 0.5)
            self.fc = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.fc(self.bag(ids))

    model = Bag(len(material.tokenizer))
    batches = ids_and_labels(material, material.domains)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=2.0),
        batches=batches,
        loss=nn.CrossEntropyLoss(),
        steps=10 * len(batches),
    )


def adagrad_at_a_tenth(material: Material) -> Setup:
    """0.1 is a usual rate for Adagrad, which divides by all gradients so far."""

    class Words(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.fc = nn.Linear(64, 16)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.fc(mean_of_tokens(self.embedding(ids), mask))

    model = Words(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adagrad(model.parameters(), lr=0.1),
        batches=material.pairs(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023: the sign of the momentum alone."""

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step."""
        for group in self.param_groups:
            first, second = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if "exp_avg" not in state:
                    state["exp_avg"] = torch.zeros_like(p)
                average = state["exp_avg"]
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(torch.sign(average * first + p.grad * (1 - first)), alpha=-group["lr"])
                average.mul_(second).add_(p.grad, alpha=1 - second)


def lion_by_hand(material: Material) -> Setup:
    """An optimizer that torch does not have."""
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=Lion(model.parameters(), lr=2e-4, weight_decay=0.1),
        batches=material.loader(material.domains),
    )


def slower_the_deeper(material: Material) -> Setup:
    """Layer-wise decay of the rate: 0.7 from layer to layer."""
    model = SentenceModel(material.pretrained_bert(), 16)
    bert = model.encoder
    layers = [bert.embeddings, *bert.encoder.layer]
    groups = [
        {"params": list(layer.parameters()), "lr": 6e-4 * 0.7 ** (len(layers) - depth)}
        for depth, layer in enumerate(layers)
    ]
    groups.append({"params": [*model.norm.parameters(), *model.head.parameters()], "lr": 2e-3})
    return Setup(model=model, optimizer=AdamW(groups), batches=material.loader(material.intents))


def thawed_after_forty_steps(material: Material) -> Setup:
    """The head goes first, on a frozen encoder, which is thawed later; the optimizer has both."""
    model = SentenceModel(material.pretrained_bert(), 5)
    model.encoder.requires_grad_(False)
    optimizer = AdamW(model.parameters(), lr=5e-4)
    counter = itertools.count()

    def step(batch: Dictionary) -> None:
        if next(counter) == 40:
            model.encoder.requires_grad_(True)
        optimizer.zero_grad()
        model(**batch).loss.backward()
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def average_of_the_weights_beside_it(material: Material) -> Setup:
    """A moving average is kept for evaluation, and has no part in the training."""
    model = GRUModel(len(material.tokenizer), 16)
    ema = copy.deepcopy(model).requires_grad_(False)
    optimizer = Adam(model.parameters(), lr=3e-3)
    batches = ids_and_labels(material, material.intents, 32)

    def step(batch: Pair) -> float:
        ids, labels = batch
        loss = F.cross_entropy(model(ids), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(ema.parameters(), model.parameters(), strict=True):
                slow.lerp_(fast, 0.01)
        return loss.item()

    return Setup(
        model=model, optimizer=optimizer, batches=batches, step=step, steps=8 * len(batches)
    )


def two_dropouts_that_should_agree(material: Material) -> Setup:
    """R-Drop (Liang et al. 2021): each batch goes through the model twice."""
    model = BertClassifier(material.pretrained_bert(), num_labels=5, dropout=0.3)
    optimizer = AdamW(model.parameters(), lr=3e-4)

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        first, second = (
            model(batch["input_ids"], batch["attention_mask"]).log_softmax(dim=-1) for _ in range(2)
        )
        nll = F.nll_loss(first, batch["labels"]) + F.nll_loss(second, batch["labels"])
        apart = F.kl_div(first, second, log_target=True, reduction="batchmean") + F.kl_div(
            second, first, log_target=True, reduction="batchmean"
        )
        (nll / 2 + apart / 2).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def loss_scaled_and_unscaled(material: Material) -> Setup:
    """A static scale of 1,024, as for float16: the gradients are divided by it before the step."""
    model = SentenceModel(material.fresh_bert(), 5)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    scale = 1024.0

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        (model(**batch).loss * scale).backward()
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.grad.div_(scale)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def adversarial_embeddings(material: Material) -> Setup:
    """FGM (Miyato et al. 2017): a second backward on moved embeddings adds to the first, wanted."""
    model = SentenceModel(material.pretrained_bert(), 5)
    optimizer = AdamW(model.parameters(), lr=3e-4)
    table = model.encoder.embeddings.word_embeddings.weight

    def step(batch: Dictionary) -> None:
        optimizer.zero_grad()
        model(**batch).loss.backward()
        assert table.grad is not None
        kept = table.data.clone()
        table.data.add_(0.3 * table.grad / (table.grad.norm() + 1e-12))
        model(**batch).loss.backward()
        table.data.copy_(kept)
        optimizer.step()

    return Setup(
        model=model, optimizer=optimizer, batches=material.loader(material.domains), step=step
    )


def plateau_once_an_epoch(material: Material) -> Setup:
    """`ReduceLROnPlateau` gets the mean loss of each epoch, from within the loop."""
    model = GRUModel(len(material.tokenizer), 5)
    optimizer = Adam(model.parameters(), lr=3e-3)
    plateau = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    batches = ids_and_labels(material, material.domains, 32)
    losses: list[float] = []

    def step(batch: Pair) -> None:
        ids, labels = batch
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if len(losses) == len(batches):
            plateau.step(sum(losses) / len(losses))
            losses.clear()

    return Setup(
        model=model, optimizer=optimizer, batches=batches, step=step, steps=6 * len(batches)
    )


CASES = tuple(
    HealthyCase(author)
    for author in (
        sparse_gradients_with_sgd,
        adagrad_at_a_tenth,
        lion_by_hand,
        slower_the_deeper,
        thawed_after_forty_steps,
        average_of_the_weights_beside_it,
        two_dropouts_that_should_agree,
        loss_scaled_and_unscaled,
        adversarial_embeddings,
        plateau_once_an_epoch,
    )
)
