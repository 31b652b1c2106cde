"""What the loss makes of logits and labels."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import nn

from zoo.doctor.batches import Batch
from zoo.doctor.findings import Finding
from zoo.doctor.patient import Output, Patient, class_indices

# of the loss of a batch to that of its half: 1 for a mean, 2 for a sum
GROWS, SHRINKS = 1.7, 0.6
# of the loss of guessing, that right answers may cost
FLOOR_SHARE = 0.3
# times what guessing costs, and so many nats more
TOO_LARGE, TOO_LARGE_NATS = 3.0, 2.0


def examine(patient: Patient) -> Iterator[Finding]:
    """Whether the loss falls when the model gets better, by the right measure."""
    batch = max(patient.sample, key=len)
    labels = class_indices(batch)
    with patient.mode(training=False), torch.no_grad():
        output = patient.call(batch)
        value = float(patient.loss_of(batch, output))
    if labels is None or not math.isfinite(value):
        return
    targets = torch.as_tensor(labels)
    if output.logits is not None and patient.loss is not None:
        yield from measured_on_logits(patient, batch, output.logits.detach(), targets)
    else:
        yield from measured_on_model(patient, batch, output, targets, value)
    if output.logits is not None:
        yield from far_from_guessing(patient, output.logits.float().cpu(), targets)


def measured_on_logits(
    patient: Patient, batch: Batch, logits: torch.Tensor, targets: torch.Tensor
) -> Iterator[Finding]:
    """A loss that is a function of logits and labels, tried on logits of our own making."""
    kind = kind_of(logits)
    if kind == "probabilities" and not always_between(patient, batch):
        kind = "logits"
    # the model's own may all be equal at the start; probabilities must stay probabilities
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(logits.shape, generator=generator).to(logits)
    tried = logits + noise if kind == "logits" else logits
    value = loss_on(patient, batch, tried)
    others = with_other_labels(batch, logits.shape[1])
    if abs(float(loss_on(patient, others, tried)) - float(value)) <= 1e-6 * abs(float(value)):
        yield ignores_labels(float(value))
        return
    if kind != "logits":
        if kind == "probabilities":
            yield from with_a_floor(patient, batch, tried, targets)
        return
    yield from needs_log_probabilities(patient, batch, tried, float(value))
    yield from wrong_way(slope_of_truth(patient, batch, tried, targets))
    half = len(batch) // 2
    if half:
        part = batch.taken(slice(half))
        once = float(loss_on(patient, part, tried[:half]))
        both = float(loss_on(patient, part.doubled(), torch.cat([tried[:half], tried[:half]])))
        yield from wrong_scale(once, both, half)


def loss_on(patient: Patient, batch: Batch, logits: torch.Tensor) -> torch.Tensor:
    """The loss of some logits for the labels of a batch."""
    return patient.loss_of(batch, Output(logits, None))


def kind_of(logits: torch.Tensor) -> str:
    """`"probabilities"`, `"log-probabilities"` or `"logits"`, by their range and sums."""
    logits = logits.detach().float()
    if bool(((logits >= 0) & (logits <= 1)).all()) and logits.numel() >= 8:
        return "probabilities"
    is_log = bool((logits <= 0).all()) and bool((logits.logsumexp(1).abs() < 1e-3).all())
    return "log-probabilities" if is_log else "logits"


def always_between(patient: Patient, batch: Batch) -> bool:
    """Whether outputs stay between 0 and 1 with other weights, and not by chance alone."""
    with patient.other_weights():
        logits = patient.logits(batch)
    return logits is not None and bool(((logits >= 0) & (logits <= 1)).all())


def with_a_floor(
    patient: Patient, batch: Batch, given: torch.Tensor, targets: torch.Tensor
) -> Iterator[Finding]:
    """A loss of probabilities that stays high even where every one of them is right."""
    known = targets.clamp(min=0).to(given.device)
    perfect = torch.full_like(given, 1e-6).scatter(1, known[:, None], 1 - 1e-6)
    uniform = torch.full_like(given, 1 / given.shape[1])
    lowest, unknowing = (float(loss_on(patient, batch, one)) for one in (perfect, uniform))
    if lowest > FLOOR_SHARE * unknowing > 0:
        yield squeezed(given, lowest)


def squeezed(given: torch.Tensor, lowest: float) -> Finding:
    is_softmax = bool(((given.sum(1) - 1).abs() < 1e-3).all())
    return Finding(
        "loss_on_probabilities",
        "Softmax is taken twice" if is_softmax else "The loss takes logits and gets probabilities",
        f"all outputs lie between 0 and 1{' and sum to 1' if is_softmax else ''}, and the loss "
        f"takes them for logits: it cannot fall below {lowest:.2f}, however right they are",
        "give CrossEntropyLoss or BCEWithLogitsLoss the logits: leave softmax or sigmoid out of "
        "the model's last line",
    )


def on_probabilities(value: float, given: torch.Tensor, targets: torch.Tensor) -> Iterator[Finding]:
    """The same for a loss that the model computes itself, known by its value."""
    given = given.float().cpu()
    softmax_twice = float(nn.functional.cross_entropy(given, targets))
    once = float(nn.functional.nll_loss(given.clamp(min=1e-12).log(), targets))
    if abs(value - softmax_twice) < 0.01 < abs(value - once):
        yield squeezed(given, math.log(1 + (given.shape[1] - 1) / math.e))


def with_other_labels(batch: Batch, width: int) -> Batch:
    """The batch with another class for each example."""
    labels = torch.as_tensor(batch.labels)
    if labels.ndim == 2 and labels.shape[1] == width:
        changed = labels.roll(1, dims=1)
    else:
        changed = torch.where(labels >= 0, (labels + 1) % max(width, 2), labels)
    return Batch(batch.original, batch.args, batch.kwargs, changed, batch.ids_at, batch.mask_at)


def ignores_labels(value: float) -> Finding:
    return Finding(
        "loss_ignores_labels",
        "The loss does not depend on the labels",
        f"with another label for every example it is the same, {value:.4f}",
        "look at what the loss is given; a label_smoothing of 1 leaves nothing of the labels, 0.1 "
        "is usual",
    )


def needs_log_probabilities(
    patient: Patient, batch: Batch, logits: torch.Tensor, value: float
) -> Iterator[Finding]:
    """A loss without its softmax: it falls without end when all logits rise together."""
    shifts = [float(loss_on(patient, batch, logits + by)) - value for by in (1.0, 2.0)]
    if abs(shifts[0]) > 0.1 and abs(shifts[1] - 2 * shifts[0]) < 1e-3 * abs(shifts[0]):
        yield Finding(
            "loss_needs_log_probabilities",
            "The loss takes log-probabilities and gets logits",
            f"the loss is {value:.3f}, and changes by {shifts[0]:.3f} when 1 is added to every "
            "logit, which changes no prediction",
            "CrossEntropyLoss instead of NLLLoss, or log_softmax(logits, dim=-1) before it",
        )


def slope_of_truth(
    patient: Patient, batch: Batch, logits: torch.Tensor, targets: torch.Tensor
) -> float:
    """How the loss changes as the logits of the true classes rise."""
    variable = logits.detach().clone().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss_on(patient, batch, variable), variable)
    known = targets.clamp(min=0).to(gradient.device)
    return float(gradient.gather(1, known[:, None]).sum())


def wrong_way(slope: float) -> Iterator[Finding]:
    """A loss that falls when the true class becomes less likely."""
    if slope > 0:
        yield Finding(
            "loss_sign",
            "The loss rewards mistakes",
            f"it rises by {slope:.3g} for each unit that the logits of the true classes rise by",
            "minimise the negative log-likelihood: look for a sign that is turned round",
        )


def wrong_scale(once: float, both: float, half: int) -> Iterator[Finding]:
    """A loss that grows or shrinks with the number of examples."""
    if abs(once) < 1e-8:
        return
    ratio = both / once
    if GROWS < ratio < 2.3 and half >= 2:
        yield Finding(
            "loss_scale",
            "The loss is summed over the batch",
            f"{half} examples cost {once:.2f}, the same twice {both:.2f}: gradients grow with the "
            "batch, and clipping and learning rates mean something else",
            'reduction="mean", which is the default',
        )
    elif 0.4 < ratio < SHRINKS and half >= 2:
        yield Finding(
            "loss_scale",
            "The loss is divided by the size of the batch twice",
            f"{half} examples cost {once:.4f}, the same twice {both:.4f}",
            "CrossEntropyLoss gives the mean already: leave the division out",
        )


def measured_on_model(
    patient: Patient, batch: Batch, output: Output, targets: torch.Tensor, value: float
) -> Iterator[Finding]:
    """A loss that the model works out itself, tried with other labels and half of the batch."""
    width = 2 if output.logits is None else output.logits.shape[1]
    is_share = output.logits is not None and kind_of(output.logits) == "probabilities"
    if output.logits is not None and is_share and always_between(patient, batch):
        yield from on_probabilities(value, output.logits.detach(), targets)
    if output.logits is None:
        if value < 0:
            yield Finding(
                "loss_sign",
                "The loss rewards mistakes",
                f"the model's loss is {value:.3f}, and no loss of a classifier is negative: it is "
                "a likelihood, which training would make smaller",
                "return the negative of it, or cross_entropy(logits, labels)",
            )
        return
    half = len(batch) // 2
    with patient.mode(training=False), torch.no_grad():
        others = with_other_labels(batch, width)
        changed = float(patient.loss_of(others, patient.call(others)))
        part = batch.taken(slice(half))
        twice = part.doubled()
        once = float(patient.loss_of(part, patient.call(part)))
        both = float(patient.loss_of(twice, patient.call(twice)))
    are_equal = float(output.logits.std(1).max()) < 1e-7
    if not are_equal and abs(changed - value) <= 1e-6 * abs(value):
        yield ignores_labels(value)
        return
    yield from wrong_scale(once, both, half)
    with patient.mode(training=False), torch.enable_grad():
        fresh = patient.call(batch)
        loss = patient.loss_of(batch, fresh)
        if fresh.logits is None or not fresh.logits.requires_grad or not loss.requires_grad:
            return
        (gradient,) = torch.autograd.grad(loss, fresh.logits, allow_unused=True)
    if gradient is not None:
        known = targets.clamp(min=0).to(gradient.device)
        yield from wrong_way(float(gradient.gather(1, known[:, None]).sum()))


def far_from_guessing(
    patient: Patient, logits: torch.Tensor, targets: torch.Tensor
) -> Iterator[Finding]:
    """Logits so large that being wrong costs many times what guessing does."""
    known = targets >= 0
    if not known.any() or int(targets.max()) >= logits.shape[1]:
        return
    cost = float(nn.functional.cross_entropy(logits[known], targets[known]))
    guessing = math.log(logits.shape[1])
    if cost > TOO_LARGE * guessing + TOO_LARGE_NATS:
        yield Finding(
            "logits_too_large",
            "The logits are far too large to begin with",
            f"the first loss is {cost:.1f}; guessing among {logits.shape[1]} classes costs "
            f"ln {logits.shape[1]} = {guessing:.2f}",
            "initialise the last layer with a small scale, such as normal_(std=0.02), and look for "
            "inputs that are not normalised",
        )
