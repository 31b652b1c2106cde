"""Models and batches that the held-out cases share; sound by themselves."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from transformers import (
    DistilBertConfig,
    DistilBertModel,
)
from transformers.modeling_outputs import SequenceClassifierOutput

from doctor_proof.material import LONGEST, Material, Rows, mean_of_tokens

Dictionary = dict[str, torch.Tensor]
Pair = tuple[torch.Tensor, torch.Tensor]


class GRUModel(nn.Module):
    """Embedding, GRU over packed sequences, linear layer; sound by itself."""

    def __init__(self, vocab_size: int, n_classes: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.emb = nn.Embedding(vocab_size, 64, padding_idx=0)
        self.rnn = nn.GRU(64, 96, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.out = nn.Linear(96, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lengths = x.ne(0).sum(1)
        packed = pack_padded_sequence(self.emb(x), lengths, batch_first=True, enforce_sorted=False)
        return self.out(self.drop(self.rnn(packed)[1].squeeze(0)))


class SentenceModel(nn.Module):
    """The encoder's mean, layer norm, one linear layer → an output with its loss; sound."""

    def __init__(self, encoder: nn.Module, n_classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.norm = nn.LayerNorm(64)
        self.head = nn.Linear(64, n_classes)
        self.loss_fn = nn.CrossEntropyLoss()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
    ) -> SequenceClassifierOutput:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
        logits = self.head(self.norm(mean_of_tokens(hidden, attention_mask)))
        loss = None if labels is None else self.loss_fn(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


class TokenAttention(nn.Module):
    """One layer of attention written by hand over own embeddings, without position."""

    def __init__(self, vocab_size: int, n_classes: int) -> None:
        super().__init__()
        self.tok = nn.Embedding(vocab_size, 64, padding_idx=0)
        self.pos = nn.Embedding(LONGEST, 64)
        self.q, self.k, self.v = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 64)
        self.norm = nn.LayerNorm(64)
        self.classifier = nn.Linear(64, n_classes)

    def embed(self, input_ids: torch.Tensor) -> torch.Tensor:
        """Tokens and their positions."""
        return self.tok(input_ids) + self.pos(torch.arange(input_ids.shape[1]))


def ids_and_labels(
    material: Material, rows: Rows, batch_size: int = 16
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Batches of ids alone."""
    return [(ids, labels) for (ids, _), labels in material.pairs(rows, batch_size)]


def distilbert(material: Material) -> DistilBertModel:
    """A fresh DistilBERT of two layers."""
    return DistilBertModel(
        DistilBertConfig(
            vocab_size=len(material.tokenizer),
            dim=64,
            hidden_dim=128,
            n_layers=2,
            n_heads=2,
            max_position_embeddings=LONGEST,
        )
    )


def counts_of(material: Material, rows: Rows) -> torch.Tensor:
    """How often each token is in each text."""
    size = len(material.tokenizer)
    return torch.stack([torch.bincount(ids, minlength=size) for ids in material.encode(rows)])
