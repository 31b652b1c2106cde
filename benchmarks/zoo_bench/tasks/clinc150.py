"""CLINC150: English requests to an assistant, 150 intents, and requests that are none of them.

Larson et al. 2019, "An Evaluation Dataset for Intent Classification and Out-of-Scope Prediction",
https://aclanthology.org/D19-1131.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from zoo.data import Examples, Task, read_examples
from zoo.errors import DataError
from zoo.strict_json import load_json
from zoo.terminal import printable
from zoo_bench.tasks import about
from zoo_bench.tasks.published import PublishedFile, local_copy, notes_of

DATA = PublishedFile(
    folder="clinc150",
    name="data_full.json",
    url="https://raw.githubusercontent.com/clinc/oos-eval/master/data/data_full.json",
    sha256="36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0",
)


def load() -> Task:
    """The published splits; out of scope is the publisher's `oos_test`."""
    facts = about("clinc150")
    copy = local_copy(DATA, facts["licence"], facts["source"])
    source = printable(copy.path)
    data = load_json(copy.path.read_bytes(), source)
    train, validation, test, out_of_scope = (
        _read(data, split, source) for split in ("train", "val", "test", "oos_test")
    )
    return Task(
        **facts,
        train=train,
        validation=validation,
        test=test,
        out_of_scope=out_of_scope,
        labels=train.label_names,
        is_verified=copy.is_verified,
        notes=notes_of([copy], (train, validation, test, out_of_scope)),
    )


def _read(data: Any, split: str, source: str) -> Examples:
    # {split: [[text, label], …]}
    rows = data.get(split) if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise DataError(f"{source}: there is no split {split!r}")
    try:
        return replace(read_examples(rows), source=f"{source}: {split}")
    except DataError as error:
        # the reader knows no name for rows that are in memory
        raise DataError(f"{source}: {split}: {error}") from error
