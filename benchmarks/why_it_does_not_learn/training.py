"""A training that does not learn, after a developer's post, and what mends it.

The optimizer holds the encoder alone, data are sorted by label, one linear layer reads the first
token, nothing decays, the cosine restarts. Each is mended alone, and each alone left broken.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn
from transformers import get_linear_schedule_with_warmup

import zoo
from zoo.seeds import seeded

SEEDS = range(5)
TRAINING, TEST = 4000, 2000
EPOCHS, BATCH = 3, 32
ENCODER = "bert-nano"
RATE = 5e-4
DROPOUT = 0.3


@dataclass(frozen=True)
class Training:
    """What the post's first attempt had wrong (False), and what it ended with (True)."""

    whole_optimizer: bool = False
    second_layer: bool = False
    leaky_relu: bool = False
    shuffled: bool = False
    weight_decay: bool = False
    falling_schedule: bool = False

    @property
    def mended(self) -> tuple[str, ...]:
        """The names of what is mended."""
        return tuple(each.name for each in dataclasses.fields(self) if getattr(self, each.name))


PARTS = tuple(each.name for each in dataclasses.fields(Training))
MENDED = Training(*(True for _ in PARTS))


def trainings() -> dict[str, Training]:
    """As posted; each part mended alone; all mended; each part alone left as posted."""
    alone = {f"only {part}": dataclasses.replace(Training(), **{part: True}) for part in PARTS}
    # a slope between two layers needs the second layer
    alone["only leaky_relu"] = Training(second_layer=True, leaky_relu=True)
    but_one = {f"all but {part}": dataclasses.replace(MENDED, **{part: False}) for part in PARTS}
    but_one["all but second_layer"] = dataclasses.replace(
        MENDED, second_layer=False, leaky_relu=False
    )
    return {"as posted": Training(), **alone, "all": MENDED, **but_one}


class IntentClassifier(nn.Module):
    """An encoder and one or two linear layers on its first token."""

    def __init__(self, encoder: nn.Module, training: Training, num_labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        width = cast("int", encoder.hidden_size)
        layers: list[nn.Module] = [nn.Dropout(DROPOUT)]
        if training.second_layer:
            layers.append(nn.Linear(width, width))
            layers += [nn.LeakyReLU(0.1)] if training.leaky_relu else []
            layers.append(nn.Dropout(DROPOUT))
        self.classifier = nn.Sequential(*layers, nn.Linear(width, num_labels))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Token ids and mask `(batch, seq)` → logits `(batch, label)`."""
        return self.classifier(self.encoder(input_ids, attention_mask)[:, 0])


@dataclass(frozen=True)
class Material:
    """Texts and label indices of 3i4K: some to train on, some to test."""

    labels: tuple[str, ...]
    train: list[tuple[str, int]]
    test: list[tuple[str, int]]


def read() -> Material:
    """A part of 3i4K, the same for every training."""
    task = zoo.load_task("3i4k")
    chance = random.Random(0)

    def some(examples: zoo.Examples, count: int) -> list[tuple[str, int]]:
        rows = list(zip(examples.texts, examples.labels, strict=True))
        return [(text, task.labels.index(name)) for text, name in chance.sample(rows, count)]

    return Material(task.labels, some(task.train, TRAINING), some(task.test, TEST))


class Attempt:
    """One training with one seed: model, optimizer, batches and schedule, as in the post."""

    def __init__(self, training: Training, material: Material, seed: int) -> None:
        self.training = training
        self.material = material
        built = zoo.build(ENCODER, "linear", num_labels=2, pretrained=False, seed=seed)
        self.tokenizer = built.tokenizer
        with seeded(seed, "head"):
            self.model = IntentClassifier(built.encoder, training, len(material.labels))
        trained = self.model if training.whole_optimizer else self.model.encoder
        decay = 0.01 if training.weight_decay else 0.0
        self.optimizer = torch.optim.AdamW(trained.parameters(), lr=RATE, weight_decay=decay)
        self.chance = random.Random(seed)
        steps = EPOCHS * -(-len(material.train) // BATCH)
        self.scheduler = (
            get_linear_schedule_with_warmup(self.optimizer, steps // 10, steps)
            if training.falling_schedule
            else torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=20)
        )
        self.losses: list[float] = []

    def batches(self) -> Iterator[tuple[dict[str, torch.Tensor], torch.Tensor]]:
        """One pass over the training texts."""
        rows = list(self.material.train)
        if self.training.shuffled:
            self.chance.shuffle(rows)
        else:
            rows.sort(key=lambda row: row[1])
        for start in range(0, len(rows), BATCH):
            yield self.collate(rows[start : start + BATCH])

    def collate(self, rows: list[tuple[str, int]]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Texts and labels as tensors."""
        encoded = self.tokenizer(
            [text for text, _ in rows],
            padding=True,
            truncation=True,
            max_length=64,
            return_tensors="pt",
            return_token_type_ids=False,
        )
        return dict(encoded), torch.tensor([label for _, label in rows])

    def run(self, seed: int) -> float:
        """Train, and give the accuracy on the test texts."""
        with seeded(seed, "dropout"):
            self.model.train()
            for _ in range(EPOCHS):
                for inputs, labels in self.batches():
                    self.optimizer.zero_grad()
                    loss = nn.functional.cross_entropy(self.model(**inputs), labels)
                    loss.backward()
                    self.optimizer.step()
                    self.scheduler.step()
                    self.losses.append(loss.item())
        return self.accuracy()

    @torch.inference_mode()
    def accuracy(self) -> float:
        """The share of test texts whose label is found."""
        self.model.eval()
        right = 0
        for start in range(0, len(self.material.test), 4 * BATCH):
            inputs, labels = self.collate(self.material.test[start : start + 4 * BATCH])
            right += int((self.model(**inputs).argmax(1) == labels).sum())
        return right / len(self.material.test)

    def causes(self) -> list[str]:
        """What the doctor finds before training."""
        found = zoo.diagnose(
            self.model,
            self.optimizer,
            list(self.batches()),
            nn.CrossEntropyLoss(),
            scheduler=self.scheduler,
            steps=EPOCHS * -(-len(self.material.train) // BATCH),
            tokenizer=self.tokenizer,
        )
        return [finding.cause for finding in found.findings]


def measured(name: str, seed: int) -> dict[str, Any]:
    """One training with one seed: accuracy, the loss of every step, and what the doctor finds."""
    attempt = Attempt(trainings()[name], read(), seed)
    # the same for every seed
    causes = attempt.causes() if seed == 0 else None
    accuracy = attempt.run(seed)
    losses = [round(loss, 4) for loss in attempt.losses]
    return {
        "training": name,
        "seed": seed,
        "accuracy": accuracy,
        "losses": losses,
        "causes": causes,
    }
