"""Heads of other kinds than the built-in ones, all of them right."""

import math

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


def cleared(hidden, attention_mask):
    return hidden.masked_fill(attention_mask.eq(0).unsqueeze(2), 0)


class Mean(nn.Module):
    """Mean over real tokens."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__()
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden_size, num_labels))

    def forward(self, hidden, attention_mask):
        total = cleared(hidden, attention_mask).sum(dim=1)
        return self.layers(total / attention_mask.sum(dim=1, keepdim=True).clamp(min=1))


class FixedProjection(nn.Module):
    """Mean over real tokens through a random projection that nothing trains."""

    def __init__(self, hidden_size, num_labels):
        super().__init__()
        self.register_buffer("weights", torch.randn(hidden_size, num_labels))

    def forward(self, hidden, attention_mask):
        total = cleared(hidden, attention_mask).sum(dim=1)
        return total / attention_mask.sum(dim=1, keepdim=True).clamp(min=1) @ self.weights


class Max(nn.Module):
    """Maximum over real tokens."""

    def __init__(self, hidden_size, num_labels):
        super().__init__()
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        is_padding = attention_mask.eq(0).unsqueeze(2)
        return self.output(hidden.masked_fill(is_padding, -math.inf).amax(dim=1))


class AttentionPooling(nn.Module):
    """A learned weight for every real token."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__()
        self.score = nn.Linear(hidden_size, 1, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        scores = self.score(hidden.tanh()).squeeze(2)
        weights = scores.masked_fill(attention_mask.eq(0), -math.inf).softmax(dim=1)
        return self.output(self.dropout((weights.unsqueeze(2) * hidden).sum(dim=1)))


class GRU(nn.Module):
    """The last state of a packed GRU."""

    def __init__(self, hidden_size, num_labels, *, hidden_units=32):
        super().__init__()
        self.gru = nn.GRU(hidden_size, hidden_units, batch_first=True)
        self.output = nn.Linear(hidden_units, num_labels)

    def forward(self, hidden, attention_mask):
        lengths = attention_mask.sum(dim=1).clamp(min=1).cpu()
        packed = pack_padded_sequence(hidden, lengths, batch_first=True, enforce_sorted=False)
        _, last = self.gru(packed)
        return self.output(last[-1])


class TransformerLayer(nn.Module):
    """One more layer of self-attention, then the first token."""

    def __init__(self, hidden_size, num_labels, *, num_heads=4, dropout=0.1):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(
            hidden_size, num_heads, 2 * hidden_size, dropout, batch_first=True
        )
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        states = self.layer(hidden, src_key_padding_mask=attention_mask.eq(0))
        return self.output(states[:, 0])


class DPCNN(nn.Module):
    """Deep pyramid CNN (Johnson & Zhang 2017), padding cleared before every convolution."""

    def __init__(self, hidden_size, num_labels, *, channels=32, blocks=2):
        super().__init__()
        self.region = nn.Conv1d(hidden_size, channels, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.ModuleList(nn.Conv1d(channels, channels, 3, padding=1) for _ in range(2))
            for _ in range(blocks)
        )
        self.output = nn.Linear(channels, num_labels)

    def forward(self, hidden, attention_mask):
        is_real = attention_mask.ne(0).unsqueeze(1)
        states = self.region(cleared(hidden, attention_mask).transpose(1, 2))
        for block in self.blocks:
            states, is_real = self.halved(states, is_real)
            states = states + self.convolved(block, states, is_real)
        return self.output(states.masked_fill(~is_real, -math.inf).amax(dim=2))

    def convolved(self, block, states, is_real):
        for convolution in block:
            states = convolution(states.relu().masked_fill(~is_real, 0))
        return states

    def halved(self, states, is_real):
        # to an even length, with what never is a maximum
        odd = states.shape[2] % 2
        states = nn.functional.pad(
            states.masked_fill(~is_real, -math.inf), (0, odd), value=-math.inf
        )
        is_real = nn.functional.pad(is_real, (0, odd))
        is_real = is_real[:, :, ::2] | is_real[:, :, 1::2]
        states = torch.maximum(states[:, :, ::2], states[:, :, 1::2])
        return states.masked_fill(~is_real, 0), is_real


class FirstAndMean(nn.Module):
    """The first token beside the mean, a last layer that begins at zero."""

    def __init__(self, hidden_size, num_labels):
        super().__init__()
        self.output = nn.Linear(2 * hidden_size, num_labels)
        nn.init.zeros_(self.output.weight)

    def forward(self, hidden, attention_mask):
        count = attention_mask.sum(dim=1, keepdim=True).clamp(min=1)
        mean = cleared(hidden, attention_mask).sum(dim=1) / count
        return self.output(torch.cat([hidden[:, 0], mean], dim=1))
