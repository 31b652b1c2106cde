"""Encoders with one mistake each."""

import torch
from right_encoders import Transformer
from torch import nn
from torch.nn import functional


class IgnoresTheMask(Transformer):
    """Tokens attend to padding."""

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        return super().forward(input_ids, torch.ones_like(attention_mask))


class TimeFirst(Transformer):
    """Without batch_first, tokens attend to the same place of other sentences."""

    def layer(self, dropout):
        return nn.TransformerEncoderLayer(self.hidden_size, 4, 64, dropout)

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        hidden = self.embedded(input_ids)
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden


class UnusedPooler(Transformer):
    """A pooler that no head reads."""

    def __init__(self, configuration, tokenizer, *, dropout=0.1):
        super().__init__(configuration, tokenizer, dropout=dropout)
        self.pooler = nn.Linear(self.hidden_size, self.hidden_size)


class DetachedEmbeddings(Transformer):
    """The embeddings never learn."""

    def embedded(self, input_ids):
        return super().embedded(input_ids).detach()


class DropoutInEvaluation(Transformer):
    """Functional dropout is on unless it is told."""

    def embedded(self, input_ids):
        return functional.dropout(super().embedded(input_ids), 0.1)


class CountsFromTheEnd(Transformer):
    """Positions are counted from the end of the batch, so that padding moves them."""

    def embedded(self, input_ids):
        positions = torch.arange(input_ids.shape[1], device=input_ids.device).flip(0)
        return self.words(input_ids) + self.positions(positions)


class WrongHiddenSize(Transformer):
    """What it says is not what it gives."""

    def __init__(self, configuration, tokenizer, *, dropout=0.1):
        super().__init__(configuration, tokenizer, dropout=dropout)
        self.hidden_size = 2 * self.hidden_size


class PooledVector(Transformer):
    """One vector per sentence, where heads need one per token."""

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        return super().forward(input_ids, attention_mask)[:, 0]


class NoTokenTypes(Transformer):
    """transformers' pipeline hands in token types."""

    def forward(self, input_ids, attention_mask):
        return super().forward(input_ids, attention_mask)


class UnsavedConfiguration(Transformer):
    """A configuration that is no JSON cannot be saved."""

    def __init__(self, configuration, tokenizer, *, dropout=0.1):
        super().__init__(configuration, tokenizer, dropout=dropout)
        self.configuration = {**self.configuration, "activation": nn.GELU()}
