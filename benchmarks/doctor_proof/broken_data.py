"""The labels are wrong, or the examples come in the wrong order."""

from __future__ import annotations

import random

import torch
from torch import nn
from torch.optim import AdamW
from torch.utils.data import DataLoader, Dataset

from doctor_proof.material import Material, Rows, collate, collate_pairs
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents, LSTMClassifier
from doctor_proof.setups import BrokenCase, Setup


class TextDataset(Dataset):
    """Token ids and label of each row, as every tutorial has it."""

    def __init__(self, material: Material, rows: Rows) -> None:
        self.encodings = material.encode(rows)
        self.labels = rows.labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.encodings[index], self.labels[index]


def file_sorted_by_label(material: Material) -> Setup:
    """The mission's second: the file is sorted by label, and nothing shuffles it."""
    rows = material.intents
    by_label = rows.at(sorted(range(len(rows.labels)), key=rows.labels.__getitem__))
    loader = DataLoader(TextDataset(material, by_label), batch_size=32, collate_fn=collate)
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=loader,
        tokenizer=material.tokenizer,
        texts=by_label.texts,
    )


def one_folder_after_the_other(material: Material) -> Setup:
    """Texts are read folder by folder, as of `pos/` and `neg/`."""
    examples = []
    encodings = material.encode(material.reviews)
    for label in (0, 1):
        examples += [
            (ids, label)
            for ids, each in zip(encodings, material.reviews.labels, strict=True)
            if each == label
        ]
    loader: DataLoader = DataLoader(examples, batch_size=32, collate_fn=collate_pairs)  # type: ignore[arg-type]
    model = BertMean(material.fresh_bert(), num_labels=2)
    criterion = nn.CrossEntropyLoss()
    optimizer = AdamW(model.parameters(), lr=1e-3)

    def step(batch: tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
        (ids, mask), labels = batch
        optimizer.zero_grad()
        logits, _ = model(ids, mask)
        loss = criterion(logits, labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return Setup(model=model, optimizer=optimizer, batches=list(loader), loss=criterion, step=step)


def sorted_then_lightly_shuffled(material: Material) -> Setup:
    """tf.data's `shuffle(buffer_size=32)` on a sorted file, written anew in PyTorch."""
    rows = material.domains
    order = sorted(range(len(rows.labels)), key=rows.labels.__getitem__)
    draw = random.Random(0)
    buffer: list[int] = []
    served = []
    for row in order:
        buffer.append(row)
        if len(buffer) > 32:
            served.append(buffer.pop(draw.randrange(len(buffer))))
    served += buffer
    model = ElectraForIntents(material, num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(rows.at(served), shuffle=False),
    )


def batches_of_one_label(material: Material) -> Setup:
    """Batches are made within each label, and only the batches are shuffled."""
    rows = material.intents
    batches = []
    for label in range(rows.num_labels):
        members = [row for row, each in enumerate(rows.labels) if each == label]
        batches += [members[start : start + 35] for start in range(0, len(members), 35)]
    random.Random(0).shuffle(batches)
    loader = DataLoader(TextDataset(material, rows), batch_sampler=batches, collate_fn=collate)
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=loader)


def labels_shuffled_alone(material: Material) -> Setup:
    """One of the two lists is shuffled."""
    texts, labels = list(material.intents.texts), list(material.intents.labels)
    random.Random(1).shuffle(labels)
    rows = Rows(tuple(texts), tuple(labels), 16)
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(rows, 32, shuffle=False),
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


def labels_one_row_off(material: Material) -> Setup:
    """A header was read as the first label: each text has the label of its neighbour."""
    labels = material.domains.labels
    rows = material.domains.with_labels([labels[0], *labels[:-1]])
    model = LSTMClassifier(len(material.tokenizer), num_labels=5)
    optimizer = AdamW(model.parameters(), lr=2e-3)
    batches = [(ids, labels) for (ids, _), labels in material.pairs(rows, 32)]
    return Setup(model=model, optimizer=optimizer, batches=batches, loss=nn.CrossEntropyLoss())


def labels_from_one(material: Material) -> Setup:
    """The file counts its labels from 1."""
    rows = material.intents.with_labels([label + 1 for label in material.intents.labels])
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(rows))


def two_outputs_for_five_labels(material: Material) -> Setup:
    """transformers' default of `num_labels=2` was left."""
    model = ElectraForIntents(material, num_labels=2)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def one_output_more(material: Material) -> Setup:
    """Labels from 1, and the error was silenced by one output more: nothing is ever label 0."""
    rows = material.intents.with_labels([label + 1 for label in material.intents.labels])
    model = BertMean(material.fresh_bert(), num_labels=17)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.pairs(rows))


def label_never_equal(material: Material) -> Setup:
    """`label == "긍정"` is never true, because the file writes a space after it."""
    written = ["긍정 " if label else "부정 " for label in material.reviews.labels]
    rows = material.reviews.with_labels([int(label == "긍정") for label in written])
    model = BertClassifier(material.fresh_bert(), num_labels=2)
    optimizer = AdamW(model.parameters(), lr=1e-3)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(rows),
        tokenizer=material.tokenizer,
    )


def one_appointment_in_twenty(material: Material) -> Setup:
    """95 % of one label: always saying that one is a good way to a low loss."""
    labels = [int(label == 11) for label in material.intents.labels]
    rare = [row for row, label in enumerate(labels) if label][:32]
    common = [row for row, label in enumerate(labels) if not label][:608]
    rows = Rows(material.intents.texts, tuple(labels), 2).at(sorted([*rare, *common]))
    model = BertClassifier(material.fresh_bert(), num_labels=2)
    optimizer = AdamW(model.parameters(), lr=3e-4)
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(rows, 32),
        loss=nn.CrossEntropyLoss(),
    )


def mostly_other(material: Material) -> Setup:
    """Five labels, but 95 of 100 requests are "other"."""
    kept: list[int] = []
    seen = [0] * 5
    for row, label in enumerate(material.domains.labels):
        if label == 4 or seen[label] < 4:
            kept.append(row)
            seen[label] += 1
    rows = material.domains.at(kept)
    model = ElectraForIntents(material, num_labels=5)
    optimizer = AdamW(model.parameters(), lr=5e-4)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(rows))


CASES = (
    BrokenCase(file_sorted_by_label, "labels_in_order"),
    BrokenCase(one_folder_after_the_other, "labels_in_order"),
    BrokenCase(sorted_then_lightly_shuffled, "labels_in_order"),
    BrokenCase(batches_of_one_label, "one_class_per_batch"),
    BrokenCase(labels_shuffled_alone, "labels_unrelated"),
    BrokenCase(labels_one_row_off, "labels_unrelated"),
    BrokenCase(labels_from_one, "labels_out_of_range"),
    BrokenCase(two_outputs_for_five_labels, "labels_out_of_range"),
    BrokenCase(one_output_more, "labels_shifted"),
    BrokenCase(label_never_equal, "labels_constant"),
    BrokenCase(one_appointment_in_twenty, "class_imbalance"),
    BrokenCase(mostly_other, "class_imbalance"),
)
