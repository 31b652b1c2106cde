"""Heads with one mistake each, as they are found in published code."""

import torch
from torch import nn
from torch.nn import functional


class _Head(nn.Module):
    """First token, dropout, linear: what the mistakes are made in."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden_size, num_labels)

    def pool(self, hidden, attention_mask):
        return hidden[:, 0]

    def forward(self, hidden, attention_mask):
        return self.output(self.dropout(self.pool(hidden, attention_mask)))


class MaxOverPadding(_Head):
    """The maximum over all positions."""

    def pool(self, hidden, attention_mask):
        return hidden.max(dim=1).values


class MeanOverPadding(_Head):
    """The mean over all positions."""

    def pool(self, hidden, attention_mask):
        return hidden.mean(dim=1)


class LastPosition(_Head):
    """The last position for the last token."""

    def pool(self, hidden, attention_mask):
        return hidden[:, -1, :]


class TextCNNOverPadding(nn.Module):
    """Windows of padding compete for the maximum."""

    def __init__(self, hidden_size, num_labels, *, channels=16):
        super().__init__()
        self.convolution = nn.Conv1d(hidden_size, channels, 3, padding=1)
        self.output = nn.Linear(channels, num_labels)

    def forward(self, hidden, attention_mask):
        windows = self.convolution(hidden.transpose(1, 2)).relu()
        return self.output(functional.adaptive_max_pool1d(windows, 1).squeeze(2))


class WideConvolution(nn.Module):
    """A sentence shorter than the window has none."""

    def __init__(self, hidden_size, num_labels, *, channels=16):
        super().__init__()
        self.convolution = nn.Conv1d(hidden_size, channels, 3)
        self.output = nn.Linear(channels, num_labels)

    def forward(self, hidden, attention_mask):
        pooled = []
        for states, mask in zip(hidden, attention_mask, strict=True):
            tokens = states[mask.bool()].T.unsqueeze(0)
            pooled.append(self.convolution(tokens).relu().amax(dim=2))
        return self.output(torch.cat(pooled))


class UnpackedLSTM(nn.Module):
    """The backward direction begins in the padding."""

    def __init__(self, hidden_size, num_labels, *, hidden_units=16):
        super().__init__()
        self.lstm = nn.LSTM(hidden_size, hidden_units, batch_first=True, bidirectional=True)
        self.output = nn.Linear(2 * hidden_units, num_labels)

    def forward(self, hidden, attention_mask):
        _, (last, _) = self.lstm(hidden)
        return self.output(torch.cat([last[-2], last[-1]], dim=1))


class LSTMOverTheBatch(nn.Module):
    """Without batch_first the LSTM walks from sentence to sentence."""

    def __init__(self, hidden_size, num_labels, *, hidden_units=16):
        super().__init__()
        self.lstm = nn.LSTM(hidden_size, hidden_units)
        self.output = nn.Linear(hidden_units, num_labels)

    def forward(self, hidden, attention_mask):
        states, _ = self.lstm(hidden)
        return self.output(states[:, 0])


class ReshapeForTranspose(_Head):
    """A view where two axes should change places."""

    def pool(self, hidden, attention_mask):
        batch, seq, size = hidden.shape
        by_position = hidden.reshape(seq, batch, size)
        return by_position[0]


class ZeroedScores(nn.Module):
    """Scores of padding are set to 0 before the softmax, which is no small score."""

    def __init__(self, hidden_size, num_labels):
        super().__init__()
        self.score = nn.Linear(hidden_size, 1, bias=False)
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        scores = self.score(hidden).squeeze(2) * attention_mask
        return self.output((scores.softmax(dim=1).unsqueeze(2) * hidden).sum(dim=1))


class InvertedMask(nn.Module):
    """torch's key_padding_mask is True for padding, not for tokens."""

    def __init__(self, hidden_size, num_labels):
        super().__init__()
        self.attention = nn.MultiheadAttention(hidden_size, 4, batch_first=True)
        self.output = nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        query = hidden[:, :1]
        pooled, _ = self.attention(
            query, hidden, hidden, key_padding_mask=attention_mask.bool(), need_weights=False
        )
        return self.output(pooled.nan_to_num(0.0)[:, 0])


