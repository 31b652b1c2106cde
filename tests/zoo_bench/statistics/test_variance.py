"""Variance shares against statsmodels' analysis of variance."""

import itertools

import numpy as np
import pytest

from zoo_bench.statistics.variance import VarianceShares, variance_shares

ENCODERS, HEADS, SEEDS = ("bert", "koelectra", "nano"), ("linear", "mlp"), range(4)


def scores_of(encoder_effect, head_effect, noise):
    draw = np.random.default_rng(5)
    return {
        (encoder, head, seed): 0.8
        + encoder_effect * ENCODERS.index(encoder)
        + head_effect * HEADS.index(head)
        + noise * draw.normal()
        for encoder, head, seed in itertools.product(ENCODERS, HEADS, SEEDS)
    }


def test_equals_omega_squared_of_statsmodels():
    pandas = pytest.importorskip("pandas")
    api = pytest.importorskip("statsmodels.formula.api")
    anova = pytest.importorskip("statsmodels.stats.anova")
    scores = scores_of(0.02, 0.01, 0.01)
    rows = [(*key, value) for key, value in scores.items()]
    frame = pandas.DataFrame(rows, columns=["encoder", "head", "seed", "score"])
    table = anova.anova_lm(api.ols("score ~ C(encoder) * C(head)", frame).fit())
    error = table.loc["Residual", "mean_sq"]
    omega = (table["sum_sq"] - table["df"] * error) / (table["sum_sq"].sum() + error)
    found = variance_shares(scores)
    assert found.encoder == pytest.approx(omega["C(encoder)"])
    assert found.head == pytest.approx(omega["C(head)"])
    assert found.interaction == pytest.approx(max(0, omega["C(encoder):C(head)"]))
    assert found.encoder + found.head + found.interaction + found.seed == pytest.approx(1)


def test_without_noise_everything_is_the_encoder():
    assert variance_shares(scores_of(0.02, 0.0, 0.0)) == VarianceShares(
        pytest.approx(1), pytest.approx(0), pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9)
    )


def test_pure_noise_is_the_seeds():
    assert variance_shares(scores_of(0, 0, 0.01)).seed > 0.8


def test_a_seed_that_one_pair_lacks_is_left_out():
    scores = scores_of(0.02, 0.01, 0.01)
    missing = {key: value for key, value in scores.items() if key != ("bert", "mlp", 3)}
    common = {key: value for key, value in scores.items() if key[2] != 3}
    assert variance_shares(missing) == variance_shares(common)


@pytest.mark.parametrize(
    "is_kept",
    [
        lambda key: key[2] < 2,  # two seeds
        lambda key: key[0] == "bert",  # one encoder
        lambda key: key[1] == "mlp",  # one head
        lambda key: key[:2] != ("bert", "mlp"),  # a hole in the grid
        lambda key: False,
    ],
)
def test_too_little_to_tell(is_kept):
    scores = scores_of(0.02, 0.01, 0.01)
    assert variance_shares({key: scores[key] for key in scores if is_kept(key)}) is None
