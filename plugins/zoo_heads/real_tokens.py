"""What heads need to keep the mask rule: only real tokens have a say, wherever padding stands."""

from __future__ import annotations

import torch


def first_real_token(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """`(batch, seq, hidden)` → `(batch, hidden)`: the first position whose mask is not 0."""
    first = attention_mask.ne(0).int().argmax(dim=1)  # (batch,); argmax takes the first of equals
    return hidden[torch.arange(hidden.shape[0], device=hidden.device), first]


def real_tokens_first(
    hidden: torch.Tensor, attention_mask: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Real tokens moved to the front in their order, zeros behind, and their counts.

    `(batch, seq, hidden)` → `(batch, seq, hidden)` and `(batch,)`. `torch.where` and not a product:
    a NaN under the mask times 0 is still a NaN.
    """
    is_real = attention_mask.ne(0)  # (batch, seq)
    order = torch.argsort(is_real.int(), dim=1, descending=True, stable=True)  # (batch, seq)
    moved = hidden.gather(1, order.unsqueeze(-1).expand_as(hidden))
    still_real = is_real.gather(1, order).unsqueeze(-1)  # (batch, seq, 1)
    return torch.where(still_real, moved, torch.zeros_like(moved)), is_real.sum(dim=1)
