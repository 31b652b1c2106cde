"""Texts that occur twice: exactly, nearly, under two labels; within splits and across them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from zoo.auditing.records import Conflict, OverlapAudit, WithinAudit
from zoo.auditing.splits import OUT_OF_SCOPE, SEEN, Split, together
from zoo.data.duplicates import labels_by_text, normalised, overlap
from zoo.data.near_duplicates import NearDuplicates

_MOST_TEXTS = 2


class Duplication:
    """The duplicates of some splits; without a `threshold` near ones are not looked for.

    Whether texts are near is asked of what `normalised` leaves of them: they are equal otherwise.
    """

    def __init__(
        self, splits: Sequence[Split], threshold: float | None, *, has_texts: bool
    ) -> None:
        self.splits = splits
        self.has_texts = has_texts
        self.bits = {one.name: 1 << place for place, one in enumerate(splits)}
        self.normalised = {
            text: normalised(text)
            for text in {text for one in splits for text in one.examples.texts}
        }
        self.near: NearDuplicates | None = None
        self.number: dict[str, int] = {}
        if threshold is not None:
            groups: Counter[str] = Counter()
            for one in splits:
                # each split once, so that the sum is the union of the bits
                lax = {self.normalised[text] for text in one.examples.texts}
                groups.update(dict.fromkeys(sorted(lax), self.bits[one.name]))
            self.number = {text: number for number, text in enumerate(groups)}
            self.near = NearDuplicates(list(groups), list(groups.values()), threshold)

    def within(self) -> tuple[WithinAudit, ...]:
        """What is seen, taken together, and every other split for itself."""
        return tuple(self._within(group) for group in self._groups())

    def _groups(self) -> list[list[Split]]:
        seen = [one for one in self.splits if one.name in SEEN]
        return [seen, *([one] for one in self.splits if one.name not in SEEN)]

    def _within(self, group: Sequence[Split]) -> WithinAudit:
        examples = together(group)
        labels_of = labels_by_text(examples)
        near = None
        if self.near is not None:
            bits = sum(self.bits[one.name] for one in group)
            near = sum(self._has_near(text, bits) for text in examples.texts)
        return WithinAudit(
            splits=tuple(one.name for one in group),
            rows=len(examples),
            repeats=len(examples) - len(labels_of),
            normalised_repeats=len(examples) - len({self.normalised[one] for one in labels_of}),
            near=near,
            conflicts=sum(len(labels) > 1 for labels in labels_of.values()),
        )

    def _has_near(self, text: str, bits: int) -> bool:
        assert self.near is not None
        return bool(self.near.found[self.number[self.normalised[text]]] & bits)

    def overlaps(self) -> tuple[OverlapAudit, ...]:
        """Validation in train, and everything else in both."""
        found = []
        for split in self.splits[1:]:
            before = ("train",) if split.name in SEEN else SEEN
            seen = [one for one in self.splits if one.name in before]
            found.append(self._overlap(split, seen))
        return tuple(found)

    def _overlap(self, split: Split, seen: Sequence[Split]) -> OverlapAudit:
        found = overlap(together(seen), split.examples)
        bits = sum(self.bits[one.name] for one in seen)
        texts, labels = split.examples.texts, split.examples.labels
        near: list[int] | None = None
        if self.near is not None:
            known = {*found.exact, *found.normalised}
            near = [
                row
                for row, text in enumerate(texts)
                if row not in known and self._has_near(text, bits)
            ]
        shared = found.exact or found.normalised
        shown = list(dict.fromkeys(texts[row] for row in shared)) if self.has_texts else []
        return OverlapAudit(
            split=split.name,
            seen=tuple(one.name for one in seen),
            unit=split.unit,
            rows=len(split.examples),
            exact=split.places_of(found.exact),
            normalised=split.places_of(found.normalised),
            near=None if near is None else split.places_of(near),
            relabelled=split.places_of(found.relabelled),
            by_label=dict(sorted(Counter(labels[row] for row in found.exact).items())),
            shared_texts=tuple(shown)[:_MOST_TEXTS],
            near_texts=self._near_texts(split, near or (), seen),
        )

    def _near_texts(
        self, split: Split, rows: Sequence[int], seen: Sequence[Split]
    ) -> tuple[tuple[str, str], ...]:
        """Some of these rows, each with a text of `seen` that is near."""
        if self.near is None or not rows or not self.has_texts:
            return ()
        wanted = {
            self.number[self.normalised[text := split.examples.texts[row]]]: text for row in rows
        }
        theirs = {self.number[self.normalised[text]]: text for text in together(seen).texts}
        both = (pair for one, other in self.near.pairs for pair in ((one, other), (other, one)))
        found = {
            wanted[one]: theirs[other] for one, other in both if one in wanted and other in theirs
        }
        return tuple(found.items())[:_MOST_TEXTS]

    def conflicts(self) -> tuple[Conflict, ...]:
        """Texts with several labels in all splits together, out of scope apart."""
        judged = [one for one in self.splits if one.name != OUT_OF_SCOPE]
        several = {
            text: labels
            for text, labels in labels_by_text(together(judged)).items()
            if len(labels) > 1
        }
        places: dict[str, list[tuple[str, int]]] = {text: [] for text in several}
        for one in judged:
            for text, place in zip(one.examples.texts, one.places, strict=True):
                if text in places:
                    places[text].append((one.name, place))
        return tuple(
            Conflict(
                text=text if self.has_texts else None,
                labels=dict(sorted(labels.items())),
                places=tuple(places[text]),
            )
            for text, labels in several.items()
        )
