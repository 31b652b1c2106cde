"""Other people's batches, told apart: what the model is called with, token ids, mask, labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from zoo.errors import DiagnosisError

LABEL_NAMES = ("labels", "label", "targets", "target")
MASK_NAMES = ("attention_mask", "mask", "input_mask", "attn_mask")
ID_NAMES = ("input_ids", "ids", "tokens", "token_ids", "x")
# enough to see an order, little enough to wait for
SERVED_BATCHES = 40
# besides those, from all over the data
SPREAD_EXAMPLES = 512


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: `original` as it was served, and what the model is called with.

    `args` and `kwargs` are without the labels. `ids_at` and `mask_at` say where among them the
    token ids `(batch, seq)` and the attention mask `(batch, seq)` are; None where there are none.
    """

    original: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    labels: Any
    ids_at: int | str | None = None
    mask_at: int | str | None = None

    @property
    def ids(self) -> torch.Tensor | None:
        return self._at(self.ids_at)

    @property
    def mask(self) -> torch.Tensor | None:
        return self._at(self.mask_at)

    def _at(self, place: int | str | None) -> torch.Tensor | None:
        if place is None:
            return None
        return self.args[place] if isinstance(place, int) else self.kwargs[place]

    def replaced(self, place: int | str | None, value: torch.Tensor) -> Batch:
        """The same batch with another tensor at a place of the inputs."""
        if isinstance(place, int):
            args = (*self.args[:place], value, *self.args[place + 1 :])
            return dataclasses.replace(self, args=args)
        assert place is not None
        return dataclasses.replace(self, kwargs={**self.kwargs, place: value})

    def mapped(self, change: Any) -> Batch:
        """The same batch with every tensor changed by a function."""

        def apply(value: Any) -> Any:
            return change(value) if isinstance(value, torch.Tensor) else value

        return dataclasses.replace(
            self,
            args=tuple(map(apply, self.args)),
            kwargs={name: apply(value) for name, value in self.kwargs.items()},
            labels=apply(self.labels),
        )

    def taken(self, rows: slice) -> Batch:
        """The batch of some of its examples: of every tensor that has one row for each of them."""
        size = len(self)
        return self.mapped(lambda each: each[rows] if each.shape[:1] == (size,) else each)

    def doubled(self) -> Batch:
        """The batch with every example twice."""
        size = len(self)
        return self.mapped(
            lambda each: torch.cat([each, each]) if each.shape[:1] == (size,) else each
        )

    def __len__(self) -> int:
        return len(self.labels)


def parse(original: Any) -> Batch:
    """A batch as `(inputs, labels)` or a mapping with labels; raises `DiagnosisError`."""
    batch = _parted(original)
    if not hasattr(batch.labels, "__len__") or getattr(batch.labels, "ndim", 1) == 0:
        raise DiagnosisError(
            f"the labels of a batch are {batch.labels!r}; give one label for each of its examples"
        )
    try:
        torch.as_tensor(batch.labels)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DiagnosisError(
            f"the labels of a batch are {batch.labels!r:.60}, and not numbers: map them to 0, 1, …"
        ) from error
    return _with_places(batch)


def _parted(original: Any) -> Batch:
    if isinstance(original, Mapping):
        kwargs = dict(original)
        name = next((name for name in LABEL_NAMES if name in kwargs), None)
        if name is None:
            raise DiagnosisError(
                f"a batch is a mapping of {', '.join(map(repr, kwargs))} and has no 'labels'; give "
                "batches with labels, as they are trained on"
            )
        labels = kwargs.pop(name)
        return Batch(original, (), kwargs, labels)
    if isinstance(original, Sequence) and not isinstance(original, str) and len(original) >= 2:
        *inputs, labels = original
        if len(inputs) == 1 and isinstance(inputs[0], Mapping):
            return Batch(original, (), dict(inputs[0]), labels)
        if len(inputs) == 1 and isinstance(inputs[0], tuple | list):
            inputs = list(inputs[0])
        return Batch(original, tuple(inputs), {}, labels)
    raise DiagnosisError(
        f"a batch is a {type(original).__name__}; give batches as (inputs, labels), or as a "
        "dictionary with 'labels'"
    )


