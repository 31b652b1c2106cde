"""Ranks over tasks against a table worked out by hand, tests against scipy and scikit-posthocs."""

import numpy as np
import pytest
from scipy import stats

from zoo_bench.statistics.across_tasks import mean_ranks, task_tests, tasks_needed


def test_mean_ranks_by_hand():
    # task 1: 0.9 > 0.8 > 0.7; task 2: the first two share ranks 1 and 2
    assert mean_ranks([[0.9, 0.6], [0.8, 0.6], [0.7, 0.5]]) == [1.25, 1.75, 3.0]


def test_mean_ranks_equal_scipys():
    scores = np.random.default_rng(7).integers(0, 4, (5, 6)) / 4  # with many equals
    expected = stats.rankdata(-scores, axis=0).mean(axis=1)
    assert mean_ranks(scores.tolist()) == pytest.approx(expected)


def test_no_test_below_six_tasks():
    found = task_tests([[0.9] * 5, [0.8] * 5, [0.7] * 5])
    assert (found.friedman_p, found.wilcoxon_p) == (None, {})


@pytest.mark.parametrize("candidates", [2, 3, 8])
def test_differences_are_tested_where_a_test_could_show_one(candidates):
    def all_in_order(tasks):
        return [
            [1 - 0.1 * place + 0.001 * task for task in range(tasks)] for place in range(candidates)
        ]

    needed = tasks_needed(candidates)
    assert task_tests(all_in_order(needed - 1)).wilcoxon_p == {}
    assert max(task_tests(all_in_order(needed)).wilcoxon_p.values()) < 0.05


def test_fewer_tasks_than_needed_could_show_nothing():
    # what scipy and Holm would say of eight candidates in perfect order over ten tasks
    ordered = stats.wilcoxon(np.arange(1, 11) / 100).pvalue
    assert 28 * ordered > 0.05
    assert tasks_needed(8) == 11


def test_two_candidates_have_no_friedman():
    found = task_tests([[0.9, 0.8, 0.7, 0.9, 0.8, 0.7], [0.5, 0.6, 0.4, 0.3, 0.2, 0.1]])
    assert found.friedman_p is None
    # six tasks, all of one sign: 2 / 2**6, the smallest there is
    assert found.wilcoxon_p == {(0, 1): pytest.approx(0.03125)}


def test_equal_scores_on_every_task_differ_by_no_test():
    found = task_tests([[0.9, 0.8] * 5] * 3)
    assert found.friedman_p == 1.0
    assert set(found.wilcoxon_p.values()) == {1.0}


def test_equals_scipy_and_scikit_posthocs():
    posthocs = pytest.importorskip("scikit_posthocs")
    scores = np.random.default_rng(6).normal([[0.8], [0.78], [0.7]], 0.03, (3, 8))
    found = task_tests(scores.tolist())
    assert found.friedman_p == pytest.approx(stats.friedmanchisquare(*scores).pvalue)
    table = posthocs.posthoc_wilcoxon(scores.tolist(), p_adjust="holm").to_numpy()
    for (first, second), p_value in found.wilcoxon_p.items():
        assert p_value == pytest.approx(table[first, second])


def test_equal_candidates_are_no_difference():
    row = [0.9, 0.8, 0.7, 0.9, 0.8, 0.7]
    assert task_tests([row, row]).wilcoxon_p == {(0, 1): 1.0}
