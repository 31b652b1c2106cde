"""The doctor names what is broken, and nothing in what is healthy."""

import pytest

from doctor_proof.registry import BROKEN, HEALTHY
from doctor_proof.setups import diagnose

pytestmark = pytest.mark.slow


def name(case):
    return case.name


@pytest.mark.parametrize("case", BROKEN, ids=name)
def test_the_fault_is_named_first(case, material):
    report = diagnose(case.build(material))
    assert [finding.cause for finding in report.findings][:1] == [case.cause], str(report)


@pytest.mark.parametrize("case", HEALTHY, ids=name)
def test_nothing_is_named_in_a_healthy_training(case, material):
    report = diagnose(case.build(material))
    assert report.is_healthy, str(report)
