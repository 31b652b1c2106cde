"""An audit as text for a terminal of 80 columns: findings first, then the tables."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from zoo.auditing.findings import alike_encoders
from zoo.auditing.records import AuditReport, DataFinding, Quantiles
from zoo.auditing.splits import OUT_OF_SCOPE
from zoo.errors import listed
from zoo.terminal import printable, shortened

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH = 80
MARKS = {True: "✗", False: "!"}
_LONGEST_LABEL = 28
_MOST_LABELS = 200
_FIRST_LABELS = 20
_INDENT = 2


def render(report: AuditReport) -> str:
    """The report, without a line feed at its end."""
    from rich.console import Console

    stream = io.StringIO()
    console = Console(
        file=stream, width=WIDTH, color_system=None, markup=False, emoji=False, highlight=False
    )
    for part in _parts(report):
        console.print(part)
    # rich fills every line up with blanks
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def _parts(report: AuditReport) -> Iterator[RenderableType]:
    rows = [f"{one.rows:,} {_words(one.name)}" for one in report.splits]
    labels = "1 label" if len(report.labels) == 1 else f"{len(report.labels):,} labels"
    yield printable(f"{report.name}: {listed(rows, 'and')} rows, {labels}")
    yield ""
    yield _sum(report.findings)
    for finding in report.findings:
        yield from _finding(finding)
    yield from _sizes(report)
    yield from _labels(report)
    yield from _duplicates(report)
    yield from _encoders(report)


def _sum(findings: Sequence[DataFinding]) -> str:
    serious = sum(one.is_serious for one in findings)
    if not findings:
        return "Nothing was found that ought to be mended."
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}, worst first"
    return f"{count}; {serious} serious (✗)" if serious else f"{count}; none is serious"


def _finding(finding: DataFinding) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    lines = (
        (0, f"{MARKS[finding.is_serious]} {finding.title}"),
        (_INDENT, finding.evidence),
        (_INDENT, f"→ {finding.fix}"),
    )
    for indent, line in lines:
        yield Padding(Text(printable(line)), (0, 0, 0, indent))


def _sizes(report: AuditReport) -> Iterator[RenderableType]:
    rows = [(_words(one.name), one.rows, *_lengths(one.characters)) for one in report.splits]
    yield from _table("Lengths in characters", ["split", "rows", *_LENGTHS], rows)


_LENGTHS = ("least", "median", "95 %", "99 %", "most")


def _lengths(quantiles: Quantiles) -> tuple[int, ...]:
    one = quantiles
    return (one.minimum, one.median, one.p95, one.p99, one.maximum)


def _labels(report: AuditReport) -> Iterator[RenderableType]:
    judged = [one for one in report.splits if one.name != OUT_OF_SCOPE]
    overlap = next((one for one in report.overlaps if one.split == "test"), None)
    headings = ["label", *(_words(one.name) for one in judged)]
    if overlap is not None and overlap.exact:
        headings.append("% of test seen before")
    rows = []
    # of more labels than any task has the table would say nothing, and push the findings away
    is_whole = len(report.labels) <= _MOST_LABELS
    shown = report.labels if is_whole else report.labels[:_FIRST_LABELS]
    for label in shown:
        counts = [one.label_counts.get(label, 0) for one in judged]
        row: list[object] = [shortened(label, _LONGEST_LABEL), *counts]
        if overlap is not None and overlap.exact:
            share = overlap.by_label.get(label, 0) / counts[-1] if counts[-1] else None
            row.append("-" if share is None else f"{100 * share:.1f}")
        rows.append(row)
    yield from _table("Labels", headings, rows)
    if not is_whole:
        yield f"and {len(report.labels) - len(shown):,} more (--json has them all)"


def _duplicates(report: AuditReport) -> Iterator[RenderableType]:
    rows: list[tuple[object, ...]] = []
    for one in report.within:
        where = f"within {_joined(one.splits)}"
        near = "-" if one.near is None else one.near
        rows.append((where, one.rows, one.repeats, one.normalised_repeats, near, one.conflicts))
    for each in report.overlaps:
        where = f"{_words(each.split)} in {_joined(each.seen)}"
        lax = len(each.exact) + len(each.normalised)
        near = "-" if each.near is None else len(each.near)
        rows.append((where, each.rows, len(each.exact), lax, near, len(each.relabelled)))
    headings = ["duplicates", "rows", "exact", "normalised", "near", "other label"]
    yield from _table("Texts that occur twice", headings, rows)
    threshold = (
        f"; near: different even so, and {100 * report.near_threshold:g} % of the character "
        "trigrams in common"
        if report.near_threshold is not None
        else ""
    )
    yield textwrap.fill(
        "exact: rows beyond the first within, all rows across; normalised: case, punctuation and "
        f"spaces have no say{threshold}; other label: texts with several labels within, rows "
        "labelled as never before across",
        WIDTH,
    )


def _encoders(report: AuditReport) -> Iterator[RenderableType]:
    headings = ["split", "rows", *_LENGTHS[1:], "unknown %", "cut %"]
    for same in alike_encoders(report.encoders):
        rows = [
            (
                _words(one.split),
                one.rows,
                *_lengths(one.lengths)[1:],
                f"{100 * one.unknown_tokens / max(1, one.tokens):.2f}",
                f"{100 * one.truncated / one.rows:.2f}",
            )
            for one in same[0].splits
        ]
        title = (
            f"Tokens of {listed([one.encoder for one in same], 'and')} "
            f"({same[0].vocabulary_size:,} in the vocabulary, cut at {same[0].max_length})"
        )
        yield from _table(title, headings, rows)


def _table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[RenderableType]:
    """A title and a table whose first column is text and whose others are numbers."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for place, heading in enumerate(headings):
        drawn.add_column(Text(printable(heading)), justify="right" if place else "left")
    for row in rows:
        cells = (f"{one:,}" if isinstance(one, int) else printable(one) for one in row)
        drawn.add_row(*map(Text, cells))
    yield ""
    yield Text(printable(title))
    yield drawn


def _words(name: str) -> str:
    return name.replace("_", " ")


def _joined(names: Sequence[str]) -> str:
    return " + ".join(map(_words, names))
