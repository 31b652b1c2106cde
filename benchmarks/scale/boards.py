"""A results root of many finished runs, and what `zoo leaderboard` takes to rank them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scale import usage
from scale.made_up import TASK, make_result, make_spec
from zoo.measurements import Answers, Measurements, Movement
from zoo.recipe import Recipe
from zoo_bench import predictions
from zoo_bench.predictions import Predictions
from zoo_bench.records import (
    CertificateRecord,
    ClassScores,
    Result,
    RunSpec,
    TaskRecord,
    TokensRecord,
)
from zoo_bench.store import Store

HEADS = 10
LABELS = ("질문", "명령", "진술", "수사 의문", "수사 명령", "억양 의존", "조각")
EPOCHS = 3
_METRICS = ("accuracy", "macro_f1", "weighted_f1", "mcc", "nll", "ece")
# what the true label is ahead by where a pair is of middling worth, and how far pairs, seeds and
# rows spread around it: accuracies from about 0.6 to 0.85, some two points apart between seeds
_LEAD, _PAIR_SPREAD, _SEED_SPREAD, _ROW_SPREAD = 2.6, 0.3, 0.05, 1.5
_LEADERBOARD = (sys.executable, "-c", "from zoo.cli import main; main()", "leaderboard")


def make_task(rows: int) -> TaskRecord:
    """A task of so many test rows, a tenth of which occur in train."""
    changes = {"n_train": 4000, "n_validation": rows, "n_test": rows, "labels": LABELS}
    return TASK.model_copy(update={**changes, "n_test_clean": rows - rows // 10})


def fill(root: Path, pairs: int, seeds: int, rows: int) -> Iterator[RunSpec]:
    """Write the finished runs of so many pairs, each with so many seeds; gives what it wrote."""
    store = Store.open(root)
    task = make_task(rows)
    recipe = Recipe(epochs=EPOCHS).model_dump(mode="json")
    draw = np.random.default_rng([pairs, seeds, rows])
    difficulty = draw.normal(scale=_ROW_SPREAD, size=(rows, 1))
    labels = draw.integers(0, len(LABELS), rows)
    for place in range(pairs):
        worth = draw.normal(_LEAD, _PAIR_SPREAD)
        for seed in range(seeds):
            encoder, head = divmod(place, HEADS)
            spec = make_spec(f"encoder-{encoder}", f"head-{head}", seed, recipe=recipe, task=task)
            lead = worth + draw.normal(scale=_SEED_SPREAD) - difficulty
            logits = draw.normal(size=(rows, len(LABELS))) + lead * np.eye(len(LABELS))[labels]
            result, content = _finished(spec, logits.astype(np.float32), labels)
            claim = store.claim(spec)
            assert claim is not None
            store.write_spec(spec)
            store.write_result(result, content, f"epoch {EPOCHS} of {EPOCHS}\n")
            claim.release()
            yield spec


def _finished(spec: RunSpec, logits: np.ndarray, labels: np.ndarray) -> tuple[Result, bytes]:
    """A result as long as a real one. What ranks do not go by is made up of the accuracy."""
    clean = np.arange(spec.task.n_test_clean)
    content = predictions.to_bytes(Predictions(logits, labels, clean, logits, labels))
    right = logits.argmax(axis=1) == labels
    on_clean, on_all = float(right[clean].mean()), float(right.mean())
    scores = {
        split: dict.fromkeys(_METRICS, share)
        for split, share in (("validation", on_all), ("test", on_all), ("test_clean", on_clean))
    }
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(confusion, (labels, logits.argmax(axis=1)), 1)
    moved = Movement(moved_share=1.0, relative_change=1 - on_all)
    certificate = CertificateRecord(
        status="passed",
        passed=24,
        failed=0,
        skipped=1,
        source_sha256="d" * 64,
        zoo_version="0.1.0",
    )
    result = make_result(
        spec,
        content=content,
        metrics=scores,
        per_class=tuple(
            ClassScores(label=label, precision=on_all, recall=on_all, f1=on_all, support=support)
            for label, support in zip(LABELS, confusion.sum(axis=1).tolist(), strict=True)
        ),
        confusion=tuple(map(tuple, confusion.tolist())),
        history=tuple(
            {"epoch": epoch, "train_loss": 1 / epoch, "seconds": 1.5, **scores["validation"]}
            for epoch in range(1, EPOCHS + 1)
        ),
        tokens=TokensRecord(max_length=128, unknown_share=0.002, truncated_share=0.0),
        measurements=Measurements(
            chance_loss=float(np.log(len(LABELS))),
            least_loss=0.0,
            first_loss=2.0,
            steps=375,
            answers=Answers.of(confusion.tolist()),
            encoder=moved,
            head=moved,
        ),
    )
    certificates = {"encoder": certificate, "head": certificate}
    provenance = result.provenance.model_copy(update={"certificates": certificates})
    return result.model_copy(update={"provenance": provenance}), content


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took; `peak_bytes` is the most memory that it held at a time."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def leaderboard_usage(root: Path, cache: Path) -> Usage:
    """What `zoo leaderboard` takes in a process of its own, with its memory of boards in `cache`.

    Raises `CalledProcessError` where it fails.
    """
    # measured by a small process in between: a child counts the memory of who started it as its own
    done = subprocess.run(
        [sys.executable, usage.__file__, *_LEADERBOARD, str(root)],
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Usage(**json.loads(done.stdout))
