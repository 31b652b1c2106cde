"""What is checked: a head or an encoder, how to make one, and what to feed it."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import nn

from zoo.checks import remedies
from zoo.checks.check import Kind
from zoo.seeds import seeded

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Sentence = torch.Tensor
Batch = tuple[torch.Tensor, torch.Tensor]

SEED = 0
# of the noise on a head's weights: a last layer that begins at zero would hide every fault
NOISE = 0.05


@dataclass(kw_only=True)
class Subject(ABC):
    """A component under test: its class, the options it is built with, what its spec claims.

    `name` is what reports call it; `target` is where a fresh process imports it from.
    """

    kind: ClassVar[Kind]
    component: type
    target: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    claims: Sequence[str] = ()

    # largest difference that counts as none, in float32
    tolerance: ClassVar[float]

    @abstractmethod
    def construct(self, **changes: Any) -> Any:
        """A new component from the global random generators, as its class initialises it."""

    @abstractmethod
    def sentences(self, lengths: Sequence[int], seed: int = SEED) -> list[Sentence]:
        """Random sentences of so many tokens; equal arguments give equal sentences."""

    @abstractmethod
    def filler(self, count: int, seed: int) -> torch.Tensor:
        """Garbage for `count` padded positions, of the shape of a sentence."""

    @abstractmethod
    def blank(self, count: int) -> torch.Tensor:
        """What `count` padded positions usually hold."""

    @abstractmethod
    def outputs(self, module: nn.Module, batch: Batch) -> list[torch.Tensor]:
        """What `module` says of each sentence of a batch, padding left out."""

    @abstractmethod
    def longest(self, module: nn.Module, limit: int) -> int:
        """The tokens of the longest input that `module` takes, up to `limit`."""

    @abstractmethod
    def leave(self, module: Any, folder: Path) -> dict[str, Any]:
        """JSON from which `found` makes this subject again; what is no JSON goes into `folder`."""

    @classmethod
    @abstractmethod
    def found(cls, folder: Path, **fields: Any) -> Self:
        """The subject that `leave` described."""

    def make(self, seed: int = SEED, **changes: Any) -> Any:
        """A component in evaluation mode, the same for the same seed."""
        with seeded(seed, self.kind):
            module = self.construct(**changes)
            self.settle(module)
        return module.eval()

    def settle(self, module: nn.Module) -> None:
        """Bring a new component into the state that it is checked in: as it is, by default."""
        return

    def padded(
        self,
        sentences: Sequence[Sentence],
        length: int | None = None,
        garbage: int | None = None,
    ) -> Batch:
        """The sentences as one batch, `(batch, seq, …)` and its mask `(batch, seq)` of 0 and 1.

        Padded on the right to `length`, with garbage of this seed if given.
        """
        length = length or max(len(one) for one in sentences)
        rows, mask = [], torch.zeros(len(sentences), length, dtype=torch.long)
        for row, sentence in enumerate(sentences):
            count = length - len(sentence)
            fill = self.blank(count) if garbage is None else self.filler(count, garbage + row)
            rows.append(torch.cat([sentence, fill]))
            mask[row, : len(sentence)] = 1
        return torch.stack(rows), mask

    def one_by_one(self, module: nn.Module, sentences: Sequence[Sentence]) -> list[torch.Tensor]:
        """What `module` says of each sentence alone, without any padding."""
        return [self.outputs(module, self.padded([one]))[0] for one in sentences]

    def remedy_for(self, check: str) -> str:
        """How a component that fails this check is usually mended, by what its code does."""
        return remedies.remedy(check, self.component)


@dataclass(kw_only=True)
class HeadSubject(Subject):
    """A head under test, on hidden states of `hidden_size`."""

    kind: ClassVar[Kind] = "head"
    tolerance: ClassVar[float] = 1e-5
    hidden_size: int = 64
    num_labels: int = 3

    def construct(self, *, num_labels: int | None = None, **options: Any) -> Any:
        count = self.num_labels if num_labels is None else num_labels
        return self.component(self.hidden_size, count, **{**self.options, **options})

    def settle(self, module: nn.Module) -> None:
        with torch.no_grad():
            for parameter in module.parameters():
                if parameter.is_floating_point():
                    parameter.add_(torch.randn_like(parameter), alpha=NOISE)

    def sentences(self, lengths: Sequence[int], seed: int = SEED) -> list[Sentence]:
        generator = torch.Generator().manual_seed(seed)
        return [torch.randn(length, self.hidden_size, generator=generator) for length in lengths]

    def filler(self, count: int, seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1000 + seed)
        # an encoder's padded states are finite, but of any size
        return 1e3 * torch.randn(count, self.hidden_size, generator=generator)

    def blank(self, count: int) -> torch.Tensor:
        # not zeros: what an encoder says of padding is of the size of everything else
        generator = torch.Generator().manual_seed(999)
        return torch.randn(count, self.hidden_size, generator=generator)

    def outputs(self, module: nn.Module, batch: Batch) -> list[torch.Tensor]:
        return list(module(*batch))

    def longest(self, module: nn.Module, limit: int) -> int:
        return limit

    def leave(self, module: Any, folder: Path) -> dict[str, Any]:
        return {
            "hidden_size": self.hidden_size,
            "num_labels": self.num_labels,
            "options": dict(self.options),
        }

    @classmethod
    def found(cls, folder: Path, **fields: Any) -> Self:
        return cls(**fields)


@dataclass(kw_only=True)
class EncoderSubject(Subject):
    """An encoder under test, with random weights over a configuration and a tokenizer."""

    kind: ClassVar[Kind] = "encoder"
    # twelve layers of sums in another order
    tolerance: ClassVar[float] = 1e-4
    configuration: Mapping[str, Any]
    tokenizer: PreTrainedTokenizerBase

    def construct(self, **options: Any) -> Any:
        sizes = {"vocab_size": len(self.tokenizer), "pad_token_id": self.tokenizer.pad_token_id}
        return self.component(
            {**self.configuration, **sizes}, self.tokenizer, **{**self.options, **options}
        )

    def sentences(self, lengths: Sequence[int], seed: int = SEED) -> list[Sentence]:
        generator = torch.Generator().manual_seed(seed)
        special = set(self.tokenizer.all_special_ids)
        words = torch.tensor([one for one in range(len(self.tokenizer)) if one not in special])
        return [
            words[torch.randint(len(words), (length,), generator=generator)] for length in lengths
        ]

    def filler(self, count: int, seed: int) -> torch.Tensor:
        return self.sentences([count], 1000 + seed)[0]

    def blank(self, count: int) -> torch.Tensor:
        return torch.full((count,), self.tokenizer.pad_token_id or 0)

    def outputs(self, module: nn.Module, batch: Batch) -> list[torch.Tensor]:
        hidden = module(*batch)
        return [states[mask.bool()] for states, mask in zip(hidden, batch[1], strict=True)]

    def longest(self, module: nn.Module, limit: int) -> int:
        return min(self.tokenizer.model_max_length, limit)

    def leave(self, module: Any, folder: Path) -> dict[str, Any]:
        self.tokenizer.save_pretrained(folder)
        # as a saved classifier does: its own account of itself, not what it was made from
        return {"configuration": dict(module.configuration), "options": dict(self.options)}

    @classmethod
    def found(cls, folder: Path, **fields: Any) -> Self:
        from transformers import AutoTokenizer

        return cls(tokenizer=AutoTokenizer.from_pretrained(folder), **fields)


SUBJECTS: Mapping[str, type[Subject]] = {"head": HeadSubject, "encoder": EncoderSubject}


def is_importable(component: type) -> bool:
    """Whether another process finds this class by its module and name."""
    found = getattr(sys.modules.get(component.__module__), component.__qualname__, None)
    return component.__module__ != "__main__" and found is component
