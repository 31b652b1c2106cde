"""Classifiers around transformers' encoders, each as people write them; all of them are sound."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence
from transformers import BertModel, ElectraConfig, ElectraModel
from transformers.modeling_outputs import SequenceClassifierOutput

from doctor_proof.material import HIDDEN_SIZE, LONGEST, Material, mean_of_tokens


class BertClassifier(nn.Module):
    """The first token, dropout, one linear layer → logits."""

    def __init__(self, bert: BertModel, num_labels: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.bert = bert
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(bert.config.hidden_size, num_labels)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.classifier(self.dropout(hidden[:, 0]))


class BertMean(nn.Module):
    """The mean of the tokens and two layers → a tuple of logits and sentence vector."""

    def __init__(self, bert: BertModel, num_labels: int) -> None:
        super().__init__()
        self.bert = bert
        self.fc1 = nn.Linear(bert.config.hidden_size, 128)
        self.fc2 = nn.Linear(128, num_labels)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.bert(input_ids, attention_mask=attention_mask)[0]
        vector = mean_of_tokens(hidden, attention_mask)
        return self.fc2(nn.functional.leaky_relu(self.fc1(vector))), vector


class ElectraForIntents(nn.Module):
    """First token, dense layer, GELU, linear layer → the output of transformers, with its loss."""

    def __init__(self, material: Material, num_labels: int) -> None:
        super().__init__()
        self.electra = ElectraModel(
            ElectraConfig(
                vocab_size=len(material.tokenizer),
                embedding_size=HIDDEN_SIZE,
                hidden_size=HIDDEN_SIZE,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=2 * HIDDEN_SIZE,
                max_position_embeddings=LONGEST,
            )
        )
        self.dense = nn.Linear(HIDDEN_SIZE, HIDDEN_SIZE)
        self.dropout = nn.Dropout(0.1)
        self.out_proj = nn.Linear(HIDDEN_SIZE, num_labels)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
    ) -> SequenceClassifierOutput:
        hidden = self.electra(input_ids, attention_mask=attention_mask).last_hidden_state
        vector = nn.functional.gelu(self.dense(self.dropout(hidden[:, 0])))
        logits = self.out_proj(self.dropout(vector))
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


class LSTMClassifier(nn.Module):
    """Own embeddings and a bidirectional LSTM over the real tokens, taking ids alone."""

    def __init__(self, vocab_size: int, num_labels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 64, padding_idx=0)
        self.lstm = nn.LSTM(64, 64, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(128, num_labels)

    def forward(self, text: torch.Tensor) -> torch.Tensor:
        lengths = (text != 0).sum(dim=1)
        packed = pack_padded_sequence(
            self.embedding(text), lengths, batch_first=True, enforce_sorted=False
        )
        _, (hidden, _) = self.lstm(packed)
        return self.fc(torch.cat([hidden[-2], hidden[-1]], dim=1))
