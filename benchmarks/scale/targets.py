"""What executors are given instead of a training."""

from __future__ import annotations

import hashlib

from scale.made_up import make_predictions, make_result
from zoo_bench.job import Outcome, Report
from zoo_bench.records import RunSpec

ROUNDS = "rounds"


def at_once(spec: RunSpec, report: Report) -> Outcome:
    """Done without any work."""
    content = make_predictions(spec.seed, spec.task)
    return Outcome(make_result(spec, content=content), content)


def computes(spec: RunSpec, report: Report) -> Outcome:
    """Done after as many rounds of hashing as its recipe has, which take one core alone."""
    assert spec.recipe is not None
    rounds = spec.recipe[ROUNDS]
    assert isinstance(rounds, int)
    hashlib.pbkdf2_hmac("sha256", spec.run_id.encode("ascii"), b"scale", rounds)
    return at_once(spec, report)
