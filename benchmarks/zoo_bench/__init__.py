"""The benchmark harness: the manifest."""

from __future__ import annotations

from collections.abc import Iterator

import zoo


@zoo.hookimpl
def zoo_tasks() -> Iterator[zoo.TaskSpec]:
    """The tasks that every suite may name."""
    from zoo_bench.tasks import TASK_SPECS

    yield from TASK_SPECS


@zoo.hookimpl
def zoo_commands() -> Iterator[zoo.CommandSpec]:
    """The commands of the benchmark."""
    yield zoo.CommandSpec(
        name="bench",
        target="zoo_bench.commands.bench:command",
        description="Run a suite of pairs, tasks and seeds, and rank them.",
    )
    yield zoo.CommandSpec(
        name="leaderboard",
        target="zoo_bench.commands.leaderboard:command",
        description="Rank the pairs of stored results.",
    )
    yield zoo.CommandSpec(
        name="results",
        target="zoo_bench.commands.results:command",
        description="Verify, merge and pack stored results.",
    )
