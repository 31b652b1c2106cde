"""The optimizer and its schedule."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import get_scheduler

from zoo.recipe import LARGEST_WARMUP

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
        num_warmup_steps=warmup_steps(recipe, steps),
        num_training_steps=steps,
    )


def warmup_steps(recipe: Recipe, steps: int) -> int:
    """The recipe's share of all steps, or its least number where a short training allows it.

    One step at least is not warmed up: the first of a warm-up has a rate of 0.
    """
    share = recipe.warmup_ratio * steps
    least = min(recipe.min_warmup_steps or 0, LARGEST_WARMUP * steps)
    return min(math.ceil(max(share, least)), steps - 1)


def gradient_norms(parts: Mapping[str, Sequence[nn.Parameter]]) -> dict[str, float]:
    """The length of each part's gradient, all parts together; 0 where it has none."""
    norms = [
        torch.nn.utils.get_total_norm([each.grad for each in part if each.grad is not None])
        for part in parts.values()
    ]
    # one look at the device for all of them
    device = next(each.device for part in parts.values() for each in part)
    values = torch.stack([norm.to(device) for norm in norms]).tolist()
    return dict(zip(parts, values, strict=True))


def has_finite_gradients(parameters: Iterable[nn.Parameter]) -> bool:
    """Whether no gradient is NaN or infinite."""
    gradients = [each.grad for each in parameters if each.grad is not None]
    return all(bool(gradient.isfinite().all()) for gradient in gradients)
