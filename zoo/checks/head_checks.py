"""What a head is held to besides; the first line of each docstring is the claim."""

from __future__ import annotations

import torch
from torch import nn

from zoo.checks.check import CheckFailed
from zoo.checks.learning import learn
from zoo.checks.shared_checks import LENGTHS, gradient_of, need_training
from zoo.checks.subject import HeadSubject

LABEL_COUNTS = (2, 7, 150)


@torch.no_grad()
def one_logit_per_label(subject: HeadSubject) -> None:
    """For 2, 7 and 150 labels there is one logit per sentence and label.

    Tasks have two labels or hundreds; a size that is written into the code, or a dimension that is
    squeezed away, shows here.
    """
    for count in LABEL_COUNTS:
        module = subject.make(num_labels=count)
        for lengths in (LENGTHS, (4,)):
            logits = module(*subject.padded(subject.sentences(lengths)))
            expected = (len(lengths), count)
            if not isinstance(logits, torch.Tensor) or logits.shape != expected:
                got = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits)
                raise CheckFailed(
                    f"logits (batch, label) = {expected}",
                    f"{got}",
                    subject.remedy_for("one_logit_per_label"),
                )


@torch.no_grad()
def returns_logits(subject: HeadSubject) -> None:
    """What it returns are logits, and no probabilities.

    Cross-entropy applies log-softmax itself: fed with probabilities, the loss cannot fall below
    about 0.5 and learning creeps.
    """
    module = subject.make()
    logits = module(*subject.padded([10 * one for one in subject.sentences(LENGTHS)]))
    is_within = bool(((logits >= 0) & (logits <= 1)).all())
    if is_within and bool((logits.sum(dim=1) - 1).abs().max() < 1e-4):
        raise CheckFailed(
            "logits of any sign and size",
            "each row lies in [0, 1] and adds up to 1: a softmax",
            subject.remedy_for("returns_logits"),
        )
    # a bounded layer would have to hit both ends by chance
    if is_within and bool((logits > 0.999).any() | (logits < 0.001).any()):
        raise CheckFailed(
            "logits of any sign and size",
            "every value lies in [0, 1], at large states at its ends: a sigmoid",
            subject.remedy_for("returns_logits"),
        )


def gradient_at_padding(subject: HeadSubject) -> None:
    """No gradient reaches padded positions.

    What has no say must not be taught either; a gradient there is the mask rule broken in the
    backward direction.
    """
    module = subject.make()
    hidden, mask = subject.padded(subject.sentences(LENGTHS), 2 * max(LENGTHS))
    hidden.requires_grad_()
    module(hidden, mask).square().sum().backward()
    if hidden.grad is None:
        return  # `gradient_reaches_the_encoder` says so
    largest = float(hidden.grad[mask == 0].abs().max())
    if largest > 0:
        raise CheckFailed(
            "a gradient of 0 at every padded position",
            f"up to {largest:.3g}",
            subject.remedy_for("gradient_at_padding"),
        )


def gradient_reaches_the_encoder(subject: HeadSubject) -> None:
    """Every sentence sends a gradient down to the encoder.

    A head that cuts the graph leaves the encoder as it was pretrained, and nobody is told.
    """
    module = subject.make()
    hidden, mask = subject.padded(subject.sentences(LENGTHS))
    hidden.requires_grad_()
    loss = module(hidden, mask).square().sum()
    if loss.requires_grad:
        loss.backward()
    without = [
        row for row in range(len(hidden)) if hidden.grad is None or not hidden.grad[row].any()
    ]
    if without:
        raise CheckFailed(
            "a gradient at some token of every sentence",
            f"none for sentence {without[0]}",
            subject.remedy_for("gradient_reaches_the_encoder"),
        )


def every_parameter_gets_a_gradient(subject: HeadSubject) -> None:
    """Every trainable parameter gets a gradient.

    One that gets none never learns: it is dead weight in the checkpoint and in the count of
    parameters, and distributed training stops over it.
    """
    module = subject.make().train()
    # several batches: a unit that ReLU or dropout silences in one speaks in another
    sentences = [one for seed in range(4) for one in subject.sentences(LENGTHS, seed)]
    labels = torch.arange(len(sentences)) % subject.num_labels
    loss = nn.functional.cross_entropy(module(*subject.padded(sentences)), labels)
    if not loss.requires_grad:
        without = [name for name, one in module.named_parameters() if one.requires_grad]
    else:
        gradients = gradient_of(module, loss)
        without = [name for name, one in gradients.items() if one is None or not one.any()]
    if without:
        raise CheckFailed(
            "a gradient for every trainable parameter",
            f"none for {', '.join(without)}",
            subject.remedy_for("every_parameter_gets_a_gradient"),
        )


def overfits_one_batch(subject: HeadSubject) -> None:
    """It learns eight sentences by heart.

    What cannot even do that will not learn a task; this is the first thing to try when a
    classifier does not learn.
    """
    need_training(subject.make())
    sentences = subject.sentences((5, 9, 1, 3, 7, 2, 6, 4))
    batch = subject.padded(sentences)
    labels = torch.arange(len(sentences)) % subject.num_labels
    learn(subject, subject.construct, lambda module: module(*batch), labels)


HEAD_CHECKS = (
    one_logit_per_label,
    returns_logits,
    gradient_at_padding,
    gradient_reaches_the_encoder,
    every_parameter_gets_a_gradient,
    overfits_one_batch,
)
