"""Two linear layers with LeakyReLU on the first token."""

from __future__ import annotations

import torch
from torch import nn

from zoo_heads.real_tokens import first_real_token


class MLP(nn.Module):
    """First token → dropout, linear, LeakyReLU, dropout, linear.

    `hidden_units` is the width between the two layers, `hidden_size` if None. LeakyReLU keeps a
    slope below 0 (Maas et al. 2013), so no unit can die.
    """

    def __init__(
        self,
        hidden_size: int,
        num_labels: int,
        *,
        hidden_units: int | None = None,
        dropout: float = 0.3,
        negative_slope: float = 0.1,
    ) -> None:
        super().__init__()
        width = hidden_size if hidden_units is None else hidden_units
        if width < 1:
            raise ValueError(f"hidden_units must be 1 or more, got {hidden_units!r}")
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(hidden_size, width),
            nn.LeakyReLU(negative_slope),
            nn.Dropout(dropout),
            nn.Linear(width, num_labels),
        )

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """`(batch, seq, hidden)` and `(batch, seq)` → logits `(batch, label)`."""
        return self.layers(first_real_token(hidden, attention_mask))
