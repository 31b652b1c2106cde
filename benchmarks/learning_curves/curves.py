"""Accuracy on clean test rows over the number of training examples."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from learning_curves.scores import Score
from svg_figures import COLOURS, svg_figure
from zoo.data import parse_name
from zoo_bench.statistics.intervals import Interval, t_interval

MAJORITY = "majority-class"
# at the end of the label of an encoder from random weights
SCRATCH = "[scratch]"


@dataclass(frozen=True, slots=True)
class Words:
    """What table and figure say in one language."""

    examples: str
    accuracy: str
    method: str
    scratch: str


LANGUAGES = {
    "en": Words("training examples", "test accuracy %", "encoder", "{}, from scratch"),
    "ko": Words("학습 예문 수", "테스트 정확도 %", "인코더", "{} (무작위 가중치)"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """What one method reaches with so many examples, in %; `head` is empty for a baseline."""

    examples: int
    accuracy: Interval
    head: str


# task → method → points, fewest examples first
Curves = Mapping[str, Mapping[str, Sequence[Point]]]


def curves_of(scores: Iterable[Score]) -> Curves:
    """The curve of every encoder with its best head, and of the baselines but the majority class.

    The head is chosen for each number of examples by the mean accuracy on validation, so that the
    test has no say in it.
    """
    groups: dict[tuple[str, str, int], dict[str, list[Score]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for score in scores:
        if score.method != MAJORITY:
            task, _ = parse_name(score.task)
            groups[task, score.method, score.examples][score.head].append(score)
    curves: dict[str, dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for (task, method, examples), heads in sorted(groups.items()):
        best = max(heads.values(), key=lambda runs: fmean(run.validation for run in runs))
        accuracy = t_interval([run.test for run in best])
        curves[task][method].append(Point(examples, accuracy, best[0].head))
    return curves


def name_in(words: Words, method: str) -> str:
    """How a method is called in a language."""
    name = method.removesuffix(SCRATCH)
    return name if name == method else words.scratch.format(name)


def table(curves: Mapping[str, Sequence[Point]], language: str) -> str:
    """The curves of one task as Markdown: a row for each method, a column for each size."""
    words = LANGUAGES[language]
    sizes = _sizes(curves)
    seeds = max(point.accuracy.n for points in curves.values() for point in points)
    lines = [
        f"| {words.method} | {' | '.join(f'{size:,}' for size in sizes)} |",
        f"|---|{'--:|' * len(sizes)}",
    ]
    for method, points in curves.items():
        known = {point.examples: told(point, seeds) for point in points}
        cells = (known.get(size, "") for size in sizes)
        lines.append(f"| {name_in(words, method)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _sizes(curves: Mapping[str, Sequence[Point]]) -> list[int]:
    return sorted({point.examples for points in curves.values() for point in points})


def told(point: Point, seeds: int) -> str:
    """Mean ± half of the 95 % interval, the head, and n where it is not `seeds`."""
    half = point.accuracy.half_width
    spread = "" if half is None else f"± {half:.1f}"
    count = "" if point.accuracy.n == seeds else f"(n={point.accuracy.n})"
    parts = (f"{point.accuracy.mean:.1f}", spread, point.head, count)
    return " ".join(part for part in parts if part)


def draw(curves: Curves, language: str, path: Path) -> None:
    """A panel for each task of several sizes, a curve for each method with its intervals, as SVG.

    Raises `ValueError` where no task has several sizes.
    """
    words = LANGUAGES[language]
    curves = {task: of_task for task, of_task in curves.items() if len(_sizes(of_task)) > 1}
    if not curves:
        raise ValueError("no task has results for two numbers of examples: there is no curve")
    # one colour for an encoder, however it begins
    names = {method.removesuffix(SCRATCH) for task in curves.values() for method in task}
    colours = dict(zip(sorted(names), itertools.cycle(COLOURS)))
    with svg_figure(path, len(curves), width=5.0 * len(curves), height=3.8) as panels:
        for axes, (task, of_task) in zip(panels, curves.items(), strict=True):
            for method, points in of_task.items():
                axes.errorbar(
                    [point.examples for point in points],
                    [point.accuracy.mean for point in points],
                    yerr=[point.accuracy.half_width or 0 for point in points],
                    color=colours[method.removesuffix(SCRATCH)],
                    linestyle="--" if method.endswith(SCRATCH) else "-",
                    marker="o",
                    markersize=4,
                    capsize=2,
                    linewidth=1.5,
                    label=name_in(words, method),
                )
            axes.set(title=task, xlabel=words.examples, ylabel=words.accuracy, xscale="log")
            sizes = _sizes(of_task)
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
            axes.minorticks_off()
            axes.legend(frameon=False, loc="lower right")
