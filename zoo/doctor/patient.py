"""The model under examination, with all that trains it, behind one way to call it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from zoo.doctor.batches import Batch, Served
from zoo.doctor.parts import in_part
from zoo.errors import DiagnosisError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from zoo.doctor.keeping import Kept

# as torch's cross-entropy leaves them out
IGNORED_LABEL = -100
DEFAULT_PASSES = 3
LOOKED_AT = 4
LARGEST_BATCH = 16
# Devlin et al. 2019, appendix A.3, of encoders as large as theirs
USUAL_RATES = "pretrained encoders want 1e-5 to 5e-5, a fresh head 1e-3"


@dataclass(frozen=True, slots=True)
class Output:
    """What a model gave: `logits` `(batch, label)` and its own loss, as far as there are any."""

    logits: torch.Tensor | None
    loss: torch.Tensor | None


@dataclass
class Patient:
    """All that `zoo.diagnose` was given. Whatever is done to it is undone through `kept`."""

    model: nn.Module
    optimizer: torch.optim.Optimizer | None
    served: Served
    loss: Callable[..., torch.Tensor] | None
    scheduler: Any
    planned_steps: int | None
    step: Callable[[Any], Any] | None
    tokenizer: PreTrainedTokenizerBase | None
    texts: Sequence[str] | None
    kept: Kept
    # in words, for the advice
    usual_rates: str = USUAL_RATES
    left_out: list[str] = field(default_factory=list)
    # steps of the scheduler for each of the optimizer, where the user's own step was watched
    schedule_pace: float | None = None

    @property
    def device(self) -> torch.device:
        return next((each.device for each in self.model.parameters()), torch.device("cpu"))

    @property
    def steps(self) -> int:
        """Optimizer steps of the planned training; three passes where nobody said."""
        per_pass = self.served.per_pass or len(self.served.first)
        return self.planned_steps or DEFAULT_PASSES * per_pass

    @functools.cached_property
    def sample(self) -> tuple[Batch, ...]:
        """A few small batches from all over the data, if they can be had."""
        chosen = (self.served.spread or self.served.first)[:LOOKED_AT]
        return tuple(batch.taken(slice(LARGEST_BATCH)) for batch in chosen)

    @property
    def all_batches(self) -> tuple[Batch, ...]:
        return (*self.served.first, *self.served.spread)

    @functools.cached_property
    def takes_labels(self) -> str | None:
        """How the model takes labels for a loss of its own: `"name"`, `"place"` or None."""
        if self.loss is not None:
            return None
        parameters = inspect.signature(self.model.forward).parameters
        if "labels" in parameters and self.sample[0].kwargs:
            return "name"
        needed = [
            each
            for each in parameters.values()
            if each.default is each.empty and each.kind == each.POSITIONAL_OR_KEYWORD
        ]
        is_short = bool(self.sample[0].args) and len(needed) == len(self.sample[0].args) + 1
        return "place" if is_short else None

    def call(self, batch: Batch) -> Output:
        """The model's output in the mode that it is in."""
        here = batch.mapped(lambda tensor: tensor.to(self.device))
        args, kwargs = here.args, dict(here.kwargs)
        if self.takes_labels == "name":
            kwargs["labels"] = here.labels
        elif self.takes_labels == "place":
            args = (*args, here.labels)
        return parse_output(self.model(*args, **kwargs), len(batch))

    def loss_of(self, batch: Batch, output: Output) -> torch.Tensor:
        """The loss as training computes it; raises `DiagnosisError` where there is none."""
        labels = batch.labels
        if isinstance(labels, torch.Tensor):
            labels = labels.to(self.device)
        if self.loss is not None:
            given = self.loss(output.logits, labels)
        elif output.loss is not None:
            given = output.loss
        elif output.logits is not None:
            given = nn.functional.cross_entropy(output.logits.float(), labels)
        else:
            raise DiagnosisError("the model gives neither logits (batch, label) nor a loss")
        return given if given.ndim == 0 else given.mean()

    @contextlib.contextmanager
    def mode(self, *, training: bool, seed: int = 0) -> Iterator[None]:
        """The model in one mode throughout, and the same chance every time."""
        torch.manual_seed(seed)
        self.model.train(training)
        yield

    @contextlib.contextmanager
    def other_weights(self, part: str = "") -> Iterator[None]:
        """The weights of a part, or all, with noise on them: what does not depend on them stays.

        The noise is about as large as the weights, and not nothing where they are 0.
        """
        generator = torch.Generator().manual_seed(0)
        changed = [each for name, each in self.model.named_parameters() if in_part(name, part)]
        before = [each.detach().clone() for each in changed]
        with torch.no_grad():
            for each in changed:
                noise = torch.randn(each.shape, generator=generator).to(each)
                each.add_(noise * (each.float().std(unbiased=False) + 0.1).to(each))
        try:
            yield
        finally:
            with torch.no_grad():
                for each, value in zip(changed, before, strict=True):
                    each.copy_(value)

    def logits(self, batch: Batch, *, training: bool = False, seed: int = 0) -> torch.Tensor | None:
        """The logits of a batch in float32 on the CPU, without gradients."""
        if self.takes_labels is not None and isinstance(batch.labels, torch.Tensor):
            # those of the data may lie out of range, and decide no logit
            batch = dataclasses.replace(batch, labels=torch.zeros_like(batch.labels))
        with self.mode(training=training, seed=seed), torch.no_grad():
            found = self.call(batch).logits
        return None if found is None else found.detach().float().cpu()

    def mean_loss(self, batches: Sequence[Batch]) -> float:
        """The mean loss over batches in evaluation."""
        with self.mode(training=False), torch.no_grad():
            losses = [float(self.loss_of(batch, self.call(batch))) for batch in batches]
        return sum(losses) / len(losses)

    @functools.cached_property
    def num_labels(self) -> int | None:
        """The width of the logits."""
        found = self.logits(self.sample[0])
        return None if found is None else found.shape[1]

    @functools.cached_property
    def label_entropy(self) -> float:
        """Nats that guessing by the labels' shares costs: what a model that knows nothing pays."""
        labels = known_labels(self.all_batches)
        shares = np.bincount(labels) / max(1, len(labels))
        return float(-sum(share * math.log(share) for share in shares if share > 0))


