"""One run, executed in this process: build, train, evaluate, measure, judge.

The test split is read once, at the very end, and nothing is chosen by it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zoo.errors import CheckpointError, DataError, EvaluationError
from zoo.token_memory import TokenMemory, remembering
from zoo.verdict import judge_diverged
from zoo_bench import costs
from zoo_bench.executors import Progressed
from zoo_bench.job import Outcome, Report
from zoo_bench.outcomes import Divergence, Measured, Setup, diverged, finished, without_nan
from zoo_bench.records import RunSpec, TokensRecord

if TYPE_CHECKING:
    import numpy as np

    from zoo.classifier import TextClassifier
    from zoo.data import Task
    from zoo.recipe import Recipe
    from zoo.training import Progress

_TASKS_KEPT = 4
# three splits under four tokenizers: a worker's next run mostly has one of them
_TOKENS = TokenMemory(kept=12)
_COUNTED: dict[tuple[object, ...], TokensRecord] = {}


def execute(spec: RunSpec, report: Report) -> Outcome:
    """The result and the predictions of one run.

    A run that diverges is a result without scores; whatever else goes wrong is raised.
    """
    import torch

    started_at = datetime.now(UTC)
    torch.set_num_threads(spec.threads)
    costs.reset_peak_memory()
    task = load_task_of(spec)
    if spec.kind == "baseline":
        return finished(spec, task, _measure_baseline(spec, task), started_at)
    found = _measure_pair(spec, task, report)
    if isinstance(found, Divergence):
        return diverged(spec, found, started_at)
    return finished(spec, task, found, started_at)


@functools.lru_cache(maxsize=_TASKS_KEPT)
def load_task_once(name: str) -> Task:
    """The task of this name; a worker that has read it for one run has it for the next."""
    from zoo.data import load_task

    return load_task(name)


def load_task_of(spec: RunSpec) -> Task:
    """The task of a run; raises `DataError` unless it is what it was when the run was planned."""
    from zoo.data import parse_name

    name, count = parse_name(spec.task.name)
    task = load_task_once(name)
    if task.content_sha256 != spec.task.content_sha256:
        raise DataError(
            f"task {spec.task.name!r}: its content is {task.content_sha256[:12]}, planned was "
            f"{spec.task.content_sha256[:12]}; plan the suite again"
        )
    return task if count is None else task.drawn(count, spec.seed)


def recipe_of(spec: RunSpec) -> Recipe:
    """The recipe of a pair's run; a baseline has none."""
    from zoo.recipe import Recipe

    return Recipe.model_validate(spec.recipe)


def _measure_pair(spec: RunSpec, task: Task, report: Report) -> Measured | Divergence:
    from zoo.evaluation import evaluate
    from zoo.training import Diverged, resolved_for, train

    classifier = _build(spec, task)
    began = time.perf_counter()

    def on_progress(now: Progress) -> None:
        report(Progressed(spec.run_id, now.epoch, now.epochs, now.step, now.steps, now.loss))

    history: Iterable[dict[str, Any]] = ()
    try:
        with remembering(_TOKENS):
            training = train(
                classifier,
                task.train,
                task.validation,
                recipe_of(spec),
                seed=spec.seed,
                on_progress=on_progress,
            )
            history = training.history
            validation = evaluate(classifier, task.validation).logits
            test = evaluate(classifier, task.test).logits
            out_of_scope = _out_of_scope_logits(classifier, task)
    except (Diverged, EvaluationError) as error:
        # the labels are the task's own, so an evaluation can only fail over logits that are NaN
        if isinstance(error, Diverged):
            history = error.history
        return Divergence(
            setup=_setup_of(spec, classifier, task),
            judgement=judge_diverged(str(error), recipe_of(spec), resolved_for(classifier, None)),
            history=tuple(map(without_nan, history)),
            seconds=time.perf_counter() - began,
        )
    return Measured(
        setup=_setup_of(spec, classifier, task),
        validation=validation,
        latency=costs.measure_latency(classifier.predict, task.validation.texts),
        test=test,
        out_of_scope=out_of_scope,
        has_probabilities=True,
        judgement=training.verdict,
        measurements=training.measurements,
        history=tuple(map(without_nan, history)),
        train_seconds=training.train_seconds,
        samples_per_second=training.samples_per_second,
    )


def _build(spec: RunSpec, task: Task) -> TextClassifier:
    """The pair as it was planned, or a `CheckpointError`."""
    from zoo.building import build

    assert spec.encoder is not None and spec.head is not None
    check_weights(spec)
    classifier = build(
        f"{spec.encoder.distribution}:{spec.encoder.name}",
        f"{spec.head.distribution}:{spec.head.name}",
        labels=task.labels,
        pretrained=spec.encoder.pretrained,
        # the commit that was planned, wherever the branch is by now
        revision=spec.encoder.revision,
        encoder_options=spec.encoder.options,
        head_options=spec.head.options,
        seed=spec.seed,
    )
    check_built(spec, classifier)
    return classifier