class MaskAcrossTheBatch(_Head):
    """The mask is broadcast along the batch: every sentence gets the shortest one's."""

    def pool(self, hidden, attention_mask):
        real = attention_mask.to(hidden.dtype).prod(dim=0)
        return (hidden * real.unsqueeze(1)).sum(dim=1) / real.sum()


class DetachedTrunk(_Head):
    """The encoder never learns."""

    def pool(self, hidden, attention_mask):
        return hidden[:, 0].detach()


class DeadParameter(_Head):
    """A layer that is made and never used."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__(hidden_size, num_labels, dropout=dropout)
        self.dense = nn.Linear(hidden_size, hidden_size)


class KeepsItsState(nn.Module):
    """The state of the last batch is where the next one begins."""

    def __init__(self, hidden_size, num_labels, *, hidden_units=16):
        super().__init__()
        self.cell = nn.GRUCell(hidden_size, hidden_units)
        self.output = nn.Linear(hidden_units, num_labels)
        self.state = None

    def forward(self, hidden, attention_mask):
        before = None if self.state is None else self.state.mean(dim=0).expand(len(hidden), -1)
        state = self.cell(hidden[:, 0], before)
        self.state = state.detach()
        return self.output(state)


class DropoutInEvaluation(_Head):
    """Functional dropout is on unless it is told."""

    def pool(self, hidden, attention_mask):
        return functional.dropout(hidden[:, 0], 0.3)


class ChangesItsInput(_Head):
    """The trailing underscore writes into the caller's states."""

    def pool(self, hidden, attention_mask):
        with torch.no_grad():
            hidden.masked_fill_(attention_mask.eq(0).unsqueeze(2), 0.0)
        return hidden[:, 0]


class SoftmaxInside(_Head):
    """Probabilities, to which cross-entropy applies softmax again."""

    def forward(self, hidden, attention_mask):
        return super().forward(hidden, attention_mask).softmax(dim=1)


class SigmoidInside(_Head):
    """Probabilities of another kind."""

    def forward(self, hidden, attention_mask):
        return super().forward(hidden, attention_mask).sigmoid()


class WrongLabelCount(_Head):
    """Seven labels, whatever the task has."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__(hidden_size, 7, dropout=dropout)


class SqueezesTheBatch(_Head):
    """A batch of one loses its axis."""

    def forward(self, hidden, attention_mask):
        return super().forward(hidden, attention_mask).squeeze()


class SeedsTheProcess(_Head):
    """Equal weights, and equal everything else, in every run of everybody."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        torch.manual_seed(42)
        super().__init__(hidden_size, num_labels, dropout=dropout)


class DrawsFromElsewhere(_Head):
    """Its weights come from a generator that no seed of the run reaches."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__(hidden_size, num_labels, dropout=dropout)
        generator = torch.Generator()
        generator.seed()
        with torch.no_grad():
            self.output.weight.normal_(0, 0.1, generator=generator)


class PlainAttribute(_Head):
    """A table in no buffer: not saved, not moved, drawn anew when loaded."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__(hidden_size, num_labels, dropout=dropout)
        self.scale = torch.rand(hidden_size)

    def pool(self, hidden, attention_mask):
        return hidden[:, 0] * self.scale.to(hidden.dtype)


class PositionsOnTheCPU(_Head):
    """Positions are made where nobody said, which is the CPU."""

    def pool(self, hidden, attention_mask):
        positions = torch.arange(hidden.shape[1])
        weights = (1.0 / (1 + positions)).to(hidden.dtype) * attention_mask
        return (
            (weights.unsqueeze(2) * hidden)
            .masked_fill(attention_mask.eq(0).unsqueeze(2), 0)
            .sum(dim=1)
        )


class FloatsInside(_Head):
    """float32 is written into the code."""

    def pool(self, hidden, attention_mask):
        return hidden[:, 0].float()


class SwallowsOptions(_Head):
    """A misspelt option gives the default, and nobody is told."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1, **others):
        super().__init__(hidden_size, num_labels, dropout=dropout)


class ShortTable(_Head):
    """Positions up to 512, whatever the encoder takes."""

    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__(hidden_size, num_labels, dropout=dropout)
        self.positions = nn.Embedding(512, hidden_size)

    def pool(self, hidden, attention_mask):
        positions = torch.arange(hidden.shape[1], device=hidden.device)
        states = hidden + self.positions(positions)
        return states.masked_fill(attention_mask.eq(0).unsqueeze(2), 0).sum(dim=1)
