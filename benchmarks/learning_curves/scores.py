"""What is kept of every run for the curves: one line of JSON each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from zoo_bench.records import Result


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracies of one run in %: `test` over the clean rows, over all where there are none.

    `method` is the encoder, or a baseline, whose `head` is empty; `examples` are those of train.
    """

    protocol: str
    task: str
    examples: int
    method: str
    head: str
    seed: int
    validation: float
    test: float

    @property
    def run(self) -> tuple[str, str, str, str, int]:
        """What tells the run from others."""
        return self.protocol, self.task, self.method, self.head, self.seed

    @property
    def pair(self) -> str:
        """`encoder+head`."""
        return f"{self.method}+{self.head}"


def scores_of(results: Iterable[Result]) -> list[Score]:
    """The scores of all runs that have some, in the order of their fields.

    Raises `ValueError` where two runs differ in nothing that a score tells.
    """
    scored = [(_score_of(result), result) for result in results if result.has_scores]
    first: dict[tuple[str, str, str, str, int], Result] = {}
    for score, result in scored:
        other = first.setdefault(score.run, result)
        if other is not result:
            raise ValueError(
                f"{result.label} is there as two runs, {other.folder_name} and "
                f"{result.folder_name}, which differ in what a score does not tell, as the recipe "
                "or a version; collect the results of each into a file of its own"
            )
    return sorted((score for score, _ in scored), key=astuple)


def _score_of(result: Result) -> Score:
    return Score(
        protocol=f"{result.protocol.name} {result.protocol.version}",
        task=result.task.name,
        examples=result.task.n_train,
        method=result.encoder.label if result.encoder else result.who,
        head=result.head.label if result.head else "",
        seed=result.seed,
        validation=_accuracy(result, "validation"),
        test=_accuracy(result, "test_clean"),
    )


def _accuracy(result: Result, split: str) -> float:
    metrics = result.metrics[split] or result.metrics["test"]
    assert metrics is not None and metrics["accuracy"] is not None
    return round(100 * metrics["accuracy"], 4)


def joined(stored: Iterable[Score], found: Iterable[Score]) -> list[Score]:
    """Both, in the order of their fields; where both have a run, the one found.

    Raises `ValueError` where they are of several protocols: these may not be one mean.
    """
    runs = {score.run: score for score in (*stored, *found)}
    _check_protocol(runs.values())
    return sorted(runs.values(), key=astuple)


def _check_protocol(scores: Iterable[Score]) -> None:
    protocols = sorted({score.protocol for score in scores})
    if len(protocols) > 1:
        raise ValueError(
            f"there are scores of {' and '.join(protocols)}, which may not be averaged; collect "
            "them into files of their own"
        )


def write(scores: Iterable[Score], path: Path) -> None:
    """One line for each score."""
    lines = (json.dumps(asdict(score), ensure_ascii=False) for score in scores)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def read(path: Path) -> list[Score]:
    """The scores of a file that `write` has written; raises `ValueError` with the line at fault.

    Also where it has scores of several protocols.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found.append(Score(**json.loads(line)))
        except (ValueError, TypeError):
            raise ValueError(
                f"{path}, line {number}: this is no score; python -m learning_curves collect "
                "writes such files"
            ) from None
    _check_protocol(found)
    return found
