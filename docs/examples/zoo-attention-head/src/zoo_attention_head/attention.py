"""Attention pooling: a learned query asks every real token how much it matters."""

from __future__ import annotations

import math

import torch
from torch import nn


class Attention(nn.Module):
    """Pooling by multi-head attention (Lee et al. 2019, section 3.2: PMA with one seed vector).

    https://arxiv.org/abs/1810.00825. The seed vector is learned as what each head asks, so there is
    no projection of it; one linear layer follows where theirs joins the heads, and the residual
    connections, the normalization and the feed-forward layer of their block are left out.
    `num_heads` divides `hidden_size`; each head weighs the tokens for a slice of the sentence
    vector.
    """

    def __init__(
        self, hidden_size: int, num_labels: int, *, num_heads: int = 4, dropout: float = 0.1
    ) -> None:
        super().__init__()
        if num_heads < 1 or hidden_size % num_heads:
            raise ValueError(
                f"num_heads must divide hidden_size {hidden_size} without a remainder, got "
                f"{num_heads}; this encoder takes {_divisors(hidden_size)}"
            )
        self.num_heads = num_heads
        # Lee et al. begin their seed vectors the same way
        self.query = nn.Parameter(torch.empty(num_heads, hidden_size // num_heads))
        nn.init.xavier_uniform_(self.query)
        # no bias: softmax is blind to a constant, so a bias would never get a gradient
        self.keys = nn.Linear(hidden_size, hidden_size, bias=False)
        self.values = nn.Linear(hidden_size, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """`(batch, seq, hidden)` and `(batch, seq)` → logits `(batch, label)`."""
        is_padding = attention_mask.eq(0).unsqueeze(2)  # (batch, seq, 1)
        # cleared as well as masked: a NaN under the mask times a weight of 0 is still a NaN
        tokens = hidden.masked_fill(is_padding, 0)
        keys, values = self._per_head(self.keys(tokens)), self._per_head(self.values(tokens))
        scores = (keys * self.query).sum(dim=3) / math.sqrt(self.query.shape[1])
        # the lowest number and not -inf: of a text without a single token -inf makes NaN
        scores = scores.masked_fill(is_padding, torch.finfo(scores.dtype).min)
        weights = scores.softmax(dim=1).unsqueeze(3)  # (batch, seq, head, 1)
        sentence = (weights * values).sum(dim=1).flatten(1)  # (batch, hidden)
        return self.output(self.dropout(sentence))

    def _per_head(self, states: torch.Tensor) -> torch.Tensor:
        """`(batch, seq, hidden)` → `(batch, seq, head, hidden ÷ heads)`."""
        return states.unflatten(2, (self.num_heads, -1))


def _divisors(size: int) -> str:
    return ", ".join(str(number) for number in range(1, size + 1) if size % number == 0)
