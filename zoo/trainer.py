"""The training loop: transformers' Trainer, with the optimizer, order and loss of a recipe."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from transformers import PrinterCallback, Trainer, TrainingArguments

from zoo.batching import BucketedOrder, TokenisedExamples
from zoo.errors import Diverged, OutOfMemory, RecipeError
from zoo.frozen import HeadOverStates, StoredStates, fits_in_cache, states_of
from zoo.loss import loss_bounds, loss_function
from zoo.metrics import Scores, score
from zoo.optimization import make_optimizer, make_schedule
from zoo.prediction import logits_of
from zoo.quietness import quiet_transformers
from zoo.resumption import CHECKPOINT_FORMAT, Resumption
from zoo.seeds import derive_seed, seeded
from zoo.watcher import Watcher

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.measurements import Measurements
    from zoo.recipe import Recipe

Validate = Callable[[], Scores]


@dataclass(frozen=True, slots=True)
class Material:
    """What is trained on: token ids and label indices of every example, in order."""

    token_ids: list[list[int]]
    labels: np.ndarray
    lengths: list[int]
    validation_ids: list[list[int]]
    validation_labels: np.ndarray
    label_weights: list[float] | None


@dataclass(slots=True)
class Trained:
    """What the loop leaves beside the weights; `samples` counts those of this call."""

    history: list[dict[str, Any]]
    measurements: Measurements
    best_epoch: int
    steps: int
    samples: int


def run_trainer(
    classifier: TextClassifier,
    material: Material,
    recipe: Recipe,
    seed: int,
    *,
    report: Callable[..., None] | None = None,
    checkpoints: Path | None = None,
) -> Trained:
    """Train in place, restore the best epoch, and say what happened."""
    freezing = classifier.frozen_encoder() if recipe.frozen else contextlib.nullcontext()
    with tempfile.TemporaryDirectory() as folder, seeded(seed, "dropout"), freezing:
        arguments = training_arguments(recipe, seed, checkpoints or Path(folder), bool(checkpoints))
        module: nn.Module = classifier
        try:
            module.to(arguments.device)
            return run_loop(classifier, material, recipe, seed, arguments, report, checkpoints)
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(_does_not_fit(recipe, "before the first step", error)) from error
        finally:
            # also after an error: no gradient that is not finite, and no dropout
            module.zero_grad()
            module.eval()


def run_loop(
    classifier: TextClassifier,
    material: Material,
    recipe: Recipe,
    seed: int,
    arguments: TrainingArguments,
    report: Callable[..., None] | None,
    checkpoints: Path | None,
) -> Trained:
    """Put the Trainer together and run it, from the last checkpoint where there is one."""
    trained_part, dataset, validate = prepare_parts(classifier, material, recipe)
    watcher = Watcher(trained_part, recipe, validate, report)
    resumption = Resumption(checkpoints, run_key(classifier, recipe, seed, material), watcher)
    checkpoint = resumption.restore()
    # from now on texts are cut where they are cut in training
    classifier.config.max_length = min(recipe.max_length, classifier.tokenizer.model_max_length)
    trainer = RecipeTrainer(
        recipe=recipe,
        seed=seed,
        classifier=classifier,
        material=material,
        watcher=watcher,
        resumption=resumption,
        model=trained_part,
        args=arguments,
        train_dataset=dataset,
        data_collator=dataset.collate,
        compute_loss_func=loss_function(recipe, material.label_weights, arguments.device),
    )
    trainer.remove_callback(PrinterCallback)
    watcher.trainer = trainer
    steps = watcher.steps
    if not watcher.is_finished:
        try:
            with quiet_transformers():
                trainer.train(resume_from_checkpoint=checkpoint)
        except Diverged as error:
            error.history = tuple(watcher.history)
            raise
        except torch.OutOfMemoryError as error:
            when = f"at step {trainer.state.global_step + 1}"
            raise OutOfMemory(_does_not_fit(recipe, when, error)) from error
        steps = trainer.state.global_step
    watcher.restore_best()
    counts = np.bincount(material.labels, minlength=len(classifier.labels)).tolist()
    return Trained(
        history=watcher.history,
        measurements=watcher.measurements(*loss_bounds(recipe, material.label_weights, counts)),
        best_epoch=watcher.best_epoch,
        steps=steps,
        samples=watcher.samples,
    )


def _does_not_fit(recipe: Recipe, when: str, error: torch.OutOfMemoryError) -> str:
    ways = [f"lower max_length ({recipe.max_length})"]
    parts = 2 * recipe.gradient_accumulation
    if recipe.batch_size % parts == 0:
        same = f"a batch is the same {recipe.batch_size} texts, computed in {parts} parts"
        ways.insert(0, f"set gradient_accumulation to {parts} ({same})")
    if not recipe.frozen:
        ways.append("train the head alone (frozen: true)")
    told = str(error).partition("\n")[0]
    return f"out of GPU memory {when}: {', '.join(ways[:-1])} or {ways[-1]}. {told}"


def training_arguments(
    recipe: Recipe, seed: int, folder: Path, keeps_checkpoints: bool
) -> TrainingArguments:
    """The Trainer's arguments; everything that a recipe decides elsewhere is switched off."""
    assert recipe.epochs is not None
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.epochs,
        gradient_accumulation_steps=recipe.gradient_accumulation,
        max_grad_norm=recipe.max_gradient_norm,
        use_cpu=not torch.cuda.is_available(),
        seed=derive_seed(seed, "dropout"),
        save_strategy="epoch" if keeps_checkpoints else "no",
        eval_strategy="no",
        logging_strategy="no",
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        # every parameter that is trained gets a gradient; a test per pair says so
        ddp_find_unused_parameters=False,
    )
    # `RecipeTrainer` casts by itself; what `accelerate launch` was told must not come on top
    arguments.mixed_precision = "no"
    # several GPUs in one process would multiply the batch; torchrun gives each its own process
    arguments._n_gpu = min(arguments.n_gpu, 1)
    parts = recipe.gradient_accumulation * arguments.world_size
    if recipe.batch_size % parts:
        raise RecipeError(
            f"batch_size is {recipe.batch_size}, which {arguments.world_size} processes with "
            f"gradient_accumulation {recipe.gradient_accumulation} cannot share evenly"
        )
    arguments.per_device_train_batch_size = recipe.batch_size // parts
    return arguments


