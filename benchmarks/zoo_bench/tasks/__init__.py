"""The tasks of the benchmark: what is to be known of each before its data is touched."""

from __future__ import annotations

from typing import Any

from zoo.specs import TaskSpec

TASK_SPECS = (
    TaskSpec(
        name="3i4k",
        target="zoo_bench.tasks.korean_3i4k:load",
        description="Korean utterances by intention: question, command, statement and four more.",
        num_labels=7,
        languages=("ko",),
        licence="CC-BY-SA-4.0",
        source="https://github.com/warnikchow/3i4k",
    ),
    TaskSpec(
        name="banking77",
        target="zoo_bench.tasks.banking77:load",
        description="English questions to a bank by intent.",
        num_labels=77,
        languages=("en",),
        licence="CC-BY-4.0",
        source="https://github.com/PolyAI-LDN/task-specific-datasets",
    ),
    TaskSpec(
        name="clinc150",
        target="zoo_bench.tasks.clinc150:load",
        description="English requests to an assistant by intent, with requests out of scope.",
        num_labels=150,
        languages=("en",),
        licence="CC-BY-3.0",
        source="https://github.com/clinc/oos-eval",
    ),
    TaskSpec(
        name="ko-intents",
        num_labels=16,
        target="zoo_bench.tasks.ko_intents:load",
        description="Korean requests to an assistant by intent; small, and comes with the package.",
        languages=("ko",),
        licence="CC0-1.0",
        source="comes with intentzoo",
    ),
    TaskSpec(
        name="nsmc",
        target="zoo_bench.tasks.nsmc:load",
        description="Korean film reviews, negative or positive.",
        num_labels=2,
        languages=("ko",),
        licence="CC0-1.0",
        source="https://github.com/e9t/nsmc",
    ),
)


def about(name: str) -> dict[str, Any]:
    """What the task of this name takes over from its spec."""
    spec = next(spec for spec in TASK_SPECS if spec.name == name)
    fields = ("name", "languages", "licence", "source")
    return {field: getattr(spec, field) for field in fields}
