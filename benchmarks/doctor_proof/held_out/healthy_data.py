"""Held out and healthy: unusual losses, labels and batches."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.optim import Adam, AdamW
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from doctor_proof.held_out.models import (
    GRUModel,
    SentenceModel,
    counts_of,
    distilbert,
    ids_and_labels,
)
from doctor_proof.material import (
    Material,
    collate,
    mean_of_tokens,
)
from doctor_proof.models import BertClassifier, BertMean
from doctor_proof.setups import HealthyCase, Setup


def log_softmax_under_cross_entropy(material: Material) -> Setup:
    """The logarithm of a softmax may be taken twice: the second changes nothing."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(64, 16), nn.LogSoftmax(dim=1))

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.head(mean_of_tokens(self.encoder(ids, mask)[0], mask))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.intents),
        loss=nn.CrossEntropyLoss(),
        steps=350,
    )


def loss_before_the_logits(material: Material) -> Setup:
    """`(loss, logits)`, as transformers returned it before version 4."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert()
            self.dropout = nn.Dropout(0.1)
            self.classifier = nn.Linear(64, 5)

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            labels: torch.Tensor | None = None,
        ) -> tuple[torch.Tensor, ...]:
            hidden = self.bert(input_ids, attention_mask=attention_mask)[0]
            logits = self.classifier(self.dropout(hidden[:, 0]))
            outputs = (logits,)
            if labels is not None:
                outputs = (nn.CrossEntropyLoss()(logits.view(-1, 5), labels.view(-1)), *outputs)
            return outputs

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(material.domains),
    )


def a_quarter_without_label(material: Material) -> Setup:
    """-100 says that a row has no label, and cross-entropy leaves it out."""
    labels = [label if row % 4 else -100 for row, label in enumerate(material.domains.labels)]
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains.with_labels(labels), 32),
        steps=175,
    )


def one_hot_labels(material: Material) -> Setup:
    """Labels as rows of 0 and 1, which cross-entropy takes as probabilities."""
    rows = material.domains
    one_hot = F.one_hot(torch.tensor(rows.labels), 5).float()
    ids = pad_sequence(material.encode(rows), batch_first=True)
    model = GRUModel(len(material.tokenizer), 5)
    loader = DataLoader(TensorDataset(ids, one_hot), 32, shuffle=True)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=3e-3),
        batches=loader,
        loss=nn.CrossEntropyLoss(),
        steps=6 * len(loader),
    )


def poly_loss(material: Material) -> Setup:
    """PolyLoss (Leng et al. 2022): cross-entropy and a little of `1 - p`."""

    def poly1(logits: torch.Tensor, labels: torch.Tensor, epsilon: float = 1.0) -> torch.Tensor:
        p = logits.softmax(dim=-1).gather(1, labels[:, None]).squeeze(1)
        return (F.cross_entropy(logits, labels, reduction="none") + epsilon * (1 - p)).mean()

    model = GRUModel(len(material.tokenizer), 5)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, material.domains),
        loss=poly1,
    )


def hinge_of_many_classes(material: Material) -> Setup:
    """A margin, as of an SVM: the loss may be exactly 0, and starts near 1."""
    model = BertMean(material.fresh_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains),
        loss=nn.MultiMarginLoss(),
    )


# order of the data


def every_class_in_each_batch(material: Material) -> Setup:
    """Stratified: each batch has two of every class, one class after the other."""
    rows = material.intents
    rng = random.Random(0)
    members = [[row for row, each in enumerate(rows.labels) if each == c] for c in range(16)]
    for group in members:
        rng.shuffle(group)
    order = [
        row for start in range(0, 70, 2) for group in members for row in group[start : start + 2]
    ]
    model = SentenceModel(material.fresh_bert(), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(rows.at(order), 32, shuffle=False),
        steps=280,
    )


def drawn_by_weight(material: Material) -> Setup:
    """Thirteen to one in the file, but a weighted sampler makes it even."""
    rows = material.intents
    labels = [int(label == 8) for label in rows.labels]
    weights = [13.0 if label else 1.0 for label in labels]
    loader = DataLoader(
        list(zip(material.encode(rows), labels, strict=True)),  # type: ignore[arg-type]
        batch_size=16,
        sampler=WeightedRandomSampler(
            weights, len(labels), generator=torch.Generator().manual_seed(1)
        ),
        collate_fn=collate,
    )
    model = BertClassifier(material.pretrained_bert(), num_labels=2)
    return Setup(model=model, optimizer=AdamW(model.parameters(), lr=3e-4), batches=loader)


def longest_first_within_a_batch(material: Material) -> Setup:
    """Sorted as `pack_padded_sequence` once asked for; labels are sorted with the texts."""

    class SortedGRU(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.gru = nn.GRU(64, 64, batch_first=True, bidirectional=True)
            self.fc = nn.Linear(128, 16)

        def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True)
            _, last = self.gru(packed)
            return self.fc(torch.cat([last[0], last[1]], dim=-1))

    def by_length(
        examples: Sequence[tuple[torch.Tensor, int]],
    ) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
        ordered = sorted(examples, key=lambda example: len(example[0]), reverse=True)
        ids, labels = zip(*ordered, strict=True)
        lengths = torch.tensor([len(each) for each in ids])
        return (pad_sequence(list(ids), batch_first=True), lengths), torch.tensor(labels)

    rows = material.intents
    model = SortedGRU(len(material.tokenizer))
    loader = DataLoader(
        list(zip(material.encode(rows), rows.labels, strict=True)),  # type: ignore[arg-type]
        batch_size=32,
        shuffle=True,
        collate_fn=by_length,
    )
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=3e-3),
        batches=loader,
        loss=nn.CrossEntropyLoss(),
        steps=7 * len(loader),
    )


def all_examples_in_one_batch(material: Material) -> Setup:
    """Descent on the whole of the data, an epoch a step, on TF-IDF."""
    counts = counts_of(material, material.intents).float()
    idf = torch.log((1 + len(counts)) / (1 + (counts > 0).sum(dim=0))) + 1
    features = F.normalize(counts * idf)
    labels = torch.tensor(material.intents.labels)
    model = nn.Linear(features.shape[1], 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=0.05),
        batches=[(features, labels)],
        loss=nn.CrossEntropyLoss(),
        steps=150,
    )


CASES = tuple(
    HealthyCase(author)
    for author in (
        log_softmax_under_cross_entropy,
        loss_before_the_logits,
        a_quarter_without_label,
        one_hot_labels,
        poly_loss,
        hinge_of_many_classes,
        every_class_in_each_batch,
        drawn_by_weight,
        longest_first_within_a_batch,
        all_examples_in_one_batch,
    )
)
