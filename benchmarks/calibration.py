"""How often the leaderboard's rule is wrong, where the truth is known: `make calibration`.

Candidates are made up that are equally good. A test set has easy and hard rows, and each seed
shifts what a candidate gets right, so both kinds of luck are in the scores. Counted is how often
one of two equals is called better (false positives, per comparison and per board), and how often
the 95 % interval over seeds holds the true mean (coverage). Beside it, what other rules would have
said of the same numbers.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.special import expit
from scipy.stats import binomtest

from zoo_bench.statistics.differences import (
    SIGNIFICANCE,
    bounds,
    differences,
    resampled_means,
    welch_p_value,
)
from zoo_bench.statistics.intervals import t_interval

SEEDS = (3, 5, 10)
CANDIDATES = (2, 8)
ROWS = 500
# spread of the difficulty of rows and of the shift by a seed, as log odds. At an accuracy near 0.8
# such a shift is a standard deviation of about 0.9 points over seeds, as on the board of `quick`
ROW_SPREAD, SEED_SPREAD = 2.0, 0.08
LOG_ODDS = 2.0
MOST_FALSE_POSITIVES, LEAST_COVERAGE = 0.06, 0.93


@dataclass(slots=True)
class Counts:
    """Wrong decisions among comparisons and boards, and intervals that hold the truth."""

    comparisons: int = 0
    false_positives: int = 0
    boards: int = 0
    boards_with_any: int = 0
    intervals: int = 0
    covering: int = 0
    mcnemar: int = 0
    bootstrap_alone: int = 0
    welch_alone: int = 0


def simulate(candidates: int, seeds: int, rounds: Iterable[int], generator: int) -> Counts:
    """What was counted over boards of equal candidates, one for each of `rounds`."""
    draw = np.random.default_rng([generator, candidates, seeds])
    # what a seed's shift does to the mean accuracy on given rows, by Gauss-Hermite quadrature
    points, weights = np.polynomial.hermite_e.hermegauss(31)
    weights = weights / weights.sum()
    counts = Counts()
    for _ in rounds:
        difficulty = draw.normal(scale=ROW_SPREAD, size=ROWS)
        shifts = LOG_ODDS + SEED_SPREAD * points[:, None] - difficulty
        truth = float(weights @ expit(shifts).mean(axis=1))
        shift = draw.normal(scale=SEED_SPREAD, size=(candidates, seeds, 1))
        chance = expit(LOG_ODDS + shift - difficulty)
        correct = draw.random((candidates, seeds, ROWS)) < chance
        _count(counts, correct, truth)
    return counts


def _count(counts: Counts, correct: np.ndarray, truth: float) -> None:
    candidates, seeds, _ = correct.shape
    scores = correct.mean(axis=2).tolist()
    resampled = resampled_means(correct.sum(axis=1), [seeds] * candidates)
    wrong = sum(one.is_real for one in differences(scores, resampled))
    counts.boards += 1
    counts.boards_with_any += wrong > 0
    counts.false_positives += wrong
    for values in scores:
        interval = t_interval(values)
        assert interval.half_width is not None
        counts.intervals += 1
        counts.covering += abs(interval.mean - truth) <= interval.half_width
    for first, second in itertools.combinations(range(candidates), 2):
        counts.comparisons += 1
        low, high = bounds(resampled[first] - resampled[second])
        counts.bootstrap_alone += not low <= 0 <= high
        counts.welch_alone += welch_p_value(scores[first], scores[second]) < SIGNIFICANCE
        counts.mcnemar += _mcnemar(correct[first, 0], correct[second, 0]) < SIGNIFICANCE


def _mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """The exact p of McNemar's test on one seed of each."""
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def main() -> None:
    """Simulate, print the table, exit 1 where the rule is wrong more often than promised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000, help="boards per setting")
    parser.add_argument("--generator", type=int, default=0, help="seed of the simulation")
    parser.add_argument("--json", action="store_true", help="print the shares as JSON")
    arguments = parser.parse_args()
    rows = []
    with Progress(console=Console(stderr=True)) as progress:
        for candidates, seeds in itertools.product(CANDIDATES, SEEDS):
            name = f"{candidates} candidates, {seeds} seeds"
            rounds = progress.track(range(arguments.rounds), description=name)
            counts = simulate(candidates, seeds, rounds, arguments.generator)
            rows.append(_shares(candidates, seeds, counts))
    if arguments.json:
        print(json.dumps(rows, indent=1))
    else:
        Console(width=80).print(_table(rows))
    is_kept = all(
        row["false_positives_per_board"] <= MOST_FALSE_POSITIVES
        and row["coverage"] >= LEAST_COVERAGE
        for row in rows
    )
    sys.exit(0 if is_kept else 1)


def _shares(candidates: int, seeds: int, counts: Counts) -> dict[str, float]:
    return {
        "candidates": candidates,
        "seeds": seeds,
        "boards": counts.boards,
        "false_positives_per_comparison": counts.false_positives / counts.comparisons,
        "false_positives_per_board": counts.boards_with_any / counts.boards,
        "coverage": counts.covering / counts.intervals,
        "welch_alone": counts.welch_alone / counts.comparisons,
        "bootstrap_alone": counts.bootstrap_alone / counts.comparisons,
        "mcnemar_on_one_seed": counts.mcnemar / counts.comparisons,
    }


def _table(rows: list[dict[str, float]]) -> Table:
    table = Table(
        title="Equal candidates called different, and intervals that hold the truth, in %"
    )
    for title in ("pairs", "seeds", "ours,\nboard", "ours,\ntwo", "Welch\nalone"):
        table.add_column(title, justify="right")
    for title in ("row boot-\nstrap alone", "McNemar,\none seed", "coverage"):
        table.add_column(title, justify="right")
    keys = (
        "false_positives_per_board",
        "false_positives_per_comparison",
        "welch_alone",
        "bootstrap_alone",
        "mcnemar_on_one_seed",
        "coverage",
    )
    for row in rows:
        shares = (f"{100 * row[key]:.1f}" for key in keys)
        table.add_row(f"{row['candidates']:g}", f"{row['seeds']:g}", *shares)
    return table


if __name__ == "__main__":
    main()
