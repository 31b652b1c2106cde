"""Runs that need no model: specs, results, and targets for executors that take a moment at most."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from zoo.errors import ZooError
from zoo_bench import predictions
from zoo_bench.executors import Progressed
from zoo_bench.job import Outcome
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


def make_spec(encoder="bert-nano", head="mlp", seed=0, *, recipe=None, task=TASK, **changes):
    """The spec of a pair of names or of whole records; `changes` replace whole fields."""
    ours = {"distribution": "intentzoo", "version": "0.1.0", "target": "some.where:Thing"}
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


def make_baseline_spec(name="majority-class"):
    return RunSpec.create(
        kind="baseline",
        protocol=Protocol(name="toy", version=1),
        task=TASK,
        baseline=Component(
            name=name, distribution="intentzoo", version="0.1.0", target="some.where:Thing"
        ),
        seed=0,
        threads=1,
    )


def make_result(spec, accuracy=0.9, *, content=None, **changes):
    """A result of `spec` whose accuracy is `accuracy` on every split."""
    now = datetime(2024, 1, 1, tzinfo=UTC)
    scores = {"accuracy": accuracy, "macro_f1": accuracy - 0.01}
    fields = {
        "verdict": "learned" if spec.kind == "pair" else None,
        "verdict_reason": "made up",
        "suggestion": None,
        "measurements": None,
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
            else PredictionsRecord(sha256=predictions.sha256(content), n=TASK.n_test)
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


def make_predictions(seed, task=TASK):
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


# targets, for executors


def quick(spec, report):
    """Done after a tenth of a second, with some progress and a line of log."""
    print(f"hello from seed {spec.seed}")
    for step in (1, 2):
        time.sleep(0.05)
        report(Progressed(spec.run_id, 1, 1, step, 2, 1.0 / step))
    content = make_predictions(spec.seed, spec.task)
    return Outcome(make_result(spec, content=content), content)


def at_once(spec, report):
    content = make_predictions(spec.seed, spec.task)
    return Outcome(make_result(spec, content=content), content)


def half_a_second(spec, report):
    time.sleep(0.4)
    return quick(spec, report)


def tells_its_threads(spec, report):
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    print(*(f"{name}={os.environ[name]}" for name in names))
    return half_a_second(spec, report)


def tells_its_gpu(spec, report):
    print(f"GPU {os.environ.get('CUDA_VISIBLE_DEVICES')!r}")
    return at_once(spec, report)


def endless(spec, report):
    while True:
        time.sleep(0.02)
        report(Progressed(spec.run_id, 1, 1, 1, 2, None))


def refuses_seed_1(spec, report):
    if spec.seed == 1:
        raise ZooError("seed 1 is not welcome")
    return quick(spec, report)


def raises_by_seed(spec, report):
    raise [
        ZooError("seed 0 is not welcome"),
        KeyError("a stranger's bug"),
        SystemExit(3),
        MemoryError(),
    ][spec.seed]


def fails_in_step_2(spec, report):
    for step in (1, 2):
        report(Progressed(spec.run_id, 1, 1, step, 4, 1.0))
    raise ZooError("enough")


def always_killed(spec, report):
    os.kill(os.getpid(), signal.SIGKILL)


def killed_once(spec, report):
    """The first attempt at seed 1 ends by SIGKILL; the folder remembers."""
    marker = Path(os.environ["FAKE_RUNS_FOLDER"]) / f"killed-{spec.seed}"
    if spec.seed == 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(spec, report)


def leaves_quietly(spec, report):
    os._exit(0)


def dies_by_seed(spec, report):
    return [always_killed, leaves_quietly, quick][spec.seed](spec, report)


def waits_for_go(spec, report):
    """Marks that it has begun, with its process id, and waits for the file `go`."""
    folder = Path(os.environ["FAKE_RUNS_FOLDER"])
    (folder / f"begun-{spec.seed}").write_text(str(os.getpid()))
    deadline = time.monotonic() + 300
    while not (folder / "go").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return quick(spec, report)


def waits_after_two(spec, report):
    """The first two seeds are done at once."""
    return quick(spec, report) if spec.seed < 2 else waits_for_go(spec, report)
