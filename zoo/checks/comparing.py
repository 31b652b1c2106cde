"""Two outputs compared, and the difference in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from zoo.checks.check import CheckFailed

if TYPE_CHECKING:
    from zoo.checks.subject import Subject


def near(
    subject: Subject,
    check: str,
    found: Sequence[torch.Tensor],
    expected: Sequence[torch.Tensor],
    circumstance: str,
) -> None:
    """Raise `CheckFailed` where an output moved by more than the subject's tolerance."""
    _compare(subject, check, found, expected, circumstance, subject.tolerance)


def equal(
    subject: Subject,
    check: str,
    found: Sequence[torch.Tensor],
    expected: Sequence[torch.Tensor],
    circumstance: str,
) -> None:
    """Raise `CheckFailed` where an output moved by a single bit."""
    _compare(subject, check, found, expected, circumstance, 0.0)


def _compare(
    subject: Subject,
    check: str,
    found: Sequence[torch.Tensor],
    expected: Sequence[torch.Tensor],
    circumstance: str,
    tolerance: float,
) -> None:
    what = f"{'logits' if subject.kind == 'head' else 'states'}"
    bound = f"within {tolerance:g}" if tolerance else "bit for bit"
    for row, (now, was) in enumerate(zip(found, expected, strict=True)):
        if now.shape != was.shape:
            raise CheckFailed(
                f"{what} of shape {tuple(was.shape)}",
                f"sentence {row} {circumstance}: shape {tuple(now.shape)}",
                subject.remedy_for(check),
            )
        # beyond 1 the tolerance grows with the number, as float32's own steps do
        difference = float(((now - was).abs() / was.abs().clamp(min=1)).max())
        if not difference <= tolerance:
            raise CheckFailed(
                f"the same {what}, {bound}",
                f"sentence {row} {circumstance}: {what} moved by up to {difference:.3g}",
                subject.remedy_for(check),
            )


def same_weights(subject: Subject, check: str, first: nn.Module, second: nn.Module) -> None:
    """Raise `CheckFailed` where a parameter or a buffer of two modules differs."""
    others = second.state_dict()
    for name, tensor in first.state_dict().items():
        if name not in others or not torch.equal(tensor, others[name]):
            raise CheckFailed(
                "equal weights from equal seeds", f"{name} differs", subject.remedy_for(check)
            )
