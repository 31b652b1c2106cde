"""The order in which a classifier sees its examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from zoo.prediction import pad
from zoo.seeds import derive_seed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# batches that are sorted together: long enough to save padding, short enough to keep chance
POOL_BATCHES = 50


class BucketedOrder(torch.utils.data.Sampler[int]):
    """Every example once an epoch, in random order, neighbours of like length.

    The order depends on the examples' lengths in characters, the batch size, the seed and the
    epoch, and on nothing else: every pair sees the same batches.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.seed = derive_seed(seed, "order")
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0, whose order comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self.seed, self.epoch])
        shuffled = random.permutation(len(self.lengths))
        whole = len(shuffled) // self.batch_size * self.batch_size
        # the last, smaller batch stays last: cut elsewhere, it would shift all later batches
        batches = [
            batch
            for pool in _pieces(shuffled[:whole], POOL_BATCHES * self.batch_size)
            for batch in _pieces(pool[self.lengths[pool].argsort(kind="stable")], self.batch_size)
        ]
        for position in random.permutation(len(batches)):
            yield from batches[position].tolist()
        yield from shuffled[whole:].tolist()


def _pieces(values: np.ndarray, size: int) -> list[np.ndarray]:
    return [values[start : start + size] for start in range(0, len(values), size)]


class TokenisedExamples(torch.utils.data.Dataset):
    """Token ids and label index of each example; `collate` makes a batch of some."""

    def __init__(
        self,
        token_ids: Sequence[Sequence[int]],
        labels: np.ndarray,
        tokenizer: PreTrainedTokenizerBase | None,
    ) -> None:
        self.token_ids = token_ids
        self.labels = labels
        self.tokenizer = tokenizer

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, row: int) -> tuple[Sequence[int], int]:
        return self.token_ids[row], int(self.labels[row])

    def collate(self, rows: Sequence[tuple[Sequence[int], int]]) -> dict[str, torch.Tensor]:
        """`input_ids` and `attention_mask` `(batch, seq)`, `labels` `(batch,)`."""
        batch = pad([ids for ids, _ in rows], self.tokenizer)
        return {**batch, "labels": torch.tensor([label for _, label in rows])}
