"""What a score depends on: the encoder, the head, their interaction, or the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SEEDS_NEEDED = 3


@dataclass(frozen=True, slots=True)
class VarianceShares:
    """Shares of the variance of the main metric; they add up to 1."""

    encoder: float
    head: float
    interaction: float
    seed: float


def variance_shares(scores: Mapping[tuple[str, str, int], float]) -> VarianceShares | None:
    """The shares of encoder, head and their interaction; what is left is the seed's.

    `scores` are under (encoder, head, seed). Two-way analysis of variance with the seeds as
    repeats; omega squared (Hays 1963), which takes off what chance alone gives an effect, and at
    least 0. Seeds that not every pair has are left out. None unless at least two encoders meet at
    least two heads, every one with every other, over at least three common seeds, with some
    variance.
    """
    import numpy as np

    encoders = sorted({encoder for encoder, _, _ in scores})
    heads = sorted({head for _, head, _ in scores})
    pairs = [(encoder, head) for encoder in encoders for head in heads]
    seeds = [
        seed
        for seed in sorted({seed for _, _, seed in scores})
        if all((*pair, seed) in scores for pair in pairs)
    ]
    if len(encoders) < 2 or len(heads) < 2 or len(seeds) < SEEDS_NEEDED:
        return None
    table = np.array(
        [
            [[scores[encoder, head, seed] for seed in seeds] for head in heads]
            for encoder in encoders
        ]
    )  # (encoder, head, seed)
    mean = table.mean()
    of_encoder = table.mean(axis=(1, 2), keepdims=True) - mean
    of_head = table.mean(axis=(0, 2), keepdims=True) - mean
    of_both = table.mean(axis=2, keepdims=True) - mean - of_encoder - of_head
    total = float(((table - mean) ** 2).sum())
    within = float(((table - table.mean(axis=2, keepdims=True)) ** 2).sum())
    error = within / (len(pairs) * (len(seeds) - 1))
    if total == 0:
        return None

    def share(effect: np.ndarray, freedom: int) -> float:
        squares = float((np.broadcast_to(effect, table.shape) ** 2).sum())
        return max(0.0, (squares - freedom * error) / (total + error))

    encoder = share(of_encoder, len(encoders) - 1)
    head = share(of_head, len(heads) - 1)
    interaction = share(of_both, (len(encoders) - 1) * (len(heads) - 1))
    return VarianceShares(encoder, head, interaction, 1 - encoder - head - interaction)
