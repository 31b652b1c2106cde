"""Held out: the optimizer, its rates and its decay."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.optim import SGD, Adam, AdamW, RMSprop
from transformers import (
    BertModel,
)

from doctor_proof.held_out.models import (
    GRUModel,
    Pair,
    SentenceModel,
    ids_and_labels,
)
from doctor_proof.material import Material, mean_of_tokens
from doctor_proof.setups import BrokenCase, Setup
from zoo.quietness import quiet_transformers


def the_lstm_between_was_forgotten(material: Material) -> Setup:
    """A rate for the encoder, a rate for the last layer, and none for what lies between."""

    class BertLSTM(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.pretrained_bert()
            self.lstm = nn.LSTM(64, 64, batch_first=True, bidirectional=True)
            self.fc = nn.Linear(128, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask)[0]
            packed = pack_padded_sequence(
                hidden, attention_mask.sum(1), batch_first=True, enforce_sorted=False
            )
            states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
            return self.fc(mean_of_tokens(states, attention_mask))

    model = BertLSTM()
    optimizer = AdamW(
        [
            {"params": model.bert.parameters(), "lr": 2e-4},
            {"params": model.fc.parameters(), "lr": 2e-3},
        ]
    )
    return Setup(
        model=model,
        optimizer=optimizer,
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


def head_made_at_the_first_forward(material: Material) -> Setup:
    """The size is not known before the first batch; the optimizer is made before it."""

    class LazyClassifier(nn.Module):
        def __init__(self, num_labels: int) -> None:
            super().__init__()
            self.encoder = material.pretrained_bert()
            self.num_labels = num_labels
            self.fc: nn.Module | None = None

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            vector = self.encoder(input_ids, attention_mask=attention_mask)[0][:, 0]
            if self.fc is None:
                self.fc = nn.Linear(vector.shape[-1], self.num_labels)
            return self.fc(vector)

    model = LazyClassifier(5)
    optimizer = AdamW(model.parameters(), lr=1e-4)
    first = next(iter(material.loader(material.domains)))
    # to see that the shapes are right
    with torch.no_grad():
        model(first["input_ids"], first["attention_mask"])
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def optimizer_of_the_averaged_copy(material: Material) -> Setup:
    """There is a copy for the moving average, and the optimizer got that one."""
    model = GRUModel(len(material.tokenizer), 16)
    ema = copy.deepcopy(model)
    optimizer = Adam(ema.parameters(), lr=2e-3)

    def step(batch: Pair) -> float:
        ids, labels = batch
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=ids_and_labels(material, material.intents, 32),
        step=step,
    )


def parameters_of_all_modules(material: Material) -> Setup:
    """`modules()` visits every level, and `parameters()` goes down from each of them again."""
    model = SentenceModel(material.fresh_bert(), 5)
    parameters = [p for module in model.modules() for p in module.parameters()]
    with warnings.catch_warnings():
        # torch warns of it once, at the top of a long log
        warnings.simplefilter("ignore", UserWarning)
        optimizer = AdamW(parameters, lr=1e-3)
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def layer_rates_by_whole_numbers(material: Material) -> Setup:
    """`layer // layers` is 0 for every layer but the last."""
    model = SentenceModel(material.pretrained_bert(), 16)
    bert = model.encoder
    layers = [bert.embeddings, *bert.encoder.layer]
    groups: list[dict[str, Any]] = [
        {"params": list(layer.parameters()), "lr": 3e-4 * ((depth + 1) // len(layers))}
        for depth, layer in enumerate(layers)
    ]
    groups.append({"params": [*model.norm.parameters(), *model.head.parameters()]})
    return Setup(
        model=model,
        optimizer=AdamW(groups, lr=1e-3),
        batches=material.loader(material.intents),
    )


def encoder_at_five_hundredths(material: Material) -> Setup:
    """5e-2 for 5e-5, in the group of the encoder alone."""
    model = SentenceModel(material.pretrained_bert(), 5)
    head = [*model.norm.parameters(), *model.head.parameters()]
    optimizer = AdamW(
        [{"params": model.encoder.parameters(), "lr": 5e-2}, {"params": head, "lr": 1e-3}]
    )
    return Setup(model=model, optimizer=optimizer, batches=material.loader(material.domains))


def rate_of_adadelta_for_rmsprop(material: Material) -> Setup:
    """Adadelta's usual rate of 1.0 stayed when the optimizer was changed."""
    model = GRUModel(len(material.tokenizer), 16)
    criterion = nn.CrossEntropyLoss()
    optimizer = RMSprop(model.parameters(), lr=1.0)

    def step(batch: Pair) -> float:
        model.train()
        inputs, targets = batch
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Setup(
        model=model,
        optimizer=optimizer,
        batches=ids_and_labels(material, material.intents, 32),
        loss=criterion,
        step=step,
    )


def rate_of_fine_tuning_for_a_gru(material: Material) -> Setup:
    """The BERT in this script was replaced by a GRU, its 2e-5 was not."""
    model = GRUModel(len(material.tokenizer), 16)
    batches = ids_and_labels(material, material.intents, 32)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=2e-5, eps=1e-8),
        batches=batches,
        loss=nn.CrossEntropyLoss(),
        steps=4 * len(batches),
    )


def decay_of_five_with_sgd(material: Material) -> Setup:
    """5e-0 for 5e-4: a twentieth of each weight goes with each step, and momentum adds to it."""
    model = SentenceModel(material.pretrained_bert(), 5)
    return Setup(
        model=model,
        optimizer=SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5.0),
        batches=material.loader(material.domains),
    )


def checkpoint_loaded_in_bfloat16(material: Material) -> Setup:
    """`dtype=torch.bfloat16` when loading: 2e-5 is lost on nearly every weight of the encoder."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            with quiet_transformers():
                self.encoder = BertModel.from_pretrained(
                    material.checkpoint, add_pooling_layer=False, dtype=torch.bfloat16
                )
            self.fc = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids, attention_mask=attention_mask)[0]
            return self.fc(mean_of_tokens(hidden.float(), attention_mask))

    model = Classifier()
    loader = material.loader(material.intents)
    return Setup(
        model=model,
        optimizer=AdamW(
            [
                {"params": model.encoder.parameters(), "lr": 2e-5},
                {"params": model.fc.parameters(), "lr": 1e-3},
            ]
        ),
        batches=loader,
        steps=10 * len(loader),
    )


CASES = (
    BrokenCase(the_lstm_between_was_forgotten, "not_in_optimizer"),
    BrokenCase(head_made_at_the_first_forward, "not_in_optimizer"),
    BrokenCase(optimizer_of_the_averaged_copy, "optimizer_of_other_model"),
    BrokenCase(parameters_of_all_modules, "twice_in_optimizer"),
    BrokenCase(layer_rates_by_whole_numbers, "learning_rate_zero"),
    BrokenCase(encoder_at_five_hundredths, "learning_rate_too_high"),
    BrokenCase(rate_of_adadelta_for_rmsprop, "learning_rate_too_high"),
    BrokenCase(rate_of_fine_tuning_for_a_gru, "learning_rate_too_low"),
    BrokenCase(decay_of_five_with_sgd, "weight_decay_too_high"),
    BrokenCase(checkpoint_loaded_in_bfloat16, "low_precision"),
)
