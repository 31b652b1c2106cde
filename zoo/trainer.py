"""The training loop: transformers' Trainer, with the optimizer, order and loss of a recipe."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from zoo.batching import BucketedOrder, TokenisedExamples
from zoo.errors import TrainingError
from zoo.frozen import HeadOverStates, StoredStates, fits_in_cache, states_of
from zoo.metrics import score
from zoo.optimization import is_finite, make_optimizer, make_schedule
from zoo.prediction import logits_of
from zoo.resumption import Resumption
from zoo.seeds import derive_seed, seeded

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.recipe import Recipe

# of the loss that progress shows, over steps
LOSS_MEMORY = 0.9


class Diverged(TrainingError):
    """A loss or a gradient was NaN or infinite; the weights are the last finite ones."""


@dataclass(frozen=True, slots=True)
class Material:
    """What is trained on: token ids and label indices of every example, in order."""

    token_ids: list[list[int]]
    labels: np.ndarray
    lengths: list[int]
    validation_ids: list[list[int]] | None
    validation_labels: np.ndarray | None
    label_weights: list[float] | None


@dataclass(slots=True)
class Trained:
    """What the loop leaves beside the weights."""

    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    steps: int = 0
    samples: int = 0


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
    if recipe.frozen:
        classifier.freeze_encoder()
    with tempfile.TemporaryDirectory() as folder, seeded(seed, "dropout"):
        arguments = training_arguments(recipe, seed, checkpoints or Path(folder), bool(checkpoints))
        classifier.to(arguments.device)
        trained_part, dataset, validate = prepare_parts(classifier, material, recipe)
        watcher = Watcher(trained_part, recipe, validate, report)
        trainer = RecipeTrainer(
            recipe=recipe,
            seed=seed,
            classifier=classifier,
            material=material,
            model=trained_part,
            args=arguments,
            train_dataset=dataset,
            data_collator=dataset.collate,
            compute_loss_func=loss_function(recipe, material.label_weights, arguments.device),
            callbacks=[watcher],
        )
        trainer.remove_callback(PrinterCallback)
        watcher.trainer = trainer
        resumption = Resumption(checkpoints, run_key(recipe, seed, material), watcher)
        trainer.add_callback(resumption)
        trainer.train(resume_from_checkpoint=resumption.restore())
        watcher.restore_best()
    classifier.eval()
    steps = trainer.state.global_step
    return Trained(watcher.history, watcher.best_epoch, steps, watcher.samples)


def training_arguments(
    recipe: Recipe, seed: int, folder: Path, keeps_checkpoints: bool
) -> TrainingArguments:
    """The Trainer's arguments; everything that a recipe decides elsewhere is switched off."""
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=math.ceil(recipe.batch_size / recipe.gradient_accumulation),
        gradient_accumulation_steps=recipe.gradient_accumulation,
        max_grad_norm=recipe.max_gradient_norm,
        use_cpu=not torch.cuda.is_available(),
        bf16=recipe.precision == "bf16",
        seed=derive_seed(seed, "dropout"),
        save_strategy="epoch" if keeps_checkpoints else "no",
        save_total_limit=2,
        eval_strategy="no",
        logging_strategy="no",
        logging_nan_inf_filter=False,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    # several GPUs in one process would multiply the batch; torchrun gives each its own process
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def prepare_parts(
    classifier: TextClassifier, material: Material, recipe: Recipe
) -> tuple[nn.Module, Any, Callable[[], dict[str, float]] | None]:
    """What is trained, on which examples, and how it is validated."""
    uses_states = recipe.frozen and fits_in_cache(
        classifier, [*material.token_ids, *(material.validation_ids or [])]
    )
    trained_part: nn.Module = classifier
    dataset: Any = TokenisedExamples(material.token_ids, material.labels, classifier.tokenizer)
    if uses_states:
        trained_part = HeadOverStates(classifier)
        dataset = StoredStates(states_of(classifier, material.token_ids), material.labels)
    if material.validation_ids is None:
        return trained_part, dataset, None
    ids, labels = material.validation_ids, material.validation_labels
    states = states_of(classifier, ids) if uses_states else None

    def validate() -> dict[str, float]:
        if states is None:
            logits = logits_of(classifier, ids)
        else:
            logits = trained_part.logits_of(states)
        return score(logits.numpy(), labels, classifier.labels).metrics

    return trained_part, dataset, validate


