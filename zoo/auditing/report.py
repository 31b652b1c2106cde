"""`audit`: everything that is to be known of data, in one record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.auditing.columns import column_findings
from zoo.auditing.duplication import Duplication
from zoo.auditing.findings import findings_of
from zoo.auditing.records import AuditReport, DataFinding, Quantiles, SplitAudit
from zoo.auditing.splits import OUT_OF_SCOPE, Split, read_split, splits_of
from zoo.auditing.tokens import encoder_audits
from zoo.data import Task
from zoo.data.near_duplicates import NEAR, check_threshold
from zoo.errors import DataError
from zoo.licences import OPEN_LICENCES
from zoo.limits import MAX_LENGTH
from zoo.terminal import printable
from zoo.vocabularies import offline_encoders, tokenizer_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def audit(
    data: Any,
    *,
    validation: Any = None,
    test: Any = None,
    encoders: Sequence[str] | None = None,
    max_length: int = MAX_LENGTH,
    near: float | None = NEAR,
    tokenizers: Callable[[str], PreTrainedTokenizerBase] = tokenizer_of,
    **columns: Any,
) -> AuditReport:
    """The audit of a `Task`, or of data that `zoo.read_examples` reads, its `columns` named alike.

    `data` is a task, or what one would train on, with `validation` and `test` where there are any.
    Token lengths, unknown tokens and truncation at `max_length` tokens are those of `encoders`, of
    which the tokenizers alone are loaded; by default the ones that need no network. Texts are near
    that share `near` of their character trigrams, see `zoo.data.near_duplicates`; None looks for
    none. Texts of a task are in the report only where its licence lets anybody pass them on.

    Raises `DataError` for data that cannot be read, and what `tokenizer_of` raises.
    """
    if near is not None:
        check_threshold(near)
    if max_length < 2:
        raise DataError(f"max_length must be at least 2 tokens, got {max_length}")
    splits = _splits(data, validation, test, columns)
    has_texts = not isinstance(data, Task) or data.licence in OPEN_LICENCES
    names = offline_encoders() if encoders is None else encoders
    judged = [one.examples for one in splits if one.name != OUT_OF_SCOPE]
    # before the long work: a name that does not exist ends it
    audits = encoder_audits(names, splits, max_length, has_texts=has_texts, tokenizer_of=tokenizers)
    found = Duplication(splits, near, has_texts=has_texts)
    report = AuditReport(
        name=_name(data, splits),
        labels=data.labels
        if isinstance(data, Task)
        else tuple(sorted({label for one in judged for label in one.labels})),
        splits=tuple(map(_split_audit, splits)),
        within=found.within(),
        overlaps=found.overlaps(),
        conflicts=found.conflicts(),
        encoders=audits,
        near_threshold=near,
    )
    # the columns of a task were chosen by whoever made it
    about_columns: Iterable[DataFinding] = (
        () if isinstance(data, Task) else column_findings(splits[0])
    )
    return dataclasses.replace(report, findings=findings_of(report, about_columns))


def _splits(data: Any, validation: Any, test: Any, columns: dict[str, Any]) -> tuple[Split, ...]:
    if isinstance(data, Task):
        if validation is not None or test is not None or columns:
            raise DataError(
                f"task {data.name!r} has its splits already; validation, test and columns go with "
                "data of your own"
            )
        return splits_of(data)
    given = {"train": data, "validation": validation, "test": test}
    return tuple(
        read_split(name, source, columns) for name, source in given.items() if source is not None
    )


def _name(data: Any, splits: Sequence[Split]) -> str:
    if isinstance(data, Task):
        return data.name
    return printable(data) if isinstance(data, str | Path) else splits[0].examples.source


def _split_audit(split: Split) -> SplitAudit:
    examples = split.examples
    return SplitAudit(
        name=split.name,
        source=examples.source,
        unit=split.unit,
        rows=len(examples),
        label_counts=examples.label_counts,
        characters=Quantiles.of(map(len, examples.texts)),
        blank=split.blank,
        unlabelled=split.unlabelled,
        notes=dict(examples.notes),
    )
