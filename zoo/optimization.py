"""The optimizer and its schedule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import get_scheduler

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.recipe import Recipe

# Devlin et al. 2019; torch's default of beta2 = 0.999 is the same
BETAS = (0.9, 0.999)
EPSILON = 1e-8


def parameter_groups(classifier: TextClassifier, recipe: Recipe) -> list[dict[str, Any]]:
    """Every trainable parameter in one of four groups: encoder or head, decayed or not.

    Biases and the parameters of norms, those with fewer than two dimensions, do not decay.
    """
    rates = {"encoder": recipe.encoder_learning_rate, "head": recipe.head_learning_rate}
    groups = []
    for part, rate in rates.items():
        parameters = [
            parameter
            for parameter in getattr(classifier, part).parameters()
            if parameter.requires_grad
        ]
        for decay, chosen in (
            (recipe.weight_decay, [each for each in parameters if each.ndim >= 2]),
            (0.0, [each for each in parameters if each.ndim < 2]),
        ):
            if chosen:
                groups.append({"params": chosen, "lr": rate, "weight_decay": decay, "name": part})
    return groups


def make_optimizer(classifier: TextClassifier, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101), fused."""
    return torch.optim.AdamW(
        parameter_groups(classifier, recipe), betas=BETAS, eps=EPSILON, fused=True
    )


def make_schedule(
    optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Linear warm-up, then the recipe's schedule down to 0 at the last step."""
    name = "constant_with_warmup" if recipe.schedule == "constant" else recipe.schedule
    return get_scheduler(
        name,
        optimizer,
        num_warmup_steps=math.ceil(recipe.warmup_ratio * steps),
        num_training_steps=steps,
    )


def is_finite(parameters: list[nn.Parameter]) -> bool:
    """Whether every gradient is finite."""
    gradients = [each.grad for each in parameters if each.grad is not None]
    return bool(torch.nn.utils.get_total_norm(gradients).isfinite())
