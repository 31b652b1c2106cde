"""The loss of a recipe, and what it comes to for one who knows nothing, or everything."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    from zoo.recipe import Recipe


def loss_function(
    recipe: Recipe, label_weights: Sequence[float] | None, device: torch.device
) -> Callable[..., torch.Tensor]:
    """Cross-entropy with the recipe's label smoothing and class weights.

    The sum over a part divided by the examples of the whole batch, so that a batch computed in
    parts has the gradient of a batch computed at once.
    """
    weights = None if label_weights is None else torch.tensor(label_weights, device=device)

    def loss(outputs: Any, labels: torch.Tensor, num_items_in_batch: Any = None) -> torch.Tensor:
        total = nn.functional.cross_entropy(
            outputs.logits.float(),
            labels,
            weight=weights,
            label_smoothing=recipe.label_smoothing,
            reduction="sum",
        )
        return total / (labels.numel() if num_items_in_batch is None else num_items_in_batch)

    return loss


def loss_bounds(
    recipe: Recipe, label_weights: Sequence[float] | None, label_counts: Sequence[int]
) -> tuple[float, float]:
    """The mean loss of one who gives every label the same probability, and the least there is.

    ln(labels) and 0, unless the recipe smooths labels (Szegedy et al. 2016, section 7) or weighs
    them.
    """
    labels = len(label_counts)
    weights = np.ones(labels) if label_weights is None else np.array(label_weights)
    smoothing = recipe.label_smoothing
    # (true label, label): what a log probability is multiplied with
    factors = ((1 - smoothing) * np.eye(labels) + smoothing / labels) * weights
    sums = factors.sum(axis=1, keepdims=True)
    # the probabilities that cost least are the factors' shares; those of factor 0 cost nothing
    shares = np.divide(factors, sums, out=np.ones_like(factors), where=factors > 0)
    least = -(factors * np.log(shares)).sum(axis=1)
    counts = np.asarray(label_counts)
    chance = np.average(sums[:, 0] * math.log(labels), weights=counts)
    return float(chance), abs(float(np.average(least, weights=counts)))