def _with_places(batch: Batch) -> Batch:
    """The batch with the places of its token ids and its mask."""
    places: list[tuple[int | str, Any]] = [*enumerate(batch.args), *batch.kwargs.items()]
    tensors = {
        place: value
        for place, value in places
        if isinstance(value, torch.Tensor) and value.ndim == 2 and len(value) == len(batch)
    }
    whole = {place: value for place, value in tensors.items() if not value.is_floating_point()}
    ids_at = next((name for name in ID_NAMES if name in whole), None) or next(
        (place for place, value in whole.items() if value.numel() and int(value.max()) > 1), None
    )
    if ids_at is None:
        return batch
    mask_at: int | str | None = next((name for name in MASK_NAMES if name in tensors), None)
    if mask_at is None and not batch.kwargs:
        mask_at = _mask_among(tensors, ids_at)
    return dataclasses.replace(batch, ids_at=ids_at, mask_at=mask_at)


def _mask_among(tensors: Mapping[int | str, torch.Tensor], ids_at: int | str) -> int | str | None:
    """The place of the tensor that looks like a mask of these ids."""
    binary = [
        place
        for place, value in tensors.items()
        if place != ids_at
        and value.shape == tensors[ids_at].shape
        and bool(((value == 0) | (value == 1)).all())
    ]
    # token_type_ids are 0 and 1 as well, and 0 throughout for single texts
    with_ones = [place for place in binary if bool(tensors[place].any())]
    return next(iter(with_ones or (binary if len(binary) == 1 else [])), None)


@dataclass(frozen=True, slots=True)
class Served:
    """`first`: batches in the order in which training sees them; `spread`: from all of the data.

    `per_pass`: how many batches one pass over the data has, where that is known.
    """

    first: tuple[Batch, ...]
    spread: tuple[Batch, ...]
    per_pass: int | None


def collect(batches: Iterable[Any]) -> Served:
    """Some of the batches; raises `DiagnosisError` for an iterator, which this would use up."""
    if isinstance(batches, Iterator):
        raise DiagnosisError(
            "batches is an iterator, and looking at it would use it up: give the DataLoader, or a "
            "list of batches"
        )
    first: list[Batch] = []
    for original in _in_order(batches):
        first.append(parse(original))
        if len(first) == SERVED_BATCHES:
            break
    if not first:
        raise DiagnosisError("batches is empty; give the DataLoader, or a list of batches")
    per_pass = _length(batches)
    is_more = per_pass is not None and per_pass > len(first)
    return Served(tuple(first), tuple(_spread(batches, len(first[0]))) if is_more else (), per_pass)


def _in_order(batches: Any) -> Iterable[Any]:
    """The batches as they are served; a loader's without its worker processes."""
    if not _is_indexed(batches) or batches.batch_sampler is None:
        return batches
    data = batches.dataset
    return (batches.collate_fn([data[row] for row in rows]) for rows in batches.batch_sampler)


def _is_indexed(batches: Any) -> bool:
    """Whether it is a loader over data whose examples can be asked for by number."""
    return isinstance(batches, torch.utils.data.DataLoader) and not isinstance(
        batches.dataset, torch.utils.data.IterableDataset
    )


def _length(batches: Any) -> int | None:
    try:
        return len(batches)
    except TypeError:  # an iterable data set does not know
        return None


def _spread(batches: Any, size: int) -> Iterator[Batch]:
    """Batches of examples that lie far apart in the data."""
    if _is_indexed(batches):
        data: Any = batches.dataset
        rows = range(0, len(data), max(1, len(data) // SPREAD_EXAMPLES))
        # far apart within each batch too
        count = max(1, len(rows) // max(size, 1))
        for start in range(count):
            yield parse(batches.collate_fn([data[row] for row in rows[start::count]]))
    elif isinstance(batches, Sequence):
        count = max(1, SPREAD_EXAMPLES // max(size, 1))
        yield from map(parse, batches[SERVED_BATCHES :: max(1, len(batches) // count)])
