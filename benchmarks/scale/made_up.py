"""Runs that nobody trained: specs, results and predictions as real ones leave them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from zoo_bench import predictions
from zoo_bench.predictions import Predictions
from zoo_bench.records import (
    Component,
    Cost,
    EncoderRecord,
    Latency,
    PredictionsRecord,
    Protocol,
    Provenance,
    Result,
    RunSpec,
    TaskRecord,
)

TASK = TaskRecord(
    name="toy",
    content_sha256="c" * 64,
    n_train=100,
    n_validation=20,
    n_test=20,
    n_test_clean=18,
    is_verified=True,
    labels=("질문", "명령"),
)


def make_spec(
    encoder: str | EncoderRecord = "bert-nano",
    head: str | Component = "mlp",
    seed: int = 0,
    *,
    recipe: dict[str, Any] | None = None,
    task: TaskRecord = TASK,
    **changes: Any,
) -> RunSpec:
    """The spec of a pair of names or of whole records; `changes` replace whole fields."""
    ours: dict[str, Any] = {
        "distribution": "intentzoo",
        "version": "0.1.0",
        "target": "some.where:Thing",
    }
    if isinstance(encoder, str):
        encoder = EncoderRecord(name=encoder, **ours, pretrained=True)
    if isinstance(head, str):
        head = Component(name=head, **ours)
    fields = {
        "kind": "pair",
        "protocol": Protocol(name="toy", version=1),
        "task": task,
        "encoder": encoder,
        "head": head,
        "recipe": recipe or {"epochs": 1, "encoder_learning_rate": 0.0005},
        "seed": seed,
        "threads": 1,
    }
    return RunSpec.create(**(fields | changes))


def make_result(
    spec: RunSpec, accuracy: float = 0.9, *, content: bytes | None = None, **changes: Any
) -> Result:
    """A result of `spec` whose accuracy is `accuracy` on every split."""
    now = datetime(2024, 1, 1, tzinfo=UTC)
    scores = {"accuracy": accuracy, "macro_f1": accuracy - 0.01}
    fields = {
        "verdict": "learned" if spec.kind == "pair" else None,
        "verdict_reason": "made up",
        "suggestion": None,
        "measurements": None,
        "tokens": None,
        "metrics": {"validation": scores, "test": scores, "test_clean": scores},
        "undefined": {},
        "per_class": (),
        "confusion": ((9, 1), (1, 9)),
        "cost": Cost(
            parameters_total=6_400_000,
            parameters_head=100_000,
            train_seconds=12.5,
            samples_per_second=800.0,
            latency=Latency(p50_ms=3.25, p99_ms=5.0, warmups=20, calls=200),
            peak_memory_bytes=10**9,
            peak_gpu_memory_bytes=None,
            hardware="Some CPU, 2 cores",
        ),
        "history": ({"epoch": 1, "train_loss": 0.5},),
        "predictions": (
            None
            if content is None
            else PredictionsRecord(sha256=predictions.sha256(content), n=spec.task.n_test)
        ),
        "provenance": Provenance(
            zoo_version="0.1.0",
            git_sha=None,
            git_dirty=None,
            python="3.11",
            torch="2.13.0",
            transformers="5.23.0",
            hardware="Some CPU, 2 cores",
            threads=1,
            device="cpu",
            executor="none",
            attempts=1,
            resumed=False,
            started_at=now,
            finished_at=now,
        ),
    }
    return Result(**dict(spec), **(fields | changes))


def make_predictions(seed: int, task: TaskRecord = TASK) -> bytes:
    """The bytes of predictions that depend on the seed and on the sizes of the task alone."""
    draw = np.random.default_rng(seed)
    classes = len(task.labels)
    return predictions.to_bytes(
        Predictions(
            logits=draw.normal(size=(task.n_test, classes)).astype(np.float32),
            labels=draw.integers(0, classes, task.n_test),
            clean_rows=np.arange(task.n_test_clean),
            validation_logits=draw.normal(size=(task.n_validation, classes)).astype(np.float32),
            validation_labels=draw.integers(0, classes, task.n_validation),
        )
    )
