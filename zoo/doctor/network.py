"""The model's forward pass: finite numbers, dropout, dead units, whether the input matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from zoo.doctor.batches import Batch
from zoo.doctor.findings import Finding
from zoo.doctor.function_watch import watch
from zoo.doctor.gradients import backward
from zoo.doctor.padding import NOTICEABLE, spread
from zoo.doctor.patient import Patient

DEAD_SHARE = 0.9
DROPPED_SHARE = 0.9
# of the spread of the logits; the same numbers in another order of adding differ by far less
SAME = 1e-5


def examine(patient: Patient) -> Iterator[Finding]:
    """From what would make every later measurement meaningless to what merely disturbs."""
    fault = not_finite(patient)
    if fault is not None:
        yield fault
        return
    yield from dropped(patient)
    dead = list(dead_units(patient))
    yield from dead
    yield from ignores_input(patient)
    yield from mixes_examples(patient)
    yield from dropout_in_evaluation(patient)


def not_finite(patient: Patient) -> Finding | None:
    """The first place where a number is NaN or infinite."""
    fix = (
        "look for a division, a logarithm or a square root of what may be zero, for weights that "
        "were overwritten, and for half precision without a scaler"
    )
    title = "Numbers are NaN or infinite"
    for name, each in patient.model.named_parameters():
        if not each.isfinite().all():
            return Finding("not_finite", title, f"in the parameter '{name}'", fix)
    for training in (False, True):
        for batch in patient.sample:
            place = first_not_finite(patient, batch, training=training)
            if place is not None:
                when = "training" if training else "evaluation"
                return Finding("not_finite", title, f"{place}, in {when} mode", fix)
    seen = backward(patient, patient.sample)
    if not seen.is_finite:
        faulty = [
            name
            for name, each in seen.gradients.items()
            if each is not None and not torch.tensor(each).isfinite()
        ]
        place = f"in the gradient of '{faulty[-1]}'" if faulty else "in the loss"
        return Finding("not_finite", title, f"{place}, though the logits are finite", fix)
    return None


def first_not_finite(patient: Patient, batch: Batch, *, training: bool) -> str | None:
    """Where in the forward pass, in words; None where all is finite."""
    places: list[str] = []

    def look(name: str, module: nn.Module) -> Callable[..., None]:
        def hook(_module: nn.Module, given: Any, output: Any) -> None:
            if not places and _has_fault(output) and not _has_fault(given):
                places.append(f"in the output of '{name}' ({type(module).__name__})")

        return hook

    hooks = [
        module.register_forward_hook(look(name, module))
        for name, module in patient.model.named_modules()
        if name and not any(True for _ in module.children())
    ]
    try:
        with patient.mode(training=training), torch.no_grad():
            output = patient.call(batch)
            loss = patient.loss_of(batch, output)
    finally:
        for hook in hooks:
            hook.remove()
    if output.logits is not None and not output.logits.isfinite().all():
        return places[0] if places else "in the logits"
    return None if loss.isfinite() else (places[0] if places else "in the loss")


def _has_fault(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        # attention masks are made of -inf on purpose
        return value.is_floating_point() and bool(value.isnan().any())
    if isinstance(value, tuple | list):
        return any(map(_has_fault, value))
    return False


def dropped(patient: Patient) -> Iterator[Finding]:
    """Dropout that leaves nothing to learn from."""
    seen = watch(patient, patient.sample[0], training=True)
    rate = max(seen.rates, default=0.0)
    if rate > DROPPED_SHARE:
        names = [
            name
            for name, module in patient.model.named_modules()
            if isinstance(module, nn.modules.dropout._DropoutNd) and module.p == rate
        ]
        place = f"'{names[0]}'" if names else "a dropout in forward"
        yield Finding(
            "dropout_drops_all",
            "Dropout leaves next to nothing",
            f"{place} drops {rate:.0%} in training",
            "p is the share that is dropped, not kept: nn.Dropout(p=0.1)",
        )


def dead_units(patient: Patient) -> Iterator[Finding]:
    """ReLUs that are zero for every example, and so pass no gradient on."""
    runs = [watch(patient, batch, training=False).dead_shares for batch in patient.sample]
    least = [min(shares) for shares in zip(*runs, strict=False)]
    worst = max(least, default=0.0)
    if worst > DEAD_SHARE:
        examples = sum(map(len, patient.sample))
        yield Finding(
            "dead_units",
            "ReLUs are dead",
            f"{worst:.0%} of the units of a ReLU are zero for all {examples} examples: no gradient "
            "passes them, so they stay dead",
            "nn.LeakyReLU(0.1), whose slope below zero keeps a gradient, a lower learning rate, or "
            "a bias that begins at zero",
        )


def ignores_input(patient: Patient) -> Iterator[Finding]:
    """The same logits for every text, and not only because a last layer begins at zero."""
    batch = patient.sample[0]
    logits = patient.logits(batch)
    if logits is None or len(logits) < 2 or not are_same(logits):
        return
    with patient.other_weights():
        others = patient.logits(batch)
    if others is not None and not are_same(others):
        return
    yield Finding(
        "input_ignored",
        "Every text gets the same logits",
        f"over {len(logits)} different texts the logits differ by at most "
        f"{float((logits.max(0).values - logits.min(0).values).max()):.1e}",
        "follow the input through forward: a value is overwritten, an axis is mixed up (such as "
        "softmax or mean over the batch), or the states that are read are the same in all texts",
    )


def are_same(logits: torch.Tensor) -> bool:
    """Whether all rows of `(batch, label)` are equal but for rounding."""
    return float(logits.std(0).max()) <= SAME * float(logits.abs().max().clamp(min=1e-3))


def mixes_examples(patient: Patient) -> Iterator[Finding]:
    """Logits of a text that change with the other texts of the batch."""
    batch = patient.sample[0]
    if len(batch) < 3:
        return
    size = len(batch)
    # one in the middle, beside the first one many times: another order of the same texts would not
    # show where all of them are averaged
    one = size // 2
    others = [0] * size
    others[one] = one
    moved = batch.mapped(lambda each: each[others] if each.shape[:1] == (size,) else each)
    before, after = patient.logits(batch), patient.logits(moved)
    if before is None or after is None:
        return
    change = float((after[one] - before[one]).abs().max() / spread(before))
    if change > NOTICEABLE:
        yield Finding(
            "examples_mixed",
            "Texts of a batch are mixed up",
            f"beside other texts in a batch of {size}, the logits of a text change by "
            f"{change:.0%} of their spread",
            "follow the batch axis through forward: nn.LSTM(…, batch_first=True), transpose rather "
            "than view or reshape, softmax and mean over dim=1 and not over the batch",
        )


def dropout_in_evaluation(patient: Patient) -> Iterator[Finding]:
    """Predictions that are a matter of chance."""
    batch = patient.sample[0]
    once, again = (patient.logits(batch, seed=seed) for seed in (1, 2))
    if once is None or again is None:
        return
    change = float((once - again).abs().max() / spread(once))
    if change > NOTICEABLE:
        yield Finding(
            "dropout_in_eval",
            "Predictions are a matter of chance",
            f"in evaluation the same texts get logits that differ by {change:.0%} of their spread",
            "F.dropout(x, p, training=self.training), or nn.Dropout as a module; and call "
            "model.eval() before predicting",
        )
