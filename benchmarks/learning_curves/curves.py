"""Stored results as curves: the accuracy on clean test rows over the number of examples."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from svg_figures import COLOURS, svg_figure
from zoo.data import parse_name
from zoo_bench.records import Result
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
    """What one method reaches with so many examples, in %; `head` is None for a yardstick."""

    examples: int
    accuracy: Interval
    head: str | None


# task → method → points, fewest examples first
Curves = Mapping[str, Mapping[str, Sequence[Point]]]


def curves_of(results: Iterable[Result]) -> Curves:
    """The curve of every encoder with its best head, and of the yardsticks but the majority class.

    The head is chosen for each number of examples by the mean accuracy on validation, so that the
    test has no say in it.
    """
    groups: dict[tuple[str, str, int], dict[str | None, list[Result]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for result in results:
        method, head = _method(result)
        if result.has_scores and method != MAJORITY:
            task, _ = parse_name(result.task.name)
            groups[task, method, result.task.n_train][head].append(result)
    curves: dict[str, dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for (task, method, examples), heads in sorted(groups.items()):
        head = max(heads, key=lambda name: mean_accuracy(heads[name], "validation").mean)
        accuracy = mean_accuracy(heads[head], "test_clean")
        curves[task][method].append(Point(examples, accuracy, head))
    return curves


def _method(result: Result) -> tuple[str, str | None]:
    if result.encoder is None or result.head is None:
        return result.who, None
    return result.encoder.label, result.head.label


def mean_accuracy(results: Iterable[Result], split: str) -> Interval:
    """The accuracy over seeds in %; that of the whole test where the split has no rows."""
    values = []
    for result in results:
        metrics = result.metrics[split] or result.metrics["test"]
        assert metrics is not None and metrics["accuracy"] is not None
        values.append(100 * metrics["accuracy"])
    return t_interval(values)


def name_in(words: Words, method: str) -> str:
    """How a method is called in a language."""
    name = method.removesuffix(SCRATCH)
    return name if name == method else words.scratch.format(name)


def table(curves: Mapping[str, Sequence[Point]], language: str) -> str:
    """The curves of one task as Markdown: a row for each method, a column for each size."""
    words = LANGUAGES[language]
    sizes = sorted({point.examples for points in curves.values() for point in points})
    lines = [
        f"| {words.method} | {' | '.join(f'{size:,}' for size in sizes)} |",
        f"|---|{'--:|' * len(sizes)}",
    ]
    for method, points in curves.items():
        known = {point.examples: told(point) for point in points}
        cells = (known.get(size, "") for size in sizes)
        lines.append(f"| {name_in(words, method)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def told(point: Point) -> str:
    """Mean ± half of the 95 % interval, n where it is one seed alone, and the head."""
    half = point.accuracy.half_width
    spread = f"± {half:.1f}" if half is not None else "(n=1)"
    head = "" if point.head is None else f" {point.head}"
    return f"{point.accuracy.mean:.1f} {spread}{head}"


def draw(curves: Curves, language: str, path: Path) -> None:
    """A panel for each task, a curve for each method with its intervals, as SVG."""
    words = LANGUAGES[language]
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
            sizes = sorted({point.examples for points in of_task.values() for point in points})
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
            axes.minorticks_off()
            axes.legend(frameon=False, loc="lower right")
