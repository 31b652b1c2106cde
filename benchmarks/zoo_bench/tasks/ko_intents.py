"""ko-intents: Korean requests to an assistant, small enough to come with the package."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from zoo.data import Task, read_examples
from zoo_bench.tasks import about

_FOLDER = "ko_intents_data"


def load() -> Task:
    """The splits that come with the package."""
    return read_folder(Path(str(importlib.resources.files("zoo_bench.tasks") / _FOLDER)))


def read_folder(folder: Path) -> Task:
    """The task of a folder with `train.tsv`, `validation.tsv`, `test.tsv` and `out_of_scope.tsv`.

    Each has the header `text<TAB>label`; no text may be quoted.
    """
    train = read_examples(folder / "train.tsv")
    return Task(
        **about("ko-intents"),
        train=train,
        validation=read_examples(folder / "validation.tsv"),
        test=read_examples(folder / "test.tsv"),
        out_of_scope=read_examples(folder / "out_of_scope.tsv"),
        labels=train.label_names,
    )
