"""Functions of torch that a forward pass calls, also where no module stands for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from zoo.doctor.batches import Batch
from zoo.doctor.patient import Patient

RELUS = (nn.functional.relu, nn.functional.relu_, torch.relu, torch.relu_, torch.Tensor.relu)
SOFTMAXES = (nn.functional.softmax, torch.softmax, torch.Tensor.softmax)
DROPOUTS = (nn.functional.dropout, torch.dropout, nn.functional.alpha_dropout)


class FunctionWatch(TorchFunctionMode):
    """Sees dropout and ReLU also where they are called as functions."""

    def __init__(self) -> None:
        super().__init__()
        self.rates: list[float] = []
        self.is_attending = False
        self.dead_shares: list[float] = []

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        output = function(*args, **kwargs)
        if function in DROPOUTS:
            rate = kwargs.get("p", args[1] if len(args) > 1 else 0.5)
            is_on = kwargs.get("training", kwargs.get("train", args[2] if len(args) > 2 else True))
            self.rates.append(float(rate) if is_on else 0.0)
        if function in SOFTMAXES:
            # over pairs or rows of tokens, and not over the labels
            self.is_attending |= isinstance(output, torch.Tensor) and output.ndim >= 3
        self.is_attending |= function is nn.functional.scaled_dot_product_attention
        if function in RELUS and isinstance(output, torch.Tensor) and output.ndim >= 2:
            self.dead_shares.append(dead_share(output))
        return output


def dead_share(output: torch.Tensor) -> float:
    """The share of units that are zero for every example: along the last axis or the channels."""
    is_zero = output.detach() == 0
    axes = {1, output.ndim - 1}
    shares = []
    for axis in axes:
        others = [each for each in range(output.ndim) if each != axis]
        shares.append(float(is_zero.all(dim=others[0], keepdim=True).float().mean()))
        if len(others) > 1:
            shares[-1] = float(is_zero.transpose(0, axis).flatten(1).all(1).float().mean())
    return max(shares)


def watch(patient: Patient, batch: Batch, *, training: bool) -> FunctionWatch:
    """One forward pass under observation."""
    with FunctionWatch() as seen, patient.mode(training=training), torch.no_grad():
        patient.call(batch)
    return seen
