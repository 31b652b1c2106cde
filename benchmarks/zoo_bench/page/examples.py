"""The test rows that a pair got wrong with most confidence, and whether their texts may be shown.

Results hold no texts: they are read from the task, here and now, and only where they are the same
texts and their licence lets anybody pass them on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from zoo.errors import ZooError
from zoo.licences import OPEN_LICENCES
from zoo.terminal import cause_of
from zoo_bench.predictions import PREDICTIONS
from zoo_bench.records import Result, TaskRecord

if TYPE_CHECKING:
    import numpy as np

    from zoo.data import Task

MOST_EXAMPLES = 12
LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Texts:
    """The test texts of a task in order, or None and `reason`, the sentence that says why.

    `task` is where they were read from.
    """

    texts: tuple[str, ...] | None
    licence: str | None = None
    source: str | None = None
    reason: str = ""
    task: Task | None = field(default=None, compare=False, repr=False)


def texts_of(task: TaskRecord) -> Texts:
    """The texts behind a task of a leaderboard, as far as they can be had and may be shown."""
    from zoo import registry
    from zoo.data import load_task, parse_name

    try:
        # of a drawn task the whole: both have the same test texts
        name, _ = parse_name(task.name)
        # the licence first: what may not be shown need not be loaded
        spec = registry.find_task(name).spec
        if spec.licence not in OPEN_LICENCES:
            return _withheld(spec.licence)
        loaded = load_task(name)
    except ZooError as error:
        return Texts(None, reason=f"The texts cannot be had here: {cause_of(error)}")
    if loaded.licence not in OPEN_LICENCES:
        return _withheld(loaded.licence)
    if loaded.content_sha256 != task.content_sha256:
        return Texts(
            None,
            reason=f"The task {task.name} has other content here "
            f"({loaded.content_sha256[:12]}…) than these runs saw ({task.content_sha256[:12]}…).",
        )
    return Texts(tuple(loaded.test.texts), loaded.licence, loaded.source, task=loaded)


def _withheld(licence: str | None) -> Texts:
    if licence is None:
        return Texts(None, reason="The task names no licence, so its texts are not shown.")
    return Texts(
        None,
        licence,
        reason=f"The licence of the task, {licence}, does not let its texts be shown.",
    )


@dataclass(frozen=True, slots=True)
class WrongExample:
    """A test row and how far off it was: label indices, and the mean probability of `predicted`.

    `wrong` of the seeds got it wrong.
    """

    row: int
    label: int
    predicted: int
    probability: float
    wrong: int


def most_wrong(runs: Sequence[Result], folders: Mapping[str, Path]) -> list[WrongExample]:
    """The rows that the mean over seeds of the probabilities gets wrong, surest first.

    None for scores that are no probabilities, and for runs whose predictions are not at hand.
    """
    import numpy as np

    places = [folders[run.run_id] / PREDICTIONS for run in runs if run.run_id in folders]
    if not places or any((run.metrics.get("test") or {}).get("nll") is None for run in runs):
        return []
    read = [_read(place) for place in places]
    labels = read[0][1]
    probabilities = np.mean([_softmax(logits) for logits, _ in read], axis=0)  # (row, label)
    wrong = np.sum([logits.argmax(axis=1) != labels for logits, _ in read], axis=0)
    predicted = probabilities.argmax(axis=1)
    surest = probabilities.max(axis=1)
    rows = np.flatnonzero(predicted != labels)
    chosen = rows[np.argsort(-surest[rows], kind="stable")][:MOST_EXAMPLES].tolist()
    return [
        WrongExample(
            row, int(labels[row]), int(predicted[row]), float(surest[row]), int(wrong[row])
        )
        for row in chosen
    ]


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return file.get_tensor("logits"), file.get_tensor("label")


def _softmax(logits: np.ndarray) -> np.ndarray:
    import numpy as np

    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return result
