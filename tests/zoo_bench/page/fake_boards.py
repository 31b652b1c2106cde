"""A results root that has everything a page must show, without a model."""

import json
import os
from unittest import mock

import numpy as np
from fake_runs import TASK, make_result, make_spec

from zoo_bench import predictions
from zoo_bench.predictions import Predictions
from zoo_bench.records import (
    CertificateRecord,
    ClassScores,
    Component,
    EncoderRecord,
    Failure,
    PredictionsRecord,
    RunSpec,
)
from zoo_bench.store import Store

OURS = {"distribution": "intentzoo", "version": "0.1.0", "target": "some.where:Thing"}
BREAK_OUT = "</script><img src=x onerror=alert(1)>"
HOSTILE = (
    BREAK_OUT,
    "very-long-" * 30,
    "שלום-ראש",
    "\x1b[31mred\u202egnp.exe",
)
LABELS = ("질문", BREAK_OUT)
ENCODERS = {"koelectra": 0.93, "bert": 0.91, "bert-nano": 0.82}
HEADS = {"linear": 0.0, "bilstm": -0.004, "textcnn": -0.02}
OUT_OF_SCOPE = {"auroc": 0.8125, "fpr_at_95_tpr": 0.625}
COSTS = {"koelectra": 12.4, "bert": 14.9, "bert-nano": 2.1}


def write_board(root):
    """Three tasks, three encoders by three heads, three seeds or two, and what can go wrong."""
    # a folder for a test need not outlive a power cut
    with mock.patch.object(os, "fsync"):
        _write(Store.open(root))
    return root


def _write(store):
    tasks = [
        TASK.model_copy(update={"name": name, "content_sha256": letter * 64, "labels": LABELS})
        for letter, name in zip("cde", ("toy", "감정 분류", HOSTILE[0]), strict=True)
    ]
    tasks[1] = tasks[1].model_copy(update={"n_out_of_scope": 1200})
    for place, task in enumerate(tasks):
        for spec, accuracy in _pairs(task, seeds=2 if place else 3):
            _finish(store, spec, accuracy - place / 50)
    _finish(store, _baseline("tfidf-svm", tasks[0]), 0.86)
    _finish(store, _baseline("majority-class", tasks[0]), 0.31)
    for name in HOSTILE:
        spec = make_spec(_encoder(name), Component(name=name, **OURS), 0, task=tasks[0])
        _finish(store, spec, 0.7)
    failed = make_spec("bert", "crf", 0, task=tasks[0])
    _fail(store, failed, f"CUDA out of memory {BREAK_OUT}")
    diverged = make_spec("bert", "crf", 1, task=tasks[0])
    _leave(store, diverged)
    store.write_result(
        make_result(
            diverged,
            verdict="diverged",
            verdict_reason="loss was nan in step 7",
            metrics=dict.fromkeys(("validation", "test", "test_clean")),
            history=(),
        ),
        None,
        "",
    )
    _leave(store, make_spec("bert", "crf", 2, task=tasks[0]))


def _encoder(name):
    return EncoderRecord(name=name, **OURS, pretrained=True)


def _pairs(task, seeds):
    draw = np.random.default_rng(7)
    for encoder, base in ENCODERS.items():
        for head, shift in HEADS.items():
            for seed in range(seeds):
                accuracy = base + shift + draw.normal(0, 0.004)
                yield make_spec(_encoder(encoder), head, seed, task=task), float(accuracy)


def _baseline(name, task):
    component = Component(name=name, **OURS)
    fields = dict(make_spec(task=task)) | {
        "kind": "baseline",
        "encoder": None,
        "head": None,
        "recipe": None,
        "baseline": component,
    }
    del fields["run_id"], fields["schema_version"]
    return RunSpec.create(**fields)


def _leave(store, spec):
    store.claim(spec).release()
    store.write_spec(spec)


def _fail(store, spec, message):
    _leave(store, spec)
    fields = {
        "run_id": spec.run_id,
        "kind": "out_of_memory",
        "message": message,
        "traceback": "",
        "failed_at": "2024-01-01T00:00:00Z",
    }
    store.write_failure(spec, Failure.model_validate_json(json.dumps(fields)), "")


def _finish(store, spec, accuracy):
    content = make_predictions(spec, accuracy)
    result = make_result(spec, accuracy)
    milliseconds = COSTS.get(spec.encoder.name if spec.encoder else "", 0.4)
    is_pair = spec.kind == "pair"
    changes = {
        "verdict": ("learned" if accuracy > 0.75 else "not_learned") if is_pair else None,
        "metrics": {
            split: {"accuracy": accuracy, "macro_f1": accuracy - 0.01, "nll": 0.4, "ece": 0.05}
            for split in ("validation", "test", "test_clean")
        }
        | ({"out_of_scope": OUT_OF_SCOPE} if spec.task.n_out_of_scope else {}),
        "history": tuple(
            {
                "epoch": epoch,
                "train_loss": 1.2 / epoch,
                "validation_loss": 1.0 / epoch + spec.seed / 50,
                "accuracy": accuracy - 0.2 / epoch,
            }
            for epoch in (1, 2, 3, 4)
        ),
        "per_class": tuple(
            ClassScores(label=label, precision=accuracy, recall=0.9, f1=None, support=10)
            for label in spec.task.labels
        ),
        "cost": result.cost.model_copy(
            update={
                "parameters_total": int(9e6 * milliseconds),
                "train_seconds": 40 * milliseconds,
                "latency": result.cost.latency.model_copy(update={"p50_ms": milliseconds}),
            }
        ),
        "provenance": result.provenance.model_copy(
            update={"certificates": _certificates(spec), "git_sha": "4" * 40, "git_dirty": True}
        ),
        "predictions": PredictionsRecord(sha256=predictions.sha256(content), n=TASK.n_test),
    }
    _leave(store, spec)
    store.write_result(result.model_copy(update=changes), content, "")


def _certificates(spec):
    if spec.head is None or spec.head.name not in ("linear", "bilstm"):
        return {}
    counts = {"passed": 22, "failed": 0, "skipped": 3, "source_sha256": "0" * 64}
    one = CertificateRecord(status="passed", zoo_version="0.1.0", **counts)
    return {"encoder": one, "head": one}


def make_predictions(spec, accuracy):
    """Predictions of 20 rows, as many of them right as `accuracy` says."""
    labels = np.arange(20) % 2
    order = np.random.default_rng([spec.seed, 3]).permutation(20)
    wrong = order[round(20 * accuracy) :]
    logits = np.zeros((20, 2), dtype=np.float32)
    logits[np.arange(20), labels] = 2.0
    logits[wrong] = logits[wrong][:, ::-1] * 1.5
    return predictions.to_bytes(
        Predictions(
            logits=logits,
            labels=labels,
            clean_rows=np.arange(18),
            validation_logits=logits,
            validation_labels=labels,
        )
    )
