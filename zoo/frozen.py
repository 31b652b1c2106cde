"""Training of a head alone, over states that the frozen encoder computes once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from transformers.modeling_outputs import SequenceClassifierOutput

from zoo.components import apply_encoder, apply_head
from zoo.prediction import MAX_TOKENS, batches_by_length, pad

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier

# beyond this the states are computed anew every epoch
LARGEST_CACHE_BYTES = 4 * 2**30


class HeadOverStates(nn.Module):
    """The head of a classifier, fed with stored states instead of token ids."""

    def __init__(self, classifier: TextClassifier) -> None:
        super().__init__()
        self.head = classifier.head
        self.config = classifier.config

    def forward(
        self, hidden: torch.Tensor, attention_mask: torch.Tensor
    ) -> SequenceClassifierOutput:
        """States `(batch, seq, hidden)` and mask `(batch, seq)` → logits `(batch, label)`."""
        logits = apply_head(self.head, self.config, hidden, attention_mask)
        return SequenceClassifierOutput(logits=logits)

    def logits_of(self, states: Sequence[torch.Tensor]) -> torch.Tensor:
        """Logits `(text, label)` of stored states, in float32 on the CPU, in evaluation mode."""
        dataset = StoredStates(states, np.zeros(len(states), dtype=np.int64))
        device = next(self.parameters()).device
        logits = torch.empty(len(states), len(self.config.labels))
        self.eval()
        with torch.inference_mode():
            for rows in batches_by_length([len(each) for each in states], MAX_TOKENS):
                batch = dataset.collate([dataset[row] for row in rows])
                output = self(batch["hidden"].to(device), batch["attention_mask"].to(device))
                logits[rows] = output.logits.float().cpu()
        return logits


class StoredStates(torch.utils.data.Dataset):
    """The hidden states `(seq, hidden)` and label index of each example."""

    def __init__(self, states: Sequence[torch.Tensor], labels: np.ndarray) -> None:
        self.states = states
        self.labels = labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, int]:
        return self.states[row], int(self.labels[row])

    def collate(self, rows: Sequence[tuple[torch.Tensor, int]]) -> dict[str, torch.Tensor]:
        """`hidden` `(batch, seq, hidden)`, `attention_mask` `(batch, seq)`, `labels` `(batch,)`."""
        hidden = nn.utils.rnn.pad_sequence([states for states, _ in rows], batch_first=True)
        lengths = torch.tensor([len(states) for states, _ in rows])
        mask = (torch.arange(hidden.shape[1]) < lengths.unsqueeze(1)).long()
        labels = torch.tensor([label for _, label in rows])
        return {"hidden": hidden, "attention_mask": mask, "labels": labels}


def fits_in_cache(classifier: TextClassifier, token_ids: Sequence[Sequence[int]]) -> bool:
    """Whether the states of all tokens, in float32, take no more than `LARGEST_CACHE_BYTES`."""
    tokens = sum(len(ids) for ids in token_ids)
    return tokens * classifier.encoder.hidden_size * 4 <= LARGEST_CACHE_BYTES


def states_of(classifier: TextClassifier, token_ids: Sequence[Sequence[int]]) -> list[torch.Tensor]:
    """The encoder's states `(seq, hidden)` of each text's real tokens, on the CPU, in order."""
    states: list[torch.Tensor] = [torch.empty(0)] * len(token_ids)
    classifier.encoder.eval()
    with torch.no_grad():
        for rows in batches_by_length([len(ids) for ids in token_ids], MAX_TOKENS):
            batch = pad([token_ids[row] for row in rows], classifier.tokenizer)
            batch = {name: tensor.to(classifier.device) for name, tensor in batch.items()}
            hidden = apply_encoder(classifier.encoder, classifier.config, **batch).float().cpu()
            for position, row in enumerate(rows):
                # a copy: a view would keep its whole padded batch in memory
                states[row] = hidden[position, : len(token_ids[row])].clone()
    return states
