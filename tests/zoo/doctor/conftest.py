"""A small classifier in plain PyTorch, as people write them, and its data."""

import pytest
import torch
from torch import nn

WORDS, CLASSES, LENGTH = 40, 4, 8


class Bag(nn.Module):
    """Mean of embeddings, two layers."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(WORDS, 16, padding_idx=0)
        self.dropout = nn.Dropout(0.1)
        self.hidden = nn.Linear(16, 32)
        self.out = nn.Linear(32, CLASSES)

    def forward(self, ids):
        states = torch.relu(self.hidden(self.dropout(self.words(ids).mean(1))))
        return self.out(states)


@pytest.fixture
def model():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Bag()


@pytest.fixture
def examples():
    """320 texts of 8 words; a class has ten words that are its own."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(CLASSES, (320,), generator=generator)
    ids = torch.randint(9, (320, LENGTH), generator=generator) + 1 + 9 * labels[:, None]
    return ids, labels


@pytest.fixture
def batches(examples):
    return list(zip(examples[0].split(16), examples[1].split(16), strict=True))


@pytest.fixture
def optimizer(model):
    return torch.optim.AdamW(model.parameters(), lr=1e-2)


@pytest.fixture
def causes():
    """The causes of a diagnosis, in order; without trials unless asked for."""
    from zoo.doctor import diagnose

    def causes(*arguments, seconds=0, **options):
        found = diagnose(*arguments, seconds=seconds, **options)
        return [finding.cause for finding in found.findings]

    return causes
