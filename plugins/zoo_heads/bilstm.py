"""A bidirectional LSTM over the real tokens."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from zoo_heads.real_tokens import real_tokens_first


class BiLSTM(nn.Module):
    """Bidirectional LSTM (Hochreiter & Schmidhuber 1997; Graves & Schmidhuber 2005).

    `hidden_units` per direction. `pooling` turns its states into one vector: `"final"` joins the
    last state of the forward and the last of the backward direction, `"max"` takes the maximum over
    real tokens, `"attention"` a learned weighted mean of them (Zhou et al. 2016,
    https://aclanthology.org/P16-2034). Dropout before and after.
    """

    def __init__(
        self,
        hidden_size: int,
        num_labels: int,
        *,
        hidden_units: int = 256,
        num_layers: int = 1,
        pooling: Literal["final", "max", "attention"] = "final",
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if pooling not in ("final", "max", "attention"):
            raise ValueError(f"pooling must be 'final', 'max' or 'attention', got {pooling!r}")
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            hidden_size,
            hidden_units,
            num_layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if num_layers > 1 else 0.0,
        )
        if pooling == "attention":
            # no bias: softmax is blind to a constant, so a bias would never get a gradient
            self.attention = nn.Linear(2 * hidden_units, 1, bias=False)
        self.output = nn.Linear(2 * hidden_units, num_labels)

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """`(batch, seq, hidden)` and `(batch, seq)` → logits `(batch, label)`."""
        tokens, lengths = real_tokens_first(hidden, attention_mask)
        # packed: otherwise the backward direction starts in the padding, and a sentence scores
        # differently next to longer ones
        packed = pack_padded_sequence(
            self.dropout(tokens), lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        states, (last, _) = self.lstm(packed)
        if self.pooling == "final":
            sentence = torch.cat([last[-2], last[-1]], dim=1)  # forward, backward
        else:
            padded, _ = pad_packed_sequence(states, batch_first=True)  # (batch, seq, 2 × units)
            sentence = self._pool(padded, lengths)
        return self.output(self.dropout(sentence))

    def _pool(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(states.shape[1], device=states.device)
        is_padding = (positions >= lengths.clamp(min=1).unsqueeze(1)).unsqueeze(-1)
        if self.pooling == "max":
            return states.masked_fill(is_padding, -math.inf).amax(dim=1)
        scores = self.attention(states.tanh()).masked_fill(is_padding, -math.inf)  # (batch, seq, 1)
        return (scores.softmax(dim=1) * states).sum(dim=1)
