"""Whether train, validation and test belong together."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from zoo.data.cleaning import is_blank
from zoo.data.examples import Examples
from zoo.data.faults import hint, names, warn
from zoo.errors import DataError, did_you_mean, listed

UnseenLabels = Literal["error", "drop", "keep"]
_MOST_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Splits:
    """Splits that belong together, after the policy on unseen labels was applied.

    `labels` are those of train, sorted, and with `unseen_labels="keep"` the others too. `notes` say
    what is allowed but worth knowing.
    """

    train: Examples
    validation: Examples | None
    test: Examples | None
    labels: tuple[str, ...]
    notes: tuple[str, ...]


def check_splits(
    train: Examples,
    validation: Examples | None = None,
    test: Examples | None = None,
    *,
    unseen_labels: UnseenLabels = "error",
) -> Splits:
    """The splits, if one may train on the first and judge by the others.

    Labels are compared by name. Those that validation or test have and train has not are an error;
    `"drop"` leaves their rows out, `"keep"` keeps rows that no classifier can get right. Raises
    `DataError` for them, for an empty split, and for a train split of one label only. Warns with
    `DataWarning` of two labels of train that differ in case or spacing only.
    """
    if unseen_labels not in get_args(UnseenLabels):
        near = did_you_mean(str(unseen_labels), get_args(UnseenLabels))
        raise DataError(
            f"unseen_labels must be 'error', 'drop' or 'keep', got {unseen_labels!r}{near}"
        )
    _check_train(train)
    labels, notes = set(train.label_names), []
    checked: list[Examples | None] = []
    for split in (validation, test):
        if split is not None:
            _check_not_empty(split)
            split, about = _matched(train, split, unseen_labels)
            notes += about
            labels.update(split.labels)
        checked.append(split)
    return Splits(train, checked[0], checked[1], tuple(sorted(labels)), tuple(notes))


def _check_train(train: Examples) -> None:
    _check_not_empty(train)
    known = train.label_names
    if len(known) == 1:
        if train.draw is not None:
            raise DataError(
                f"the {train.draw} have the label {known[0]!r} alone; there is nothing to learn "
                "with fewer than two labels: draw more, or take another seed"
            )
        raise DataError(
            f"{train.source}: every example has the label {known[0]!r}; there is nothing to learn "
            "with fewer than two labels"
        )
    for same, difference in alike_labels(known):
        warn(
            f"{train.source}: {listed([repr(one) for one in same], 'and')} are "
            f"{len(same)} labels that differ only {difference}"
        )


def alike_labels(labels: Iterable[str]) -> list[tuple[tuple[str, ...], str]]:
    """Labels that one and the same was probably meant by, and in what they differ: `in case`."""
    alike: dict[str, list[str]] = defaultdict(list)
    for label in labels:
        alike[_folded(label)].append(label)
    return [
        (tuple(same), _difference(same[0], same[1])) for same in alike.values() if len(same) > 1
    ]


def _check_not_empty(split: Examples) -> None:
    if not len(split):
        raise DataError(f"{split.source}: the split is empty")


def _matched(train: Examples, split: Examples, policy: UnseenLabels) -> tuple[Examples, list[str]]:
    """The split under the policy on labels that train lacks, and what is to be noted of it."""
    notes = []
    absent = sorted(set(train.label_names) - set(split.label_names))
    if absent:
        notes.append(f"{split.source} has no example of {_labels(absent)}: {names(absent)}")
    unseen = sorted(set(split.label_names) - set(train.label_names))
    if not unseen:
        return split, notes
    rows = [row for row, label in enumerate(split.labels) if label not in unseen]
    affected = f"{len(split) - len(rows):,} of {len(split):,} rows"
    if policy == "error":
        raise DataError(_unseen(train, split, unseen, affected))
    if not rows:
        raise DataError(
            f"{split.source}: none of its {_labels(unseen)} occurs in {train.source}, which has "
            f"{names(train.label_names)}; are they the same task?"
        )
    fate = "dropped" if policy == "drop" else "kept"
    notes.append(
        f"{affected} of {split.source} were {fate} that have {_labels(unseen)} unknown to "
        f"{train.source}: {names(unseen)}"
    )
    return split.select(rows) if policy == "drop" else split, notes


def _unseen(train: Examples, split: Examples, unseen: Sequence[str], affected: str) -> str:
    if train.draw is not None:
        lack = "lacks" if len(train) == 1 else "lack"
        which = "the label" if len(unseen) == 1 else "the labels"
        return (
            f"the {train.draw} {lack} {which} {names(unseen)}, which {affected} of validation "
            "have: draw more, or take another seed"
        )
    known = train.label_names
    lines = [f"  {_nearest(label, known)}" for label in unseen[:_MOST_PAIRS]]
    if len(unseen) > _MOST_PAIRS:
        lines.append(f"  and {len(unseen) - _MOST_PAIRS:,} more")
    verb = "does" if len(unseen) == 1 else "do"
    return "\n".join(
        [
            f"{split.source}: {_labels(unseen)} {verb} not occur in {train.source} ({affected}); "
            "mend them, or leave those rows out with zoo.data.check_splits(…, "
            "unseen_labels='drop')",
            *lines,
        ]
    )


def _labels(labels: Sequence[str]) -> str:
    return "1 label" if len(labels) == 1 else f"{len(labels):,} labels"


def _nearest(label: str, known: Sequence[str]) -> str:
    """The label, and the known one that was probably meant."""
    for one in known:
        if _folded(one) == _folded(label):
            return f"{label!r} differs from {one!r} only {_difference(label, one)}"
    return f"{label!r}{hint(label, known)}"


def _folded(label: str) -> str:
    """What is left of a label without case, spaces, invisible marks and Unicode form."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    return "".join(letter for letter in folded if not is_blank(letter)) or label


def _difference(first: str, second: str) -> str:
    """In what two labels differ that `_folded` makes equal."""
    if unicodedata.normalize("NFKC", first) == unicodedata.normalize("NFKC", second):
        return "in Unicode form (such as full width)"
    if first.casefold() == second.casefold():
        return "in case"
    visible = ["".join(one for one in label if not is_blank(one)) for label in (first, second)]
    return "in spaces" if visible[0] == visible[1] else "in case, spaces or Unicode form"
