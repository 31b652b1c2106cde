"""What one backward pass leaves in each parameter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from zoo.doctor.batches import Batch
from zoo.doctor.findings import Finding
from zoo.doctor.parts import in_part, told, whole_parts
from zoo.doctor.patient import Patient

# of the strongest gradient of any part: float32 has no digits left for it
VANISHING = 1e-7


@dataclass(frozen=True, slots=True)
class Backward:
    """By name of parameter: the root mean square of its gradient, None where it got none.

    Trained parameters alone. `loss` is the mean, and `has_graph` says whether the loss depends on
    any parameter at all.
    """

    gradients: dict[str, float | None]
    loss: float
    has_graph: bool

    @property
    def is_finite(self) -> bool:
        values = [each for each in self.gradients.values() if each is not None]
        return math.isfinite(self.loss) and all(map(math.isfinite, values))


def backward(patient: Patient, batches: Sequence[Batch]) -> Backward:
    """Forward and backward over batches in training mode; the gradients are summed."""
    model = patient.model
    losses = []
    has_graph = False
    for parameter in model.parameters():
        parameter.grad = None
    for number, batch in enumerate(batches):
        with patient.mode(training=True, seed=number), torch.enable_grad():
            loss = patient.loss_of(batch, patient.call(batch))
            losses.append(float(loss.detach()))
            if loss.requires_grad:
                has_graph = True
                loss.backward()
    found = {
        name: None if each.grad is None else root_mean_square(each.grad)
        for name, each in model.named_parameters()
        if each.requires_grad
    }
    return Backward(found, sum(losses) / len(losses), has_graph)


def root_mean_square(tensor: torch.Tensor) -> float:
    """Its root mean square; of a sparse gradient that of the values it has."""
    values = tensor.coalesce().values() if tensor.is_sparse else tensor
    return float(values.detach().float().pow(2).mean().sqrt())


def examine(patient: Patient) -> Iterator[Finding]:
    """Parts without a gradient, with a zero one, with one that vanishes."""
    seen = backward(patient, patient.sample)
    trained = list(seen.gradients)
    if not trained or not seen.is_finite:
        return  # told by other examinations
    missing = [name for name, each in seen.gradients.items() if each is None]
    if missing:
        yield from without_gradient(patient, seen, missing)
    zeros = [name for name, each in seen.gradients.items() if each == 0]
    stuck = still_zero(patient, zeros) if zeros else []
    if stuck:
        yield Finding(
            "no_gradient",
            "A part of the model gets a gradient of exactly zero",
            f"{told(stuck, patient.model)}: zero in every batch, also after some steps",
            "follow its output: something behind it is constant, such as a dead ReLU, a clamp, a "
            "rounding or an argmax",
        )
    yield from vanishing(patient, seen)


def without_gradient(patient: Patient, seen: Backward, missing: Sequence[str]) -> Iterator[Finding]:
    """Parts that decide the logits and yet get no gradient; parts that nobody uses."""
    names = [name for name, _ in patient.model.named_parameters()]
    parts = whole_parts(missing, names)
    decisive = [part for part in parts if decides(patient, part)]
    cut_off = [name for name in missing if any(in_part(name, part) for part in decisive)]
    if not seen.has_graph or cut_off:
        chosen = cut_off or list(missing)
        yield Finding(
            "detached",
            "A part of the model is cut off from the loss"
            if seen.has_graph
            else "The loss does not lead back to any parameter",
            f"{told(chosen, patient.model)} "
            + ("change the logits" if cut_off else "are trained")
            + ", but no gradient comes back to them",
            "look for .detach(), .data, .item(), .numpy(), torch.tensor(…) and torch.no_grad() "
            "between these parts and the loss; to freeze a part, call part.requires_grad_(False)",
        )
        return
    unused = [name for name in missing if not is_spare(patient, name)]
    if unused:
        yield Finding(
            "no_gradient",
            "A part of the model is never used",
            f"{told(unused, patient.model)} get no gradient and do not change the logits",
            "call it in forward, or delete it from __init__",
        )


def decides(patient: Patient, part: str) -> bool:
    """Whether the logits (or the loss, without any) change when a part's weights do."""
    batch = patient.sample[0]
    before = patient.logits(batch)
    value = patient.mean_loss([batch]) if before is None else 0.0
    with patient.other_weights(part):
        after = patient.logits(batch)
        difference = (
            float((after - before).abs().max())
            if before is not None and after is not None
            else abs(patient.mean_loss([batch]) - value)
        )
    return not difference <= 1e-6


def is_spare(patient: Patient, name: str) -> bool:
    """Whether a parameter is in a part of a model of transformers that need not be used: a pooler.

    Layers that are stacked are not of that kind.
    """
    from transformers import PreTrainedModel

    pieces = name.split(".")[:-1]
    modules = [
        patient.model.get_submodule(".".join(pieces[:depth])) for depth in range(len(pieces) + 1)
    ]
    is_library = any(
        isinstance(module, PreTrainedModel)
        and type(module).__module__.startswith("transformers.models.")
        for module in modules[:-1]
    )
    return is_library and not any(isinstance(module, nn.ModuleList) for module in modules)


def still_zero(patient: Patient, zeros: Sequence[str]) -> list[str]:
    """Those parameters whose gradient stays zero for a few steps, whole modules alone.

    A last layer that begins at zero keeps everything before it at zero for one step; keys' biases
    have a gradient of zero by construction.
    """
    optimizer = torch.optim.SGD(
        [each for each in patient.model.parameters() if each.requires_grad], lr=1e-2
    )
    for _ in range(2):
        backward(patient, patient.sample[:1])
        nn.utils.clip_grad_norm_(patient.model.parameters(), 1.0)
        optimizer.step()
    seen = backward(patient, patient.sample)
    patient.kept.restore()
    stuck = [name for name in zeros if seen.gradients[name] == 0]
    names = [name for name, _ in patient.model.named_parameters()]
    modules = [part for part in whole_parts(stuck, names) if part not in seen.gradients]
    return [name for name in stuck if any(in_part(name, part) for part in modules)]


def vanishing(patient: Patient, seen: Backward) -> Iterator[Finding]:
    """A matrix whose gradient is too small beside the others' to move anything."""
    matrices = {
        name: each
        for name, each in seen.gradients.items()
        if each and patient.model.get_parameter(name).ndim >= 2
    }
    if len(matrices) < 2:
        return
    # a bias too: the matrix beside it has none where its input is next to nothing
    sizes = {name: each for name, each in seen.gradients.items() if each}
    strongest = max(sizes, key=sizes.__getitem__)
    weak = [name for name, each in matrices.items() if each < VANISHING * sizes[strongest]]
    if weak:
        first = min(weak, key=matrices.__getitem__)
        yield Finding(
            "vanishing_gradient",
            "The gradient vanishes on its way back",
            f"'{strongest}' has a gradient of {sizes[strongest]:.1e}, '{first}' of "
            f"{matrices[first]:.1e} (root mean squares); {len(weak)} matrices are like that",
            "ReLU or GELU instead of sigmoid and tanh, residual connections, LayerNorm, fewer "
            "layers",
        )
