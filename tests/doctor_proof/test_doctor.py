"""The doctor names what is broken, and nothing in what is healthy: `make doctor-proof` has them all."""

import pytest

from doctor_proof.registry import BROKEN, HEALTHY
from doctor_proof.setups import diagnose

pytestmark = pytest.mark.slow

# the rest would take minutes
ONE_OF_EACH_CAUSE = list({case.cause: case for case in BROKEN}.values())
EVERY_FOURTH = HEALTHY[::4]


def name(case):
    return case.name


@pytest.mark.parametrize("case", ONE_OF_EACH_CAUSE, ids=name)
def test_the_fault_is_named_first(case, material):
    report = diagnose(case.build(material))
    assert [finding.cause for finding in report.findings][:1] == [case.cause], str(report)


@pytest.mark.parametrize("case", EVERY_FOURTH, ids=name)
def test_nothing_is_named_in_a_healthy_training(case, material):
    report = diagnose(case.build(material))
    assert report.is_healthy, str(report)
