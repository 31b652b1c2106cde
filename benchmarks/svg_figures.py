"""Figures of the documentation: SVG whose text stays text, the same file for the same data."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe & Ito 2008: told apart by the colour-blind, too
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


@contextmanager
def svg_figure(
    path: Path, columns: int, *, width: float, height: float, width_ratios: tuple[float, ...] = ()
) -> Iterator[list[Axes]]:
    """The axes of one row of panels, to be drawn on and then written to `path`; sizes in inches."""
    import matplotlib as mpl

    mpl.use("svg")
    # a machine without the second font measures Korean by the first, and warns of every letter
    mpl.set_loglevel("ERROR")
    warnings.filterwarnings("ignore", "Glyph .* missing from font")
    mpl.rcParams |= {
        "svg.fonttype": "none",
        "svg.hashsalt": "zoo",
        "font.family": ["DejaVu Sans", "Noto Sans CJK JP"],
        "font.size": 9,
    }
    from matplotlib import pyplot

    figure, rows = pyplot.subplots(
        1,
        columns,
        figsize=(width, height),
        width_ratios=width_ratios or None,
        layout="constrained",
        squeeze=False,
    )
    panels = list(rows[0])
    yield panels
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25, linewidth=0.6)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
