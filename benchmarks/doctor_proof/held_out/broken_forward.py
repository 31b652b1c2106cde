"""Held out: what the forward pass computes."""

from __future__ import annotations

import warnings

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 — as everybody writes it
from torch.nn.utils.rnn import pack_padded_sequence
from torch.optim import Adam, AdamW
from torch.utils.data import DataLoader, TensorDataset

from doctor_proof.held_out.models import (
    GRUModel,
    TokenAttention,
    distilbert,
    ids_and_labels,
)
from doctor_proof.material import LONGEST, Material, mean_of_tokens
from doctor_proof.setups import BrokenCase, Setup


def attention_of_padding_to_nothing(material: Material) -> Setup:
    """Rows of padding are hidden from everything: a softmax of nothing but minus infinity."""

    class Classifier(TokenAttention):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            x = self.embed(input_ids)
            scores = self.q(x) @ self.k(x).transpose(1, 2) / 8
            square = attention_mask.unsqueeze(1) * attention_mask.unsqueeze(2)
            weights = scores.masked_fill(square == 0, float("-inf")).softmax(dim=-1)
            x = self.norm(x + weights @ self.v(x))
            return self.classifier(mean_of_tokens(x, attention_mask))

    model = Classifier(len(material.tokenizer), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=3e-3),
        batches=material.loader(material.domains),
    )


def hidden_state_repackaged(material: Material) -> Setup:
    """`repackage_hidden` of the word language model: here no gradient comes past it."""

    def repackage_hidden(state: torch.Tensor) -> torch.Tensor:
        return state.detach()

    class Reader(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.cell = nn.GRUCell(64, 64)
            self.decoder = nn.Linear(64, 5)

        def forward(self, text: torch.Tensor) -> torch.Tensor:
            embedded = self.embedding(text)
            hidden = embedded.new_zeros(len(text), 64)
            for t in range(text.shape[1]):
                is_word = text[:, t : t + 1] != 0
                hidden = torch.where(is_word, self.cell(embedded[:, t], hidden), hidden)
                hidden = repackage_hidden(hidden)
            return self.decoder(hidden)

    model = Reader(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, material.domains, 32),
        loss=nn.CrossEntropyLoss(),
    )


def keep_probability_as_dropout(material: Material) -> Setup:
    """`keep_prob=0.99` of TensorFlow 1, given to PyTorch as what is dropped."""
    model = GRUModel(len(material.tokenizer), 16, dropout=0.99)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=ids_and_labels(material, material.intents, 32),
        loss=nn.CrossEntropyLoss(),
    )


def weights_drawn_below_zero(material: Material) -> Setup:
    """`uniform_(a=-0.1, b=0.0)` under counts, which are never below 0: nothing passes the ReLU."""

    class CountMLP(nn.Module):
        def __init__(self, n_features: int) -> None:
            super().__init__()
            self.fc1 = nn.Linear(n_features, 100)
            self.fc2 = nn.Linear(100, 16)
            nn.init.uniform_(self.fc1.weight, a=-0.1, b=0.0)
            nn.init.zeros_(self.fc1.bias)

        def forward(self, counts: torch.Tensor) -> torch.Tensor:
            return self.fc2(F.relu(self.fc1(counts)))

    size = len(material.tokenizer)
    counts = torch.stack(
        [torch.bincount(ids, minlength=size).float() for ids in material.encode(material.intents)]
    )
    model = CountMLP(size)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=DataLoader(
            TensorDataset(counts, torch.tensor(material.intents.labels)), 32, shuffle=True
        ),
        loss=nn.CrossEntropyLoss(),
    )


def initial_state_instead_of_the_last(material: Material) -> Setup:
    """`h0` goes to the last layer, where `hn` was meant."""

    class LSTMNet(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
            self.lstm = nn.LSTM(64, 64, num_layers=2, batch_first=True)
            self.fc = nn.Linear(64, 16)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h0 = torch.zeros(2, x.size(0), 64)
            c0 = torch.zeros(2, x.size(0), 64)
            packed = pack_padded_sequence(
                self.embedding(x), (x != 0).sum(1), batch_first=True, enforce_sorted=False
            )
            _, (_hn, _) = self.lstm(packed, (h0, c0))
            return self.fc(h0[-1])

    model = LSTMNet(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-3),
        batches=ids_and_labels(material, material.intents, 32),
        loss=nn.CrossEntropyLoss(),
    )


def attention_across_the_batch(material: Material) -> Setup:
    """No `batch_first`; the error about the mask's shape was answered with a `.T`."""

    class TransformerClassifier(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.tok = nn.Embedding(vocab_size, 64)
            self.pos = nn.Embedding(LONGEST, 64)
            self.encoder = nn.TransformerEncoder(
                nn.TransformerEncoderLayer(d_model=64, nhead=4, dim_feedforward=128), num_layers=2
            )
            self.fc = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
            x = self.encoder(x, src_key_padding_mask=(mask == 0).T)
            return self.fc(mean_of_tokens(x, mask))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = TransformerClassifier(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.pairs(material.domains, 32),
        loss=nn.CrossEntropyLoss(),
        steps=210,
    )


def weights_over_the_batch(material: Material) -> Setup:
    """`softmax(dim=0)` shares one weight among the texts of a batch, not among the words of one."""

    class AttentionPooling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.attention = nn.Linear(64, 1)
            self.fc = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.bert(input_ids, attention_mask=attention_mask)[0]
            scores = self.attention(hidden).squeeze(-1)
            weights = F.softmax(scores.masked_fill(attention_mask == 0, -1e4), dim=0)
            weights = weights * attention_mask
            return self.fc(torch.bmm(weights.unsqueeze(1), hidden).squeeze(1))

    model = AttentionPooling()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
        tokenizer=material.tokenizer,
    )


def softmax_over_one_score(material: Material) -> Setup:
    """Each token's score is `(…, 1)`, and a softmax over its last axis is 1 whatever it is."""

    class AttentionPooling(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            self.attention = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
            self.norm = nn.LayerNorm(64)
            self.fc = nn.Linear(64, 5)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids, attention_mask)[0]
            weights = self.attention(hidden).softmax(dim=-1) * attention_mask.unsqueeze(-1)
            return self.fc(self.norm((weights * hidden).sum(dim=1)))

    model = AttentionPooling()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.domains),
    )


def softmax_between_the_layers(material: Material) -> Setup:
    """`activation="softmax"` was copied from the last layer of a Keras model to all of them."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = distilbert(material)
            layers: list[nn.Module] = []
            for _ in range(5):
                layers += [nn.Linear(64, 64), nn.Softmax(dim=-1)]
            self.dense = nn.Sequential(*layers)
            self.output = nn.Linear(64, 16)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.encoder(input_ids, attention_mask)[0]
            return self.output(self.dense(hidden[:, 0]))

    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=material.loader(material.intents),
        loss=nn.CrossEntropyLoss(),
    )


CASES = (
    BrokenCase(attention_of_padding_to_nothing, "not_finite"),
    BrokenCase(hidden_state_repackaged, "detached"),
    BrokenCase(keep_probability_as_dropout, "dropout_drops_all"),
    BrokenCase(weights_drawn_below_zero, "dead_units"),
    BrokenCase(initial_state_instead_of_the_last, "input_ignored"),
    BrokenCase(attention_across_the_batch, "examples_mixed"),
    BrokenCase(weights_over_the_batch, "examples_mixed"),
    BrokenCase(softmax_over_one_score, "no_gradient"),
    BrokenCase(softmax_between_the_layers, "vanishing_gradient"),
)
