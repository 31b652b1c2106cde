"""Times of runs to come, from the nearest kin that is done."""

from datetime import timedelta

from fake_runs import TASK, make_result, make_spec

from zoo_bench.estimate import Estimate, estimate


def took(seconds, *names, **changes):
    result = make_result(make_spec(*names, **changes))
    end = result.provenance.started_at + timedelta(seconds=seconds)
    provenance = result.provenance.model_copy(update={"finished_at": end})
    cost = result.cost.model_copy(update={"train_seconds": 1.0})
    return result.model_copy(update={"provenance": provenance, "cost": cost})


def test_a_pair_takes_what_its_other_seeds_took():
    done = [took(10, seed=0), took(30, seed=1), took(20, seed=2), took(500, head="bilstm")]
    assert estimate([make_spec(seed=3), make_spec(seed=4)], done) == Estimate(40, 2, 0)


def test_a_new_pair_takes_what_its_encoder_took_else_what_the_task_took():
    done = [took(10), took(20, head="bilstm"), took(90, "koelectra-nano")]
    assert estimate([make_spec(head="textcnn")], done) == Estimate(15, 1, 0)
    assert estimate([make_spec("bert")], done) == Estimate(20, 1, 0)


def test_another_task_tells_nothing():
    other = TASK.model_copy(update={"content_sha256": "d" * 64})
    assert estimate([make_spec(task=other)], [took(10)]) == Estimate(0, 0, 1)


def test_a_clock_that_was_set_back_has_no_say():
    assert estimate([make_spec(seed=1)], [took(-3600)]) == Estimate(1, 1, 0)
