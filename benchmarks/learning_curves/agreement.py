"""How far the order of pairs on one board is that on another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from learning_curves.scores import Score


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rank correlations over the pairs that both boards have on a task.

    `kendall` is tau-b (Kendall 1945), `spearman` rho; 1 is the same order, 0 none in common.
    """

    task: str
    pairs: int
    kendall: float
    spearman: float


def agreements(one: Iterable[Score], other: Iterable[Score]) -> list[Agreement]:
    """The agreement on every task where the boards share three pairs or more."""
    from scipy import stats

    means = [_means(scores) for scores in (one, other)]
    found = []
    for task in sorted(means[0].keys() & means[1].keys()):
        shared = sorted(means[0][task].keys() & means[1][task].keys())
        if len(shared) < 3:
            continue
        first, second = ([board[task][pair] for pair in shared] for board in means)
        found.append(
            Agreement(
                task,
                len(shared),
                float(stats.kendalltau(first, second).statistic),
                float(stats.spearmanr(first, second).statistic),
            )
        )
    return found


def _means(scores: Iterable[Score]) -> Mapping[str, Mapping[str, float]]:
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for score in scores:
        if score.head:
            groups[score.task][score.pair].append(score.test)
    return {
        task: {pair: fmean(values) for pair, values in pairs.items()}
        for task, pairs in groups.items()
    }
