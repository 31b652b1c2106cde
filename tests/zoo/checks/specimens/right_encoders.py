"""Small encoders of torch alone, both of them right."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Transformer(nn.Module):
    """Embeddings, positions, two layers of self-attention over real tokens."""

    def __init__(self, configuration, tokenizer, *, dropout=0.1):
        super().__init__()
        self.configuration = {"hidden_size": 32, "max_position_embeddings": 512, **configuration}
        self.tokenizer = tokenizer
        self.hidden_size = self.configuration["hidden_size"]
        self.words = nn.Embedding(self.configuration["vocab_size"], self.hidden_size)
        self.positions = nn.Embedding(
            self.configuration["max_position_embeddings"], self.hidden_size
        )
        self.layers = nn.ModuleList(self.layer(dropout) for _ in range(2))

    def layer(self, dropout):
        return nn.TransformerEncoderLayer(self.hidden_size, 4, 64, dropout, batch_first=True)

    def embedded(self, input_ids):
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        return self.words(input_ids) + self.positions(positions)

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        hidden = self.embedded(input_ids)
        for layer in self.layers:
            hidden = layer(hidden, src_key_padding_mask=attention_mask.eq(0))
        return hidden


class Recurrent(nn.Module):
    """A packed bidirectional GRU over embeddings."""

    def __init__(self, configuration, tokenizer, *, num_layers=1):
        super().__init__()
        self.configuration = {"hidden_size": 32, **configuration}
        self.tokenizer = tokenizer
        self.hidden_size = self.configuration["hidden_size"]
        self.words = nn.Embedding(self.configuration["vocab_size"], self.hidden_size)
        self.gru = nn.GRU(
            self.hidden_size,
            self.hidden_size // 2,
            num_layers,
            batch_first=True,
            bidirectional=True,
        )

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        lengths = attention_mask.sum(dim=1).clamp(min=1).cpu()
        packed = pack_padded_sequence(
            self.words(input_ids), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = self.gru(packed)
        hidden, _ = pad_packed_sequence(states, batch_first=True, total_length=input_ids.shape[1])
        return hidden