def prepare_parts(
    classifier: TextClassifier, material: Material, recipe: Recipe
) -> tuple[nn.Module, Any, Validate | None]:
    """What is trained, on which examples, and how it is validated."""
    ids, labels = material.validation_ids, material.validation_labels
    if recipe.frozen and fits_in_cache(classifier, [*material.token_ids, *ids]):
        head = HeadOverStates(classifier)
        stored = StoredStates(states_of(classifier, material.token_ids), material.labels)
        states = states_of(classifier, ids)

        def validate_head() -> Scores:
            return score(head.logits_of(states).numpy(), labels, classifier.labels)

        return head, stored, validate_head if ids else None

    def validate() -> Scores:
        return score(logits_of(classifier, ids).numpy(), labels, classifier.labels)

    dataset = TokenisedExamples(material.token_ids, material.labels, classifier.tokenizer)
    return classifier, dataset, validate if ids else None


def run_key(
    classifier: TextClassifier, recipe: Recipe, seed: int, material: Material
) -> dict[str, Any]:
    """What a checkpoint must have in common with a run that continues from it."""
    values = (
        material.token_ids,
        material.labels.tolist(),
        material.validation_ids,
        material.validation_labels.tolist(),
    )
    return {
        "format": CHECKPOINT_FORMAT,
        "encoder": classifier.config.encoder,
        "head": classifier.config.head,
        "labels": list(classifier.labels),
        "recipe": recipe.model_dump(),
        "seed": seed,
        "trained_parameters": [
            name for name, each in classifier.named_parameters() if each.requires_grad
        ],
        "examples_sha256": hashlib.sha256(json.dumps(values).encode()).hexdigest(),
    }


def precision_of(recipe: Recipe, device: torch.device) -> torch.autocast:
    """What forward pass and loss of a training are computed within."""
    return torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bf16")


class RecipeTrainer(Trainer):
    """transformers' Trainer with the recipe's optimizer, schedule, precision and order."""

    def __init__(
        self,
        *,
        recipe: Recipe,
        seed: int,
        classifier: TextClassifier,
        material: Material,
        watcher: Watcher,
        resumption: Resumption,
        **options: Any,
    ) -> None:
        self.recipe = recipe
        self.order = BucketedOrder(material.lengths, recipe.batch_size, seed)
        self.classifier = classifier
        self.watcher = watcher
        self.resumption = resumption
        self.step_loss = 0.0
        super().__init__(callbacks=[watcher, resumption], **options)

    def _get_train_sampler(self, train_dataset: Any = None) -> BucketedOrder:
        return self.order

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW over the recipe's parameter groups."""
        if self.optimizer is None:
            self.optimizer = make_optimizer(self.classifier, self.recipe)
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> Any:
        """Warm-up and the recipe's schedule."""
        if self.lr_scheduler is None:
            optimizer = optimizer or self.create_optimizer()
            # what transformers returns is one, only annotated as its parent
            schedule: Any = make_schedule(optimizer, self.recipe, num_training_steps)
            self.lr_scheduler = schedule
        return self.lr_scheduler

    def compute_loss_context_manager(self) -> contextlib.ExitStack:
        """Forward and loss in the recipe's precision.

        accelerate would leave its cast wrapped around the classifier's `forward` for good.
        """
        stack = super().compute_loss_context_manager()
        stack.enter_context(precision_of(self.recipe, self.args.device))
        return stack

    def training_step(self, *arguments: Any, **options: Any) -> torch.Tensor:
        """One part of a batch forward and backward; stops at a loss that is not finite."""
        loss = super().training_step(*arguments, **options)
        value = float(loss)
        if not math.isfinite(value):
            raise Diverged(
                f"the loss is {value} at step {self.state.global_step + 1}; the weights are those "
                "of the step before. Lower the learning rates or raise warmup_ratio"
            )
        self.step_loss += value
        if self.accelerator.sync_gradients:  # the batch is whole, and its gradient not yet clipped
            self.watcher.measure_gradients(self.state.global_step + 1)
        return loss

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        with self.resumption.writing(self.state):
            super()._save_checkpoint(model, trial)
