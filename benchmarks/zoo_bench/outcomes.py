"""What a run leaves, made out of what was measured: its record and its predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from zoo_bench import costs, predictions
from zoo_bench.job import Outcome
from zoo_bench.predictions import Predictions
from zoo_bench.provenance import hardware_id, provenance
from zoo_bench.records import (
    ClassScores,
    Cost,
    Latency,
    PredictionsRecord,
    Result,
    RunSpec,
    TokensRecord,
)

if TYPE_CHECKING:
    import numpy as np

    from zoo.data import Task
    from zoo.measurements import Measurements
    from zoo.metrics import Scores
    from zoo.verdict import Judgement

PROBABILITY_METRICS = ("ece", "nll")
NO_VERDICT = {
    "baseline": "a baseline has none",
    "pair": "all validation examples have one label: whoever says it is right",
}
NO_PROBABILITIES = "margins are no probabilities"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run has before it has learned anything; a baseline has no `tokens`."""

    parameters_total: int
    parameters_head: int
    tokens: TokensRecord | None
    device: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What a pair or a baseline gave: logits `(example, label)`, costs and how it came to them."""

    setup: Setup
    validation: np.ndarray
    test: np.ndarray
    out_of_scope: np.ndarray | None
    has_probabilities: bool
    judgement: Judgement | None
    measurements: Measurements | None
    history: tuple[dict[str, Any], ...]
    train_seconds: float
    samples_per_second: float | None
    latency: Latency


def finished(spec: RunSpec, task: Task, measured: Measured, started_at: datetime) -> Outcome:
    """The outcome of a run that came to its end."""
    import numpy as np

    from zoo.evaluation import label_indices

    found = Predictions(
        logits=measured.test,
        labels=label_indices(task.test, task.labels),
        clean_rows=np.asarray(task.clean_test_rows, dtype=np.int64),
        validation_logits=measured.validation,
        validation_labels=label_indices(task.validation, task.labels),
        out_of_scope_logits=measured.out_of_scope,
    )
    scores = score_predictions(found, task.labels, has_probabilities=measured.has_probabilities)
    content = predictions.to_bytes(found)
    result = Result(
        **dict(spec),
        verdict=measured.judgement.verdict if measured.judgement else None,
        verdict_reason=measured.judgement.reason if measured.judgement else NO_VERDICT[spec.kind],
        suggestion=measured.judgement.suggestion if measured.judgement else None,
        measurements=measured.measurements,
        tokens=measured.setup.tokens,
        metrics=scores.metrics,
        undefined=scores.undefined,
        per_class=scores.per_class,
        confusion=scores.confusion,
        cost=_cost(
            measured.setup,
            measured.train_seconds,
            samples_per_second=measured.samples_per_second,
            latency=measured.latency,
        ),
        history=measured.history,
        predictions=PredictionsRecord(sha256=predictions.sha256(content), n=len(found.labels)),
        provenance=provenance(
            threads=spec.threads, device=measured.setup.device, started_at=started_at
        ),
    )
    return Outcome(result, content)


@dataclass(frozen=True, slots=True)
class RunScores:
    """What a result says of its predictions; everything in it can be computed anew from them."""

    metrics: dict[str, dict[str, float | None] | None]
    undefined: dict[str, str]
    per_class: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]


def score_predictions(
    found: Predictions, labels: Sequence[str], *, has_probabilities: bool
) -> RunScores:
    """The scores of all splits; per class and confusion of the test split.

    What is out of scope is told from the whole test split.
    """
    from zoo.metrics import score, score_out_of_scope

    splits = {
        "validation": (found.validation_logits, found.validation_labels),
        "test": (found.logits, found.labels),
        "test_clean": (found.logits[found.clean_rows], found.labels[found.clean_rows]),
    }
    scores: dict[str, Scores | None] = {
        name: score(logits, indices, labels) if len(indices) else None
        for name, (logits, indices) in splits.items()
    }
    metrics, undefined = _metrics(scores, has_probabilities)
    if found.out_of_scope_logits is not None:
        metrics["out_of_scope"] = {
            **score_out_of_scope(
                found.logits, found.out_of_scope_logits, has_probabilities=has_probabilities
            )
        }
    test = scores["test"]
    assert test is not None
    return RunScores(
        metrics=metrics,
        undefined=undefined,
        per_class=tuple(ClassScores(**without_nan(row)) for row in test.per_class),
        confusion=tuple(tuple(row) for row in test.confusion),
    )


def _metrics(
    scores: Mapping[str, Scores | None], has_probabilities: bool
) -> tuple[dict[str, dict[str, float | None] | None], dict[str, str]]:
    """Metric values per split, and under `split` or `split.metric` why a value is null."""
    metrics: dict[str, dict[str, float | None] | None] = {}
    undefined: dict[str, str] = {}
    for split, found in scores.items():
        if found is None:
            metrics[split], undefined[split] = None, "the split has no rows"
            continue
        values: dict[str, float | None] = {}
        for name, value in found.metrics.items():
            values[name] = _finite(value)
            if not has_probabilities and name in PROBABILITY_METRICS:
                values[name] = None
                undefined[f"{split}.{name}"] = NO_PROBABILITIES
            elif values[name] is None:
                undefined[f"{split}.{name}"] = "not defined on this split"
        metrics[split] = values
    return metrics, undefined


def _cost(
    setup: Setup,
    train_seconds: float,
    *,
    samples_per_second: float | None = None,
    latency: Latency | None = None,
) -> Cost:
    return Cost(
        parameters_total=setup.parameters_total,
        parameters_head=setup.parameters_head,
        train_seconds=train_seconds,
        samples_per_second=samples_per_second,
        latency=latency,
        peak_memory_bytes=costs.peak_memory_bytes(),
        peak_gpu_memory_bytes=costs.peak_gpu_memory_bytes(),
        hardware=hardware_id(setup.device),
    )


@dataclass(frozen=True, slots=True)
class Divergence:
    """A training that diverged after so many seconds; `history` is of the whole epochs before."""

    setup: Setup
    judgement: Judgement
    history: tuple[dict[str, Any], ...]
    seconds: float


def diverged(spec: RunSpec, found: Divergence, started_at: datetime) -> Outcome:
    """The outcome of a run that diverged: no scores."""
    splits = ["validation", "test", "test_clean"]
    if spec.task.n_out_of_scope is not None:
        splits.append("out_of_scope")
    result = Result(
        **dict(spec),
        verdict=found.judgement.verdict,
        verdict_reason=found.judgement.reason,
        suggestion=found.judgement.suggestion,
        measurements=None,
        tokens=found.setup.tokens,
        metrics=dict.fromkeys(splits),
        undefined=dict.fromkeys(splits, "the run diverged"),
        per_class=(),
        confusion=(),
        cost=_cost(found.setup, found.seconds),
        history=found.history,
        predictions=None,
        provenance=provenance(
            threads=spec.threads, device=found.setup.device, started_at=started_at
        ),
    )
    return Outcome(result, None)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def without_nan(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with null where a number is not finite: JSON has no NaN."""
    return {
        key: _finite(value) if isinstance(value, float) else value for key, value in entry.items()
    }
