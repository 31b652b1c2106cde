"""The table and the figure of the trainings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from svg_figures import svg_figure
from why_it_does_not_learn.training import trainings
from zoo_bench.statistics.intervals import Interval, t_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# of the losses of the steps, a running mean: a batch alone swings
WINDOW = 25
# the curves that tell the story, and their colours (Okabe & Ito 2008)
CURVES = {
    "as posted": "#D55E00",
    "all but shuffled": "#CC79A7",
    "only shuffled": "#0072B2",
    "all": "#009E73",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One training with one seed; `accuracy` is a share, `losses` one a step.

    `causes` are what the doctor found before it, asked for the first seed alone.
    """

    training: str
    seed: int
    accuracy: float
    losses: tuple[float, ...]
    causes: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Words:
    """What table and figure say in one language."""

    names: dict[str, str]
    only: str
    but: str
    columns: tuple[str, str, str, str]
    step: str
    loss: str
    accuracy: str


LANGUAGES = {
    "en": Words(
        names={
            "as posted": "as posted",
            "all": "all six mended",
            "whole_optimizer": "head in the optimizer",
            "second_layer": "second layer",
            "leaky_relu": "LeakyReLU",
            "shuffled": "shuffling",
            "weight_decay": "weight decay",
            "falling_schedule": "schedule that falls once",
            "only leaky_relu": "only second layer with LeakyReLU",
            "all but second_layer": "all but second layer and LeakyReLU",
        },
        only="only {}",
        but="all but {}",
        columns=("training", "accuracy %", "difference", "the doctor finds"),
        step="step",
        loss="training loss",
        accuracy="test accuracy %",
    ),
    "ko": Words(
        names={
            "as posted": "올린 그대로",
            "all": "여섯 가지 모두 고침",
            "whole_optimizer": "옵티마이저(헤드 포함)",
            "second_layer": "두 번째 층",
            "leaky_relu": "LeakyReLU",
            "shuffled": "셔플",
            "weight_decay": "weight decay",
            "falling_schedule": "한 번만 감소하는 스케줄",
            "only leaky_relu": "두 번째 층과 LeakyReLU만 고침",
            "all but second_layer": "두 번째 층과 LeakyReLU 빼고 모두",
        },
        only="{}만 고침",
        but="{} 빼고 모두",
        columns=("학습", "정확도 %", "차이", "닥터가 찾은 것"),
        step="스텝",
        loss="학습 손실",
        accuracy="테스트 정확도 %",
    ),
}


def read_runs(path: Path) -> list[Run]:
    """The stored runs; a last line that a kill cut off is left out."""
    lines = path.read_text("utf-8").split("\n")
    entries = [json.loads(line) for line in lines[:-1]]
    return [
        Run(
            entry["training"],
            entry["seed"],
            entry["accuracy"],
            tuple(entry["losses"]),
            None if entry["causes"] is None else tuple(entry["causes"]),
        )
        for entry in entries
    ]


def missing(runs: Sequence[Run]) -> list[str]:
    """The trainings of which no run is there that the table could tell of."""
    asked = {run.training for run in runs if run.causes is not None}
    return [training for training in trainings() if training not in asked]


def name_in(words: Words, training: str) -> str:
    """How a training is called in a language."""
    if training in words.names:
        return words.names[training]
    for prefix, pattern in (("only ", words.only), ("all but ", words.but)):
        if training.startswith(prefix):
            return pattern.format(words.names[training.removeprefix(prefix)])
    raise KeyError(training)


def scores(runs: Sequence[Run], training: str) -> dict[int, float]:
    """The accuracy of each seed in %."""
    return {run.seed: 100 * run.accuracy for run in runs if run.training == training}


def compared(runs: Sequence[Run], training: str) -> tuple[Interval, Interval | None]:
    """The accuracy over seeds, and its difference, seed by seed, to where the training comes from.

    What mends is held against the training as posted, what leaves a fault against all mended.
    """
    own = scores(runs, training)
    if training in ("as posted", "all"):
        return t_interval(list(own.values())), None
    base = scores(runs, "all" if training.startswith("all") else "as posted")
    shared = sorted(own.keys() & base.keys())
    return t_interval(list(own.values())), t_interval([own[seed] - base[seed] for seed in shared])


def told(interval: Interval, *, signed: bool = False) -> str:
    """Mean ± half of the 95 % interval."""
    mean = f"{interval.mean:+.1f}" if signed else f"{interval.mean:.1f}"
    half = "" if interval.half_width is None else f" ± {interval.half_width:.1f}"
    return f"{mean.replace('-', '−')}{half}"


def table(runs: Sequence[Run], language: str) -> str:
    """All trainings as a table in Markdown: mean and 95 % t interval over seeds."""
    words = LANGUAGES[language]
    lines = [f"| {' | '.join(words.columns)} |", "|---|--:|--:|---|"]
    for training in trainings():
        own, difference = compared(runs, training)
        change = "" if difference is None else told(difference, signed=True)
        cells = (name_in(words, training), told(own), change, found(runs, training))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def found(runs: Sequence[Run], training: str) -> str:
    """The causes that the doctor found."""
    asked = next(run.causes for run in runs if run.training == training and run.causes is not None)
    return ", ".join(f"`{cause}`" for cause in asked)


def draw(runs: Sequence[Run], language: str, path: Path) -> None:
    """The curves of the loss, and the accuracy of every training, as SVG."""
    words = LANGUAGES[language]
    with svg_figure(path, 2, width=10, height=4.4, width_ratios=(1.15, 1)) as (left, right):
        _draw_losses(runs, words, left)
        _draw_accuracies(runs, words, right)


def _draw_losses(runs: Sequence[Run], words: Words, axes: Axes) -> None:
    for training, colour in CURVES.items():
        losses = np.array([run.losses for run in runs if run.training == training])
        smooth = np.apply_along_axis(np.convolve, 1, losses, np.ones(WINDOW) / WINDOW, "valid")
        steps = np.arange(smooth.shape[1]) + WINDOW
        axes.plot(
            steps, smooth.mean(0), color=colour, label=name_in(words, training), linewidth=1.6
        )
        axes.fill_between(steps, smooth.min(0), smooth.max(0), color=colour, alpha=0.2, linewidth=0)
    axes.set(xlabel=words.step, ylabel=words.loss, ylim=(0, None))
    axes.legend(frameon=False)


def _draw_accuracies(runs: Sequence[Run], words: Words, axes: Axes) -> None:
    names = list(trainings())
    for place, training in enumerate(reversed(names)):
        own = compared(runs, training)[0]
        colour = CURVES.get(training, "#555555")
        axes.plot(
            [*scores(runs, training).values()],
            [place] * own.n,
            "o",
            color=colour,
            alpha=0.35,
            markersize=4,
        )
        axes.errorbar(
            own.mean, place, xerr=own.half_width, color=colour, capsize=3, marker="|", markersize=9
        )
    axes.set_yticks(range(len(names)), [name_in(words, each) for each in reversed(names)])
    axes.set(xlabel=words.accuracy, xlim=(0, 100))
