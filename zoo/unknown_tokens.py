"""How much of texts a tokenizer does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of texts, without the special ones around each text, and the unknown among them."""

    own: int
    unknown: int

    @property
    def unknown_share(self) -> float:
        """From 0 to 1; 0 where there are no tokens."""
        return self.unknown / max(1, self.own)


def count_tokens(
    tokenizer: PreTrainedTokenizerBase, token_ids: Sequence[Sequence[int]]
) -> TokenCounts:
    """The counts of texts that `tokenizer` put its special tokens around."""
    around = tokenizer.num_special_tokens_to_add()
    # one without an unknown token knows everything
    return TokenCounts(
        own=sum(len(ids) - around for ids in token_ids),
        unknown=sum(ids.count(tokenizer.unk_token_id) for ids in token_ids),
    )
