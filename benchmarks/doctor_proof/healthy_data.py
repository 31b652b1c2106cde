"""Data that looks odd and is not."""

from __future__ import annotations

from collections import Counter

import torch
from torch import nn
from torch.optim import Adam, AdamW
from torch.utils.data import DataLoader

from doctor_proof.broken_text import MaskFromIds, batches_of, encode
from doctor_proof.material import LONGEST, Material, Rows, collate, mean_of_tokens, word_pieces
from doctor_proof.models import BertClassifier, BertMean, ElectraForIntents
from doctor_proof.setups import HealthyCase, Setup


def sixty_examples(material: Material) -> Setup:
    """Little, but enough for four intents that share no words."""
    rows = material.intents.only(0, 8, 10, 13).first(60)
    model = BertClassifier(material.pretrained_bert(), num_labels=4)
    loader = material.loader(rows, 8)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=loader,
        steps=10 * len(loader),
    )


def two_labels(material: Material) -> Setup:
    """Film reviews by sentiment, from scratch."""
    model = BertMean(material.fresh_bert(), num_labels=2)
    loader = material.pairs(material.reviews, 32)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=5e-4),
        batches=loader,
        steps=5 * len(loader),
    )


def many_labels(material: Material) -> Setup:
    """150 labels of a dozen examples each, and a vocabulary of their own words."""
    rows = material.requests
    counts = Counter(word for text in rows.texts for word in text.lower().split())
    letters = sorted({letter for word in counts for letter in word})
    words = [word for word, count in counts.items() if count > 1]
    tokenizer = word_pieces([*letters, *(f"##{letter}" for letter in letters), *words])
    encoded = encode(tokenizer, rows.texts, max_length=LONGEST)
    model = BertMean(material.fresh_bert(vocab_size=len(tokenizer)), num_labels=150)
    batches = batches_of(encoded, rows.labels, 32)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches,
        steps=12 * len(batches),
        tokenizer=tokenizer,
        texts=rows.texts,
    )


def four_to_one(material: Material) -> Setup:
    """80 of 100 examples have one label, and the others are told from them all the same."""
    at_home = [row for row, label in enumerate(material.domains.labels) if label == 0]
    elsewhere = [row for row, label in enumerate(material.domains.labels) if label > 0]
    chosen = sorted([*at_home, *elsewhere[: 4 * len(at_home)]])
    rows = material.domains.at(chosen)
    rows = Rows(rows.texts, tuple(int(label == 0) for label in rows.labels), 2)
    model = BertClassifier(material.pretrained_bert(), num_labels=2)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=material.loader(rows),
    )


def random_order_once(material: Material) -> Setup:
    """Shuffled when it was read, and served in this order ever after."""
    rows = material.domains
    model = ElectraForIntents(material, num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(rows, 32, shuffle=False),
        steps=175,
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


def last_batch_dropped(material: Material) -> Setup:
    """`drop_last`, and a generator of its own."""
    rows = material.intents
    loader: DataLoader = DataLoader(
        list(zip(material.encode(rows), rows.labels, strict=True)),  # type: ignore[arg-type]
        batch_size=48,
        shuffle=True,
        drop_last=True,
        collate_fn=collate,
        generator=torch.Generator().manual_seed(3),
    )
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=loader,
        steps=10 * len(loader),
    )


def short_and_long_together(material: Material) -> Setup:
    """Every third text is two requests of one domain in a row."""
    rows = material.domains
    texts = list(rows.texts)
    last = dict(zip(rows.labels, rows.texts, strict=True))
    for row in range(0, len(texts), 3):
        texts[row] = f"{texts[row]} {last[rows.labels[row]]}"
    model = BertMean(material.fresh_bert(), num_labels=5)
    encoded = encode(material.tokenizer, texts, max_length=LONGEST)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def a_few_cut_short(material: Material) -> Setup:
    """One text in twenty is longer than `max_length=25`."""
    rows = material.intents
    model = BertClassifier(material.fresh_bert(), num_labels=16)
    encoded = encode(material.tokenizer, rows.texts, max_length=25)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        steps=350,
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


def left_padding_under_a_mean(material: Material) -> Setup:
    """Padding on the left is no fault where positions are counted from the first real token."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            positions = (attention_mask.cumsum(dim=1) - 1).clamp(min=0)
            hidden = self.bert(input_ids, attention_mask, position_ids=positions)[0]
            return self.fc(mean_of_tokens(hidden, attention_mask))

    rows = material.domains
    encoded = encode(material.tokenizer, rows.texts, padding_side="left")
    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
    )


def mask_from_the_ids(material: Material) -> Setup:
    """The batches have no mask, because the model makes it, rightly, of the ids."""
    batches = [(ids, labels) for (ids, _), labels in material.pairs(material.intents)]
    model = MaskFromIds(material.fresh_bert(), pad_token_id=0, num_labels=16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches,
        tokenizer=material.tokenizer,
    )


def padded_to_the_limit(material: Material) -> Setup:
    """Every text at 64 tokens, most of them padding, with its mask."""
    rows = material.domains.first(640)
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=LONGEST)
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=batches_of(encoded, rows.labels),
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


def batches_by_length(material: Material) -> Setup:
    """Texts of like length together, the batches in random order, to save padding."""
    rows = material.domains
    encodings = material.encode(rows)
    order = sorted(range(len(encodings)), key=lambda row: len(encodings[row]))
    starts = torch.randperm(len(order) // 16, generator=torch.Generator().manual_seed(0))
    batches = [order[16 * start : 16 * start + 16] for start in starts.tolist()]
    examples = list(zip(encodings, rows.labels, strict=True))
    loader: DataLoader = DataLoader(examples, batch_sampler=batches, collate_fn=collate)  # type: ignore[arg-type]
    model = BertClassifier(material.pretrained_bert(), num_labels=5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-4),
        batches=loader,
        loss=nn.CrossEntropyLoss(),
    )


def utterances_by_kind(material: Material) -> Setup:
    """Very short texts: statements, questions, commands."""
    model = ElectraForIntents(material, num_labels=3)
    loader = material.loader(material.utterances)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=loader,
        steps=5 * len(loader),
    )


CASES = tuple(
    HealthyCase(author)
    for author in (
        sixty_examples,
        two_labels,
        many_labels,
        four_to_one,
        random_order_once,
        last_batch_dropped,
        short_and_long_together,
        a_few_cut_short,
        left_padding_under_a_mean,
        mask_from_the_ids,
        padded_to_the_limit,
        batches_by_length,
        utterances_by_kind,
    )
)
