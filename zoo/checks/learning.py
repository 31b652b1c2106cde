"""Whether a component can learn a batch by heart."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from zoo.checks.check import CheckFailed
from zoo.seeds import seeded

if TYPE_CHECKING:
    from zoo.checks.subject import Subject

RATES = (3e-3, 3e-4)
STEPS = 300
STEPS_BETWEEN_LOOKS = 20
# a head that returns probabilities cannot come below 0.55 with three labels
LEARNED = 0.1


def learn(
    subject: Subject,
    make: Callable[[], Any],
    logits_of: Callable[[Any], torch.Tensor],
    labels: torch.Tensor,
) -> None:
    """Raise `CheckFailed` unless one of two learning rates brings the loss below `LEARNED`.

    Trained with dropout, judged without.
    """
    best = math.inf
    for rate in RATES:
        with seeded(0, "learning"):
            module = make().train()
            parameters = [one for one in module.parameters() if one.requires_grad]
            optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0)
            for step in range(1, STEPS + 1):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(logits_of(module), labels)
                loss.backward()
                nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                if step % STEPS_BETWEEN_LOOKS == 0:
                    with torch.no_grad():
                        loss = nn.functional.cross_entropy(logits_of(module.eval()), labels)
                    module.train()
                    best = min(best, float(loss))
                    if best < LEARNED:
                        return
    raise CheckFailed(
        f"a loss below {LEARNED} on {len(labels)} sentences after at most {STEPS} steps",
        f"{best:.3g} at best, at the learning rates {' and '.join(f'{one:g}' for one in RATES)}",
        subject.remedy_for("overfits_one_batch"),
    )
