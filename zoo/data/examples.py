"""`Examples`: texts with their labels, as every part of `zoo` takes them."""

from __future__ import annotations

import operator
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

from zoo.errors import DataError


# repr=False: nobody wants 150,000 texts in a traceback
@dataclass(frozen=True, slots=True, repr=False)
class Examples(Sequence[tuple[str, str]]):
    """A sequence of (text, label); the label is a name, whatever the file had it as.

    `source` is what messages call these examples. `notes` counts what the reader repaired, such as
    `{"texts cut to 10,000 characters": 2}`. `draw` tells of examples that were drawn of a task:
    `20 examples that seed 1 drew of 3i4k`. None of these has a say in equality.

    >>> examples = Examples(("불 켜 줘", "몇 시야?"), ("command", "question"))
    >>> examples[0]
    ('불 켜 줘', 'command')
    >>> examples.label_counts
    {'command': 1, 'question': 1}

    Labels are brought to NFC, so that what looks the same is the same. Raises `DataError` unless
    there are as many labels as texts and all of them are text.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    source: str = field(default="examples", compare=False)
    notes: Mapping[str, int] = field(default_factory=dict, compare=False)
    draw: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("texts", "labels"):
            values = getattr(self, name)
            if isinstance(values, str):
                raise DataError(f"{self.source}: {name} must be many texts, got {values!r:.60}")
            values = tuple(values)
            for row, value in enumerate(values):
                if not isinstance(value, str):
                    raise DataError(
                        f"{self.source}: {name} must be text; row {row} (counted from 0) is "
                        f"{type(value).__name__}: {value!r:.60}"
                    )
            object.__setattr__(self, name, composed(values) if name == "labels" else values)
        if len(self.texts) != len(self.labels):
            raise DataError(
                f"{self.source}: {len(self.texts):,} texts, but {len(self.labels):,} labels"
            )

    def __repr__(self) -> str:
        return f"<{len(self):,} examples of {len(self.label_names):,} labels from {self.source}>"

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> tuple[str, str]: ...
    @overload
    def __getitem__(self, index: slice) -> Examples: ...
    def __getitem__(self, index: int | slice) -> tuple[str, str] | Examples:
        if isinstance(index, slice):
            return self.select(range(len(self))[index])
        return self.texts[index], self.labels[index]

    def select(self, indices: Iterable[int]) -> Examples:
        """The examples at these indices, in this order, under the same source and notes."""
        chosen = [operator.index(index) for index in indices]
        return Examples(
            tuple(self.texts[index] for index in chosen),
            tuple(self.labels[index] for index in chosen),
            self.source,
            self.notes,
        )

    @property
    def label_counts(self) -> dict[str, int]:
        """How many examples each label has, sorted by label."""
        return dict(sorted(Counter(self.labels).items()))

    @property
    def label_names(self) -> tuple[str, ...]:
        """Each label once, sorted."""
        return tuple(sorted(set(self.labels)))


def composed(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels in NFC: Hangul syllables whole, and not letter by letter as macOS writes them."""
    return tuple(unicodedata.normalize("NFC", label) for label in labels)
