"""One row of a leaderboard: a pair or a baseline on one task, over its seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoo.verdict import Verdict
from zoo_bench.comparisons import Candidate
from zoo_bench.records import Kind, Result, RunSpec
from zoo_bench.statistics.intervals import Interval, t_interval

if TYPE_CHECKING:
    import numpy as np


GRAVEST_FIRST: tuple[Verdict, ...] = ("diverged", "collapsed", "not_learned", "undertrained")


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair or baseline on one task. Intervals are over seeds and None without any score.

    `auroc` and `fpr_at_95_tpr` are of the out-of-scope split, None where nothing was scored of it.
    `expected` is how many seeds any pair has on this task; `diverged`, `failed` and `unfinished`
    runs have no score and are missing from `n`, `verdicts` counts those that have one. By verdict,
    `suggestions` has what the first such run suggests. `below` is a yardstick that scores higher.
    `certified`: encoder and head had passed `zoo check` whenever a run ended; False where one had
    failed it, None where one had not been checked. `rank` has the letters of a pair that is ranked:
    who shares a letter is tied. `row_error` is half of the 95 % interval of `rank_by` over
    resampled test rows. `run_ids` are in order of their seeds, finished or not. Costs compare on
    one machine only: `train_seconds` and `latency_p50_ms` are None where `hardware` has several.
    `unknown_share` of the tokens and `truncated_share` of the texts are means over the seeds, None
    where no run has counted them.
    """

    kind: Kind
    encoder: str | None
    head: str | None
    baseline: str | None
    seeds: tuple[int, ...]
    expected: int
    accuracy: Interval | None
    macro_f1: Interval | None
    clean_accuracy: Interval | None
    auroc: Interval | None
    fpr_at_95_tpr: Interval | None
    parameters_total: int | None
    parameters_head: int | None
    hardware: tuple[str, ...]
    train_seconds: float | None
    latency_p50_ms: float | None
    verdicts: dict[str, int]
    suggestions: dict[str, str]
    diverged: int
    failed: int
    unfinished: int
    certified: bool | None
    unknown_share: float | None
    truncated_share: float | None
    run_ids: tuple[str, ...]
    rank: str | None = None
    row_error: float | None = None
    below: str | None = None

    @property
    def name(self) -> str:
        """`encoder+head`, or the baseline's name."""
        return "+".join(part for part in (self.encoder, self.head, self.baseline) if part)

    @property
    def n(self) -> int:
        """How many seeds the scores are over."""
        return 0 if self.accuracy is None else self.accuracy.n

    @property
    def unscored_out_of_scope(self) -> int:
        """How many of the seeds with scores have none of an out-of-scope split."""
        return self.n - (0 if self.auroc is None else self.auroc.n)

    @property
    def unlearned(self) -> dict[str, int]:
        """How many runs have each verdict but `learned`, the gravest first."""
        counts = {**self.verdicts, "diverged": self.diverged}
        return {verdict: counts[verdict] for verdict in GRAVEST_FIRST if counts.get(verdict)}

    @property
    def instead_of_rank(self) -> str | None:
        """What stands for the rank of a pair that has not learned with every seed, else None."""
        learned = self.verdicts.get("learned", 0)
        if not self.unlearned:
            return None
        if learned:
            return f"{learned}/{self.n + self.diverged} learned"
        return next(iter(self.unlearned)).replace("_", " ")

    @property
    def suggestion(self) -> str | None:
        """What the runs with the gravest verdict suggest to try."""
        known = (self.suggestions.get(verdict) for verdict in self.unlearned)
        return next((suggestion for suggestion in known if suggestion), None)

    @property
    def rank_by(self) -> Interval | None:
        """The accuracy on test rows that do not occur in train, where there are such rows."""
        return self.clean_accuracy or self.accuracy


