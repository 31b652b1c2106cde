"""How often the doctor names the fault, and how often it sees one where there is none.

`make doctor-proof`. Every case is given to `zoo.diagnose`; printed is what it named. Exit 1 where
it names fewer than 90 % of the faults first, fewer than 98 % at all, or more than one in a healthy
training.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from doctor_proof.material import Material
from doctor_proof.registry import HELD_OUT, cases_like
from doctor_proof.setups import BrokenCase, HealthyCase, diagnose

LEAST_NAMED_FIRST, LEAST_NAMED, MOST_FALSE_ALARMS = 0.90, 0.98, 1


@dataclass(frozen=True)
class Outcome:
    """What the doctor named, most likely first; `cause` is None for a healthy case."""

    case: str
    cause: str | None
    named: tuple[str, ...]
    seconds: float
    is_held_out: bool = False

    @property
    def place(self) -> int | None:
        """Where the cause stands among what was named, counted from 1."""
        return self.named.index(self.cause) + 1 if self.cause in self.named else None


def main() -> None:
    """Examine, print, and exit 1 below the targets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", default="*", metavar="PATTERN", help="cases or causes like it, or held-out"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    chosen = cases_like(arguments.only)
    if not chosen:
        parser.error(f"no case and no cause is like {arguments.only!r}")
    with tempfile.TemporaryDirectory() as folder:
        outcomes = _examine(chosen, Material(Path(folder)))
    totals = _totals(outcomes)
    held_out = _totals([each for each in outcomes if each.is_held_out])
    if arguments.json:
        rows = [{**asdict(each), "place": each.place} for each in outcomes]
        everything = {"cases": rows, **totals, "held_out": held_out}
        print(json.dumps(everything, indent=1, ensure_ascii=False))
    else:
        console = Console(width=80)
        console.print(_table(outcomes))
        console.print(_in_words(totals), highlight=False)
        if 0 < held_out["broken"] + held_out["healthy"] < len(outcomes):
            console.print(
                f"of these, written without sight of the doctor:\n{_in_words(held_out)}",
                highlight=False,
            )
    sys.exit(0 if totals["is_reached"] else 1)


def _examine(cases: Sequence[BrokenCase | HealthyCase], material: Material) -> list[Outcome]:
    outcomes = []
    held_out = {case.name for case in HELD_OUT}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=len(cases))
        for case in cases:
            progress.update(bar, description=case.name)
            setup = case.build(material)
            start = time.perf_counter()
            report = diagnose(setup)
            seconds = time.perf_counter() - start
            cause = case.cause if isinstance(case, BrokenCase) else None
            named = tuple(finding.cause for finding in report.findings)
            outcomes.append(Outcome(case.name, cause, named, seconds, case.name in held_out))
            progress.advance(bar)
    return outcomes


def _totals(outcomes: Sequence[Outcome]) -> dict[str, float]:
    broken = [each for each in outcomes if each.cause is not None]
    healthy = [each for each in outcomes if each.cause is None]
    first = sum(each.place == 1 for each in broken)
    named = sum(each.place is not None for each in broken)
    alarms = sum(bool(each.named) for each in healthy)
    return {
        "broken": len(broken),
        "named_first": first,
        "named": named,
        "healthy": len(healthy),
        "false_alarms": alarms,
        "seconds": sum(each.seconds for each in outcomes),
        "is_reached": first >= LEAST_NAMED_FIRST * len(broken)
        and named >= LEAST_NAMED * len(broken)
        and alarms <= MOST_FALSE_ALARMS,
    }


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="What the doctor names", padding=(0, 1), collapse_padding=True)
    table.add_column("case, and its cause", overflow="fold", ratio=3)
    table.add_column("named", overflow="fold", ratio=2)
    table.add_column("s", justify="right")
    for each in outcomes:
        cause = each.cause or "healthy"
        table.add_row(f"{each.case}\n  {cause}", _verdict(each), f"{each.seconds:.1f}")
    return table


def _verdict(outcome: Outcome) -> str:
    if outcome.cause is None:
        return "nothing" if not outcome.named else f"false alarm: {', '.join(outcome.named)}"
    if outcome.place == 1:
        return "first"
    first = outcome.named[0] if outcome.named else "nothing"
    how = "missed" if outcome.place is None else f"at place {outcome.place}"
    return f"{how}; first: {first}"


def _in_words(totals: dict[str, float]) -> str:
    lines = []
    if totals["broken"]:
        for key, words in (("named_first", "named first"), ("named", "named")):
            share = 100 * totals[key] / totals["broken"]
            lines.append(f"{words}: {totals[key]} of {totals['broken']} broken ({share:.1f} %)")
    lines.append(f"false alarms: {totals['false_alarms']} of {totals['healthy']} healthy")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
