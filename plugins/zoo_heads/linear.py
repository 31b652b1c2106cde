"""Dropout and one linear layer on the first token."""

from __future__ import annotations

import torch
from torch import nn

from zoo_heads.real_tokens import first_real_token


class Linear(nn.Module):
    """The head of BERT's paper (Devlin et al. 2019, section 4.1): first token, dropout, linear."""

    def __init__(self, hidden_size: int, num_labels: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """`(batch, seq, hidden)` and `(batch, seq)` → logits `(batch, label)`."""
        return self.output(self.dropout(first_real_token(hidden, attention_mask)))
