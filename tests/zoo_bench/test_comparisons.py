"""Who is ranked, and what is said of candidates and of several tasks."""

from dataclasses import replace

import numpy as np
import pytest

from zoo_bench.comparisons import Candidate, Comparisons, across_tasks, compare

ROWS = 400


def candidate(name, *accuracies, may_be_ranked=True):
    """One that gets the first rows right, as many as each seed's accuracy says."""
    correct = np.stack([np.arange(ROWS) < round(ROWS * accuracy) for accuracy in accuracies])
    return Candidate(name, accuracies, correct, may_be_ranked)


def test_one_alone_has_no_letter():
    """Nothing is ahead of nobody: the others have not learned, or have one seed."""
    found = compare(
        [
            candidate("learned", 0.9, 0.9),
            candidate("undertrained", 0.6, 0.6, may_be_ranked=False),
            candidate("once", 0.5),
        ]
    )
    assert (found.letters, found.pairs, found.detectable) == ({}, (), None)


def test_letters_go_to_who_may_be_ranked_and_has_two_seeds():
    found = compare(
        [
            candidate("good", 0.90, 0.91, 0.90, 0.91),
            baseline("svm", 0.85, 0.85),
            candidate("once", 0.85),
            candidate("bad", 0.60, 0.61, 0.60, 0.61),
            candidate("also bad", 0.60, 0.60, 0.61, 0.60),
        ]
    )
    assert found.letters == {"good": "a", "bad": "b", "also bad": "b"}
    assert set(found.row_errors) == {"good", "svm", "once", "bad", "also bad"}
    # half of the 95 % interval of a share of 400 rows: 1.96 standard errors
    assert found.row_errors["svm"] == pytest.approx(1.96 * (0.85 * 0.15 / ROWS) ** 0.5, rel=0.08)


def test_differences_have_names_and_signs():
    found = compare([candidate("first", 0.9, 0.91, 0.9), candidate("second", 0.6, 0.61, 0.6)])
    [one] = found.pairs
    assert (one.first, one.second, one.is_real) == ("first", "second", True)
    assert one.difference == pytest.approx(0.3)
    assert 0 < one.low < one.difference < one.high


def test_seeds_that_vary_widely_are_a_tie_whatever_the_rows_say():
    found = compare([candidate("first", 0.95, 0.65), candidate("second", 0.55, 0.75)])
    assert found.letters == {"first": "a", "second": "a"}


def baseline(name, *accuracies, seeds_needed=1):
    return replace(candidate(name, *accuracies), is_baseline=True, seeds_needed=seeds_needed)


def test_pairs_are_compared_with_baselines_as_with_one_another():
    found = compare(
        [
            candidate("good", 0.90, 0.91, 0.90, 0.91),
            candidate("fair", 0.80, 0.82, 0.79, 0.81),
            baseline("svm", 0.80),
            candidate("not learned", 0.7, 0.7, may_be_ranked=False),
            candidate("once", 0.65),
            candidate("bad", 0.60, 0.61, 0.60, 0.61),
        ]
    )
    assert {(one.first, one.second): one.outcome for one in found.with_baselines} == {
        ("good", "svm"): "better",
        ("fair", "svm"): "tied",
        ("bad", "svm"): "worse",
    }
    assert found.letters.keys() == {"good", "fair", "bad"}


def test_a_pair_alone_is_compared_with_the_baseline():
    found = compare([candidate("good", 0.90, 0.91, 0.90), baseline("svm", 0.5)])
    assert found.letters == {}
    assert [one.outcome for one in found.with_baselines] == ["better"]


def test_a_baseline_that_the_seed_changes_needs_two():
    pair = candidate("good", 0.90, 0.91, 0.90)
    assert compare([pair, baseline("svm", 0.5, seeds_needed=2)]).with_baselines == ()
    assert compare([pair, baseline("svm", 0.5, 0.51, seeds_needed=2)]).with_baselines != ()


def test_missing_predictions_are_not_ranked():
    found = compare(
        [
            candidate("first", 0.9, 0.9),
            Candidate("second", (0.7, 0.71), None),
            candidate("third", 0.9, 0.9),
        ]
    )
    assert found.letters == {"first": "a", "third": "a"}
    assert [(one.first, one.second) for one in found.pairs] == [("first", "third")]


def test_nobody_is_no_error():
    assert compare([]) == Comparisons({}, {}, None, ())


def task_of(**letters):
    """Comparisons of one task: who is ranked with which letters, best first."""
    return Comparisons(letters, {}, None, ())


def test_over_tasks_a_pair_with_a_missing_cell_is_not_ranked():
    tasks = [task_of(a="a", b="b", c="b"), task_of(b="a", a="b")]
    found = across_tasks({"a": [0.9, 0.7], "b": [0.8, 0.8], "c": [0.79, None]}, tasks, "xy")
    assert [(one.name, one.tasks, one.mean_rank) for one in found.standings] == [
        ("a", 2, 1.5),
        ("b", 2, 1.5),
        ("c", 1, None),
    ]
    # c is incomplete: what it won or lost does not count for the others either
    counts = {one.name: (one.wins, one.ties, one.losses) for one in found.standings}
    assert counts == {"a": (1, 0, 1), "b": (1, 0, 1), "c": (0, 0, 0)}
    assert (found.friedman_p, found.wilcoxon_p, found.needed) == (None, (), 6)


def test_six_tasks_are_tested():
    scores = {"a": [0.9, 0.8, 0.7, 0.9, 0.8, 0.7], "b": [0.5, 0.6, 0.4, 0.3, 0.2, 0.1]}
    found = across_tasks(scores, [task_of()] * 6, "abcdef")
    assert found.wilcoxon_p == (("a", "b", pytest.approx(0.03125)),)


def test_draws_of_one_data_set_count_as_one():
    # five draws that a wins, one other data set that b wins: one all
    scores = {"a": [0.9] * 5 + [0.1], "b": [0.5] * 5 + [0.2]}
    found = across_tasks(scores, [task_of()] * 6, "xxxxxy")
    assert (found.tasks, found.data_sets, found.wilcoxon_p) == (6, 2, ())
    assert [one.mean_rank for one in found.standings] == [1.5, 1.5]


def test_one_task_has_no_standings():
    assert across_tasks({"a": [0.9]}, [task_of()], "x") is None
