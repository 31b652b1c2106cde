"""The optimizer: whether it holds the model's parameters, once each, at a rate that moves them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

import torch
from torch import nn

from zoo.doctor.findings import Finding
from zoo.doctor.gradients import backward
from zoo.doctor.parts import told
from zoo.doctor.patient import Patient

MOVED_SHARE = 0.5
# of a weight by one step: usual rates and decays come to 1e-7 … 1e-4
DECAYED_SHARE = 5e-3
# up to here it is the rate that is too high, if anything
USUAL_DECAY = 0.1
STRONG_DECAY = 1.0


def examine(patient: Patient) -> Iterator[Finding]:
    """What the optimizer holds, against what the model trains."""
    if patient.optimizer is None:
        patient.left_out.append("optimizer: none was given")
        return
    yield from membership(patient)
    yield from hidden_layers(patient)
    yield from twice(patient)
    yield from rate_of_zero(patient)
    yield from strong_decay(patient)
    yield from low_precision(patient)


def held(patient: Patient) -> list[torch.Tensor]:
    """Everything the optimizer would change, in order, as often as it has it."""
    assert patient.optimizer is not None
    return [each for group in patient.optimizer.param_groups for each in group["params"]]


def membership(patient: Patient, learning: Collection[str] | None = None) -> Iterator[Finding]:
    """Parameters that are trained and that the optimizer does not hold.

    `learning` names those that are known to get a gradient; a backward pass tells, if not given.
    """
    kind = type(patient.optimizer).__name__
    parameters = dict(patient.model.named_parameters())
    known = {id(each) for each in held(patient)}
    absent = [
        name for name, each in parameters.items() if each.requires_grad and id(each) not in known
    ]
    if not absent:
        return
    own = {id(each) for each in parameters.values()}
    strangers = [each for each in held(patient) if id(each) not in own]
    if strangers:
        yield Finding(
            "optimizer_of_other_model",
            "The optimizer holds the parameters of another model",
            f"{len(strangers)} of the {len(held(patient))} tensors in {kind} are not this model's, "
            f"and {told(absent, patient.model)} are not in {kind}",
            "make the optimizer after the model is complete: after layers are replaced, weights "
            "loaded into a new model, or the model copied",
        )
        return
    if learning is None:
        seen = backward(patient, patient.sample[:1]).gradients
        learning = {name for name, each in seen.items() if each is not None}
    forgotten = [name for name in absent if name in learning]
    if forgotten:
        yield Finding(
            "not_in_optimizer",
            "The optimizer does not hold all that should learn",
            f"{told(forgotten, patient.model)} get gradients and are in no group of {kind}",
            f"{kind}(model.parameters(), lr=…); to freeze a part on purpose, "
            "part.requires_grad_(False)",
        )


def hidden_layers(patient: Patient) -> Iterator[Finding]:
    """Layers in a list or a dictionary of Python: `parameters()` does not see them."""
    own = {id(each) for each in patient.model.parameters()}
    known = own | {id(each) for each in held(patient)}
    for name, module in patient.model.named_modules():
        for attribute, value in vars(module).items():
            inside = value.values() if isinstance(value, dict) else value
            if attribute.startswith("_") or not isinstance(value, list | tuple | dict):
                continue
            layers = [each for each in inside if isinstance(each, nn.Module)]
            lost = [p for layer in layers for p in layer.parameters() if id(p) not in known]
            if lost:
                place = f"{name}.{attribute}" if name else attribute
                kind = "nn.ModuleDict" if isinstance(value, dict) else "nn.ModuleList"
                yield Finding(
                    "not_in_optimizer",
                    "Layers are hidden from the optimizer",
                    f"'{place}' is a {type(value).__name__} of {len(layers)} layers with "
                    f"{sum(p.numel() for p in lost):,} parameters, which model.parameters() does "
                    "not list",
                    f"self.{attribute} = {kind}(…)",
                )


def twice(patient: Patient) -> Iterator[Finding]:
    """Parameters that each step changes twice."""
    counts = Counter(id(each) for each in held(patient))
    doubled = [
        name for name, each in patient.model.named_parameters() if counts.get(id(each), 0) > 1
    ]
    if doubled:
        yield Finding(
            "twice_in_optimizer",
            "Parameters are in the optimizer more than once",
            f"{told(doubled, patient.model)} are changed more than once by each step",
            "give each parameter to one group",
        )


def rate_of_zero(patient: Patient) -> Iterator[Finding]:
    """Groups that no step moves; a scheduler may begin at zero and is examined for itself."""
    assert patient.optimizer is not None
    if patient.scheduler is not None:
        return
    groups = patient.optimizer.param_groups
    # a scheduler that was not given keeps the rate it rises to in "initial_lr"
    still = [
        number
        for number, group in enumerate(groups)
        if float(group["lr"]) == 0 and not group.get("initial_lr")
    ]
    if still:
        yield Finding(
            "learning_rate_zero",
            "The learning rate is zero",
            f"{len(still)} of {len(groups)} groups have lr = 0",
            "give every group a rate; to freeze a part, part.requires_grad_(False)",
        )


def strong_decay(patient: Patient) -> Iterator[Finding]:
    """Weight decay that is quicker than learning.

    A step shrinks a weight by rate × decay, where decay is apart from the gradient (Loshchilov &
    Hutter 2019) and in SGD; in other optimizers it is a part of the gradient, and outweighs it.
    """
    assert patient.optimizer is not None
    kind = type(patient.optimizer).__name__
    is_apart = kind.endswith("W") or kind == "SGD"
    for group in patient.optimizer.param_groups:
        decay = float(group.get("weight_decay") or 0)
        rate = max(float(group["lr"]), float(group.get("initial_lr", 0)))
        share = rate * decay
        is_strong = decay > USUAL_DECAY and share > DECAYED_SHARE
        if is_strong if is_apart else decay >= STRONG_DECAY:
            effect = (
                f"each step takes {share:.1%} of every weight away"
                if is_apart
                else f"in {kind} it is part of the gradient, and outweighs the loss"
            )
            yield Finding(
                "weight_decay_too_high",
                "Weight decay outruns learning",
                f"weight_decay is {decay:g} at a rate of {rate:.1e}: {effect}",
                "weight_decay=0.01",
            )
            return


def low_precision(patient: Patient) -> Iterator[Finding]:
    """Half-precision weights that a step leaves where they are: the change is rounded away."""
    assert patient.optimizer is not None
    low = {
        name: each
        for name, each in patient.model.named_parameters()
        if each.dtype in (torch.float16, torch.bfloat16) and each.requires_grad
    }
    if not low:
        return
    before = {name: each.detach().clone() for name, each in low.items()}
    backward(patient, patient.sample[:1])
    active = {name: each.grad.detach() != 0 for name, each in low.items() if each.grad is not None}
    patient.optimizer.step()
    moved = sum(int(((low[n] != before[n]) & active[n]).sum()) for n in active)
    broken = sum(int((~each.isfinite()).sum()) for each in low.values())
    total = sum(int(each.sum()) for each in active.values())
    patient.kept.restore()
    if broken or (total and moved < MOVED_SHARE * total):
        kind = str(next(iter(low.values())).dtype).removeprefix("torch.")
        effect = (
            f"one step makes {broken:,} of them NaN or infinite: an epsilon of 1e-8 is 0"
            if broken
            else f"of {total:,} with a gradient one step moves {moved / total:.1%}"
        )
        yield Finding(
            "low_precision",
            "Weights in half precision cannot be trained",
            f"the weights are {kind}; {effect}",
            "keep the weights in float32, model.float(), and compute in half precision with "
            'torch.autocast("cuda", torch.bfloat16)',
        )
