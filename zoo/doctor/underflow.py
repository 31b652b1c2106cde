"""Gradients that are too small for float16: they become zero on their way back.

Micikevicius et al. 2018, section 3.2, https://arxiv.org/abs/1710.03740
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from zoo.doctor.findings import Finding
from zoo.doctor.patient import Patient

# what a loss is multiplied by to see what comes back then
SCALE = 1024.0
# of the values of a gradient: a mean loss loses less than 0.01 without any scaling
LOST_SHARE = 0.15


class HalfWatch(TorchFunctionMode):
    """Sees whether anything is computed in float16, and what its first backward pass loses.

    `lost` of `total` values of the gradient are zero as the loss is, and are not when it is larger.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.trained = [each for each in model.parameters() if each.requires_grad]
        self.is_half = False
        self.lost = self.total = 0

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function is torch.Tensor.backward and self.is_half and not self.total:
            self.compare(args[0])
        output = function(*args, **(kwargs or {}))
        self.is_half |= isinstance(output, torch.Tensor) and output.dtype == torch.float16
        return output

    def compare(self, loss: torch.Tensor) -> None:
        """Count what one backward pass leaves at zero, and one of the loss `SCALE` times."""
        with torch._C.DisableTorchFunction():
            plain, scaled = (
                torch.autograd.grad(each, self.trained, retain_graph=True, allow_unused=True)
                for each in (loss, SCALE * loss)
            )
            for small, large in zip(plain, scaled, strict=True):
                if small is not None and large is not None:
                    is_there = large != 0
                    self.total += int(is_there.sum())
                    self.lost += int((is_there & (small == 0)).sum())


def examine(patient: Patient) -> Iterator[Finding]:
    """The first backward pass of the user's own step; without one, that of the loss as it is.

    Without the step nobody can see whether it scales the loss: the loss is then only told of.
    """
    watch = HalfWatch(patient.model)
    if any(each.dtype == torch.float16 for each in watch.trained):
        return  # worse, and told by the examination of the optimizer
    batch = patient.served.first[0]
    with patient.mode(training=True), torch.enable_grad(), watch:
        if patient.step is not None:
            patient.step(batch.original)
        else:
            patient.loss_of(batch, patient.call(batch)).backward()
    if watch.lost < LOST_SHARE * max(watch.total, 1):
        return
    evidence = (
        f"{watch.lost / watch.total:.0%} of the {watch.total:,} values of the gradient are zero, "
        f"and are not when the loss is multiplied by {SCALE:,.0f}"
    )
    if patient.step is None:
        patient.left_out.append(f"scaling of the loss: {evidence}; give step= to see if it is used")
        return
    yield Finding(
        "gradient_underflow",
        "The gradient is too small for float16",
        evidence,
        "scaler = torch.amp.GradScaler(); scaler.scale(loss).backward(); scaler.step(optimizer); "
        "scaler.update(); or torch.bfloat16 instead of torch.float16, which needs none",
    )
