"""From a suite to its runs: names resolved and identities fixed before anything is trained."""

from __future__ import annotations

import fnmatch
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from zoo import registry
from zoo.data import DataWarning, Task, check_splits, load_task, parse_name
from zoo.errors import DataError
from zoo.recipe import Recipe
from zoo.registry import Registered
from zoo.specs import Spec
from zoo_bench.baselines import baselines
from zoo_bench.checkpoints import Weights, settle
from zoo_bench.records import Component, EncoderRecord, Protocol, RunSpec, TaskRecord
from zoo_bench.suite import Choice, EncoderChoice, Suite, SuiteError, TaskChoice

_PATTERNS = "it is a pattern for 'encoder+head', for a task, or for 'encoder+head/task/seed'"


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One component of the registry with the options and recipe values that a suite gives it.

    `pretrained` is None for a head.
    """

    found: Registered[Any]
    options: dict[str, Any]
    recipe: dict[str, Any]
    pretrained: bool | None = None

    @property
    def name(self) -> str:
        """The name inside its distribution, with the checkpoint that was asked for."""
        checkpoint = self.found.checkpoint
        return self.found.spec.name + (f":{checkpoint}" if checkpoint else "")

    @property
    def label(self) -> str:
        """The name, with the options in brackets where there are any."""
        if self.pretrained is None:
            return _component(self).label
        return EncoderRecord(**dict(_component(self)), pretrained=self.pretrained).label


@dataclass(frozen=True, slots=True)
class _Place:
    """A run of the grid whose weights are not settled yet."""

    task: TaskRecord
    seed: int
    task_recipe: dict[str, Any]
    baseline: Component | None = None
    encoder: _Chosen | None = None
    head: _Chosen | None = None

    def fits(self, pattern: str) -> bool:
        """Whether a pattern of `--only` or `exclude` means this run."""
        parts = (self.encoder, self.head, self.baseline)
        who = "+".join(part.label for part in parts if part is not None)
        names = (who, self.task.name, f"{who}/{self.task.name}/{self.seed}")
        # equality as well: the brackets of options mean something else in a pattern
        return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for name in names)


def plan(suite: Suite, only: str | None = None) -> list[RunSpec]:
    """Every run of the suite: baselines first, then seed by seed, so that all pairs grow alike.

    `only` is a pattern for `encoder+head`, a task, or `encoder+head/task/seed`, like those of the
    suite's `exclude`. Raises `UnknownEncoder`, `UnknownHead`, `UnknownTask`, `CheckpointError` and
    `SuiteError`. Warns with `DataWarning` of draws that no pair can be trained on.
    """
    # each read and hashed once, however many draws of it there are
    wholes = {name: load_task(name) for name, _ in (parse_name(one.name) for one in suite.tasks)}
    places = _kept(suite, _places(suite, wholes), only)
    _warn_of_useless_draws(places, wholes)
    # of these alone: a hub out of reach matters only to runs that need it
    encoders: list[_Chosen] = []
    for place in places:
        if place.encoder is not None and place.encoder not in encoders:
            encoders.append(place.encoder)
    records = _encoder_records(encoders)
    return [
        _baseline_run(suite, place)
        if place.encoder is None
        else _pair_run(suite, place, records[encoders.index(place.encoder)])
        for place in places
    ]


def _places(suite: Suite, wholes: Mapping[str, Task]) -> list[_Place]:
    encoders = _chosen("encoder", suite.encoders, suite.pretrained)
    heads = _chosen("head", suite.heads, None)
    tasks = [(_task_record(one, wholes), one) for one in suite.tasks]
    all_baselines = list(baselines()) if suite.baselines else []
    places = [
        _Place(record, seed, task.recipe, baseline=one)
        for record, task in tasks
        for seed in _seeds_of_baselines(suite, task)
        for one in all_baselines
    ]
    places += [
        _Place(record, seed, task.recipe, encoder=encoder, head=head)
        for seed in suite.seeds
        for record, task in tasks
        for encoder in encoders
        for head in heads
    ]
    return places


def _warn_of_useless_draws(places: Sequence[_Place], wholes: Mapping[str, Task]) -> None:
    """Say before hours of training which draws training will refuse."""
    draws = {(*parse_name(one.task.name), one.seed) for one in places if one.encoder is not None}
    faults = []
    # those of one seed follow each other: a task orders its examples by the seed once
    for name, seed, count in sorted((name, seed, n) for name, n, seed in draws if n is not None):
        drawn = wholes[name].drawn(count, seed)
        with warnings.catch_warnings():
            # of the task itself, whatever was drawn
            warnings.simplefilter("ignore", DataWarning)
            try:
                check_splits(drawn.train, drawn.validation)
            except DataError as error:
                faults.append(f"{drawn.name}, seed {seed}: {error}")
    if faults:
        warnings.warn(
            "training will refuse these draws, and their runs will fail:\n" + "\n".join(faults),
            DataWarning,
            stacklevel=3,
        )


def _seeds_of_baselines(suite: Suite, task: TaskChoice) -> Sequence[int]:
    # they leave nothing to chance but the examples, where the seed draws them
    _, count = parse_name(task.name)
    return (0,) if count is None else suite.seeds


def _kept(suite: Suite, places: Sequence[_Place], only: str | None) -> list[_Place]:
    for pattern in suite.exclude:
        if not any(place.fits(pattern) for place in places):
            raise SuiteError(f"suite {suite.name!r}: exclude: {pattern!r} fits no run; {_PATTERNS}")
    kept = [place for place in places if not any(map(place.fits, suite.exclude))]
    if not kept:
        raise SuiteError(f"suite {suite.name!r}: exclude leaves no run")
    if only is not None:
        kept = [place for place in kept if place.fits(only)]
    if not kept:
        raise SuiteError(f"--only {only!r} fits no run of suite {suite.name!r}; {_PATTERNS}")
    return kept


def _chosen(kind: str, choices: Sequence[Choice], pretrained: bool | None) -> list[_Chosen]:
    """What the names and patterns mean, each component with its options once, in order.

    `pretrained` is what the suite says of encoders that are not told themselves; None for heads.
    """
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
        for one in found:
            begins = _begins_pretrained(choice, one, pretrained)
            _choose(chosen, _Chosen(one, choice.options, choice.recipe, begins))
    for component in chosen:
        _check_options(kind, component)
    return chosen


def _begins_pretrained(
    choice: Choice, found: Registered[Any], pretrained: bool | None
) -> bool | None:
    if not isinstance(choice, EncoderChoice):
        return None
    wanted = pretrained if choice.pretrained is None else choice.pretrained
    return bool(wanted) and found.spec.has_pretrained_weights


def _choose(chosen: list[_Chosen], new: _Chosen) -> None:
    """Add a component; one that is there with these options already takes on the recipe values."""
    for index, one in enumerate(chosen):
        if replace(one, recipe={}) != replace(new, recipe={}):
            continue
        if one.recipe and new.recipe and one.recipe != new.recipe:
            raise SuiteError(
                f"{new.name!r} is named twice, with {one.recipe} and with {new.recipe} in its "
                "recipe; leave out one"
            )
        chosen[index] = replace(one, recipe=one.recipe or new.recipe)
        return
    chosen.append(new)


def _check_options(kind: str, chosen: _Chosen) -> None:
    if chosen.options:  # only then: checking them imports the class, and torch with it
        from zoo.options import check_options

        check_options(
            registry.import_target(chosen.found), chosen.options, f"{kind} {chosen.name!r}"
        )


def _component(chosen: _Chosen) -> Component:
    identity = registry.identity(chosen.found)
    return Component(name=chosen.name, **identity, options=chosen.options)


def _encoder_records(chosen: Sequence[_Chosen]) -> list[EncoderRecord]:
    pretrained = [one for one in chosen if one.pretrained]
    settled = iter(settle([one.found for one in pretrained]))
    records = []
    for one in chosen:
        weights = next(settled) if one.pretrained else Weights()
        if not one.pretrained:
            _check_can_start_fresh(one)
        records.append(
            EncoderRecord(
                **dict(_component(one)),
                pretrained=bool(one.pretrained),
                checkpoint=weights.checkpoint,
                revision=weights.revision,
                weights_sha256=weights.sha256,
            )
        )
    return records


def _check_can_start_fresh(chosen: _Chosen) -> None:
    spec: Spec = chosen.found.spec
    if not getattr(spec, "configuration", None) or getattr(spec, "vocabulary", None) is None:
        raise SuiteError(
            f"encoder {chosen.name!r} cannot start from random weights: it brings no configuration "
            "and vocabulary of its own; leave out 'pretrained: false' or this encoder"
        )


def _task_record(choice: TaskChoice, wholes: Mapping[str, Task]) -> TaskRecord:
    name, count = parse_name(choice.name)
    task = wholes[name] if count is None else wholes[name].drawn(count, seed=0)
    return TaskRecord(
        name=choice.name,
        content_sha256=task.content_sha256,
        n_train=len(task.train.texts),
        n_validation=len(task.validation.texts),
        n_test=len(task.test.texts),
        n_test_clean=len(task.clean_test_rows),
        n_out_of_scope=None if task.out_of_scope is None else len(task.out_of_scope),
        is_verified=task.is_verified,
        labels=tuple(task.labels),
    )


def _baseline_run(suite: Suite, place: _Place) -> RunSpec:
    return RunSpec.create(
        kind="baseline",
        protocol=suite.protocol,
        task=place.task,
        baseline=place.baseline,
        seed=place.seed,
        threads=suite.threads,
    )


def _pair_run(suite: Suite, place: _Place, encoder: EncoderRecord) -> RunSpec:
    assert place.encoder is not None and place.head is not None
    own = _own_values(suite, place)
    open_values: dict[str, Any] = {
        "is_pretrained": encoder.pretrained,
        "fine_tuning_rate": place.encoder.found.spec.learning_rate,
    }
    shared = suite.training.resolved(**open_values).model_dump(mode="json")
    recipe = Recipe.from_mapping(suite.training.model_dump() | own)
    return RunSpec.create(
        kind="pair",
        protocol=Protocol(name=suite.protocol.name, version=suite.protocol.version),
        task=place.task,
        encoder=encoder,
        head=_component(place.head),
        recipe=recipe.resolved(**open_values).model_dump(mode="json"),
        overridden={key: shared[key] for key in own},
        seed=place.seed,
        threads=suite.threads,
    )


def _own_values(suite: Suite, place: _Place) -> dict[str, Any]:
    """What the suite gives this task, encoder and head in place of its recipe's values."""
    assert place.encoder is not None and place.head is not None
    owners = (
        (f"task {place.task.name!r}", place.task_recipe),
        (f"encoder {place.encoder.name!r}", place.encoder.recipe),
        (f"head {place.head.name!r}", place.head.recipe),
    )
    own: dict[str, Any] = {}
    given_by: dict[str, str] = {}
    for owner, values in owners:
        for key, value in values.items():
            if own.setdefault(key, value) != value:
                raise SuiteError(
                    f"suite {suite.name!r}: {key} is {own[key]!r} for {given_by[key]} and "
                    f"{value!r} for {owner}; leave out one"
                )
            given_by.setdefault(key, owner)
    return own
