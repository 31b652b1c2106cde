"""From numbers to findings: what is wrong, how much of the data it concerns, how to mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from zoo.auditing.records import AuditReport, Conflict, DataFinding, EncoderAudit, OverlapAudit
from zoo.auditing.splits import OUT_OF_SCOPE
from zoo.data.faults import names, noted, where
from zoo.data.splits import alike_labels
from zoo.errors import listed
from zoo.terminal import shortened

# of the rows: as much as the differences that leaderboards are read for
SERIOUS_SHARE = 0.01
# of the tokens, or of the rows for truncation: told from the first, serious from the second on
UNKNOWN_SHARES = (0.01, 0.05)
TRUNCATED_SHARES = (0.01, 0.05)
# the largest label by the smallest, and rows of a label
IMBALANCE = 10
FEW_ROWS = 10
_LONGEST_TEXT = 40
_MOST_EXAMPLES = 3
_MOST_LABELS = 5


def findings_of(
    report: AuditReport, about_columns: Iterable[DataFinding]
) -> tuple[DataFinding, ...]:
    """All findings, serious ones first, and of these what concerns most of the data."""
    found = [
        *about_columns,
        *_missing(report),
        *_labels(report),
        *(one for overlap in report.overlaps for one in _overlap(overlap, report)),
        *_conflicts(report),
        *_repeats(report),
        *_balance(report),
        *_tokens(report.encoders),
        *_repairs(report),
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_serious, -one.share)))


def _missing(report: AuditReport) -> Iterator[DataFinding]:
    for split in report.splits:
        for part, places in (("text", split.blank), ("label", split.unlabelled)):
            if places:
                yield DataFinding(
                    f"no_{part}",
                    f"{_rows(len(places))} of {split.name} {_have(places)} no {part}",
                    f"{split.source}, {where(split.unit, places)}",
                    "Fill them in; or have them left out: zoo train --empty drop, or "
                    "zoo.read_examples(…, empty='drop').",
                    is_serious=True,
                    share=len(places) / (split.rows + len(split.blank) + len(split.unlabelled)),
                )


def _labels(report: AuditReport) -> Iterator[DataFinding]:
    train, *others = (one for one in report.splits if one.name != OUT_OF_SCOPE)
    if len(train.label_counts) == 1:
        yield DataFinding(
            "one_label",
            f"every example of train has the label {names(list(train.label_counts))}",
            f"{_rows(train.rows)}, one label",
            "Add examples of other labels: there is nothing to learn with fewer than two.",
            is_serious=True,
            share=1.0,
        )
    for split in others:
        unseen = {
            label: count
            for label, count in split.label_counts.items()
            if label not in train.label_counts
        }
        if unseen:
            what = f"{len(unseen):,} label{'' if len(unseen) == 1 else 's'}"
            yield DataFinding(
                "unseen_labels",
                f"{split.name} has {what} that train lacks: {names(list(unseen))}",
                f"{_rows(sum(unseen.values()))} of {split.rows:,}",
                "No classifier can get these right: add such examples to train, mend the "
                "spelling, or leave them out.",
                is_serious=True,
                share=sum(unseen.values()) / split.rows,
            )
    for same, difference in alike_labels(report.labels):
        counts = Counter[str]()
        for split in report.splits:
            counts.update({one: split.label_counts.get(one, 0) for one in same})
        yield DataFinding(
            "alike_labels",
            f"{listed([repr(one) for one in same], 'and')} differ only {difference}",
            ", ".join(f"{one!r} has {_rows(counts[one])}" for one in same),
            "Give them one spelling, if one label is meant.",
            is_serious=True,
            share=(sum(counts.values()) - max(counts.values()))
            / sum(one.rows for one in report.splits),
        )


def _overlap(overlap: OverlapAudit, report: AuditReport) -> Iterator[DataFinding]:
    seen = " or ".join(overlap.seen)
    is_validation = overlap.split == "validation"
    if overlap.exact or overlap.normalised:
        share = (len(overlap.exact) + len(overlap.normalised)) / overlap.rows
        evidence = []
        if overlap.relabelled:
            evidence.append(f"{len(overlap.relabelled):,} of them have another label there.")
        evidence += _most_affected(overlap, report)
        if overlap.normalised:
            more = f"{len(overlap.normalised):,} more" if overlap.exact else "All of them"
            differ = "differs" if more == "1 more" else "differ"
            evidence.append(f"{more} {differ} only in case, punctuation or spaces.")
        rows = overlap.exact or overlap.normalised
        evidence.append(_place(overlap, rows) + _such_as(overlap.shared_texts))
        yield DataFinding(
            "shared_texts",
            f"{_of(len(rows), overlap)} also {_occur(rows)} in {seen}",
            " ".join(evidence),
            "Take them out of one of the two: what was learned by heart would choose the epoch."
            if is_validation
            else "Judge by the other rows alone (zoo bench does: clean accuracy), or take them "
            f"out of {seen}.",
            is_serious=len(overlap.exact) / overlap.rows >= SERIOUS_SHARE,
            share=share,
        )
    if overlap.near:
        pairs = [f"{_quoted(one)} and {_quoted(other)}" for one, other in overlap.near_texts]
        yield DataFinding(
            "near_texts",
            f"{_of(len(overlap.near), overlap)} {'is' if len(overlap.near) == 1 else 'are'} "
            f"nearly a text of {seen}",
            _place(overlap, overlap.near) + (f", such as {listed(pairs, 'or')}" if pairs else ""),
            "Read some. If the same is meant, split by writer, source or template and not by row: "
            "the score is better than on texts that are really new.",
            is_serious=False,
            share=len(overlap.near) / overlap.rows,
        )


def _conflicts(report: AuditReport) -> Iterator[DataFinding]:
    if not report.conflicts:
        return
    judged = sum(one.rows for one in report.splits if one.name != OUT_OF_SCOPE)
    affected = sum(len(one.places) for one in report.conflicts)
    within = [
        f"{one.conflicts:,} within {' + '.join(one.splits)}"
        for one in report.within
        if one.splits != (OUT_OF_SCOPE,) and len(report.within) > 1
    ]
    # those of most rows say most
    worst = sorted(report.conflicts, key=lambda one: -len(one.places))[:_MOST_EXAMPLES]
    shown = [
        f"{_quoted(one.text) if one.text is not None else 'one'} is {_labels_of(one)}"
        for one in worst
    ]
    one = len(report.conflicts) == 1
    yield DataFinding(
        "conflicting_labels",
        f"{len(report.conflicts):,} text{' has' if one else 's have'} more than one label",
        f"{_rows(affected)} of {judged:,}{''.join(f', {one}' for one in within)}; "
        f"{'; '.join(shown)}",
        "Decide on one label for each text, or leave these rows out: no classifier can get all of "
        "them right. Where context decides, give it the context.",
        is_serious=affected / judged >= SERIOUS_SHARE,
        share=affected / judged,
    )


def _labels_of(conflict: Conflict) -> str:
    """`on (2) and off (1)`, of many labels the first and how many are left."""
    shown = [
        f"{shortened(label, _LONGEST_TEXT)} ({count:,})" for label, count in conflict.labels.items()
    ]
    more = len(shown) - _MOST_LABELS
    return listed([*shown[:_MOST_LABELS], f"{more:,} more"] if more > 0 else shown, "and")


def _repeats(report: AuditReport) -> Iterator[DataFinding]:
    seen = report.within[0]
    if seen.repeats:
        yield DataFinding(
            "repeated_texts",
            f"{_rows(seen.repeats)} of {listed(seen.splits, 'and')} "
            f"repeat{'s' if seen.repeats == 1 else ''} an earlier text",
            f"{seen.repeats:,} of {seen.rows:,} exactly, {seen.normalised_repeats:,} but for case, "
            "punctuation and spaces",
            "Leave repeats out, unless texts are meant to weigh as much as they are common.",
            is_serious=False,
            share=seen.repeats / seen.rows,
        )


def _balance(report: AuditReport) -> Iterator[DataFinding]:
    train = report.splits[0]
    counts = train.label_counts
    # a label of its own for every row is another fault
    if len(counts) < 2 or 2 * len(counts) > train.rows:
        return
    most = max(counts, key=lambda one: counts[one])
    least = min(counts, key=lambda one: counts[one])
    rare = sum(count for count in counts.values() if counts[most] >= IMBALANCE * count)
    if rare:
        yield DataFinding(
            "imbalance",
            f"labels of train are unbalanced, {counts[most] / counts[least]:,.0f} to 1",
            f"{most} has {counts[most]:,} of {train.rows:,} rows, {least} {counts[least]:,}; "
            f"always to say {most} would be right {_percent(counts[most] / train.rows)} of the "
            "time",
            "Judge by macro F1 as well; --set class_weights=balanced weighs labels alike.",
            is_serious=False,
            share=rare / train.rows,
        )
    few = {label: count for label, count in counts.items() if count < FEW_ROWS}
    if few:
        yield DataFinding(
            "few_examples",
            f"{len(few):,} label{' has' if len(few) == 1 else 's have'} fewer than {FEW_ROWS} "
            "rows in train",
            names(list(few)),
            "Collect more, or join labels: so few say little of what is meant.",
            is_serious=False,
            share=sum(few.values()) / train.rows,
        )


def _tokens(encoders: Sequence[EncoderAudit]) -> Iterator[DataFinding]:
    for same in alike_encoders(encoders):
        one, who = same[0], listed([one.encoder for one in same], "and")
        if one.unknown_share >= UNKNOWN_SHARES[0]:
            words = ", ".join(map(_quoted, one.commonest_unknown))
            yield DataFinding(
                "unknown_tokens",
                f"{_percent(one.unknown_share)} of the tokens are unknown to {who}",
                f"in {_rows(sum(split.texts_with_unknown for split in one.splits))} of "
                f"{one.rows:,}" + (f", most often {words}" if words else ""),
                "Take an encoder whose vocabulary was made of such texts; unknown words are all "
                "the same to it.",
                is_serious=one.unknown_share >= UNKNOWN_SHARES[1],
                share=one.unknown_share,
            )
        if one.truncated_share >= TRUNCATED_SHARES[0]:
            longest = max(split.lengths.maximum for split in one.splits)
            possible = min(longest, one.most_tokens)
            yield DataFinding(
                "truncated",
                f"{_percent(one.truncated_share)} of the texts are cut at {one.max_length} tokens",
                f"by {who}; the longest has {longest:,} tokens",
                f"--set max_length={possible} reads more of them, and takes longer."
                if possible > one.max_length
                else "It takes no more: split the texts, or take an encoder that takes more.",
                is_serious=one.truncated_share >= TRUNCATED_SHARES[1],
                share=one.truncated_share,
            )


def alike_encoders(encoders: Sequence[EncoderAudit]) -> list[list[EncoderAudit]]:
    """The audits in groups with the same numbers: most often one vocabulary."""
    groups: dict[object, list[EncoderAudit]] = {}
    for one in encoders:
        key = (one.max_length, one.most_tokens, one.vocabulary_size, one.splits)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _repairs(report: AuditReport) -> Iterator[DataFinding]:
    notes: dict[str, str] = {}
    for split in report.splits:
        for note, count in split.notes.items():
            # what was dropped is told with its places
            if not note.endswith("dropped"):
                # splits of one file share its notes
                notes.setdefault(noted(note, count), split.name)
    if notes:
        yield DataFinding(
            "repaired",
            "some texts or labels were repaired in reading",
            "; ".join(f"{split}: {note}" for note, split in notes.items()),
            "Nothing, for zoo: it does so whenever it reads them. Other programs may not.",
            is_serious=False,
            share=0.0,
        )


def _of(count: int, overlap: OverlapAudit) -> str:
    share = _percent(count / overlap.rows)
    return f"{count:,} of {overlap.rows:,} {overlap.split} texts ({share})"


def _place(overlap: OverlapAudit, places: Sequence[int]) -> str:
    text = where(overlap.unit, places)
    return text[0].upper() + text[1:]


def _most_affected(overlap: OverlapAudit, report: AuditReport) -> Iterator[str]:
    """Which label loses most by it, where that differs from label to label."""
    split = report.split(overlap.split)
    if split is None or len(overlap.by_label) < 2:
        return
    shares = {one: count / split.label_counts[one] for one, count in overlap.by_label.items()}
    worst = max(shares, key=lambda one: shares[one])
    yield f"They are {_percent(shares[worst])} of the rows with the label {worst}."


def _such_as(texts: Sequence[str]) -> str:
    return f", such as {listed([_quoted(one) for one in texts], 'and')}" if texts else ""


def _quoted(text: str) -> str:
    return f"“{shortened(text, _LONGEST_TEXT)}”"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _have(places: Sequence[int]) -> str:
    return "has" if len(places) == 1 else "have"


def _occur(places: Sequence[int]) -> str:
    return "occurs" if len(places) == 1 else "occur"
