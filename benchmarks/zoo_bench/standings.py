"""How pairs stand over several tasks, as every format shows it."""

from __future__ import annotations

from collections.abc import Iterator

from zoo.terminal import printable
from zoo_bench.comparisons import AcrossTasks, Standing
from zoo_bench.statistics.differences import SIGNIFICANCE

STANDING_TITLES = ("mean rank", "wins", "ties", "losses")


def standing_cells(standing: Standing, across: AcrossTasks) -> list[str]:
    """Mean rank, wins, ties and losses of a pair over all tasks, as they are shown."""
    if standing.mean_rank is None:
        return [f"incomplete {standing.tasks}/{across.tasks}", "", "", ""]
    counts = (standing.wins, standing.ties, standing.losses)
    return [f"{standing.mean_rank:.2f}", *map(str, counts)]


def tests_over_tasks(across: AcrossTasks) -> Iterator[str]:
    """What the tests over tasks found, or how many they need, one sentence a line."""
    if across.needed is None:
        return
    if across.friedman_p is not None:
        yield f"Friedman's test over all pairs: p = {across.friedman_p:.3f}"
    if not across.wilcoxon_p:
        pairs = sum(one.mean_rank is not None for one in across.standings)
        yield (
            f"Differences between two pairs are not tested over tasks: among {pairs} pairs no p "
            f"can be below {SIGNIFICANCE} with fewer than {across.needed} data sets, and there "
            f"{'is' if across.data_sets == 1 else 'are'} {across.data_sets}"
        )
        return
    real = [pair for pair in across.wilcoxon_p if pair[2] < SIGNIFICANCE]
    yield (
        f"Wilcoxon's signed rank test with Holm's adjustment: {len(real)} of "
        f"{len(across.wilcoxon_p)} differences between two pairs have p < {SIGNIFICANCE}"
    )
    for first, second, p_value in real:
        yield f"  {printable(first)} and {printable(second)}: p = {p_value:.3f}"
