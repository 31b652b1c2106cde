"""How often the leaderboard's rule is wrong, where the truth is known: `make calibration`.

Candidates are made up that are equally good. A test set has easy and hard rows, and each seed
shifts what a candidate gets right, so both kinds of luck are in the scores. Counted is how often
one of two equals is called better (false positives, per comparison and per board), how often one is
called better or worse than an equal baseline that no seed changes, and how often the 95 % interval
over seeds holds the true mean (coverage). Beside it, what other rules would have said of the same
numbers. Then one candidate is made better by what the board calls the smallest difference that
would have been shown, and counted is how often that is found (power).
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import binomtest

from zoo_bench.statistics.detectable import smallest_detectable
from zoo_bench.statistics.differences import (
    SIGNIFICANCE,
    bounds,
    differences,
    differences_from,
    resampled_means,
    welch_p_value,
)
from zoo_bench.statistics.intervals import t_interval

SEEDS = (2, 3, 5, 10)
CANDIDATES = (2, 8)
ROWS = 500
# spread of the difficulty of rows and of the shift by a seed, as log odds. At an accuracy near 0.8
# such a shift is a standard deviation of about 0.9 points over seeds, as on the board of `quick`
ROW_SPREAD, SEED_SPREAD = 2.0, 0.08
LOG_ODDS = 2.0
MOST_FALSE_POSITIVES, LEAST_COVERAGE, LEAST_POWER = 0.06, 0.93, 0.75
# with fewer, how far seeds spread is hardly known, and so is what they would have shown
SEEDS_FOR_POWER = 5
LARGEST_ACCURACY = 0.995
# for means over what is drawn from a normal distribution
_POINTS, _WEIGHTS = np.polynomial.hermite_e.hermegauss(31)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


Row = dict[str, float | None]


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
    boards_with_false_baseline: int = 0
    detectable: float = 0.0


def simulate(candidates: int, seeds: int, rounds: Iterable[int], generator: int) -> Counts:
    """What was counted over boards of equal candidates, one for each of `rounds`."""
    draw = np.random.default_rng([generator, candidates, seeds])
    counts = Counts()
    for _ in rounds:
        difficulty = draw.normal(scale=ROW_SPREAD, size=ROWS)
        # what a seed's shift does to the mean accuracy on given rows
        shifts = LOG_ODDS + SEED_SPREAD * _POINTS[:, None] - difficulty
        truth = float(_WEIGHTS @ expit(shifts).mean(axis=1))
        log_odds = np.full(candidates, LOG_ODDS)
        correct = _correct(draw, difficulty, log_odds, seeds)
        baseline = draw.random(ROWS) < expit(LOG_ODDS - difficulty)
        _count(counts, correct, baseline, truth)
    return counts


def simulate_power(
    candidates: int, seeds: int, difference: float, rounds: Iterable[int], generator: int
) -> float | None:
    """How often the first candidate is called better than the second, and is by `difference`.

    None where nothing can be better by so much.
    """
    if _accuracy(LOG_ODDS) + difference > LARGEST_ACCURACY:
        return None
    draw = np.random.default_rng([generator, candidates, seeds, 1])
    log_odds = np.full(candidates, LOG_ODDS)
    log_odds[0] = brentq(
        lambda better: _accuracy(better) - _accuracy(LOG_ODDS) - difference, LOG_ODDS, 100
    )
    found = boards = 0
    for _ in rounds:
        difficulty = draw.normal(scale=ROW_SPREAD, size=ROWS)
        correct = _correct(draw, difficulty, log_odds, seeds)
        scores = correct.mean(axis=2).tolist()
        resampled = resampled_means(correct.sum(axis=1), [seeds] * candidates)
        first_two = next(differences(scores, resampled))
        boards += 1
        found += first_two.is_real and first_two.difference > 0
    return found / boards


def _correct(
    draw: np.random.Generator, difficulty: np.ndarray, log_odds: np.ndarray, seeds: int
) -> np.ndarray:
    """Which rows each seed of each candidate gets right, `(candidate, seed, row)`."""
    shift = draw.normal(scale=SEED_SPREAD, size=(len(log_odds), seeds, 1))
    chance = expit(log_odds[:, None, None] + shift - difficulty)
    return draw.random(chance.shape) < chance


def _accuracy(log_odds: float) -> float:
    """The mean accuracy over all rows and seeds there could be."""
    spread = np.hypot(ROW_SPREAD, SEED_SPREAD)
    return float(_WEIGHTS @ expit(log_odds + spread * _POINTS))


def _count(counts: Counts, correct: np.ndarray, baseline: np.ndarray, truth: float) -> None:
    candidates, seeds, _ = correct.shape
    scores = correct.mean(axis=2).tolist()
    right = np.concatenate([correct.sum(axis=1), baseline[None].astype(int)])
    resampled, of_baseline = np.split(
        resampled_means(right, [*[seeds] * candidates, 1]), [candidates]
    )
    wrong = sum(one.is_real for one in differences(scores, resampled))
    counts.boards += 1
    counts.boards_with_any += wrong > 0
    counts.false_positives += wrong
    from_baseline = differences_from([baseline.mean()], of_baseline[0], scores, resampled)
    counts.boards_with_false_baseline += any(one.is_real for one in from_baseline)
    counts.detectable += smallest_detectable(scores, resampled) or 0.0
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
    rows: list[Row] = []
    with Progress(console=Console(stderr=True)) as progress:
        for candidates, seeds in itertools.product(CANDIDATES, SEEDS):
            name = f"{candidates} candidates, {seeds} seeds"
            rounds = progress.track(range(arguments.rounds), description=name)
            counts = simulate(candidates, seeds, rounds, arguments.generator)
            found = simulate_power(
                candidates,
                seeds,
                counts.detectable / counts.boards,
                progress.track(range(arguments.rounds), description=f"{name}, power"),
                arguments.generator,
            )
            rows.append({**_shares(candidates, seeds, counts), "power": found})
    if arguments.json:
        print(json.dumps(rows, indent=1))
    else:
        Console(width=80).print(_table(rows))
    is_kept = all(
        max(row["false_positives_per_board"], row["against_baseline"]) <= MOST_FALSE_POSITIVES
        and row["coverage"] >= LEAST_COVERAGE
        and (row["seeds"] < SEEDS_FOR_POWER or row["power"] >= LEAST_POWER)
        for row in rows
    )
    sys.exit(0 if is_kept else 1)


def _shares(candidates: int, seeds: int, counts: Counts) -> Row:
    return {
        "candidates": candidates,
        "seeds": seeds,
        "boards": counts.boards,
        "false_positives_per_comparison": counts.false_positives / counts.comparisons,
        "false_positives_per_board": counts.boards_with_any / counts.boards,
        "against_baseline": counts.boards_with_false_baseline / counts.boards,
        "coverage": counts.covering / counts.intervals,
        "detectable": counts.detectable / counts.boards,
        "welch_alone": counts.welch_alone / counts.comparisons,
        "bootstrap_alone": counts.bootstrap_alone / counts.comparisons,
        "mcnemar_on_one_seed": counts.mcnemar / counts.comparisons,
    }


def _table(rows: list[Row]) -> Table:
    table = Table(
        title="In %: equal candidates called different, coverage of the interval, power",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    for title in ("pairs", "seeds", "ours,\nboard", "ours,\ntwo", "with the\nbaseline"):
        table.add_column(title, justify="right")
    for title in ("Welch\nalone", "boot-\nstrap", "Mc-\nNemar", "cover-\nage", "power"):
        table.add_column(title, justify="right")
    keys = (
        "false_positives_per_board",
        "false_positives_per_comparison",
        "against_baseline",
        "welch_alone",
        "bootstrap_alone",
        "mcnemar_on_one_seed",
        "coverage",
        "power",
    )
    for row in rows:
        shares = (_percent(row[key]) for key in keys)
        table.add_row(f"{row['candidates']:g}", f"{row['seeds']:g}", *shares)
    return table


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


if __name__ == "__main__":
    main()
