"""`diagnose`: every examination in turn, and what came of it."""

from __future__ import annotations

import dataclasses
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from zoo.doctor import (
    freezing,
    gradients,
    labels,
    loops,
    losses,
    network,
    optimizers,
    padding,
    raising,
    schedules,
    tokens,
    trials,
    underflow,
)
from zoo.doctor.batches import collect
from zoo.doctor.findings import DECISIVE, Finding
from zoo.doctor.keeping import left_as_found
from zoo.doctor.patient import Patient
from zoo.errors import DiagnosisError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

WIDTH = 80
# causes with which the model cannot be called, or its numbers mean nothing
HOPELESS = frozenset(
    {"labels_out_of_range", "ids_beyond_vocabulary", "too_long", "not_finite", "training_raises"}
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, the cause to mend first at the top; `left_out` says what was not examined."""

    findings: tuple[Finding, ...]
    left_out: tuple[str, ...]
    examples: int
    seconds: float

    @property
    def is_healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_fields(self) -> dict[str, Any]:
        """The diagnosis as JSON values."""
        return {"is_healthy": self.is_healthy, **dataclasses.asdict(self)}

    def __str__(self) -> str:
        count = len(self.findings)
        found = f"{count} cause{'' if count == 1 else 's'} found" if count else "nothing found"
        lines = [f"{found}, {self.examples:,} examples looked at"]
        for number, finding in enumerate(self.findings, start=1):
            lines += ["", f"{number}. {finding.title} ({finding.cause})"]
            lines += _labelled("evidence", finding.evidence)
            lines += _labelled("fix", finding.fix)
        if self.left_out:
            lines += ["", "Not examined:"]
            lines += [line for each in self.left_out for line in _wrapped(each, "  ", "    ")]
        return "\n".join(lines)


def _labelled(label: str, text: str) -> list[str]:
    return _wrapped(text, f"   {label:<10}", " " * 13)


def _wrapped(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )


def diagnose(
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    batches: Iterable[Any] = (),
    loss: Callable[..., torch.Tensor] | None = None,
    *,
    scheduler: Any = None,
    steps: int | None = None,
    step: Callable[[Any], Any] | None = None,
    tokenizer: PreTrainedTokenizerBase | None = None,
    texts: Sequence[str] | None = None,
    seconds: float = 60.0,
) -> Diagnosis:
    """Why a training does not learn, or will not: any model in PyTorch, any loop.

    `model` returns logits `(batch, label)`, a loss, a tuple of them, or an output of transformers.
    `batches` is what it is trained on, a DataLoader or a list of `(inputs, labels)` or of
    dictionaries with `labels`, in the order of training. `loss(logits, labels)` is left out where
    the model computes its own. Everything else is optional, and lets more be examined: `scheduler`,
    stepped once for each of the `steps` of the planned training (default: three passes); `step`,
    the body of your loop as a function of a batch; `tokenizer`, and the `texts` of the examples in
    the order in which they are served.

    Takes about `seconds` at most, most of them for a few dozen steps at several learning rates; 0
    leaves these out. Model, optimizer, scheduler and random generators are afterwards as they were,
    bit for bit. Raises `DiagnosisError` where the model cannot be called with the batches, and for
    batches and texts that are none.
    """
    check_texts(texts)
    return examined(
        model,
        optimizer,
        batches,
        loss,
        seconds=seconds,
        scheduler=scheduler,
        planned_steps=steps,
        step=step,
        tokenizer=tokenizer,
        texts=texts,
    )


def check_texts(texts: Sequence[str] | None) -> None:
    """Raise `DiagnosisError` for what is not the texts of the examples."""
    if texts is None:
        return
    if isinstance(texts, str) or not len(texts):
        raise DiagnosisError(f"texts must be the texts of the examples, got {texts!r:.60}")
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise DiagnosisError(f"texts[{row}] is {type(text).__name__}, not str: {text!r:.60}")


def examined(
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    batches: Iterable[Any],
    loss: Callable[..., torch.Tensor] | None,
    *,
    seconds: float,
    scheduler: Any,
    **known: Any,
) -> Diagnosis:
    """`diagnose`, with all that is `known` under the names of a patient's fields."""
    started = time.perf_counter()
    with left_as_found(model, optimizer, scheduler, batches) as kept:
        patient = Patient(
            model=model,
            optimizer=optimizer,
            served=collect(batches),
            loss=loss,
            scheduler=scheduler,
            kept=kept,
            **known,
        )
        kept.restore()
        findings = sorted(examine(patient, seconds), key=lambda each: each.rank)
    return Diagnosis(
        tuple(findings),
        tuple(patient.left_out),
        sum(map(len, patient.all_batches)),
        time.perf_counter() - started,
    )


def examine(patient: Patient, seconds: float) -> list[Finding]:
    """All examinations in turn, as far as the earlier ones leave anything to examine."""
    found: list[Finding] = []
    found += tokens.examine(patient)
    if HOPELESS.isdisjoint(each.cause for each in found):
        check_callable(patient)
        found += labels.examine(patient)
    if HOPELESS.isdisjoint(each.cause for each in found):
        found += guarded(patient, "one batch", raising.examine)
    if HOPELESS.isdisjoint(each.cause for each in found):
        found += guarded(patient, "forward pass", network.examine)
    if not HOPELESS.isdisjoint(each.cause for each in found):
        patient.left_out.append("everything else: the model cannot compute with this")
        return found
    for name, examination in (
        ("padding", padding.examine),
        ("loss", losses.examine),
        ("gradients", gradients.examine),
        ("freezing", freezing.examine),
        ("optimizer", optimizers.examine),
        ("loop", loops.examine),
        ("float16", underflow.examine),
        ("schedule", schedules.examine),
    ):
        found += guarded(patient, name, examination)
    found = without_consequences(found)
    if not DECISIVE.isdisjoint(each.cause for each in found):
        patient.left_out.append("learning rate: first mend what was found")
    elif seconds > 0:
        found += guarded(patient, "learning rate", lambda one: trials.examine(one, seconds))
    return found


def check_callable(patient: Patient) -> None:
    """Call the model once; raises `DiagnosisError` that says what it was called with."""
    batch = patient.sample[0]
    try:
        patient.logits(batch)
    except DiagnosisError:
        raise
    except Exception as error:  # a stranger's forward
        given = [*map(_shape, batch.args), *(f"{k}={_shape(v)}" for k, v in batch.kwargs.items())]
        raise DiagnosisError(
            f"the model cannot be called as model({', '.join(given)}): "
            f"{type(error).__name__}: {error}"
        ) from error


def _shape(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return f"{tuple(shape)}" if shape is not None else type(value).__name__


def guarded(
    patient: Patient, name: str, examination: Callable[[Patient], Iterator[Finding]]
) -> list[Finding]:
    """The findings of one examination; what it cannot do with this model is said, and no more."""
    found: list[Finding] = []
    try:
        found.extend(examination(patient))
    except DiagnosisError:
        raise
    except Exception as error:  # a stranger's model, loss or step, called in unusual ways
        patient.left_out.append(f"{name}: {type(error).__name__}: {error}")
    finally:
        patient.kept.restore()
    return found


# what follows from what: the consequence says nothing new
CONSEQUENCES = {
    # backward() refuses a loss that leads back to no parameter
    "detached": ("training_raises", "no_gradient", "not_in_optimizer", "input_ignored"),
    "dead_units": ("no_gradient", "input_ignored", "vanishing_gradient"),
    "dropout_drops_all": ("no_gradient", "vanishing_gradient"),
    "input_ignored": ("no_gradient", "mask_missing", "examples_mixed"),
    "examples_mixed": ("mask_missing", "padding_side"),
    "dropout_in_eval": ("examples_mixed", "mask_missing", "mask_inverted", "padding_side"),
    "mask_all_zero": ("input_ignored", "mask_missing", "no_gradient"),
    "mask_inverted": (
        "vanishing_gradient",
        "input_ignored",
        "mask_missing",
        "no_gradient",
        "padding_side",
    ),
    "identical_inputs": ("labels_unrelated", "input_ignored", "unknown_tokens"),
    "unknown_tokens": ("labels_unrelated", "identical_inputs"),
    # the same few tokens are left of every text
    "truncated": ("labels_unrelated", "identical_inputs"),
    "labels_constant": ("labels_unrelated", "class_imbalance"),
    "gradient_underflow": ("no_gradient", "vanishing_gradient"),
    "optimizer_of_other_model": ("not_in_optimizer", "weights_do_not_move"),
    "learning_rate_zero": ("weights_do_not_move",),
    "schedule_at_zero": ("weights_do_not_move",),
    "frozen": ("training_raises", "weights_do_not_move", "detached"),
    "loss_ignores_labels": ("weights_do_not_move", "no_gradient", "vanishing_gradient"),
    "loss_sign": ("loss_needs_log_probabilities",),
    "vanishing_gradient": ("input_ignored",),
}


def without_consequences(found: Sequence[Finding]) -> list[Finding]:
    """The findings without those that others explain."""
    explained = {later for each in found for later in CONSEQUENCES.get(each.cause, ())}
    return [each for each in found if each.cause not in explained]
