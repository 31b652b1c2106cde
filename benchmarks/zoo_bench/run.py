"""One run, executed in this process: build, train, evaluate, measure, judge.

The test split is read once, at the very end, and nothing is chosen by it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zoo.errors import CheckpointError, DataError, EvaluationError
from zoo_bench import costs, predictions
from zoo_bench.executors import Progressed
from zoo_bench.job import Outcome, Report
from zoo_bench.predictions import Predictions
from zoo_bench.provenance import hardware_id, provenance
from zoo_bench.records import ClassScores, Cost, Latency, PredictionsRecord, Result, RunSpec
from zoo_bench.verdict import Judgement, judge

if TYPE_CHECKING:
    import numpy as np

    from zoo.classifier import TextClassifier
    from zoo.data import Task
    from zoo.metrics import Scores
    from zoo.training import Progress

PROBABILITY_METRICS = ("ece", "nll")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a pair or a baseline gave: logits `(example, label)`, costs and how it came to them."""

    validation: np.ndarray
    test: np.ndarray
    has_probabilities: bool
    judgement: Judgement | None
    history: tuple[dict[str, Any], ...]
    parameters_total: int
    parameters_head: int
    train_seconds: float
    samples_per_second: float | None
    latency: Latency
    device: str


def execute(spec: RunSpec, report: Report) -> Outcome:
    """The result and the predictions of one run.

    A run that diverges is a result without scores; whatever else goes wrong is raised.
    """
    import torch

    from zoo.data import load_task
    from zoo.training import Diverged

    started_at = datetime.now(UTC)
    began = time.perf_counter()
    torch.set_num_threads(spec.threads)
    costs.reset_peak_memory()
    task = load_task(spec.task.name)
    check_task(spec, task)
    try:
        if spec.kind == "baseline":
            measured = _measure_baseline(spec, task)
        else:
            measured = _measure_pair(spec, task, report)
    except (Diverged, EvaluationError) as error:
        # the labels are the task's own, so an evaluation can only fail over logits that are NaN
        return _diverged(spec, str(error), started_at, time.perf_counter() - began)
    return _outcome(spec, task, measured, started_at)


def check_task(spec: RunSpec, task: Task) -> None:
    """Raise `DataError` unless the task still is what it was when the run was planned."""
    if task.content_sha256 != spec.task.content_sha256:
        raise DataError(
            f"task {spec.task.name!r}: its content is {task.content_sha256[:12]}, planned was "
            f"{spec.task.content_sha256[:12]}; plan the suite again"
        )


def _measure_pair(spec: RunSpec, task: Task, report: Report) -> Measured:
    from zoo.building import build
    from zoo.evaluation import evaluate
    from zoo.recipe import Recipe
    from zoo.training import train

    assert spec.encoder is not None and spec.head is not None and spec.recipe is not None
    classifier = build(
        f"{spec.encoder.distribution}:{spec.encoder.name}",
        f"{spec.head.distribution}:{spec.head.name}",
        labels=task.labels,
        pretrained=spec.encoder.pretrained,
        encoder_options=spec.encoder.options,
        head_options=spec.head.options,
        seed=spec.seed,
    )
    check_built(spec, classifier)

    def on_progress(now: Progress) -> None:
        report(
            Progressed(spec.run_id, now.epoch, now.epochs, now.step, now.steps, _finite(now.loss))
        )

    training = train(
        classifier,
        task.train,
        task.validation,
        Recipe.model_validate(spec.recipe),
        seed=spec.seed,
        on_progress=on_progress,
    )
    validation = evaluate(classifier, task.validation)
    return Measured(
        validation=validation.logits,
        latency=costs.measure_latency(classifier.predict, task.validation.texts),
        test=evaluate(classifier, task.test).logits,
        has_probabilities=True,
        judgement=judge(validation.logits, validation.labels),
        history=tuple(_without_nan(entry) for entry in training.history),
        parameters_total=sum(parameter.numel() for parameter in classifier.parameters()),
        parameters_head=sum(parameter.numel() for parameter in classifier.head.parameters()),
        train_seconds=training.train_seconds,
        samples_per_second=training.samples_per_second,
        device=training.device,
    )


def check_built(spec: RunSpec, classifier: TextClassifier) -> None:
    """Raise `CheckpointError` where what was built is not what the spec, and its id, say."""
    assert spec.encoder is not None and spec.head is not None
    for planned, built in (
        (spec.encoder, classifier.config.encoder),
        (spec.head, classifier.config.head),
    ):
        for key in ("distribution", "version", "target"):
            if built[key] != getattr(planned, key):
                raise CheckpointError(
                    f"{planned.name}: {key} is {built[key]!r} here, planned was "
                    f"{getattr(planned, key)!r}; give the same command again"
                )
    revision = classifier.config.encoder.get("revision")
    if spec.encoder.revision not in (None, revision):
        raise CheckpointError(
            f"{spec.encoder.name}: {spec.encoder.checkpoint} moved from {spec.encoder.revision} to "
            f"{revision} since the suite was planned; give the same command again"
        )


