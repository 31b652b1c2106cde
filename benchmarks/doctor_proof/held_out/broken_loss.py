"""Held out: what the loss makes of logits and labels."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import SGD, Adam, AdamW

from doctor_proof.held_out.models import (
    GRUModel,
    SentenceModel,
    distilbert,
    ids_and_labels,
)
from doctor_proof.material import Material, mean_of_tokens
from doctor_proof.setups import BrokenCase, Setup


def targets_of_in_batch_negatives(material: Material) -> Setup:
    """The targets of contrastive learning, each text its own class, are left from a tutorial."""

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        vectors = F.normalize(logits, dim=1)
        return F.cross_entropy(vectors @ vectors.T / 0.1, torch.arange(len(labels)))

    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, material.intents),
        loss=criterion,
    )


def focal_loss_without_its_minus(material: Material) -> Setup:
    """`alpha * (1 - p) ** gamma * log(p)` is what the paper has behind a minus."""

    class FocalLoss(nn.Module):
        def __init__(self, alpha: float = 1.0, gamma: float = 2.0) -> None:
            super().__init__()
            self.alpha, self.gamma = alpha, gamma

        def forward(self, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            log_p = F.log_softmax(inputs, dim=-1).gather(1, targets.unsqueeze(1)).squeeze(1)
            return (self.alpha * (1 - log_p.exp()) ** self.gamma * log_p).mean()

    model = SentenceModel(material.fresh_bert(), 16)
    model.loss_fn = FocalLoss()  # type: ignore[assignment]
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.loader(material.intents),
    )


def probability_of_the_right_class(material: Material) -> Setup:
    """The expected accuracy is returned as the loss, and made smaller."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            self.fc = nn.Linear(64, 3)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.fc(mean_of_tokens(self.encoder(ids, mask)[0], mask))

    def soft_accuracy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return (F.softmax(logits, dim=1) * F.one_hot(labels, 3)).sum(dim=1).mean()

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.utterances),
        loss=soft_accuracy,
    )


def kl_divergence_of_logits(material: Material) -> Setup:
    """`KLDivLoss` wants log-probabilities as its first argument."""
    kl = nn.KLDivLoss(reduction="batchmean")

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        smoothed = F.one_hot(labels, 16).float() * 0.9 + 0.1 / 16
        return kl(logits, smoothed)

    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, material.intents),
        loss=criterion,
    )


def sigmoid_under_bce_with_logits(material: Material) -> Setup:
    """A sigmoid at the end, and `BCEWithLogitsLoss`, which has one itself."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = distilbert(material)
            self.linear = nn.Linear(64, 16)
            self.sigmoid = nn.Sigmoid()

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.sigmoid(self.linear(self.backbone(ids, mask)[0][:, 0]))

    bce = nn.BCEWithLogitsLoss()
    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
        loss=lambda outputs, labels: bce(outputs, F.one_hot(labels, 16).float()),
    )


def loss_times_the_batch(material: Material) -> Setup:
    """`loss.item() * batch_size` is for the log; here it is what is differentiated."""
    model = SentenceModel(material.pretrained_bert(), 5)

    class SummedLoss(nn.Module):
        def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            return F.cross_entropy(logits, labels) * labels.size(0)

    model.loss_fn = SummedLoss()  # type: ignore[assignment]
    loader = material.loader(material.domains, 64)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=0.01, momentum=0.9),
        batches=loader,
        steps=8 * len(loader),
    )


CASES = (
    BrokenCase(targets_of_in_batch_negatives, "loss_ignores_labels"),
    BrokenCase(focal_loss_without_its_minus, "loss_sign"),
    BrokenCase(probability_of_the_right_class, "loss_sign"),
    BrokenCase(kl_divergence_of_logits, "loss_needs_log_probabilities"),
    BrokenCase(sigmoid_under_bce_with_logits, "loss_on_probabilities"),
    BrokenCase(loss_times_the_batch, "loss_scale"),
)
