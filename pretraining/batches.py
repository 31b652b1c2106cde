"""Batches of about the same number of tokens, in an order that a step number decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from pretraining.corpus import Corpus
from zoo.seeds import derive_seed

# texts that are sorted by length together: the larger, the less padding and the less chance
POOL_TEXTS = 50_000


@dataclass(frozen=True, slots=True)
class Batch:
    """`input_ids` and `attention_mask`, both `(batch, seq)`."""

    input_ids: torch.Tensor
    attention_mask: torch.Tensor


class Batches:
    """The batches of a corpus, pass after pass: step `n` is the same batch whenever it is asked."""

    def __init__(self, corpus: Corpus, tokens: int, pad_id: int, seed: int) -> None:
        self.corpus = corpus
        self.lengths = corpus.lengths
        self.tokens = tokens
        self.pad_id = pad_id
        self.seed = seed
        self._pass = 0
        self._batches = self._cut_pass(0)
        # a pass cuts its pools anew, which moves its number of batches a little; the first decides
        self.per_pass = len(self._batches)

    def __getitem__(self, step: int) -> Batch:
        number, position = divmod(step, self.per_pass)
        if number != self._pass:
            self._pass, self._batches = number, self._cut_pass(number)
        return self.collate(self._batches[position % len(self._batches)])

    def _cut_pass(self, number: int) -> list[np.ndarray]:
        """The texts of every batch of one pass."""
        generator = np.random.default_rng(derive_seed(self.seed, f"pass {number}"))
        shuffled = generator.permutation(len(self.corpus))
        batches: list[np.ndarray] = []
        for start in range(0, len(shuffled), POOL_TEXTS):
            pool = shuffled[start : start + POOL_TEXTS]
            pool = pool[np.argsort(self.lengths[pool], kind="stable")]
            batches.extend(cut(pool, self.lengths, self.tokens))
        generator.shuffle(batches)
        return batches

    def collate(self, texts: np.ndarray) -> Batch:
        """The texts of one batch, padded to the longest."""
        starts, lengths = self.corpus.starts[texts, None], self.lengths[texts, None]
        # (batch, seq)
        positions = np.arange(lengths.max())
        is_token = positions < lengths
        ids = np.full(is_token.shape, self.pad_id, dtype=np.int64)
        ids[is_token] = self.corpus.ids[(starts + positions)[is_token]]
        return Batch(torch.from_numpy(ids), torch.from_numpy(is_token.astype(np.int64)))


def cut(pool: np.ndarray, lengths: np.ndarray, tokens: int) -> list[np.ndarray]:
    """A pool, sorted by length, in batches of at most `tokens` tokens with their padding."""
    batches = []
    while len(pool):
        # of the first 1, 2, … texts, each padded to the last of them
        padded = np.arange(1, len(pool) + 1) * lengths[pool]
        count = max(1, int(np.searchsorted(padded, tokens, side="right")))
        batches.append(pool[:count])
        pool = pool[count:]
    return batches
