"""What may be said of the numbers on one task, in sentences: every format says the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from zoo.terminal import printable
from zoo_bench.comparisons import Outcome
from zoo_bench.entries import Entry
from zoo_bench.leaderboard import TaskBoard

TIES = "Pairs that share a letter are tied: no difference between them could be shown."
UNLEARNED = (
    "A pair that has not learned with every seed has its verdict in place of a rank: its score "
    "counts, but says how training went, and not what the pair is worth."
)
FEW_LEARNED = "No ranks: fewer than two pairs learned with every seed."
TOO_FEW_SEEDS = "No ranks: a pair needs two seeds at least to be compared with another."
_MOST_NAMES = 4


def claims(task_board: TaskBoard) -> list[str]:
    """What may be said of the differences on one task, one sentence a line."""
    comparisons = task_board.comparisons
    if len(comparisons.letters) < 2:
        why = []
        if len(task_board.pairs) > 1:
            learned = sum(entry.n > 0 and not entry.unlearned for entry in task_board.pairs)
            why.append(FEW_LEARNED if learned < 2 else TOO_FEW_SEEDS)
        return [*why, *_baseline_claims(task_board), *task_board.recipe_differences]
    lines = [TIES]
    if comparisons.detectable is not None:
        seeds = min(entry.n for entry in task_board.pairs if entry.rank is not None)
        lines.append(
            f"Smallest difference that {seeds} seeds on these test rows would have shown (80 % "
            f"power): {100 * comparisons.detectable:.2f} points."
        )
    lines += _baseline_claims(task_board)
    if task_board.variance is not None:
        shares = task_board.variance
        parts = [
            ("encoder", shares.encoder),
            ("head", shares.head),
            ("their interaction", shares.interaction),
            ("seed", shares.seed),
        ]
        listed = ", ".join(f"{name} {100 * share:.0f} %" for name, share in parts)
        lines.append(f"What the accuracy depends on: {listed}.")
    return [*lines, *task_board.recipe_differences]


def _baseline_claims(task_board: TaskBoard) -> Iterator[str]:
    """Which pairs are better than each baseline, by the rule that holds between pairs."""
    outcomes: dict[str, dict[Outcome, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in task_board.comparisons.with_baselines:
        outcomes[one.second][one.outcome].append(one.first)
    for baseline, pairs in outcomes.items():
        count = sum(map(len, pairs.values()))
        said = f"Better than {printable(baseline)}: {_which(pairs['better'], count)}"
        others = {"tied with it": pairs["tied"], "worse": pairs["worse"]}
        counted = [f"{outcome} {len(names)}" for outcome, names in others.items() if names]
        yield f"{'; '.join([said, *([', '.join(counted)] if counted else [])])}."


def _which(names: Sequence[str], of_all: int) -> str:
    """How many of all, and where these are some of them, the first few by name."""
    noun = "pair" if of_all == 1 else "pairs"
    if not names:
        return f"none of {of_all} {noun}"
    if len(names) == of_all:
        return {1: "the one pair", 2: "both pairs"}.get(of_all, f"all {of_all} pairs")
    shown = ", ".join(map(printable, names[:_MOST_NAMES]))
    more = len(names) - _MOST_NAMES
    listed = f"{shown} and {more} more" if more > 0 else shown
    return f"{len(names)} of {of_all} {noun} ({listed})"


def verdict_notes(task_board: TaskBoard) -> list[str]:
    """Why some pairs have no rank, and what each of them should try, one sentence a line."""
    notes = [
        f"{entry.name}: {_verdict_note(entry, verdict)}"
        for entry in task_board.entries
        for verdict in entry.unlearned
    ]
    return [UNLEARNED, *notes] if notes else []


def _verdict_note(entry: Entry, verdict: str) -> str:
    said = f"{verdict.replace('_', ' ')} {entry.unlearned[verdict]}/{entry.expected}"
    if verdict == "diverged":
        said += ", not in the mean"
    suggestion = entry.suggestions.get(verdict)
    return f"{said}; {suggestion}" if suggestion else said


def caveats(task_board: TaskBoard) -> list[str]:
    """What the numbers of a task do not tell by themselves, one sentence a line.

    Costs that do not compare, for they come from several machines; and tokenizers that do not know
    the texts, or do not read them to their end.
    """
    found = list(tokenizer_caveats(task_board))
    if len(task_board.hardware) > 1:
        found.append(
            "Seconds and ms come from different machines, and are left out where the seeds of one "
            f"pair do: {'; '.join(task_board.hardware)}."
        )
    return found


def tokenizer_caveats(task_board: TaskBoard) -> Iterator[str]:
    """That a tokenizer does not know the texts, or cuts them: a sentence an encoder."""
    # with each seed other examples may be drawn: of all pairs of an encoder, the largest share
    unknown, truncated = defaultdict[str, float](float), defaultdict[str, float](float)
    for entry in task_board.pairs:
        name = entry.encoder or ""
        unknown[name] = max(unknown[name], entry.unknown_share or 0.0)
        truncated[name] = max(truncated[name], entry.truncated_share or 0.0)
    if not any((*unknown.values(), *truncated.values())):
        return
    # takes its time, and without shares there is nothing to measure by it
    from zoo.auditing.findings import TRUNCATED_SHARES, UNKNOWN_SHARES

    for name in sorted(unknown):
        if unknown[name] >= UNKNOWN_SHARES[0]:
            yield f"{name}: {100 * unknown[name]:.1f} % of the tokens are unknown to its tokenizer."
        if truncated[name] >= TRUNCATED_SHARES[0]:
            yield f"{name}: {100 * truncated[name]:.1f} % of the texts are cut at its max_length."
