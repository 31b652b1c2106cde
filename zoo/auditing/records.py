"""The numbers of an audit, and what they say."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zoo.unknown_tokens import TokenCounts

Unit = Literal["row", "line"]


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Lengths: the smallest that so many percent do not exceed, each a length that occurs.

    >>> Quantiles.of([3, 1, 2, 9])
    Quantiles(minimum=1, median=2, p95=9, p99=9, maximum=9)
    """

    minimum: int
    median: int
    p95: int
    p99: int
    maximum: int

    @classmethod
    def of(cls, values: Iterable[int]) -> Quantiles:
        """The quantiles of one value or more."""
        ordered = sorted(values)
        # in percent, which is exact where a share as a float is not
        p50, p95, p99 = (ordered[math.ceil(one * len(ordered) / 100) - 1] for one in (50, 95, 99))
        return cls(ordered[0], p50, p95, p99, ordered[-1])


@dataclass(frozen=True, slots=True)
class SplitAudit:
    """One split: its rows, its labels, its lengths in characters.

    `blank` and `unlabelled` are the places of rows without a text and without a label, which
    count nowhere else; `notes` what was repaired in reading. Places are lines of a file from 1, or
    rows from 0, as `unit` says.
    """

    name: str
    source: str
    unit: Unit
    rows: int
    label_counts: Mapping[str, int]
    characters: Quantiles
    blank: tuple[int, ...]
    unlabelled: tuple[int, ...]
    notes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WithinAudit:
    """The same text twice among `splits`, taken together.

    `repeats` are the rows beyond the first of the same text, exactly; `normalised_repeats` the same
    where case, punctuation and spaces have no say, so at least as many. `near` are the rows whose
    text has a near one beside it, None where that was not asked for; `conflicts` the texts,
    exactly, that have more than one label.
    """

    splits: tuple[str, ...]
    rows: int
    repeats: int
    normalised_repeats: int
    near: int | None
    conflicts: int


@dataclass(frozen=True, slots=True)
class OverlapAudit:
    """The rows of `split` whose text occurs in the splits `seen`, as places.

    Each row is in the first that fits of `exact`, `normalised` (but for case, punctuation and
    spaces) and `near`. `relabelled` are those of `exact` whose label the text never has there;
    `by_label` counts the exact ones. `shared_texts` are some of the texts that occur on both sides,
    `near_texts` some near ones, each with its partner in `seen`.
    """

    split: str
    seen: tuple[str, ...]
    unit: Unit
    rows: int
    exact: tuple[int, ...]
    normalised: tuple[int, ...]
    near: tuple[int, ...] | None
    relabelled: tuple[int, ...]
    by_label: Mapping[str, int]
    shared_texts: tuple[str, ...]
    near_texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A text with more than one label; `places` are (split, place). `text` is None if withheld."""

    text: str | None
    labels: Mapping[str, int]
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TokenAudit:
    """One split as one tokenizer has it, special tokens included in the lengths.

    `unknown_tokens` are of `tokens`, which has no special ones in it; `texts_with_unknown` and
    `truncated` (longer than `max_length`) are of `rows`.
    """

    split: str
    rows: int
    lengths: Quantiles
    tokens: int
    unknown_tokens: int
    texts_with_unknown: int
    truncated: int


@dataclass(frozen=True, slots=True)
class EncoderAudit:
    """What the tokenizer of an encoder makes of the texts, cut at `max_length` tokens.

    `most_tokens` is what the encoder takes at most. `commonest_unknown` are words that it does not
    know, commonest first.
    """

    encoder: str
    max_length: int
    most_tokens: int
    vocabulary_size: int
    splits: tuple[TokenAudit, ...]
    commonest_unknown: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Of all splits."""
        return sum(one.rows for one in self.splits)

    @property
    def unknown_share(self) -> float:
        """Unknown tokens by tokens, from 0 to 1."""
        return TokenCounts(
            own=sum(one.tokens for one in self.splits),
            unknown=sum(one.unknown_tokens for one in self.splits),
        ).unknown_share

    @property
    def truncated_share(self) -> float:
        """Texts that lose tokens by texts, from 0 to 1."""
        return sum(one.truncated for one in self.splits) / self.rows


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Something that is not as it should be: what, the numbers and places behind it, the way out.

    `share` is how much of the data it concerns, from 0 to 1. A serious one makes training fail, or
    a score mean something else than it says.
    """

    cause: str
    title: str
    evidence: str
    fix: str
    is_serious: bool
    share: float


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All that `zoo.audit` found; `str` of it is what `zoo audit` prints.

    `findings` come worst first. `near_threshold` is the share of common trigrams from which on two
    texts are near, None where they were not looked for.
    """

    name: str
    labels: tuple[str, ...]
    splits: tuple[SplitAudit, ...]
    within: tuple[WithinAudit, ...]
    overlaps: tuple[OverlapAudit, ...]
    conflicts: tuple[Conflict, ...]
    encoders: tuple[EncoderAudit, ...]
    near_threshold: float | None
    findings: tuple[DataFinding, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Whether nothing serious was found."""
        return not any(one.is_serious for one in self.findings)

    def split(self, name: str) -> SplitAudit | None:
        """The split of this name, None where there is none."""
        return next((one for one in self.splits if one.name == name), None)

    def as_fields(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {"is_healthy": self.is_healthy, **dataclasses.asdict(self)}

    def __str__(self) -> str:
        from zoo.auditing.text import render

        return render(self)
