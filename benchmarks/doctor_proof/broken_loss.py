"""The loss asks for something else than the labels."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.optim import SGD, AdamW

from doctor_proof.material import Material
from doctor_proof.models import BertClassifier, BertMean
from doctor_proof.setups import BrokenCase, Setup


def softmax_before_cross_entropy(material: Material) -> Setup:
    """`CrossEntropyLoss` applies log-softmax itself; of probabilities it is nearly flat."""

    class Classifier(BertClassifier):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return F.softmax(super().forward(input_ids, attention_mask), dim=1)

    model = Classifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


def softmax_as_last_layer(material: Material) -> Setup:
    """The last layer of a head of one's own is a softmax."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert()
            self.head = nn.Sequential(
                nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 5), nn.Softmax(dim=-1)
            )

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.head(self.bert(input_ids, attention_mask)[0][:, 0])

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-4),
        batches=material.pairs(material.domains),
        loss=F.cross_entropy,
    )


def sigmoid_before_cross_entropy(material: Material) -> Setup:
    """A sigmoid as for one output, under a loss for many."""

    class Classifier(BertMean):
        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            logits, vector = super().forward(input_ids, attention_mask)
            return torch.sigmoid(logits), vector

    model = Classifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


def smoothing_of_one(material: Material) -> Setup:
    """Label smoothing of 1.0 spreads the whole label over all of them."""
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(label_smoothing=1.0),
    )


def prediction_as_label(material: Material) -> Setup:
    """The loss compares the logits with their own argmax."""
    model = BertMean(material.fresh_bert(), num_labels=5)
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        predictions = logits.argmax(dim=1)
        return F.cross_entropy(logits, predictions)

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.pairs(material.domains),
        loss=criterion,
    )


def sum_over_the_batch(material: Material) -> Setup:
    """`reduction="sum"` makes SGD's steps 64 times as long."""
    model = BertMean(material.pretrained_bert(), num_labels=5)
    loader = material.pairs(material.domains, 64)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=0.005, momentum=0.9),
        batches=loader,
        loss=nn.CrossEntropyLoss(reduction="sum"),
        steps=6 * len(loader),
    )


def mean_divided_by_batch_size_again(material: Material) -> Setup:
    """The mean over the batch, divided by the batch size once more."""
    model = BertMean(material.pretrained_bert(), num_labels=5)
    loader = material.pairs(material.domains, 64)

    def criterion(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, labels) / len(labels)

    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=0.005, momentum=0.9),
        batches=loader,
        loss=criterion,
        steps=6 * len(loader),
    )


def nll_of_logits(material: Material) -> Setup:
    """`NLLLoss` wants log-probabilities; of logits it has no lower bound."""
    model = BertMean(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
        loss=nn.NLLLoss(),
    )


def minus_twice(material: Material) -> Setup:
    """The minus of the log-likelihood is in `cross_entropy` already."""
    model = BertClassifier(material.fresh_bert(), num_labels=5)
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def negative_log_likelihood(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return -F.nll_loss(F.log_softmax(logits, dim=1), labels)

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.domains),
        loss=negative_log_likelihood,
    )


def ascent_in_the_model(material: Material) -> Setup:
    """The model's own loss is the mean log-likelihood."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.fc = nn.Linear(64, 5)

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
        ) -> torch.Tensor:
            logits = self.fc(self.bert(input_ids, attention_mask)[0][:, 0])
            log_probabilities = logits.log_softmax(dim=1)
            return log_probabilities[range(len(labels)), labels].mean()

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


CASES = (
    BrokenCase(softmax_before_cross_entropy, "loss_on_probabilities"),
    BrokenCase(softmax_as_last_layer, "loss_on_probabilities"),
    BrokenCase(sigmoid_before_cross_entropy, "loss_on_probabilities"),
    BrokenCase(smoothing_of_one, "loss_ignores_labels"),
    BrokenCase(prediction_as_label, "loss_ignores_labels"),
    BrokenCase(sum_over_the_batch, "loss_scale"),
    BrokenCase(mean_divided_by_batch_size_again, "loss_scale"),
    BrokenCase(nll_of_logits, "loss_needs_log_probabilities"),
    BrokenCase(minus_twice, "loss_sign"),
    BrokenCase(ascent_in_the_model, "loss_sign"),
)
