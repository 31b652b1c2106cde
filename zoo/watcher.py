"""What is seen of a training while it runs: losses, validation, the best weights, when to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from transformers import TrainerCallback

from zoo.errors import Diverged, EvaluationError
from zoo.optimization import has_finite_gradients

if TYPE_CHECKING:
    from zoo.recipe import Recipe
    from zoo.trainer import RecipeTrainer, Validate

# of the loss that progress shows, over steps
LOSS_MEMORY = 0.9


class Watcher(TrainerCallback):
    """Follows the loop: losses, validation after each epoch, best weights, early stopping."""

    trainer: RecipeTrainer

    def __init__(
        self,
        model: nn.Module,
        recipe: Recipe,
        validate: Validate | None,
        report: Callable[..., None] | None,
    ) -> None:
        self.model = model
        self.recipe = recipe
        self.validate = validate
        self.report = report
        self.history: list[dict[str, Any]] = []
        self.best_epoch = 0
        self.best_score = -math.inf
        self.best_state: dict[str, torch.Tensor] | None = None
        self.steps = 0
        self.samples = 0
        self.recent_loss: float | None = None

    @property
    def is_finished(self) -> bool:
        """Whether every epoch was trained, or `patience` of them made nothing better."""
        patience = self.recipe.patience
        is_stale = (
            self.validate is not None
            and patience is not None
            and len(self.history) - self.best_epoch >= patience
        )
        return len(self.history) == self.recipe.epochs or is_stale

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start this epoch's sums."""
        self.epoch_losses: list[float] = []
        self.epoch_started = time.perf_counter()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Stop before a gradient that is not finite reaches the weights."""
        if not has_finite_gradients(self.model.parameters()):
            raise Diverged(
                f"a gradient is not finite at step {state.global_step + 1}; the weights are those "
                "of the step before. Lower the learning rates, or set precision to fp32"
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add up the loss and say where training stands."""
        loss, self.trainer.step_loss = self.trainer.step_loss, 0.0
        self.steps = state.global_step
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
            metrics = self._validated(epoch)
            entry |= {"validation_loss": metrics["nll"], **metrics}
            self._compare(epoch, metrics)
        entry["seconds"] = time.perf_counter() - self.epoch_started
        self.history.append(entry)
        if self.is_finished:
            control.should_training_stop = True
        self._report(state, entry)

    def _validated(self, epoch: int) -> dict[str, float]:
        assert self.validate is not None
        try:
            return self.validate()
        except EvaluationError as error:
            self.restore_best()
            raise Diverged(
                f"after epoch {epoch} {error}"
                + (
                    ""
                    if self.best_state is None
                    else f"; the weights are of epoch {self.best_epoch}"
                )
            ) from error

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
        if self.best_state is not None:
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
