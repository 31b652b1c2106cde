"""What every component is held to: the mask rule, the batch, randomness, saving, compiling.

The first line of each docstring is the claim, the rest the reason; see `Check`.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from zoo.checks.check import CheckFailed, Skipped
from zoo.checks.comparing import equal, near, same_weights
from zoo.checks.fresh_process import outputs_after_loading
from zoo.checks.subject import Subject
from zoo.seeds import seeded

# of different length, the longest in the middle, and one of a single token
LENGTHS = (5, 9, 1, 3)
LONG = 2_048
# torch 2.13: what it says where code looks at a value, such as a length, on the device `meta`
VALUES_ON_META = re.compile(r"out of meta tensor|called on meta tensors|data-dependent", re.I)


@torch.no_grad()
def padding_further(subject: Subject) -> None:
    """Padding a batch further changes nothing.

    A batch is as long as its longest sentence, so how much padding a sentence gets is chance; a
    component that lets it have a say gives one text several answers.
    """
    module = subject.make()
    sentences = subject.sentences(LENGTHS)
    short, long = subject.padded(sentences), subject.padded(sentences, 3 * max(LENGTHS))
    near(
        subject,
        "padding_further",
        subject.outputs(module, long),
        subject.outputs(module, short),
        f"padded to {3 * max(LENGTHS)} tokens instead of {max(LENGTHS)}",
    )


@torch.no_grad()
def garbage_under_the_mask(subject: Subject) -> None:
    """What stands at padded positions changes nothing.

    An encoder computes states for padding as well, and they are of any size; only the mask tells
    them from words.
    """
    module = subject.make()
    sentences = subject.sentences(LENGTHS)
    length = 2 * max(LENGTHS)
    clean, garbage = subject.padded(sentences, length), subject.padded(sentences, length, garbage=1)
    near(
        subject,
        "garbage_under_the_mask",
        subject.outputs(module, garbage),
        subject.outputs(module, clean),
        "with other values at its padded positions",
    )


@torch.no_grad()
def longer_neighbours(subject: Subject) -> None:
    """A sentence next to longer ones gives the same as alone.

    Otherwise a score depends on what a text happens to be batched with, and a benchmark on the
    batch size.
    """
    module = subject.make()
    sentences = subject.sentences(LENGTHS)
    near(
        subject,
        "longer_neighbours",
        subject.outputs(module, subject.padded(sentences)),
        subject.one_by_one(module, sentences),
        "next to longer sentences",
    )


@torch.no_grad()
def batch_equals_one_by_one(subject: Subject) -> None:
    """Sentences of one length give the same together as one by one.

    There is no padding here at all: what differs has been mixed across the batch.
    """
    module = subject.make()
    sentences = subject.sentences([6, 6, 6, 6])
    near(
        subject,
        "batch_equals_one_by_one",
        subject.outputs(module, subject.padded(sentences)),
        subject.one_by_one(module, sentences),
        "in a batch with others of its length",
    )


@torch.no_grad()
def order_of_the_batch(subject: Subject) -> None:
    """The order of the sentences in a batch does not matter.

    Data are shuffled; which row a text stands in is chance.
    """
    module = subject.make()
    sentences = subject.sentences(LENGTHS)
    turned = subject.outputs(module, subject.padded(sentences[::-1]))[::-1]
    near(
        subject,
        "order_of_the_batch",
        turned,
        subject.outputs(module, subject.padded(sentences)),
        "in a batch of the opposite order",
    )


@torch.no_grad()
def one_token(subject: Subject) -> None:
    """A sentence of one token works, alone and next to longer ones.

    One-word requests exist; a convolution wider than the sentence, or a batch of one that is
    squeezed, shows here.
    """
    module = subject.make()
    (sentence,) = subject.sentences([1])
    _finite(subject, "one_token", subject.outputs(module, subject.padded([sentence])))
    _finite(subject, "one_token", subject.outputs(module, subject.padded([sentence], 7)))


@torch.no_grad()
def long_input(subject: Subject) -> None:
    """The longest input works.

    Documents come up to the limit of the encoder; a table of positions that is too short, or
    a sum that overflows, shows here.
    """
    module = subject.make()
    length = subject.longest(module, LONG)
    _finite(
        subject, "long_input", subject.outputs(module, subject.padded(subject.sentences([length])))
    )


@torch.no_grad()
def eval_repeats_itself(subject: Subject) -> None:
    """In evaluation mode the same input gives the same output, bit for bit.

    Two predictions for one text must agree; dropout that stays on makes every score a draw.
    """
    module = subject.make()
    batch = subject.padded(subject.sentences(LENGTHS))
    equal(
        subject,
        "eval_repeats_itself",
        subject.outputs(module, batch),
        subject.outputs(module, batch),
        "given a second time",
    )


@torch.no_grad()
def keeps_nothing_between_calls(subject: Subject) -> None:
    """What it has seen before does not change what comes after.

    A state that is carried over from the last batch makes the result depend on the order of the
    data, and breaks on the first batch of another size.
    """
    module = subject.make()
    batch = subject.padded(subject.sentences(LENGTHS))
    before = subject.outputs(module, batch)
    subject.outputs(module, subject.padded(subject.sentences([4, 2], seed=1)))
    equal(
        subject,
        "keeps_nothing_between_calls",
        subject.outputs(module, batch),
        before,
        "after another batch of another size",
    )


@torch.no_grad()
def leaves_its_input_alone(subject: Subject) -> None:
    """Neither the input nor its mask is changed.

    They are used again: by the next component, by the next epoch where states are cached.
    """
    module = subject.make()
    for is_training in (False, True):
        inputs, mask = subject.padded(subject.sentences(LENGTHS))
        given, given_mask = inputs.clone(), mask.clone()
        module.train(is_training)(given, given_mask)
        for name, now, was in (("input", given, inputs), ("attention_mask", given_mask, mask)):
            if not torch.equal(now, was):
                raise CheckFailed(
                    f"{name} as it was handed in",
                    f"{int((now != was).sum())} of its {now.numel()} values were changed in place",
                    subject.remedy_for("leaves_its_input_alone"),
                )


@torch.no_grad()
def leaves_global_state_alone(subject: Subject) -> None:
    """Making and calling it leaves the process alone: random state, types, threads.

    Seeds decide the order of the data and other components' weights; a component that sets them
    makes the runs of everybody else equal, or different.
    """
    with seeded(0, "making"):
        subject.construct()
        first = torch.get_rng_state()
    with seeded(1, "making"):
        subject.construct()
        if torch.equal(torch.get_rng_state(), first):
            raise CheckFailed(
                "weights drawn from torch's generator as it is",
                "the generator was seeded while it was made",
                subject.remedy_for("leaves_global_state_alone"),
            )
    settings = _settings()
    module = subject.make()
    batch = subject.padded(subject.sentences(LENGTHS))
    generators = _generators()
    module(*batch)
    if moved := [name for name, state in _generators().items() if state != generators[name]]:
        raise CheckFailed(
            "no random numbers drawn in evaluation mode",
            f"the generator of {', '.join(moved)} moved",
            subject.remedy_for("leaves_global_state_alone"),
        )
    module.train()(*batch)
    if changed := [
        f"{name} is {now}, was {settings[name]}"
        for name, now in _settings().items()
        if now != settings[name]
    ]:
        raise CheckFailed(
            "the settings of the process as they were",
            "; ".join(changed),
            subject.remedy_for("leaves_global_state_alone"),
        )


def same_seed_same_weights(subject: Subject) -> None:
    """The same seed gives the same weights.

    A run must be repeatable from its seed; weights that are drawn from another generator are not.
    """
    with seeded(0, "weights"):
        first = subject.construct()
    with seeded(0, "weights"):
        second = subject.construct()
    same_weights(subject, "same_seed_same_weights", first, second)


def float32(subject: Subject) -> None:
    """In float32 the output is finite, and float32.

    One NaN spoils every weight at the next step.
    """
    _in_type(subject, "float32", torch.float32)


def bfloat16(subject: Subject) -> None:
    """In bfloat16 it computes, finite, and trains under autocast.

    GPUs train in bfloat16; a number that only float32 holds, or a tensor that is made in float32,
    shows here.
    """
    # oneDNN has no LSTM in bfloat16 for CPUs without units for it; torch's own kernels do
    with torch.backends.mkldnn.flags(enabled=False):
        _in_type(subject, "bfloat16", torch.bfloat16)
        module = subject.make().train()
        need_training(module)
        batch = subject.padded(subject.sentences(LENGTHS))
        with torch.autocast("cpu", torch.bfloat16):
            outputs = subject.outputs(module, batch)
        torch.stack([one.float().square().mean() for one in outputs]).mean().backward()
    for name, parameter in module.named_parameters():
        if parameter.grad is not None and not parameter.grad.isfinite().all():
            raise CheckFailed(
                "finite gradients under bfloat16 autocast",
                f"the gradient of {name} is not finite",
                subject.remedy_for("bfloat16"),
            )


@torch.no_grad()
def moves_between_devices(subject: Subject) -> None:
    """It works on whatever device its weights were moved to.

    A tensor that is made on the CPU inside the code works on a laptop and fails on a GPU. Without a
    GPU, torch's device `meta` stands for one.
    """
    module = subject.make()
    inputs, mask = subject.padded(subject.sentences(LENGTHS))
    device = "cuda" if torch.cuda.is_available() else "meta"
    module.to(device)
    try:
        output = module(inputs.to(device), mask.to(device))
    except (NotImplementedError, RuntimeError) as error:
        if device == "cuda" or not VALUES_ON_META.search(str(error)):
            raise
        raise Skipped(
            "there is no GPU, and what stands for one has no values, which this code looks at"
        ) from error
    if output.device.type != device:
        raise CheckFailed(
            f"output on {device}, where its weights and its input are",
            f"output on {output.device.type}",
            subject.remedy_for("moves_between_devices"),
        )


@torch.no_grad()
def survives_saving(subject: Subject) -> None:
    """Saved, and loaded in a fresh process, it gives the same output.

    What is not in a parameter or a buffer is lost when a classifier is saved, and nobody is told.
    """
    module = subject.make()
    batch = subject.padded(subject.sentences(LENGTHS))
    expected = subject.outputs(module, batch)
    found = outputs_after_loading(subject, module, batch)
    near(subject, "survives_saving", found, expected, "after saving and loading in a fresh process")


@torch.no_grad()
def compiles(subject: Subject) -> None:
    """torch.compile captures it and gives the same.

    Checked where it is claimed. The graph is captured and run by torch itself, so that no C++
    compiler is needed.
    """
    _only_if_claimed(subject, "compile")
    module = subject.make()
    compiled: Callable[..., Any] = torch.compile(module, backend="aot_eager")
    for lengths in (LENGTHS, (4, 2)):
        batch = subject.padded(subject.sentences(lengths))
        near(
            subject,
            "compiles",
            [compiled(*batch)],
            [module(*batch)],
            f"compiled, on a batch of {len(lengths)}",
        )


@torch.no_grad()
def exports(subject: Subject) -> None:
    """torch.export captures it, for any batch size and length, and gives the same.

    Checked where it is claimed. An exported program runs where there is no Python.
    """
    _only_if_claimed(subject, "export")
    module = subject.make()
    batch = subject.padded(subject.sentences(LENGTHS))
    rows = torch.export.Dim("batch", min=2)
    columns = torch.export.Dim("seq", min=2, max=subject.longest(module, LONG))
    axes = {0: rows, 1: columns}
    program = torch.export.export(module, batch, dynamic_shapes=(axes, axes)).module()
    for lengths in (LENGTHS, (4, 2, 6)):
        other = subject.padded(subject.sentences(lengths))
        near(
            subject,
            "exports",
            [program(*other)],
            [module(*other)],
            f"exported, on a batch of {len(lengths)}",
        )


SHARED = (
    padding_further,
    garbage_under_the_mask,
    longer_neighbours,
    batch_equals_one_by_one,
    order_of_the_batch,
    one_token,
    long_input,
    eval_repeats_itself,
    keeps_nothing_between_calls,
    leaves_its_input_alone,
    leaves_global_state_alone,
    same_seed_same_weights,
    float32,
    bfloat16,
    moves_between_devices,
    survives_saving,
    compiles,
    exports,
)


def _finite(subject: Subject, check: str, outputs: list[torch.Tensor]) -> None:
    for row, output in enumerate(outputs):
        if not output.isfinite().all():
            raise CheckFailed(
                "finite numbers",
                f"sentence {row}: {int((~output.isfinite()).sum())} of {output.numel()} values are "
                "NaN or infinite",
                subject.remedy_for(check),
            )


@torch.no_grad()
def _in_type(subject: Subject, check: str, dtype: torch.dtype) -> None:
    module = subject.make().to(dtype)
    inputs, mask = subject.padded(subject.sentences(LENGTHS))
    if inputs.is_floating_point():
        inputs = inputs.to(dtype)
    outputs = subject.outputs(module, (inputs, mask))
    if outputs[0].dtype != dtype:
        raise CheckFailed(
            f"{dtype} from weights and input in {dtype}",
            f"{outputs[0].dtype}",
            subject.remedy_for(check),
        )
    _finite(subject, check, outputs)


def need_training(module: nn.Module) -> None:
    """Raise `Skipped` for a component that has nothing to train, which is no fault of it."""
    if not any(one.requires_grad for one in module.parameters()):
        raise Skipped("it has no parameters to train")


def _only_if_claimed(subject: Subject, claim: str) -> None:
    if claim not in subject.claims:
        raise Skipped(f"not claimed in its spec, where it would be claims=({claim!r},)")


def _generators() -> dict[str, object]:
    import numpy as np

    return {
        "torch": torch.get_rng_state().tolist(),
        "numpy": str(np.random.get_state()),
        "random": random.getstate(),
    }


def _settings() -> dict[str, object]:
    return {
        "the default dtype": torch.get_default_dtype(),
        "the number of threads": torch.get_num_threads(),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "gradients enabled": torch.is_grad_enabled(),
        "cudnn.benchmark": torch.backends.cudnn.benchmark,
        "float32 matmul precision": torch.get_float32_matmul_precision(),
    }


@contextlib.contextmanager
def process_as_it_was() -> Iterator[None]:
    """Whatever a component does to the process is put back, so that checks do not infect others."""
    settings = (torch.get_default_dtype(), torch.get_num_threads())
    is_deterministic = torch.are_deterministic_algorithms_enabled()
    precision, benchmark = torch.get_float32_matmul_precision(), torch.backends.cudnn.benchmark
    with seeded(0, "checks"), torch.set_grad_enabled(torch.is_grad_enabled()):
        try:
            yield
        finally:
            torch.set_default_dtype(settings[0])
            torch.set_num_threads(settings[1])
            torch.use_deterministic_algorithms(is_deterministic)
            torch.set_float32_matmul_precision(precision)
            torch.backends.cudnn.benchmark = benchmark


def gradient_of(module: nn.Module, loss: torch.Tensor) -> dict[str, torch.Tensor | None]:
    """The gradient of each trainable parameter after `loss` was propagated back."""
    module.zero_grad()
    loss.backward()
    return {
        name: parameter.grad
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }
