"""How the losses fell: a figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

History = Sequence[Mapping[str, Any]]


def read_history(run: Path) -> History:
    """What was measured, step by step."""
    lines = (run / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def draw_curves(histories: Mapping[str, History], path: Path) -> None:
    """One panel for each encoder, a curve for each of its losses: training, and held-out texts."""
    import matplotlib as mpl

    mpl.use("svg")
    # text stays text, and the same histories give the same file
    mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "zoo", "font.size": 9}
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(
        1, len(histories), figsize=(5 * len(histories), 3.6), layout="constrained", squeeze=False
    )
    for axes, (name, history) in zip(panels[0], histories.items(), strict=True):
        for number, loss in enumerate(each for each in history[0]["training"] if each != "loss"):
            colour = f"C{number}"
            steps = [entry["step"] for entry in history]
            axes.plot(
                steps,
                [entry["training"][loss] for entry in history],
                color=colour,
                linewidth=1,
                label=f"{loss}, training",
            )
            measured = [entry for entry in history if "held_out" in entry]
            axes.plot(
                [entry["step"] for entry in measured],
                [entry["held_out"][loss] for entry in measured],
                "o",
                color=colour,
                markersize=4,
                label=f"{loss}, held out",
            )
        axes.set(title=name, xlabel="step", ylabel="nats per prediction")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25, linewidth=0.6)
        axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
