"""`Task`: data with splits and labels, and how one is found by name."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Self

from zoo.data.duplicates import clean_rows
from zoo.data.examples import Examples, composed
from zoo.data.faults import names
from zoo.errors import DataError, PluginError, ZooError
from zoo.seeds import derive_seed


# without slots: the cached properties need a place
@dataclass(frozen=True, kw_only=True)
class Task:
    """Data with splits and labels.

    `labels` gives every label its index. `out_of_scope` are examples that belong to none of them.
    `is_verified` is whether the content is known to be the publisher's; figures of a task that is
    not verified are never figures of the official one. `whole` is what `drawn` drew this task from.
    Raises `DataError` for a split that is not `Examples` or empty, fewer than two labels, a label
    twice, and a label of a split that is not among `labels`.
    """

    name: str
    train: Examples
    validation: Examples
    test: Examples
    labels: tuple[str, ...]
    out_of_scope: Examples | None = None
    is_verified: bool = True
    languages: tuple[str, ...] = ()
    licence: str | None = None
    source: str | None = None
    notes: tuple[str, ...] = ()
    whole: Task | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", composed(self.labels))
        known = set(self.labels)
        if len(known) < len(self.labels) or len(known) < 2:
            raise DataError(
                f"task {self.name!r}: labels must be two or more different names, got "
                f"{self.labels!r:.200}"
            )
        for split, examples in self.splits.items():
            if not isinstance(examples, Examples):
                raise DataError(
                    f"task {self.name!r}: the {split} split is {type(examples).__name__}, not "
                    "Examples; zoo.data.as_examples makes them of pairs, frames and files"
                )
            if not len(examples):
                raise DataError(f"task {self.name!r}: the {split} split is empty")
            unknown = sorted(set(examples.labels) - known)
            if unknown and split != "out_of_scope":
                raise DataError(
                    f"task {self.name!r}: the {split} split has labels that the task lacks: "
                    f"{names(unknown)}"
                )

    @property
    def splits(self) -> Mapping[str, Examples]:
        """`train`, `validation`, `test` and, where there is one, `out_of_scope`."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        return (
            splits if self.out_of_scope is None else {**splits, "out_of_scope": self.out_of_scope}
        )

    @cached_property
    def content_sha256(self) -> str:
        """The hash of the labels and of every split's texts and labels, each in order.

        It is taken of JSON in ASCII, one line a value, so that anybody can compute it again. A
        drawn task has that of the whole: name, seed and this decide what was drawn.
        """
        if self.whole is not None:
            return self.whole.content_sha256
        digest = hashlib.sha256()
        values: list[object] = [list(self.labels)]
        values += [[name, one.texts, one.labels] for name, one in self.splits.items()]
        for value in values:
            digest.update(json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n")
        return digest.hexdigest()

    @cached_property
    def clean_test_rows(self) -> tuple[int, ...]:
        """The rows of test whose text occurs in neither train nor validation; see `clean_rows`.

        Of a drawn task those of the whole, so that all that is drawn from it is tested alike.
        """
        if self.whole is not None:
            return self.whole.clean_test_rows
        return clean_rows(self._seen.texts, self.test.texts)

    @property
    def _seen(self) -> Examples:
        # validation chooses the epoch, so what it holds has been seen too
        return Examples(
            self.train.texts + self.validation.texts, self.train.labels + self.validation.labels
        )

    def drawn(self, count: int, seed: int) -> Self:
        """This task with `count` of its training examples and at most as many for validation.

        The seed alone decides which: every pair learns from the same, and a larger draw holds the
        smaller. The test split stays whole. Raises `DataError` for more than there are.
        """
        if not 1 <= count <= len(self.train):
            raise DataError(
                f"{self.name}@{count}: {self.name} has {len(self.train):,} training examples; draw "
                "1 to all of them"
            )
        train = _draw(self.train, count, seed, "train")
        many = "1 example" if count == 1 else f"{count:,} examples"
        return replace(
            self,
            name=f"{self.name}@{count}",
            # a label may be lacking by chance; whoever finds that out tells that it is the draw
            train=replace(train, draw=f"{many} that seed {seed} drew of {self.name}"),
            validation=_draw(self.validation, count, seed, "validation"),
            whole=self,
        )


def _draw(examples: Examples, count: int, seed: int, split: str) -> Examples:
    return examples.select(sorted(_order(len(examples), seed, split)[:count]))


# a suite draws for every pair and count anew
@lru_cache(maxsize=8)
def _order(size: int, seed: int, split: str) -> list[int]:
    # ordered by a hash: no library's generator has a say in it
    return sorted(range(size), key=lambda row: derive_seed(seed, f"drawn from {split}: {row}"))


def parse_name(name: str) -> tuple[str, int | None]:
    """`3i4k@1000` as the task's name and how many training examples are drawn; None for all.

    Raises `DataError` where what follows the @ is no whole number above zero.
    """
    whole, at, count = name.partition("@")
    if not at:
        return name, None
    if not (count.isascii() and count.isdecimal() and int(count)):
        raise DataError(
            f"task {name!r}: after the @ stands how many training examples to draw, "
            f"{whole or '3i4k'}@1000; got {count!r}"
        )
    return whole, int(count)


def load_task(name: str, seed: int = 0) -> Task:
    """The task of this name, `3i4k` or `distribution:name`.

    `3i4k@1000` has 1,000 of its training examples, which ones `seed` decides (see `Task.drawn`).
    Raises `UnknownTask` and its relatives for the name, `DataError` for data that cannot be had or
    used, and `PluginError` where the function of a plugin fails or returns something else.
    """
    from zoo import registry
    from zoo.terminal import cause_of

    name, count = parse_name(name)
    found = registry.find_task(name)
    load = registry.import_target(found)
    who = f"task {found.name!r} of {found.release}: its target {found.spec.target!r}"
    try:
        # what is printed while loading must not get among the results on stdout
        with contextlib.redirect_stdout(sys.stderr):
            task = load()
    except ZooError:
        raise
    except Exception as error:  # a stranger's code may raise anything
        raise PluginError(f"{who} failed: {cause_of(error)}") from error
    if not isinstance(task, Task):
        raise PluginError(f"{who} must return a zoo.Task, it returned {type(task).__name__}")
    if task.name != found.spec.name:
        raise PluginError(f"{who} returned a task of another name, {task.name!r}")
    return task if count is None else task.drawn(count, seed)
