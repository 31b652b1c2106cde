"""The records on disk: what a run is (`RunSpec`), gave (`Result`), or how it failed (`Failure`).

They are strict: an unknown field, a missing one, a number as text, NaN or a run id that is not the
hash of the run make a record unreadable.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from zoo.measurements import Measurements
from zoo.strict_record import Record
from zoo.verdict import Verdict
from zoo_bench import identity

SCHEMA_VERSION = 5

Kind = Literal["pair", "baseline"]
FailureKind = Literal["refused", "error", "out_of_memory", "lost", "timeout"]


class Protocol(Record):
    """The rules that every run of a comparison keeps; results move only when the version does."""

    name: str = Field(min_length=1, max_length=100)
    version: int = Field(ge=1)


class TaskRecord(Record):
    """A task as it was read: the hash of its content, its sizes in rows, its labels in order.

    Of `3i4k@1000` the hash is that of the whole `3i4k`; the seed of the run drew the examples.
    `is_verified`: the content is known to be the publisher's. `n_out_of_scope` is None where the
    task has no such split; before schema 4 none was scored.
    """

    name: str
    content_sha256: str
    n_train: int
    n_validation: int
    n_test: int
    n_test_clean: int
    n_out_of_scope: int | None = None
    is_verified: bool
    labels: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Tasks with equal keys are the same: the name and the hash."""
        return self.name, self.content_sha256

    @property
    def is_drawn(self) -> bool:
        """Whether the seed draws the training examples, as of `3i4k@1000`."""
        return "@" in self.name

    @property
    def has_clean_scores(self) -> bool:
        """Whether some test rows occur in train or validation, and ranks go by the others."""
        return 0 < self.n_test_clean < self.n_test


class Component(Record):
    """A head or a baseline: where it came from and with which options it was built."""

    name: str
    distribution: str
    version: str
    target: str
    options: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name, with the options in brackets where there are any."""
        remarks = ",".join(self._remarks())
        return f"{self.name}[{remarks}]" if remarks else self.name

    def _remarks(self) -> list[str]:
        return [f"{key}={value}" for key, value in sorted(self.options.items())]


class EncoderRecord(Component):
    """An encoder and the weights it began with; `revision` is a commit of the hub.

    `pretrained` is false for one from random weights; its label says so, `bert-nano[scratch]`.
    """

    pretrained: bool
    checkpoint: str | None = None
    revision: str | None = None
    weights_sha256: str | None = None

    def _remarks(self) -> list[str]:
        return [*super()._remarks(), *([] if self.pretrained else ["scratch"])]


class RunSpec(Record):
    """One pair (or baseline) on one task with one seed under one recipe. Make it with `create`.

    Where the suite gives this task, encoder or head values of its own, `recipe` has them, and
    `overridden` what the suite's recipe has in their place.
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str
    kind: Kind
    protocol: Protocol
    task: TaskRecord
    encoder: EncoderRecord | None = None
    head: Component | None = None
    baseline: Component | None = None
    recipe: dict[str, JsonValue] | None = None
    overridden: dict[str, JsonValue] = Field(default_factory=dict)
    seed: int = Field(ge=0)
    threads: int = Field(ge=1)

    @classmethod
    def create(cls, **fields: Any) -> Self:
        """The run of these fields, with its run id worked out."""
        draft = cls.model_construct(schema_version=SCHEMA_VERSION, run_id="", **fields)
        return cls(run_id=identity.run_id(draft.as_fields()), **fields)

    @model_validator(mode="after")
    def _check(self) -> Self:
        is_pair = self.encoder is not None and self.head is not None and self.recipe is not None
        if is_pair == (self.baseline is not None) or is_pair != (self.kind == "pair"):
            raise ValueError("a run has either encoder, head and recipe, or a baseline")
        expected = identity.run_id(self.as_fields())
        if self.run_id != expected:
            raise ValueError(f"run_id {self.run_id[:12]!r} is not the run's hash {expected[:12]!r}")
        return self

    @property
    def who(self) -> str:
        """`encoder+head`, or the baseline's name; options in brackets where there are any."""
        parts = (self.encoder, self.head, self.baseline)
        return "+".join(part.label for part in parts if part is not None)

    @property
    def label(self) -> str:
        """`encoder+head/task/seed`, what `--only` and messages use."""
        return f"{self.who}/{self.task.name}/{self.seed}"

    @property
    def folder_name(self) -> str:
        """The name of the run's folder in a results root."""
        return identity.folder_name(self.as_fields())

    def as_fields(self) -> dict[str, Any]:
        """The fields of the spec alone, also of a `Result`, as JSON values."""
        return self.model_dump(mode="json", include=set(RunSpec.model_fields))


