"""What each case's training comes to without the doctor: `python -m doctor_proof.learns`.

Every case is trained as it stands, `--steps` steps at most, and its accuracy on its own batches is
printed beside the share of the most frequent label.
"""

from __future__ import annotations

import argparse
import itertools
import math
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from doctor_proof.material import Material
from doctor_proof.registry import cases_like
from doctor_proof.setups import Setup


def main() -> None:
    """Train and print, one line a case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", metavar="PATTERN", help="cases or causes like it")
    parser.add_argument("--steps", type=int, default=400, help="optimizer steps at most")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        material = Material(Path(folder))
        for case in cases_like(arguments.only):
            start = time.perf_counter()
            try:
                setup = case.build(material)
                built = time.perf_counter()
                outcome = _outcome(setup, arguments.steps)
            except (RuntimeError, IndexError, ValueError) as error:
                built = time.perf_counter()
                outcome = f"{type(error).__name__}: {error}"[:60]
            cause = getattr(case, "cause", "healthy")
            seconds = time.perf_counter() - built
            print(
                f"{case.name:44}{cause:24}{outcome:60}{built - start:5.1f}{seconds:6.1f}",
                flush=True,
            )


def _outcome(setup: Setup, most: int) -> str:
    torch.manual_seed(0)
    steps = min(most, setup.steps or 3 * len(setup.batches))  # type: ignore[arg-type]
    step = setup.step or _usual_step(setup)
    setup.model.train()
    start = time.perf_counter()
    for batch in itertools.islice(_again_and_again(setup.batches), steps):
        step(batch)
    milliseconds = 1000 * (time.perf_counter() - start) / steps
    setup.model.eval()
    right: list[torch.Tensor] = []
    losses, counts = [], Counter[int]()
    with torch.no_grad():
        for batch in setup.batches:
            logits, loss, labels = forward(setup, batch)
            if labels.is_floating_point():
                labels = labels.argmax(dim=1)
            # -100 is no label
            logits, labels = logits[labels != -100], labels[labels != -100]
            right.append(logits.argmax(dim=1) == labels)
            losses.append(float(loss))
            counts.update(labels.tolist())
    majority = max(counts.values()) / sum(counts.values())
    accuracy = float(torch.cat(right).float().mean())
    mean = sum(losses) / len(losses)
    return (
        f"{steps:4} steps  majority {majority:.2f}  accuracy {accuracy:.2f}  loss {mean:6.3f} "
        f"(ln C {math.log(len(counts)):.2f}) {milliseconds:.0f} ms"
    )


def _usual_step(setup: Setup) -> Callable[[Any], None]:
    # where none is given, any sound one
    optimizer = setup.optimizer or torch.optim.AdamW(setup.model.parameters(), lr=1e-3)

    def step(batch: Any) -> None:
        optimizer.zero_grad()
        _, loss, _ = forward(setup, batch)
        loss.backward()
        optimizer.step()
        if setup.scheduler is not None:
            setup.scheduler.step()

    return step


def forward(setup: Setup, batch: Any) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, loss and labels of a batch of any of the forms that `zoo.diagnose` takes."""
    if isinstance(batch, dict):
        labels = batch["labels"]
        inputs = {name: value for name, value in batch.items() if name != "labels"}
        try:
            output = setup.model(**batch)
        except TypeError:
            output = setup.model(**inputs)
    else:
        inputs, labels = batch
        output = setup.model(*inputs) if isinstance(inputs, tuple) else setup.model(inputs)
    logits = output
    own_loss = None
    if isinstance(output, tuple):
        logits = output[0]
    elif not isinstance(output, torch.Tensor):
        logits, own_loss = output.logits, output.loss
    if isinstance(logits, torch.Tensor) and logits.ndim == 0:
        # the loss itself; what it would predict is not told
        return torch.zeros(len(labels), 1), logits, labels
    if setup.loss is not None:
        return logits, setup.loss(logits, labels), labels
    if own_loss is not None:
        return logits, own_loss, labels
    return logits, nn.functional.cross_entropy(logits, labels), labels


def _again_and_again(batches: Any) -> Iterator[Any]:
    while True:
        yield from batches


if __name__ == "__main__":
    main()
