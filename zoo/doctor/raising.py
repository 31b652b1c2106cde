"""A training that stops with an error before its first step is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from zoo.doctor.findings import Finding
from zoo.doctor.patient import Output, Patient

FIX = "mend what the error names: as it stands, training stops there"


def examine(patient: Patient) -> Iterator[Finding]:
    """Model and loss on the first batch, as training computes them."""
    if patient.loss is None and patient.takes_labels is None:
        return  # the loss is none of the user's
    batch = patient.served.first[0]
    with patient.mode(training=True), torch.enable_grad():
        try:
            output = patient.call(batch)
        except Exception as error:  # a stranger's forward
            with_labels = "" if patient.takes_labels is None else " and its labels"
            yield raised("model", f"a batch of training{with_labels}", error)
            return
        if patient.loss is not None:
            yield from refused(patient, output, batch.labels)


def refused(patient: Patient, output: Output, labels: Any) -> Iterator[Finding]:
    """A loss that raises, or of which backward would."""
    assert patient.loss is not None
    if isinstance(labels, torch.Tensor):
        labels = labels.to(patient.device)
    name = named(patient.loss, "loss")
    given = f"logits {described(output.logits)} and labels {described(labels)}"
    try:
        value: Any = patient.loss(output.logits, labels)
    except Exception as error:  # a stranger's loss
        yield raised(name, given, error)
        return
    if not isinstance(value, torch.Tensor):
        yield Finding(
            "training_raises",
            "The loss is no tensor",
            f"{name}, given {given}, returns a {type(value).__name__}, which has no backward()",
            "return the tensor itself, without .item(), float() or .numpy()",
        )
    elif value.numel() != 1 and patient.step is None:  # a step may reduce it
        yield Finding(
            "training_raises",
            "The loss is not one number",
            f"{name}, given {given}, returns a tensor {described(value)}: backward() wants one "
            "number",
            'its mean: reduction="mean", or lambda logits, labels: loss(logits, labels).mean()',
        )


def raised(name: str, given: str, error: Exception) -> Finding:
    """The finding that something of the user's raised an error."""
    return Finding(
        "training_raises",
        "Training stops with an error",
        f"{name}, given {given}, raises {type(error).__name__}: {error}",
        FIX,
    )


def named(function: Any, role: str) -> str:
    """What the user gave as `role`, by its own name."""
    own = getattr(function, "__qualname__", None) or type(function).__name__
    return f"{role} ({own})"


def described(value: Any) -> str:
    """The shape and dtype of a tensor, the type of anything else."""
    if not isinstance(value, torch.Tensor):
        return type(value).__name__
    return f"{tuple(value.shape)} of {str(value.dtype).removeprefix('torch.')}"