def _setup_of(spec: RunSpec, classifier: TextClassifier, task: Task) -> Setup:
    import torch

    return Setup(
        parameters_total=sum(parameter.numel() for parameter in classifier.parameters()),
        parameters_head=sum(parameter.numel() for parameter in classifier.head.parameters()),
        tokens=_tokens_of(spec, classifier, task),
        device="cuda" if torch.cuda.is_available() else "cpu",
    )


def _tokens_of(spec: RunSpec, classifier: TextClassifier, task: Task) -> TokensRecord:
    """What the tokenizer makes of the whole task; counted once for runs that have both alike."""
    assert spec.encoder is not None
    max_length = recipe_of(spec).max_length
    drawn = (len(task.train), spec.seed) if task.whole else None
    key = (spec.encoder.model_dump_json(), task.content_sha256, drawn, max_length)
    if key not in _COUNTED:
        _COUNTED[key] = _count_tokens(classifier, task, max_length)
    return _COUNTED[key]


def _count_tokens(classifier: TextClassifier, task: Task, max_length: int) -> TokensRecord:
    from zoo.auditing.splits import splits_of
    from zoo.auditing.tokens import encoder_audits

    [found] = encoder_audits(
        [classifier.config.encoder["name"]],
        splits_of(task),
        max_length,
        has_texts=False,
        tokenizer_of=lambda _: classifier.tokenizer,
    )
    return TokensRecord(
        max_length=found.max_length,
        unknown_share=found.unknown_share,
        truncated_share=found.truncated_share,
    )


def _out_of_scope_logits(classifier: TextClassifier, task: Task) -> np.ndarray | None:
    """Logits `(example, label)`; apart from `evaluate`, for these examples have no label of its."""
    from zoo.prediction import logits_of, tokenize

    if task.out_of_scope is None:
        return None
    texts, max_length = task.out_of_scope.texts, classifier.config.max_length
    logits: np.ndarray = logits_of(
        classifier, tokenize(classifier.tokenizer, texts, max_length)
    ).numpy()
    return logits


def check_built(spec: RunSpec, classifier: TextClassifier) -> None:
    """Raise `CheckpointError` where what was built is not what the spec, and its id, say."""
    assert spec.encoder is not None and spec.head is not None
    encoder, head = classifier.config.encoder, classifier.config.head
    assert encoder is not None and head is not None
    for planned, built in ((spec.encoder, encoder), (spec.head, head)):
        for key in ("distribution", "version", "target"):
            if built[key] != getattr(planned, key):
                raise CheckpointError(
                    f"{planned.name}: {key} is {built[key]!r} here, planned was "
                    f"{getattr(planned, key)!r}; give the same command again"
                )
    revision = encoder.get("revision")
    if spec.encoder.revision not in (None, revision):
        raise CheckpointError(
            f"{spec.encoder.name}: of {spec.encoder.checkpoint} {revision} was loaded, planned was "
            f"{spec.encoder.revision}: its from_pretrained must load the revision it is given"
        )


def check_weights(spec: RunSpec) -> None:
    """Raise `CheckpointError` where the files of the weights are not those that were planned."""
    from zoo.registry import find_encoder
    from zoo_bench.checkpoints import hash_on_disk

    assert spec.encoder is not None
    planned = spec.encoder.weights_sha256
    if planned is None:
        return
    found = hash_on_disk(find_encoder(f"{spec.encoder.distribution}:{spec.encoder.name}"))
    if found != planned:
        raise CheckpointError(
            f"{spec.encoder.name}: the files of {spec.encoder.checkpoint} have the hash "
            f"{str(found)[:12]} here, planned was {planned[:12]}; give this machine the same "
            "files, or plan the suite again"
        )


def _measure_baseline(spec: RunSpec, task: Task) -> Measured:
    from zoo.evaluation import label_indices
    from zoo_bench.baselines import make_baseline

    assert spec.baseline is not None
    baseline = make_baseline(spec.baseline)
    labels = label_indices(task.train, task.labels)
    began = time.perf_counter()
    baseline.fit(task.train.texts, labels, len(task.labels))
    seconds = time.perf_counter() - began
    return Measured(
        setup=Setup(
            parameters_total=baseline.parameters, parameters_head=0, tokens=None, device="cpu"
        ),
        validation=baseline.logits(task.validation.texts),
        latency=costs.measure_latency(lambda text: baseline.logits([text]), task.validation.texts),
        test=baseline.logits(task.test.texts),
        out_of_scope=(
            None if task.out_of_scope is None else baseline.logits(task.out_of_scope.texts)
        ),
        has_probabilities=baseline.has_probabilities,
        judgement=None,
        measurements=None,
        history=(),
        train_seconds=seconds,
        samples_per_second=len(labels) / seconds,
    )