class ClassScores(Record):
    """The scores of one label; null where the label neither occurs nor was predicted."""

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


class Latency(Record):
    """Milliseconds for one text at a time, tokenising included."""

    p50_ms: float
    p99_ms: float
    warmups: int
    calls: int


class Cost(Record):
    """What a run cost; comparable only within one hardware id."""

    parameters_total: int
    parameters_head: int
    train_seconds: float
    samples_per_second: float | None
    latency: Latency | None
    peak_memory_bytes: int
    peak_gpu_memory_bytes: int | None
    hardware: str


class TokensRecord(Record):
    """What the encoder's tokenizer makes of all splits of the task, special tokens left out.

    From 0 to 1: `unknown_share` is of the tokens, `truncated_share` of the texts, which are cut at
    `max_length` tokens.
    """

    max_length: int
    unknown_share: float
    truncated_share: float


class PredictionsRecord(Record):
    """The file `predictions.safetensors`: its hash, and how many test rows it holds."""

    sha256: str
    n: int


class CertificateRecord(Record):
    """What `zoo check` had found of a component's source when the run ran, in counts of checks."""

    status: Literal["passed", "failed"]
    passed: int
    failed: int
    skipped: int
    source_sha256: str
    zoo_version: str


class Provenance(Record):
    """Where, when and with what a run ran. Nothing here decides the number.

    `resumed`: an earlier command had begun this run and not come to an end with it. `attempts`
    counts from 1 and grows when a worker is lost. `certificates` has an entry for `encoder` and
    for `head` where there is one of it.
    """

    zoo_version: str
    git_sha: str | None
    git_dirty: bool | None
    python: str
    torch: str
    transformers: str
    hardware: str
    threads: int
    device: str
    executor: str
    attempts: int = Field(ge=1)
    resumed: bool
    started_at: datetime
    finished_at: datetime
    certificates: dict[Literal["encoder", "head"], CertificateRecord] = Field(default_factory=dict)


class Result(RunSpec):
    """What one finished run left. Its file is written last, and is the fact that the run is done.

    `metrics` maps `validation`, `test` and `test_clean` to metric → value, and `out_of_scope` where
    the task has it; `undefined` says under `split` or `split.metric` why a value is null. `history`
    has one entry per epoch. `verdict`, its reason and suggestion follow from history,
    `measurements` and recipe alone, and never from other runs; baselines have none, and before
    schema 3 nothing was measured. `tokens` is None for baselines, and before schema 5.
    """

    verdict: Verdict | None
    verdict_reason: str
    suggestion: str | None
    measurements: Measurements | None
    tokens: TokensRecord | None
    metrics: dict[str, dict[str, float | None] | None]
    undefined: dict[str, str]
    per_class: tuple[ClassScores, ...]
    confusion: tuple[tuple[int, ...], ...]
    cost: Cost
    history: tuple[dict[str, JsonValue], ...]
    predictions: PredictionsRecord | None
    provenance: Provenance

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        rows, labels = len(self.per_class), len(self.task.labels)
        if rows not in (0, labels):
            raise ValueError(f"per_class has {rows} entries, the task has {labels} labels")
        return self

    @property
    def has_scores(self) -> bool:
        """Whether it counts in means: one that diverged does not, even where logits are left."""
        return bool(self.metrics.get("test")) and self.verdict != "diverged"


class Failure(Record):
    """How the last attempt at a run failed."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    kind: FailureKind
    message: str
    traceback: str
    step: int | None = None
    attempts: int = 1
    failed_at: datetime


def to_json(record: Record) -> str:
    """The record as ASCII JSON, unrounded, with sorted keys, one top-level field per line."""
    fields = record.model_dump(mode="json")
    lines = (
        f" {json.dumps(key)}: {json.dumps(fields[key], sort_keys=True, allow_nan=False)}"
        for key in sorted(fields)
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
