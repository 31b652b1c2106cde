"""What is seen of a training while it runs: losses, validation, the best weights, when to stop."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from transformers import TrainerCallback

from zoo.errors import Diverged, EvaluationError
from zoo.measurements import Answers, Measurements
from zoo.movement import Beginning, trained_parts
from zoo.optimization import gradient_norms, has_finite_gradients

if TYPE_CHECKING:
    from zoo.metrics import Scores
    from zoo.recipe import Recipe
    from zoo.trainer import RecipeTrainer, Validate

# of the loss that progress shows, over steps
LOSS_MEMORY = 0.9
# an epoch's steps in so many parts: whether the loss still falls shows within a single epoch too
PARTS_OF_AN_EPOCH = 4
# steps after which a part that has got no gradient at all is warned of
EARLY_STEPS = 10
# below it nothing is left to learn, and a gradient of 0 is no fault
LEARNED_LOSS = 0.01


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
        self.best_answers: dict[str, Any] | None = None
        self.best_state: dict[str, torch.Tensor] | None = None
        self.parts = trained_parts(model)
        self.beginning = Beginning(self.parts)
        self.without_gradient = set(self.parts)
        self.first_loss: float | None = None
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
        self.epoch_norms: list[dict[str, float]] = []
        self.epoch_started = time.perf_counter()

    def measure_gradients(self, step: int) -> None:
        """Stop before a gradient that is not finite reaches the weights; keep the lengths."""
        norms = gradient_norms(self.parts)
        # a length may be infinite where no gradient is: its squares are summed
        is_finite = all(map(math.isfinite, norms.values()))
        if not is_finite and not has_finite_gradients(self.model.parameters()):
            raise Diverged(
                f"a gradient is not finite at step {step}; the weights are those "
                "of the step before. Lower the learning rates, or set precision to fp32"
            )
        self.epoch_norms.append(norms)
        self.without_gradient -= {name for name, norm in norms.items() if norm != 0}
        if step == EARLY_STEPS and self.trainer.step_loss > LEARNED_LOSS:
            self._warn_of_parts_without_gradient()

    def _warn_of_parts_without_gradient(self) -> None:
        for name in sorted(self.without_gradient):
            warnings.warn(
                f"the {name} has got no gradient in {EARLY_STEPS} steps and cannot learn. Is what "
                "the head returns computed from the states, without detach, torch.no_grad or an "
                "activation that is 0 everywhere?",
                stacklevel=2,
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Add up the loss and say where training stands."""
        loss, self.trainer.step_loss = self.trainer.step_loss, 0.0
        self.steps = state.global_step
        self.epoch_losses.append(loss)
        self.first_loss = loss if self.first_loss is None else self.first_loss
        last = self.recent_loss
        self.recent_loss = loss if last is None else LOSS_MEMORY * last + (1 - LOSS_MEMORY) * loss
        self._report(state)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Validate, remember the best weights, and stop when nothing gets better."""
        self.samples += len(self.trainer.order)
        epoch = len(self.history) + 1
        entry = self._measured(epoch)
        if self.validate is None:
            self.best_epoch = epoch
        else:
            scores = self._validated(epoch)
            answers = Answers.of(scores.confusion)
            entry |= {"validation_loss": scores.metrics["nll"], **scores.metrics}
            entry["prediction_entropy"] = answers.prediction_entropy
            self._compare(epoch, scores.metrics, answers)
        entry["seconds"] = time.perf_counter() - self.epoch_started
        self.history.append(entry)
        if self.is_finished:
            control.should_training_stop = True
        self._report(state, entry)

    def _measured(self, epoch: int) -> dict[str, Any]:
        parts = np.array_split(self.epoch_losses, min(PARTS_OF_AN_EPOCH, len(self.epoch_losses)))
        entry: dict[str, Any] = {
            "epoch": epoch,
            "train_loss": float(np.mean(self.epoch_losses)),
            "train_losses": [float(part.mean()) for part in parts],
        }
        for name in self.parts:
            norms = [one[name] for one in self.epoch_norms]
            entry[f"{name}_gradient_norm"] = float(np.mean(norms))
        return entry

    def _validated(self, epoch: int) -> Scores:
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

    def _compare(self, epoch: int, metrics: dict[str, float], answers: Answers) -> None:
        select_by = self.recipe.select_by
        value = -metrics["nll"] if select_by == "loss" else metrics[select_by]
        if value > self.best_score:
            self.best_score, self.best_epoch = value, epoch
            self.best_answers = answers.model_dump()
            self.best_state = {
                name: tensor.detach().cpu().clone()
                for name, tensor in self.model.state_dict().items()
            }

    def restore_best(self) -> None:
        """Give the model the weights of its best epoch."""
        if self.best_state is not None:
            self.model.load_state_dict(self.best_state)

    def measurements(self, chance_loss: float, least_loss: float) -> Measurements:
        """What was measured, of the weights that the model has now."""
        movements = self.beginning.movements()
        return Measurements(
            chance_loss=chance_loss,
            least_loss=least_loss,
            first_loss=self.first_loss,
            steps=self.steps,
            answers=None if self.best_answers is None else Answers(**self.best_answers),
            encoder=movements.get("encoder"),
            head=movements.get("head"),
        )

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
