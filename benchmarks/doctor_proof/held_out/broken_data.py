"""Held out: labels, and the order in which examples come."""

from __future__ import annotations

import itertools
import random

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.nn.utils.rnn import pad_sequence
from torch.optim import Adam, AdamW
from torch.utils.data import DataLoader, TensorDataset

from doctor_proof.broken_text import encode
from doctor_proof.held_out.models import (
    GRUModel,
    SentenceModel,
    distilbert,
    ids_and_labels,
)
from doctor_proof.material import Material, Rows
from doctor_proof.setups import BrokenCase, Setup


def category_that_is_not_in_the_list(material: Material) -> Setup:
    """`pd.Categorical(...).codes` is -1 for a name that is not among the categories."""
    codes = {label: label for label in range(15)}
    rows = material.intents.with_labels([codes.get(each, -1) for each in material.intents.labels])
    model = GRUModel(len(material.tokenizer), 15)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, rows, 32),
        loss=nn.CrossEntropyLoss(),
    )


def every_string_is_true(material: Material) -> Setup:
    """`bool("False")` is True."""
    column = [str(label == 1) for label in material.reviews.labels]
    rows = material.reviews.with_labels([int(bool(cell)) for cell in column])
    model = SentenceModel(distilbert(material), 2)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=material.loader(rows, 32),
    )


def to_categorical_of_ratings(material: Material) -> Setup:
    """Keras's `to_categorical` of ratings from 1 to 5 makes six columns, the first one empty."""
    ratings = torch.tensor(material.domains.labels) + 1
    one_hot = F.one_hot(ratings, int(ratings.max()) + 1).float()
    ids = pad_sequence(material.encode(material.domains), batch_first=True)
    model = GRUModel(len(material.tokenizer), one_hot.shape[1])
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=DataLoader(TensorDataset(ids, one_hot), 32, shuffle=True),
        loss=nn.CrossEntropyLoss(),
    )


def sorted_by_length_without_the_labels(material: Material) -> Setup:
    """The texts were sorted by length to save padding, and the labels were not."""
    rows = material.intents
    texts = sorted(rows.texts, key=len)
    encoded = encode(material.tokenizer, texts)
    dataset = [
        {"input_ids": ids, "attention_mask": mask, "labels": label}
        for ids, mask, label in zip(
            encoded["input_ids"], encoded["attention_mask"], rows.labels, strict=True
        )
    ]
    model = SentenceModel(material.fresh_bert(), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(dataset, 32, shuffle=True),  # type: ignore[arg-type]
        tokenizer=material.tokenizer,
        texts=texts,
    )


def factorized_chunk_by_chunk(material: Material) -> Setup:
    """`read_csv(chunksize=70)` and `pd.factorize` in each chunk: a code is another name in each."""
    labels: list[int] = []
    for start in range(0, len(material.intents), 70):
        codes: dict[int, int] = {}
        chunk = material.intents.labels[start : start + 70]
        labels += [codes.setdefault(name, len(codes)) for name in chunk]
    rows = material.intents.with_labels(labels)
    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, rows, 32),
        loss=F.cross_entropy,
    )


def oversampled_class_after_class(material: Material) -> Setup:
    """Small classes are filled up by drawing again, and the classes then lie behind one another."""
    rows = material.domains
    rng = random.Random(0)
    members = [[row for row, each in enumerate(rows.labels) if each == c] for c in range(5)]
    largest = max(map(len, members))
    order: list[int] = []
    for group in members:
        order += group + rng.choices(group, k=largest - len(group))
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(rows.at(order), 32, shuffle=False),
    )


def one_loader_a_class_in_turn(material: Material) -> Setup:
    """A loader for each class, one batch of each in turn."""
    rows = material.domains
    loaders = []
    for label in range(5):
        chosen = [row for row, each in enumerate(rows.labels) if each == label]
        loaders.append(material.pairs(rows.at(chosen), 20))
    batches = [
        batch for turn in itertools.zip_longest(*loaders) for batch in turn if batch is not None
    ]

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = distilbert(material)
            self.fc = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.fc(self.backbone(ids, mask)[0][:, 0])

    model = Classifier()
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=batches, loss=nn.CrossEntropyLoss())


def spam_filter_of_thirty_to_one(material: Material) -> Setup:
    """One example in thirty is what is looked for."""
    rows = material.intents
    labels = [int(label == 3) for label in rows.labels]
    wanted = [row for row, label in enumerate(labels) if label][:30]
    others = [row for row, label in enumerate(labels) if not label][:900]
    chosen = random.Random(0).sample(wanted + others, len(wanted) + len(others))
    model = GRUModel(len(material.tokenizer), 2)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, Rows(rows.texts, tuple(labels), 2).at(chosen), 32),
        loss=nn.CrossEntropyLoss(),
    )


CASES = (
    BrokenCase(category_that_is_not_in_the_list, "labels_out_of_range"),
    BrokenCase(every_string_is_true, "labels_constant"),
    BrokenCase(to_categorical_of_ratings, "labels_shifted"),
    BrokenCase(sorted_by_length_without_the_labels, "labels_unrelated"),
    BrokenCase(factorized_chunk_by_chunk, "labels_unrelated"),
    BrokenCase(oversampled_class_after_class, "labels_in_order"),
    BrokenCase(one_loader_a_class_in_turn, "one_class_per_batch"),
    BrokenCase(spam_filter_of_thirty_to_one, "class_imbalance"),
)
