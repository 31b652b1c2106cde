"""Whether weights move: a sample of them, kept from before training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from zoo.measurements import Movement

Parts = Mapping[str, Sequence[nn.Parameter]]

# of each tensor: enough for a share to one in a hundred, and next to no memory
SAMPLED_WEIGHTS = 4096


class Beginning:
    """The weights of each part as they are now: of large tensors a sample at equal distances."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.samples = {name: self._sample(parameters) for name, parameters in parts.items()}

    def movements(self) -> dict[str, Movement]:
        """How far each part is from its beginning; parts without weights are left out."""
        return {
            name: movement(before, self._sample(self.parts[name]))
            for name, before in self.samples.items()
            if len(before)
        }

    def _sample(self, parameters: Sequence[nn.Parameter]) -> torch.Tensor:
        pieces = []
        for parameter in parameters:
            flat = parameter.detach().flatten()
            distance = -(-len(flat) // SAMPLED_WEIGHTS)
            pieces.append(flat[:: max(distance, 1)].cpu().double())
        return torch.cat(pieces) if pieces else torch.empty(0)


def movement(before: torch.Tensor, after: torch.Tensor) -> Movement:
    """How far weights went; where all began at 0, over the length of where they are."""
    length = before.norm() if before.norm() > 0 else after.norm()
    change = (after - before).norm()
    return Movement(
        moved_share=float((after != before).double().mean()),
        relative_change=float(change / length) if length > 0 else 0.0,
    )


def trained_parts(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    """The parameters that are trained of the encoder, where the model has one, and of the head."""
    children = {name: getattr(model, name, None) for name in ("encoder", "head")}
    parts = {
        name: [each for each in child.parameters() if each.requires_grad]
        for name, child in children.items()
        if isinstance(child, nn.Module)
    }
    return {name: parameters for name, parameters in parts.items() if parameters}
