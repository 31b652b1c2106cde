"""The pairs of a task held against one another, and those of several tasks together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Literal, Self

from zoo_bench.statistics.detectable import smallest_detectable
from zoo_bench.statistics.differences import (
    Difference,
    bounds,
    differences,
    differences_from,
    real_differences,
    resampled_means,
)
from zoo_bench.statistics.letters import are_tied, letters

if TYPE_CHECKING:
    import numpy as np

SEEDS_NEEDED = 2

Outcome = Literal["better", "tied", "worse"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair or a baseline with its scores, one per seed, and the rows that each seed got right.

    `correct` is `(seed, row)`, or None where predictions are missing. Pairs of which a seed has not
    learned may not be ranked. A baseline that no seed changes needs one alone.
    """

    name: str
    scores: tuple[float, ...]
    correct: np.ndarray | None
    may_be_ranked: bool = True
    is_baseline: bool = False
    seeds_needed: int = SEEDS_NEEDED

    @property
    def is_comparable(self) -> bool:
        """Whether there are seeds and predictions enough to compare it with others."""
        return self.correct is not None and len(self.scores) >= self.seeds_needed

    @property
    def is_ranked(self) -> bool:
        """Whether it is a pair that can be compared, and has learned."""
        return self.may_be_ranked and not self.is_baseline and self.is_comparable


@dataclass(frozen=True, slots=True)
class Comparison:
    """`first` minus `second`, by name, with its Holm-adjusted p and its bounds over test rows."""

    first: str
    second: str
    difference: float
    p_value: float
    low: float
    high: float
    is_real: bool

    @classmethod
    def of(cls, names: Sequence[str], one: Difference) -> Self:
        """A difference with the names of those that it is of."""
        return cls(
            names[one.first],
            names[one.second],
            one.difference,
            one.p_value,
            one.low,
            one.high,
            one.is_real,
        )

    @property
    def outcome(self) -> Outcome:
        """What may be said of `first`."""
        if not self.is_real:
            return "tied"
        return "better" if self.difference > 0 else "worse"


