"""How training goes on, told on stderr: a bar on a terminal, a line per epoch elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from zoo.training import Progress


@contextlib.contextmanager
def training_progress() -> Iterator[Callable[[Progress], None]]:
    """A function to hand every `Progress` to."""
    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("steps, loss {task.fields[loss]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("train", total=None, epoch="-", loss="-")

        def show(now: Progress) -> None:
            bar.update(
                task,
                total=now.steps,
                completed=now.step,
                epoch=f"{now.epoch}/{now.epochs}",
                loss="-" if now.loss is None else f"{now.loss:.3f}",
            )
            if now.validation is not None:
                console.print(epoch_line(now))

        yield show


def epoch_line(now: Progress) -> str:
    """`epoch 2/5  train loss 0.812  validation loss 0.654  accuracy 81.20 %`."""
    entry = now.validation or {}
    parts = [f"epoch {now.epoch}/{now.epochs}", f"train loss {entry['train_loss']:.3f}"]
    if "validation_loss" in entry:
        parts.append(f"validation loss {entry['validation_loss']:.3f}")
        parts.append(f"accuracy {100 * entry['accuracy']:.2f} %")
    return "  ".join([*parts, f"{entry['seconds']:.1f} s"])
