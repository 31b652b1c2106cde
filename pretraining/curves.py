"""How the losses fell: a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from svg_figures import svg_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

History = Sequence[Mapping[str, Any]]


def read_history(run: Path) -> History:
    """What was measured, step by step."""
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def draw_curves(histories: Mapping[str, History], path: Path) -> None:
    """One panel for each encoder, a curve for each of its losses: training, and held-out texts."""
    width = 5.0 * len(histories)
    with svg_figure(path, len(histories), width=width, height=3.6) as panels:
        for axes, (name, history) in zip(panels, histories.items(), strict=True):
            _draw_losses(axes, history)
            axes.set(title=name, xlabel="step", ylabel="nats per prediction")
            axes.legend(frameon=False)


def _draw_losses(axes: Axes, history: History) -> None:
    steps = [entry["step"] for entry in history]
    measured = [entry for entry in history if "held_out" in entry]
    for number, loss in enumerate(each for each in history[0]["training"] if each != "loss"):
        colour = f"C{number}"
        axes.plot(
            steps,
            [entry["training"][loss] for entry in history],
            color=colour,
            linewidth=1,
            label=f"{loss}, training",
        )
        axes.plot(
            [entry["step"] for entry in measured],
            [entry["held_out"][loss] for entry in measured],
            "o",
            color=colour,
            markersize=4,
            label=f"{loss}, held out",
        )