def parse_output(value: Any, size: int) -> Output:
    """Logits and loss out of whatever a model gave."""
    if isinstance(value, Mapping) or hasattr(value, "logits"):
        get = value.get if isinstance(value, Mapping) else lambda name: getattr(value, name, None)
        return Output(get("logits"), get("loss"))
    parts = value if isinstance(value, tuple | list) else (value,)
    tensors = [each for each in parts if isinstance(each, torch.Tensor)]
    tensors = [each for each in tensors if each.is_floating_point()]
    logits = next((each for each in tensors if each.ndim == 2 and each.shape[0] == size), None)
    return Output(logits, next((each for each in tensors if each.ndim == 0), None))


def class_indices(batch: Batch) -> np.ndarray | None:
    """One class index for each example, also of one-hot labels; None where there is none."""
    labels = torch.as_tensor(batch.labels).detach().cpu()
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        is_one_hot = bool(((labels == 0) | (labels == 1)).all() and (labels.sum(1) == 1).all())
        return labels.argmax(1).numpy() if is_one_hot else None
    if labels.ndim != 1 or bool((labels != labels.long()).any()):
        return None
    return labels.long().numpy()


def known_labels(batches: Sequence[Batch]) -> np.ndarray:
    """The class indices of all examples of batches, those that the loss leaves out left out."""
    found = [labels for labels in map(class_indices, batches) if labels is not None]
    together = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    return together[together != IGNORED_LABEL]
