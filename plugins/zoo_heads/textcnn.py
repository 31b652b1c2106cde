"""Convolutions of several widths over the tokens, max over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from zoo_heads.real_tokens import real_tokens_first


class TextCNN(nn.Module):
    """Convolutional network for sentences (Kim 2014, https://arxiv.org/abs/1408.5882).

    One convolution of `channels` filters per width in `widths`, ReLU, the maximum over the windows
    that lie within the sentence, dropout, linear. A sentence shorter than a width is filled with
    zeros up to one window.
    """

    def __init__(
        self,
        hidden_size: int,
        num_labels: int,
        *,
        widths: Sequence[int] = (2, 3, 4, 5),
        channels: int = 100,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if not widths or min(widths) < 1:
            raise ValueError(f"widths must be one or more numbers of tokens, got {widths!r}")
        if channels < 1:
            raise ValueError(f"channels must be 1 or more, got {channels!r}")
        self.widths = tuple(widths)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(hidden_size, channels, kernel_size=width) for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels * len(widths), num_labels)

    def forward(self, hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """`(batch, seq, hidden)` and `(batch, seq)` → logits `(batch, label)`."""
        tokens, lengths = real_tokens_first(hidden, attention_mask)
        tokens = tokens.transpose(1, 2)  # (batch, hidden, seq)
        pooled = [
            self._pool(tokens, lengths, width, convolution)
            for width, convolution in zip(self.widths, self.convolutions, strict=True)
        ]
        return self.output(self.dropout(torch.cat(pooled, dim=1)))

    def _pool(
        self, tokens: torch.Tensor, lengths: torch.Tensor, width: int, convolution: nn.Module
    ) -> torch.Tensor:
        # width - 1 zeros at the end: as many windows as tokens, one even for the shortest sentence
        windows = convolution(nn.functional.pad(tokens, (0, width - 1))).relu()
        # windows: (batch, channel, seq)
        starts = torch.arange(windows.shape[2], device=windows.device)
        # a window has a say if it ends within the sentence; the first one always has
        has_say = starts <= (lengths - width).clamp(min=0).unsqueeze(1)  # (batch, seq)
        return windows.masked_fill(~has_say.unsqueeze(1), -math.inf).amax(dim=2)  # (batch, channel)