def make_entry(runs: Sequence[RunSpec], failed: set[str], *, mark: str, expected: int) -> Entry:
    """The entry of runs that differ in their seed alone; `mark` goes to the end of its name."""
    first = runs[0]
    results = [run for run in runs if isinstance(run, Result)]
    scored = _scored(runs)
    hardware = tuple(sorted({run.cost.hardware for run in scored}))
    timed = scored if len(hardware) == 1 else []
    latencies = [run.cost.latency.p50_ms for run in timed if run.cost.latency]
    failures = sum(run.run_id in failed for run in runs)
    # before schema 5 a run that diverged has no parameters
    counted = next((run.cost for run in results if run.cost.parameters_total), None)
    tokens = [run.tokens for run in results if run.tokens]
    return Entry(
        kind=first.kind,
        encoder=first.encoder.label if first.encoder else None,
        head=first.head.label + mark if first.head else None,
        baseline=first.baseline.label + mark if first.baseline else None,
        seeds=tuple(sorted(run.seed for run in scored)),
        expected=expected,
        accuracy=_interval(scored, "test", "accuracy"),
        macro_f1=_interval(scored, "test", "macro_f1"),
        clean_accuracy=_interval(scored, "test_clean", "accuracy"),
        auroc=_interval(scored, "out_of_scope", "auroc"),
        fpr_at_95_tpr=_interval(scored, "out_of_scope", "fpr_at_95_tpr"),
        parameters_total=counted.parameters_total if counted else None,
        parameters_head=counted.parameters_head if counted else None,
        hardware=hardware,
        train_seconds=_mean([run.cost.train_seconds for run in timed]),
        latency_p50_ms=_mean(latencies),
        verdicts=dict(sorted(Counter(run.verdict for run in scored if run.verdict).items())),
        suggestions=_suggestions(results),
        diverged=sum(run.verdict == "diverged" for run in results),
        failed=failures,
        unfinished=len(runs) - len(results) - failures,
        certified=_is_certified(results) if first.kind == "pair" else None,
        unknown_share=_mean([one.unknown_share for one in tokens]),
        truncated_share=_mean([one.truncated_share for one in tokens]),
        run_ids=tuple(run.run_id for run in sorted(runs, key=lambda run: run.seed)),
    )


def _suggestions(results: Sequence[Result]) -> dict[str, str]:
    found: dict[str, str] = {}
    for run in sorted(results, key=lambda run: run.seed):
        if run.verdict and run.suggestion:
            found.setdefault(run.verdict, run.suggestion)
    return found


def _is_certified(results: Sequence[Result]) -> bool | None:
    found = [
        run.provenance.certificates.get(role) for run in results for role in ("encoder", "head")
    ]
    if any(one is not None and one.status == "failed" for one in found):
        return False
    return True if found and all(found) else None


def _interval(scored: Sequence[Result], split: str, metric: str) -> Interval | None:
    values = [(run.metrics.get(split) or {}).get(metric) for run in scored]
    known = [value for value in values if value is not None]
    return t_interval(known) if known else None


def _mean(values: Sequence[float]) -> float | None:
    return t_interval(values).mean if values else None


def rank_scores(runs: Sequence[RunSpec]) -> list[tuple[Result, float]]:
    """The runs that have the score that ranks go by, with it, in order of their seeds."""
    split = "test_clean" if _interval(_scored(runs), "test_clean", "accuracy") else "test"
    found = [(run, (run.metrics.get(split) or {}).get("accuracy")) for run in _scored(runs)]
    known = [(run, score) for run, score in found if score is not None]
    return sorted(known, key=lambda item: item[0].seed)


def make_candidate(
    entry: Entry, scores: Sequence[tuple[Result, float]], correct: Mapping[str, np.ndarray]
) -> Candidate:
    """The entry as one that can be compared; `correct` says by run id which rows were right."""
    import numpy as np

    rows = [correct[run.run_id] for run, _ in scores if run.run_id in correct]
    is_whole = bool(rows) and len(rows) == len(scores)
    return Candidate(
        entry.name,
        tuple(score for _, score in scores),
        np.stack(rows) if is_whole else None,
        may_be_ranked=entry.kind == "pair" and not entry.unlearned,
    )


def _scored(runs: Sequence[RunSpec]) -> list[Result]:
    return [run for run in runs if isinstance(run, Result) and run.has_scores]
