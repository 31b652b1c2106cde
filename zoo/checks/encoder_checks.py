"""What an encoder is held to besides; the first line of each docstring is the claim."""

from __future__ import annotations

import json
from typing import Any

import torch
from torch import nn

from zoo.checks.check import CheckFailed
from zoo.checks.learning import learn
from zoo.checks.shared_checks import LENGTHS, gradient_of
from zoo.checks.subject import EncoderSubject

TEXTS = ("불 좀 켜 줘", "내일 아침에 비 와?", "Play some music, please.", "네")


def has_what_heads_need(subject: EncoderSubject) -> None:
    """It has hidden_size, tokenizer and configuration.

    A head is made from `hidden_size`; texts become ids by `tokenizer`; `configuration`, as JSON,
    is saved with a classifier, and makes the encoder again without the hub.
    """
    module = subject.make()
    size = getattr(module, "hidden_size", None)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise CheckFailed("an attribute hidden_size, a whole number above 0", f"{size!r}")
    if not callable(getattr(module, "tokenizer", None)):
        raise CheckFailed("an attribute tokenizer, a tokenizer of transformers", "none")
    configuration = getattr(module, "configuration", None)
    try:
        is_same = json.loads(json.dumps(configuration)) == configuration
    except (TypeError, ValueError) as error:
        raise CheckFailed("an attribute configuration of JSON values", str(error)) from error
    if not isinstance(configuration, dict) or not is_same:
        raise CheckFailed(
            "an attribute configuration, a dict that is the same after JSON",
            f"{configuration!r:.200}",
        )


@torch.no_grad()
def hidden_states_per_token(subject: EncoderSubject) -> None:
    """There is one hidden state of hidden_size for every token.

    Heads that read tokens need `(batch, seq, hidden)`, not a pooled vector and not a record.
    """
    module = subject.make()
    ids, mask = subject.padded(subject.sentences(LENGTHS))
    hidden = module(ids, mask)
    expected = (*ids.shape, module.hidden_size)
    if not isinstance(hidden, torch.Tensor):
        raise CheckFailed(f"a tensor (batch, seq, hidden) = {expected}", f"{type(hidden).__name__}")
    if hidden.shape != expected or not hidden.is_floating_point():
        raise CheckFailed(
            f"floating-point (batch, seq, hidden) = {expected}",
            f"{hidden.dtype} of shape {tuple(hidden.shape)}",
        )


@torch.no_grad()
def token_type_ids_are_optional(subject: EncoderSubject) -> None:
    """It takes token_type_ids, and works without them.

    transformers' own pipelines and Trainer hand them in where the tokenizer makes them, `zoo` does
    not: no token types must mean all zeros.
    """
    module = subject.make()
    ids, mask = subject.padded(subject.sentences(LENGTHS))
    without = module(ids, mask)
    given = module(ids, mask, token_type_ids=torch.zeros_like(ids))
    difference = float((without - given)[mask.bool()].abs().max())
    if not difference <= subject.tolerance:
        raise CheckFailed(
            "the same states without token types as with zeros",
            f"states moved by up to {difference:.3g}",
        )


@torch.no_grad()
def takes_what_its_tokenizer_gives(subject: EncoderSubject) -> None:
    """It takes whatever its tokenizer makes of a text, and tells texts apart.

    Ids beyond the embeddings end training somewhere in the middle; a tokenizer that makes the same
    of every text leaves nothing to learn from.
    """
    module = subject.make()
    encoded = [module.tokenizer(text)["input_ids"] for text in TEXTS]
    if len({tuple(ids) for ids in encoded}) == 1:
        raise CheckFailed(
            f"different ids for the texts {TEXTS}",
            f"{encoded[0]} for each; is it the right vocabulary?",
        )
    outputs = subject.outputs(module, subject.padded([torch.tensor(ids) for ids in encoded]))
    if not all(one.isfinite().all() for one in outputs):
        raise CheckFailed("finite states", "NaN or infinity for one of the texts " + str(TEXTS))


def every_parameter_gets_a_gradient(subject: EncoderSubject) -> None:
    """Every trainable parameter gets a gradient.

    A pooler that no head reads, or layers below a cut, never learn: dead weight in the count of
    parameters, and distributed training stops over it.
    """
    module = subject.make().train()
    ids, mask = subject.padded(subject.sentences(LENGTHS))
    hidden = module(ids, mask, token_type_ids=torch.zeros_like(ids))
    weights = torch.randn(hidden.shape, generator=torch.Generator().manual_seed(0))
    loss = (hidden * weights)[mask.bool()].sum()
    if not loss.requires_grad:
        without = [name for name, one in module.named_parameters() if one.requires_grad]
    else:
        gradients = gradient_of(module, loss)
        without = [name for name, one in gradients.items() if one is None or not one.any()]
    if without:
        shown = ", ".join(without[:3]) + (f" and {len(without) - 3} more" if without[3:] else "")
        raise CheckFailed(
            "a gradient for every trainable parameter",
            f"none for {shown}",
            subject.remedy_for("every_parameter_gets_a_gradient"),
        )


class _Probe(nn.Module):
    """An encoder, the mean over its real tokens, and a linear layer."""

    def __init__(self, encoder: Any, num_labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.output = nn.Linear(encoder.hidden_size, num_labels)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """`(batch, seq)` and `(batch, seq)` → logits `(batch, label)`."""
        hidden = self.encoder(ids, mask)
        total = hidden.masked_fill(mask.eq(0).unsqueeze(-1), 0).sum(dim=1)
        return self.output(total / mask.sum(dim=1, keepdim=True))


def overfits_one_batch(subject: EncoderSubject) -> None:
    """With a linear layer on top, it learns four sentences by heart.

    What cannot even do that will not learn a task; this is the first thing to try when a classifier
    does not learn.
    """
    batch = subject.padded(subject.sentences((5, 9, 1, 3)))
    labels = torch.tensor([0, 1, 2, 0])
    learn(subject, lambda: _Probe(subject.construct(), 3), lambda module: module(*batch), labels)


ENCODER_CHECKS = (
    has_what_heads_need,
    hidden_states_per_token,
    token_type_ids_are_optional,
    takes_what_its_tokenizer_gives,
    every_parameter_gets_a_gradient,
    overfits_one_batch,
)
