"""The cases themselves: their names and causes."""

from doctor_proof.registry import BROKEN, HEALTHY
from zoo.doctor import CAUSES


def test_names_are_unique():
    names = [case.name for case in (*BROKEN, *HEALTHY)]
    assert len(names) == len(set(names))


def test_there_are_at_least_as_many_cases_as_the_proof_asks_for():
    assert len(BROKEN) >= 30
    assert len(HEALTHY) >= 28


def test_every_cause_has_a_case():
    # the last one is for what no other names: a case of it would be a cause that is missing; and
    # the cases are trainings that run and learn nothing
    without_case = {"cannot_overfit", "logits_too_large", "training_raises"}
    assert {case.cause for case in BROKEN} == {*CAUSES} - without_case
