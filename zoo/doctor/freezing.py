"""What is trained and what is not, and layers that nobody ever trained."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from torch import nn

from zoo.doctor.findings import Finding
from zoo.doctor.parts import told
from zoo.doctor.patient import Patient

VALUES_TESTED = 5000
# the p-value below which values are not from a standard normal distribution
CERTAINLY_NORMAL = 0.01


def examine(patient: Patient) -> Iterator[Finding]:
    """Frozen parts that should learn, parts that learn though they should not, fresh poolers."""
    yield from frozen(patient)
    yield from without_effect(patient)
    yield from fresh_pooler(patient)


def frozen(patient: Patient) -> Iterator[Finding]:
    """Nothing trained at all, a frozen last layer, or random weights that are frozen."""
    parameters = dict(patient.model.named_parameters())
    still = [name for name, each in parameters.items() if not each.requires_grad]
    if not still:
        return
    fix = "for parameter in part.parameters(): parameter.requires_grad = True"
    if len(still) == len(parameters):
        yield Finding(
            "frozen", "Nothing is trained", f"all {len(parameters)} parameters are frozen", fix
        )
        return
    of_frozen = _in_groups_of_frozen(patient)
    own_group = [name for name in still if id(parameters[name]) in of_frozen]
    # the last linear layer: none of a published checkpoint knows these labels
    last = last_linear(patient)
    is_last_frozen = last is not None and f"{last}.weight" in still
    fresh = [name for name in still if not is_last_frozen and is_fresh(patient.model, name)]
    if is_last_frozen:
        yield Finding(
            "frozen",
            "The last layer is frozen",
            f"'{last}' gives the logits and is not trained",
            fix,
        )
    elif own_group:
        yield Finding(
            "frozen",
            "A part is frozen that the optimizer is to train",
            f"{told(own_group, patient.model)} are frozen, and have a group of their own in "
            f"{type(patient.optimizer).__name__}",
            fix,
        )
    elif fresh:
        yield Finding(
            "frozen",
            "Random weights are frozen",
            f"{told(still, patient.model)} are frozen, and were never trained: all biases are "
            "exactly 0, all norms exactly 1",
            f"load pretrained weights, or train them: {fix}",
        )
    else:
        yield from random_vectors(patient, fix)


def random_vectors(patient: Patient, fix: str) -> Iterator[Finding]:
    """A frozen embedding table that is what torch draws for a new one."""
    from scipy.stats import kstest

    for name, module in patient.model.named_modules():
        if not isinstance(module, nn.Embedding) or module.weight.requires_grad:
            continue
        values = module.weight.detach().float().flatten()[:VALUES_TESTED].cpu().numpy()
        # trained vectors are shorter, and their tails are heavier
        if kstest(values, "norm").pvalue > CERTAINLY_NORMAL:
            yield Finding(
                "frozen",
                "Random word vectors are frozen",
                f"the table '{name}' is frozen, and its values are spread as those of a new one, "
                f"with a mean of {values.mean():.3f} and a deviation of {values.std():.3f}",
                f"look why no vectors were loaded, or train it: {fix}",
            )
            return


def _in_groups_of_frozen(patient: Patient) -> set[int]:
    """The parameters of groups in which everything is frozen."""
    if patient.optimizer is None:
        return set()
    groups = [group["params"] for group in patient.optimizer.param_groups]
    return {
        id(each)
        for group in groups
        if group and not any(one.requires_grad for one in group)
        for each in group
    }


def last_linear(patient: Patient) -> str | None:
    """The name of the linear layer that gives the logits: the last of their width."""
    width = patient.num_labels
    found = [
        name
        for name, module in patient.model.named_modules()
        if isinstance(module, nn.Linear) and module.out_features == width
    ]
    return found[-1] if found else None


def is_fresh(model: nn.Module, name: str) -> bool:
    """Whether the transformer that a parameter belongs to has never been trained.

    Biases begin at exactly 0 and norms at exactly 1, and no training leaves them there.
    """
    from transformers import PreTrainedModel

    pieces = name.split(".")
    for depth in range(len(pieces) - 1, -1, -1):
        module: nn.Module = model.get_submodule(".".join(pieces[:depth]))
        if isinstance(module, PreTrainedModel):
            return _all_as_they_began(module)
    return False


def _all_as_they_began(module: nn.Module) -> bool:
    norms = [each for each in module.modules() if isinstance(each, nn.LayerNorm)]
    biases = [each.bias for each in module.modules() if isinstance(each, nn.Linear)]
    return (
        bool(norms)
        and all(each.weight is None or bool((each.weight == 1).all()) for each in norms)
        and all(each is None or bool((each == 0).all()) for each in biases)
    )


def without_effect(patient: Patient) -> Iterator[Finding]:
    """`part.requires_grad = False`, which sets an attribute that torch does not know."""
    for name, module in patient.model.named_modules():
        # the first is torch's word for a tensor, the second that of Keras for a layer
        meant = [one for one in ("requires_grad", "trainable") if vars(module).get(one) is False]
        if meant and any(each.requires_grad for each in module.parameters()):
            yield Finding(
                "freezing_without_effect",
                "A part was to be frozen and is trained",
                f"'{name}.{meant[0]} = False' only sets an attribute of the module; its parameters "
                "are trained",
                f"model.{name}.requires_grad_(False)",
            )
            return
    for name, parameter in patient.model.named_parameters():
        near = difflib.get_close_matches("requires_grad", vars(parameter), n=1, cutoff=0.8)
        if near and parameter.requires_grad and vars(parameter)[near[0]] is False:
            yield Finding(
                "freezing_without_effect",
                "A part was to be frozen and is trained",
                f"'{name}' and perhaps others have an attribute '{near[0]}', which PyTorch does "
                "not know; they are trained",
                "parameter.requires_grad = False, with an s, or part.requires_grad_(False)",
            )
            return


def fresh_pooler(patient: Patient) -> Iterator[Finding]:
    """A pooler with random weights on top of an encoder that was pretrained."""
    from zoo.doctor.gradients import decides

    for name, module in patient.model.named_modules():
        pooler = getattr(module, "pooler", None)
        dense = getattr(pooler, "dense", None)
        if not isinstance(dense, nn.Linear) or dense.bias is None:
            continue
        others = [
            each.bias
            for inner, each in module.named_modules()
            if isinstance(each, nn.Linear) and each.bias is not None and "pooler" not in inner
        ]
        is_pretrained = any(bool((bias != 0).any()) for bias in others)
        path = f"{name}.pooler" if name else "pooler"
        if is_pretrained and bool((dense.bias == 0).all()) and decides(patient, path):
            spread = float(dense.weight.detach().float().std())
            yield Finding(
                "untrained_pooler",
                "The pooler was never trained",
                f"'{path}' has biases of exactly 0 and weights with a standard deviation of "
                f"{spread:.4f}, as they are initialised, the encoder below it is pretrained",
                "read the first token, outputs.last_hidden_state[:, 0], instead of pooler_output: "
                "masked-language checkpoints and ELECTRA have no pooler",
            )
            return