@dataclass(frozen=True, slots=True)
class Ranked:
    """All that a candidate is compared by: its scores, and how many seeds got each row right."""

    name: str
    scores: tuple[float, ...]
    right: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What may be said of the candidates of one task.

    `letters` has who is ranked, best first; `row_errors` half of the 95 % interval over resampled
    test rows; `detectable` the smallest difference that the seeds could have shown, as a share;
    `with_baselines` every pair that could be ranked, minus each baseline.
    """

    letters: dict[str, str]
    row_errors: dict[str, float]
    detectable: float | None
    ranked: tuple[Ranked, ...]
    with_baselines: tuple[Comparison, ...] = ()

    @property
    def pairs(self) -> tuple[Comparison, ...]:
        """Every two of `ranked`. Worked out at each call, which takes a second for 200 of them."""
        import numpy as np

        if not self.ranked:
            return ()
        names = [one.name for one in self.ranked]
        scores = [one.scores for one in self.ranked]
        resampled = resampled_means(
            np.array([one.right for one in self.ranked]), list(map(len, scores))
        )
        return tuple(Comparison.of(names, one) for one in differences(scores, resampled))


def compare(candidates: Sequence[Candidate]) -> Comparisons:
    """All candidates, best first, compared on the same test rows."""
    import numpy as np

    readable = [one for one in candidates if one.correct is not None]
    if not readable:
        return Comparisons({}, {}, None, ())
    right = np.stack([one.correct.sum(axis=0) for one in readable if one.correct is not None])
    resampled = resampled_means(right, [len(one.scores) for one in readable])
    row_errors = {}
    for one, means in zip(readable, resampled, strict=True):
        low, high = bounds(means)
        row_errors[one.name] = (high - low) / 2
    places = [place for place, one in enumerate(readable) if one.is_ranked]
    with_baselines = tuple(_with_baselines(readable, places, resampled))
    if len(places) < 2:
        places = []  # one alone is ahead of nobody
    ranked = tuple(
        Ranked(readable[place].name, readable[place].scores, tuple(right[place].tolist()))
        for place in places
    )
    scores = [one.scores for one in ranked]
    different = real_differences(scores, resampled[places])
    return Comparisons(
        letters=dict(
            zip([one.name for one in ranked], letters(len(ranked), different), strict=True)
        ),
        row_errors=row_errors,
        detectable=smallest_detectable(scores, resampled[places]),
        ranked=ranked,
        with_baselines=with_baselines,
    )


def _with_baselines(
    candidates: Sequence[Candidate], places: Sequence[int], resampled: np.ndarray
) -> Iterator[Comparison]:
    if not places:
        return
    names = [candidates[place].name for place in places]
    scores = [candidates[place].scores for place in places]
    for place, one in enumerate(candidates):
        if one.is_baseline and one.is_comparable:
            for found in differences_from(one.scores, resampled[place], scores, resampled[places]):
                yield Comparison.of([*names, one.name], found)


@dataclass(frozen=True, slots=True)
class Standing:
    """A pair over all tasks of a board; without a rank where a task has no rank for it.

    `wins`, `ties` and `losses` are against the other complete pairs, task by task.
    """

    name: str
    tasks: int
    mean_rank: float | None
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True, slots=True)
class AcrossTasks:
    """Several tasks at once; without the tests that so few data sets cannot pass.

    `needed` is how many of them Wilcoxon's test wants among so many pairs. `3i4k@100` and
    `3i4k@1000` are two tasks of one data set. `wilcoxon_p` has the Holm-adjusted p of every two
    complete pairs, by name.
    """

    tasks: int
    data_sets: int
    needed: int | None
    standings: tuple[Standing, ...]
    friedman_p: float | None
    wilcoxon_p: tuple[tuple[str, str, float], ...]

    @property
    def counted(self) -> str:
        """What the ranks are over, in words."""
        if self.data_sets == self.tasks:
            return f"{self.tasks} tasks"
        if self.data_sets == 1:
            return f"{self.tasks} tasks of one data set"
        return f"{self.tasks} tasks of {self.data_sets} data sets, which count alike"


def across_tasks(
    scores: Mapping[str, Sequence[float | None]],
    tasks: Sequence[Comparisons],
    data_sets: Sequence[str],
) -> AcrossTasks | None:
    """The pairs of `scores` (name → one mean per task, None where a task has no rank for it).

    `data_sets` has that of each task. Ranks are averaged over the tasks of a data set first, and
    the tests take the mean score of each: tasks that share their test rows are no independent
    ones. None for fewer than two tasks.
    """
    from zoo_bench.statistics.across_tasks import mean_ranks, task_tests, tasks_needed

    if len(tasks) < 2:
        return None
    complete = {
        name: [value for value in values if value is not None]
        for name, values in scores.items()
        if None not in values
    }
    names = list(complete)
    places = [
        [place for place, each in enumerate(data_sets) if each == one]
        for one in dict.fromkeys(data_sets)
    ]
    ranks_of = [
        mean_ranks([[complete[name][place] for place in of_one] for name in names])
        for of_one in places
    ]
    ranks = {name: fmean(of_one[place] for of_one in ranks_of) for place, name in enumerate(names)}
    tests = task_tests(
        [[fmean(complete[name][place] for place in of_one) for of_one in places] for name in names]
    )
    standings = [
        _standing(name, values, ranks, tasks, set(names)) for name, values in scores.items()
    ]
    return AcrossTasks(
        tasks=len(tasks),
        data_sets=len(places),
        needed=tasks_needed(len(names)) if len(names) > 1 else None,
        standings=tuple(
            sorted(standings, key=lambda one: (one.mean_rank or float("inf"), one.name))
        ),
        friedman_p=tests.friedman_p,
        wilcoxon_p=tuple(
            (names[first], names[second], p_value)
            for (first, second), p_value in tests.wilcoxon_p.items()
        ),
    )


def _standing(
    name: str,
    values: Sequence[float | None],
    ranks: Mapping[str, float],
    tasks: Sequence[Comparisons],
    complete: set[str],
) -> Standing:
    wins = ties = losses = 0
    for task in tasks if name in complete else ():
        others = [one for one in task.letters if one in complete]
        if name not in others:
            continue
        own_place = others.index(name)
        for place, other in enumerate(others):
            is_tied = are_tied(task.letters[name], task.letters[other])
            wins += not is_tied and own_place < place
            losses += not is_tied and place < own_place
            ties += is_tied and place != own_place
    known = sum(value is not None for value in values)
    return Standing(name, known, ranks.get(name), wins, ties, losses)
