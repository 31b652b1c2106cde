"""What a case hands to `zoo.diagnose`, and a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

import zoo

if TYPE_CHECKING:
    from doctor_proof.material import Material


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The arguments of `zoo.diagnose`, by their names."""

    model: nn.Module
    batches: Iterable[Any]
    optimizer: torch.optim.Optimizer | None = None
    loss: Callable[..., torch.Tensor] | None = None
    scheduler: Any = None
    steps: int | None = None
    step: Callable[[Any], Any] | None = None
    tokenizer: Any = None
    texts: Sequence[str] | None = None


Author = Callable[["Material"], Setup]


@dataclass(frozen=True)
class Case:
    """A training as somebody wrote it, named after the function that writes it."""

    author: Author

    @property
    def name(self) -> str:
        """The function's name, with hyphens."""
        return self.author.__name__.replace("_", "-")

    def build(self, material: Material) -> Setup:
        """The set-up, the same each time; torch's global generator is left as it was."""
        # read now: what is trained on the way must not depend on which case comes first
        material.prepare()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.author(material)


@dataclass(frozen=True)
class BrokenCase(Case):
    """A training with one fault; `cause` is what the doctor should name first."""

    cause: str


@dataclass(frozen=True)
class HealthyCase(Case):
    """A training that learns; the doctor should name nothing."""


def diagnose(setup: Setup) -> Any:
    """The doctor's report, the order of shuffled batches and dropout the same each time."""
    arguments = {field.name: getattr(setup, field.name) for field in fields(setup)}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return zoo.diagnose(**arguments)