def loss_function(
    recipe: Recipe, label_weights: Sequence[float] | None, device: torch.device
) -> Callable[..., torch.Tensor]:
    """Cross-entropy with the recipe's label smoothing and class weights.

    The sum over a part divided by the examples of the whole batch, so that a batch computed in parts
    has the gradient of a batch computed at once.
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


def run_key(recipe: Recipe, seed: int, material: Material) -> dict[str, Any]:
    """What a checkpoint must have in common with a run that continues from it."""
    return {
        "recipe": recipe.model_dump(),
        "seed": seed,
        "examples": len(material.labels),
        "tokens": sum(len(ids) for ids in material.token_ids),
    }


class RecipeTrainer(Trainer):
    """transformers' Trainer with the recipe's optimizer, schedule and order of examples."""

    def __init__(
        self,
        *,
        recipe: Recipe,
        seed: int,
        classifier: TextClassifier,
        material: Material,
        **options: Any,
    ) -> None:
        self.recipe = recipe
        self.order = BucketedOrder(material.lengths, recipe.batch_size, seed)
        self.classifier = classifier
        self.step_loss = 0.0
        super().__init__(**options)

    def _get_train_sampler(self, train_dataset: Any = None) -> BucketedOrder:
        return self.order

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW over the recipe's parameter groups."""
        if self.optimizer is None:
            self.optimizer = make_optimizer(self.classifier, self.recipe)
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """Warm-up and the recipe's schedule."""
        if self.lr_scheduler is None:
            self.lr_scheduler = make_schedule(
                optimizer or self.optimizer, self.recipe, num_training_steps
            )
        return self.lr_scheduler

    def training_step(self, *arguments: Any, **options: Any) -> torch.Tensor:
        """One part of a batch forward and backward; stops at a loss that is not finite."""
        loss = super().training_step(*arguments, **options)
        value = float(loss)
        if not math.isfinite(value):
            raise Diverged(
                f"the loss is {value} at step {self.state.global_step + 1}; the weights are those of "
                "the step before. Lower the learning rates or raise warmup_ratio"
            )
        self.step_loss += value
        return loss


class Watcher(TrainerCallback):
    """Follows the loop: losses, validation after each epoch, best weights, early stopping."""

    def __init__(
        self,
        model: nn.Module,
        recipe: Recipe,
        validate: Callable[[], dict[str, float]] | None,
        report: Callable[..., None] | None,
    ) -> None:
        self.model = model
        self.recipe = recipe
        self.validate = validate
        self.report = report
        self.trainer: RecipeTrainer
        self.history: list[dict[str, Any]] = []
        self.best_epoch = 0
        self.best_score = -math.inf
        self.best_state: dict[str, torch.Tensor] | None = None
        self.samples = 0
        self.recent_loss: float | None = None

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start this epoch's sums."""
        self.epoch_losses: list[float] = []
        self.epoch_started = time.perf_counter()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop before a gradient that is not finite reaches the weights."""
        if not is_finite(list(self.model.parameters())):
            raise Diverged(
                f"a gradient is not finite at step {state.global_step + 1}; the weights are those of "
                "the step before. Lower the learning rates, or set precision to fp32"
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add up the loss and say where training stands."""
        loss, self.trainer.step_loss = self.trainer.step_loss, 0.0
        self.epoch_losses.append(loss)
        last = self.recent_loss
        self.recent_loss = loss if last is None else LOSS_MEMORY * last + (1 - LOSS_MEMORY) * loss
        self._report(state)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Validate, remember the best weights, and stop when nothing gets better."""
        self.samples += len(self.trainer.order)
        epoch = len(self.history) + 1
        entry: dict[str, Any] = {"epoch": epoch, "train_loss": float(np.mean(self.epoch_losses))}
        if self.validate is None:
            self.best_epoch = epoch
        else:
            metrics = self.validate()
            entry |= {"validation_loss": metrics["nll"], **metrics}
            self._compare(epoch, metrics)
            patience = self.recipe.patience
            control.should_training_stop = (
                patience is not None and epoch - self.best_epoch >= patience
            )
        entry["seconds"] = time.perf_counter() - self.epoch_started
        self.history.append(entry)
        self._report(state, entry)

    def _compare(self, epoch: int, metrics: dict[str, float]) -> None:
        select_by = self.recipe.select_by
        value = -metrics["nll"] if select_by == "loss" else metrics[select_by]
        if value > self.best_score:
            self.best_score, self.best_epoch = value, epoch
            self.best_state = {
                name: tensor.detach().cpu().clone()
                for name, tensor in self.model.state_dict().items()
            }

    def restore_best(self) -> None:
        """Give the model the weights of its best epoch."""
        if self.best_state is not None and self.best_epoch != len(self.history):
            self.model.load_state_dict(self.best_state)

    def _report(self, state: Any, entry: dict[str, Any] | None = None) -> None:
        if self.report is None:
            return
        epoch = len(self.history) if entry else len(self.history) + 1
        self.report(
            epoch=epoch,
            epochs=self.recipe.epochs,
            step=state.global_step,
            steps=state.max_steps,
            loss=self.recent_loss,
            validation=entry,
        )
