"""From a suite to its runs: names resolved and identities fixed before anything is trained."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from zoo import registry
from zoo.data import load_task
from zoo.registry import Registered
from zoo.specs import EncoderSpec, Spec
from zoo_bench.baselines import baselines
from zoo_bench.checkpoints import Weights, settle
from zoo_bench.records import Component, EncoderRecord, Protocol, RunSpec, TaskRecord
from zoo_bench.suite import Choice, Suite, SuiteError


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One component of the registry with the options that a suite gives it."""

    found: Registered[Any]
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """The name inside its distribution, with the checkpoint that was asked for."""
        checkpoint = self.found.checkpoint
        return self.found.spec.name + (f":{checkpoint}" if checkpoint else "")


def plan(suite: Suite, only: str | None = None) -> list[RunSpec]:
    """Every run of the suite: baselines first, then seed by seed, so that all pairs grow alike.

    `only` is a pattern for `encoder+head`, a task, or `encoder+head/task/seed`. Raises
    `UnknownEncoder`, `UnknownHead`, `UnknownTask`, `CheckpointError` and `SuiteError`.
    """
    encoders = _chosen("encoder", suite.encoders)
    heads = [_component(head) for head in _chosen("head", suite.heads)]
    tasks = [_task_record(name) for name in suite.tasks]
    runs = [_baseline_run(suite, task, one) for task in tasks for one in _baselines(suite)]
    # before the weights are settled: a hub out of reach matters only to runs that need it
    wanted = [one for one in encoders if _is_wanted(one, heads, suite, only)]
    records = _encoder_records(suite, wanted)
    runs += [
        _pair_run(suite, task, encoder, head, seed)
        for seed in suite.seeds
        for task in tasks
        for encoder in records
        for head in heads
    ]
    runs = [run for run in runs if only is None or _matches(run.who, run.task.name, run.seed, only)]
    if not runs:
        raise SuiteError(
            f"--only {only!r} fits no run of suite {suite.name!r}; it is a pattern for "
            "'encoder+head', for a task, or for 'encoder+head/task/seed'"
        )
    return runs


def _baselines(suite: Suite) -> Iterable[Component]:
    return baselines() if suite.baselines else ()


def _is_wanted(
    encoder: _Chosen, heads: Sequence[Component], suite: Suite, only: str | None
) -> bool:
    if only is None:
        return True
    label = Component(
        name=encoder.name, distribution="", version="", target="", options=encoder.options
    ).label
    return any(
        _matches(f"{label}+{head.label}", task, seed, only)
        for head in heads
        for task in suite.tasks
        for seed in suite.seeds
    )


def _matches(who: str, task: str, seed: int, pattern: str) -> bool:
    names = (who, task, f"{who}/{task}/{seed}")
    # equality as well: the brackets of options mean something else in a pattern
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in names)


def _chosen(kind: str, choices: Sequence[Choice]) -> list[_Chosen]:
    """What the names and patterns mean, each component with its options once, in order."""
    shelf = registry.shelf(kind)
    chosen: list[_Chosen] = []
    for choice in choices:
        if set("*?[") & set(choice.name):
            # an encoder that needs a checkpoint cannot be meant by a pattern
            found = [
                one
                for one in shelf.matching(choice.name)
                if not getattr(one.spec, "takes_checkpoint", False)
            ]
            if not found:
                raise SuiteError(f"{kind}s: no {kind} fits the pattern {choice.name!r}")
        elif kind == "encoder":
            found = [registry.find_encoder(choice.name)]
        else:
            found = [registry.find_head(choice.name)]
        new = [_Chosen(one, choice.options) for one in found]
        chosen += [one for one in new if one not in chosen]
    for one in chosen:
        _check_options(kind, one)
    return chosen


def _check_options(kind: str, chosen: _Chosen) -> None:
    if chosen.options:  # only then: checking them imports the class, and torch with it
        from zoo.options import check_options

        check_options(
            registry.import_target(chosen.found), chosen.options, f"{kind} {chosen.name!r}"
        )


def _component(chosen: _Chosen) -> Component:
    identity = registry.identity(chosen.found)
    return Component(name=chosen.name, **identity, options=chosen.options)


def _encoder_records(suite: Suite, chosen: Sequence[_Chosen]) -> list[EncoderRecord]:
    pretrained = [one for one in chosen if suite.pretrained and _has_weights(one.found)]
    settled = dict(zip(map(id, pretrained), settle([one.found for one in pretrained]), strict=True))
    records = []
    for one in chosen:
        weights = settled.get(id(one), Weights())
        if id(one) not in settled:
            _check_can_start_fresh(one)
        records.append(
            EncoderRecord(
                **dict(_component(one)),
                pretrained=id(one) in settled,
                checkpoint=weights.checkpoint,
                revision=weights.revision,
                weights_sha256=weights.sha256,
            )
        )
    return records


def _has_weights(found: Registered[EncoderSpec]) -> bool:
    return found.spec.has_pretrained_weights


def _check_can_start_fresh(chosen: _Chosen) -> None:
    spec: Spec = chosen.found.spec
    if not getattr(spec, "configuration", None) or getattr(spec, "vocabulary", None) is None:
        raise SuiteError(
            f"encoder {chosen.name!r} cannot start from random weights: it brings no configuration "
            "and vocabulary of its own; leave out 'pretrained: false' or this encoder"
        )


def _task_record(name: str) -> TaskRecord:
    task = load_task(name)
    return TaskRecord(
        name=name,
        content_sha256=task.content_sha256,
        n_train=len(task.train.texts),
        n_validation=len(task.validation.texts),
        n_test=len(task.test.texts),
        n_test_clean=len(task.clean_test_rows),
        is_verified=task.is_verified,
        labels=tuple(task.labels),
    )


def _baseline_run(suite: Suite, task: TaskRecord, baseline: Component) -> RunSpec:
    return RunSpec.create(
        kind="baseline",
        protocol=suite.protocol,
        task=task,
        baseline=baseline,
        seed=0,
        threads=suite.threads,
    )


def _pair_run(
    suite: Suite, task: TaskRecord, encoder: EncoderRecord, head: Component, seed: int
) -> RunSpec:
    recipe = suite.training.resolved(is_pretrained=encoder.pretrained)
    return RunSpec.create(
        kind="pair",
        protocol=Protocol(name=suite.protocol.name, version=suite.protocol.version),
        task=task,
        encoder=encoder,
        head=head,
        recipe=recipe.model_dump(mode="json"),
        seed=seed,
        threads=suite.threads,
    )
