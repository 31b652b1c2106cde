"""How many tokens an encoder of transformers has positions for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def longest_input(model: PreTrainedModel) -> int | None:
    """How many tokens the encoder has positions for, None where it does not say."""
    limit = getattr(model.config, "max_position_embeddings", None)
    if not isinstance(limit, int) or limit < 1:
        return None
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    # RoBERTa numbers positions from padding_idx + 1
    unused = getattr(table, "padding_idx", None)
    return limit if unused is None else limit - unused - 1
