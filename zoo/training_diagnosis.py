"""A training of `zoo` under examination, put together as `zoo.train` would."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from zoo.batching import BucketedOrder, TokenisedExamples
from zoo.data import as_examples
from zoo.doctor import Diagnosis
from zoo.doctor.diagnosis import examined
from zoo.loss import loss_function
from zoo.optimization import make_optimizer, make_schedule
from zoo.seeds import check_seed
from zoo.trainer import precision_of
from zoo.training import prepare, refuse_nothing_to_train, resolved_for

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.recipe import Recipe


def diagnose_training(
    classifier: TextClassifier,
    train: Any,
    recipe: Recipe | None = None,
    *,
    seed: int = 0,
    seconds: float = 60.0,
) -> Diagnosis:
    """What `zoo.train` would do with these arguments, examined instead of done.

    The steps of its loop have the recipe's precision. What is compared with one another, and the
    trials of learning rates, are computed in float32: in bfloat16 a difference may be rounding.

    The classifier is left as it was found. Raises what `zoo.train` raises for examples and recipes
    that cannot be used.
    """
    seed = check_seed(seed)
    recipe = resolved_for(classifier, recipe)
    refuse_nothing_to_train(classifier, recipe)
    examples = as_examples(train)
    # a tokenizer that knows nothing is for the doctor to tell, with everything else
    material = prepare(
        classifier, examples, None, recipe.model_copy(update={"max_unknown_rate": 1})
    )
    order = BucketedOrder(material.lengths, recipe.batch_size, seed)
    dataset = TokenisedExamples(material.token_ids, material.labels, classifier.tokenizer)
    loader = torch.utils.data.DataLoader(
        dataset, batch_size=recipe.batch_size, sampler=order, collate_fn=dataset.collate
    )
    loss = LossOfLogits(recipe, material.label_weights, classifier.device)
    assert recipe.epochs is not None
    steps = recipe.epochs * math.ceil(len(dataset) / recipe.batch_size)
    freezing = classifier.frozen_encoder() if recipe.frozen else contextlib.nullcontext()
    with freezing:
        optimizer = make_optimizer(classifier, recipe)
        schedule = make_schedule(optimizer, recipe, steps)
        module: nn.Module = classifier

        def step(batch: dict[str, torch.Tensor]) -> None:
            here = {name: each.to(classifier.device) for name, each in batch.items()}
            labels = here.pop("labels")
            optimizer.zero_grad()
            with precision_of(recipe, classifier.device):
                value = loss(module(**here).logits, labels)
            value.backward()
            nn.utils.clip_grad_norm_(module.parameters(), recipe.max_gradient_norm)
            optimizer.step()
            schedule.step()

        return examined(
            module,
            optimizer,
            loader,
            loss,
            scheduler=schedule,
            planned_steps=steps,
            step=step,
            tokenizer=classifier.tokenizer,
            texts=[examples.texts[row] for row in order],
            usual_rates=usual_rates(classifier),
            seconds=seconds,
        )


def usual_rates(classifier: TextClassifier) -> str:
    """The rates of this pair where a recipe says nothing, in words."""
    usual = resolved_for(classifier, None)
    return (
        f"{classifier.config.encoder['name']!r} is trained at {usual.encoder_learning_rate:.0e} "
        f"where the recipe says nothing, its head at {usual.head_learning_rate:.0e}"
    )


class LossOfLogits:
    """The loss of training as a function of logits; `weight` is what the labels weigh, if at all.

    Named as torch names it, where the doctor looks for it.
    """

    def __init__(
        self, recipe: Recipe, label_weights: Sequence[float] | None, device: torch.device
    ) -> None:
        self.weight = label_weights
        self.of_output = loss_function(recipe, label_weights, device)

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return self.of_output(Logits(logits), labels)


class Logits:
    """What the loss of training reads: an output with `logits`."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.logits = logits