def _measure_baseline(spec: RunSpec, task: Task) -> Measured:
    from zoo.evaluation import label_indices
    from zoo_bench.baselines import make_baseline

    assert spec.baseline is not None
    baseline = make_baseline(spec.baseline)
    labels = label_indices(task.train, task.labels)
    began = time.perf_counter()
    baseline.fit(task.train.texts, labels, len(task.labels))
    seconds = time.perf_counter() - began
    return Measured(
        validation=baseline.logits(task.validation.texts),
        latency=costs.measure_latency(lambda text: baseline.logits([text]), task.validation.texts),
        test=baseline.logits(task.test.texts),
        has_probabilities=baseline.has_probabilities,
        judgement=None,
        history=(),
        parameters_total=baseline.parameters,
        parameters_head=0,
        train_seconds=seconds,
        samples_per_second=len(labels) / seconds,
        device="cpu",
    )


def _outcome(spec: RunSpec, task: Task, measured: Measured, started_at: datetime) -> Outcome:
    import numpy as np

    from zoo.evaluation import label_indices
    from zoo.metrics import score

    test_labels = label_indices(task.test, task.labels)
    validation_labels = label_indices(task.validation, task.labels)
    clean_rows = np.asarray(task.clean_test_rows, dtype=np.int64)
    splits = {
        "validation": (measured.validation, validation_labels),
        "test": (measured.test, test_labels),
        "test_clean": (measured.test[clean_rows], test_labels[clean_rows]),
    }
    scores: dict[str, Scores | None] = {
        name: score(logits, labels, task.labels) if len(labels) else None
        for name, (logits, labels) in splits.items()
    }
    metrics, undefined = _metrics(scores, measured.has_probabilities)
    content = predictions.to_bytes(
        Predictions(measured.test, test_labels, clean_rows, measured.validation, validation_labels)
    )
    test = scores["test"]
    assert test is not None
    result = Result(
        **dict(spec),
        verdict=measured.judgement.verdict if measured.judgement else None,
        verdict_reason=measured.judgement.reason if measured.judgement else "a yardstick has none",
        metrics=metrics,
        undefined=undefined,
        per_class=tuple(ClassScores(**_without_nan(row)) for row in test.per_class),
        confusion=tuple(tuple(row) for row in test.confusion),
        cost=_cost(measured),
        history=measured.history,
        predictions=PredictionsRecord(sha256=predictions.sha256(content), n=len(test_labels)),
        provenance=provenance(threads=spec.threads, device=measured.device, started_at=started_at),
    )
    return Outcome(result, content)


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
                undefined[f"{split}.{name}"] = "margins are no probabilities"
            elif values[name] is None:
                undefined[f"{split}.{name}"] = "not defined on this split"
        metrics[split] = values
    return metrics, undefined


def _cost(measured: Measured) -> Cost:
    return Cost(
        parameters_total=measured.parameters_total,
        parameters_head=measured.parameters_head,
        train_seconds=measured.train_seconds,
        samples_per_second=measured.samples_per_second,
        latency=measured.latency,
        peak_memory_bytes=costs.peak_memory_bytes(),
        peak_gpu_memory_bytes=costs.peak_gpu_memory_bytes(),
        hardware=hardware_id(measured.device),
    )


def _diverged(spec: RunSpec, reason: str, started_at: datetime, seconds: float) -> Outcome:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    splits = ("validation", "test", "test_clean")
    result = Result(
        **dict(spec),
        verdict="diverged",
        verdict_reason=reason,
        metrics=dict.fromkeys(splits),
        undefined=dict.fromkeys(splits, "the run diverged"),
        per_class=(),
        confusion=(),
        cost=Cost(
            parameters_total=0,
            parameters_head=0,
            train_seconds=seconds,
            samples_per_second=None,
            latency=None,
            peak_memory_bytes=costs.peak_memory_bytes(),
            peak_gpu_memory_bytes=costs.peak_gpu_memory_bytes(),
            hardware=hardware_id(device),
        ),
        history=(),
        predictions=None,
        provenance=provenance(threads=spec.threads, device=device, started_at=started_at),
    )
    return Outcome(result, None)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _without_nan(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with null where a number is not finite: JSON has no NaN."""
    return {
        key: _finite(value) if isinstance(value, float) else value for key, value in entry.items()
    }
