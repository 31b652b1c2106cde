"""Attention masks, and whether padding has a say."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import torch

from zoo.doctor.batches import Batch
from zoo.doctor.findings import Finding
from zoo.doctor.patient import Patient
from zoo.doctor.tokens import pad_id_of, word_embeddings

# of the spread of the logits: rounding stays far below, a fault far above
NOTICEABLE = 1e-3
# kinds of ids in what is masked away and in what is left, where the mask is the wrong way round
MANY_KINDS, FEW_KINDS = 5, 2
PADDED_SHARE = 0.25
# texts that are also classified by themselves
ALONE = 4
MASKS = frozenset({"attention_mask", "key_padding_mask", "src_key_padding_mask"})


def examine(patient: Patient) -> Iterator[Finding]:
    """Faults of the mask itself; where there are none, what padding does to the logits."""
    pad_id = pad_id_of(patient)
    batch = max(patient.sample, key=lambda each: count_of(pad_id, each))
    if batch.ids is None:
        return
    faults = list(faults_of_mask(batch))
    yield from faults
    if not faults and attends(patient):
        yield from effects_of_padding(patient, batch)


def count_of(pad_id: int, batch: Batch) -> int:
    """How often an id occurs in a batch."""
    return 0 if batch.ids is None else int(batch.ids.eq(pad_id).sum())


def faults_of_mask(batch: Batch) -> Iterator[Finding]:
    """A mask that hides everything, or the words instead of the padding."""
    mask = batch.mask
    if mask is None:
        return
    assert batch.ids is not None
    hidden, shown = batch.ids[mask == 0], batch.ids[mask != 0]
    empty = int((mask != 0).sum(1).eq(0).sum())
    if len(hidden.unique()) > MANY_KINDS and 0 < len(shown.unique()) <= FEW_KINDS:
        yield Finding(
            "mask_inverted",
            "The attention mask is the wrong way round",
            f"it hides {len(hidden.unique()):,} kinds of tokens and shows "
            f"{len(shown.unique())}, the padding",
            "1 stands for a token, 0 for padding: attention_mask = (input_ids != pad_token_id)",
        )
    elif empty > 0.5 * len(mask):
        yield Finding(
            "mask_all_zero",
            "The attention mask hides every token",
            f"{empty} of {len(mask)} texts of a batch have a mask of zeros alone",
            "pass the tokenizer's attention_mask on as it is: 1 for a token, 0 for padding",
        )


def attends(patient: Patient) -> bool:
    """Whether some part of the model would take an attention mask."""
    return any(
        not MASKS.isdisjoint(inspect.signature(module.forward).parameters)
        for module in patient.model.modules()
    )


def effects_of_padding(patient: Patient, batch: Batch) -> Iterator[Finding]:
    """Whether the logits of a text depend on what it was filled up with."""
    assert batch.ids is not None
    pad_id = pad_id_of(patient)
    is_padding = ends_of(batch.ids, pad_id) if batch.mask is None else batch.mask == 0
    if not is_padding.any():
        return
    if batch.mask is None:
        yield from without_mask(patient, batch, is_padding, pad_id)
    else:
        yield from under_the_mask(patient, batch, is_padding)


def ends_of(ids: torch.Tensor, pad_id: int) -> torch.Tensor:
    """Where `(batch, seq)` rows end or begin with a run of two and more of the padding id."""
    is_pad = ids.eq(pad_id).long()
    after = is_pad.flip(1).cumprod(1).flip(1)
    before = is_pad.cumprod(1)
    is_run = (after.sum(1, keepdim=True) > 1, before.sum(1, keepdim=True) > 1)
    return (after.bool() & is_run[0]) | (before.bool() & is_run[1])


def without_mask(
    patient: Patient, batch: Batch, is_padding: torch.Tensor, pad_id: int
) -> Iterator[Finding]:
    """Ids alone: a text by itself must get the logits that it gets beside longer ones."""
    assert batch.ids is not None
    before = patient.logits(batch)
    rows = is_padding.any(1).nonzero().flatten().tolist()[:ALONE]
    if before is None:
        return
    changes = []
    for row in rows:
        alone = batch.taken(slice(row, row + 1))
        alone = alone.replaced(batch.ids_at, batch.ids[row : row + 1][:, ~is_padding[row]])
        after = patient.logits(alone)
        assert after is not None
        changes.append(float((after[0] - before[row]).abs().max() / spread(before)))
    if max(changes) < NOTICEABLE:
        return
    evidence = (
        f"by itself a text gets logits that differ by {max(changes):.0%} of their spread from "
        "those it gets beside longer texts"
    )
    expected = expected_pad_id(patient)
    if expected is not None and expected != pad_id:
        yield Finding(
            "padding_id",
            "Texts are filled up with the wrong token",
            f"they end with id {pad_id}, the padding id of model and tokenizer is {expected}; "
            f"{evidence}",
            f"pad with {expected}: pad_sequence(ids, batch_first=True, padding_value={expected})",
        )
    else:
        yield has_a_say(evidence)


def has_a_say(evidence: str) -> Finding:
    return Finding(
        "mask_missing",
        "Padding has a say",
        f"{evidence}; a text is classified by what it was batched with",
        "model(input_ids, attention_mask=attention_mask), and no pooling over padded positions",
    )


def under_the_mask(patient: Patient, batch: Batch, is_padding: torch.Tensor) -> Iterator[Finding]:
    """Padding that a mask covers must not change the logits, and the words must."""
    change = change_by(patient, batch, is_padding)
    if change is None or change < NOTICEABLE:
        return
    words = ~is_padding
    words[:, 0] = False
    by_words = change_by(patient, batch, words)
    if by_words is not None and by_words < NOTICEABLE:
        yield Finding(
            "mask_inverted",
            "The attention mask is the wrong way round",
            f"other tokens instead of the padding change the logits by {change:.0%} of their "
            f"spread, other tokens instead of the words by {by_words:.1%}",
            "PyTorch's own layers take src_key_padding_mask = (input_ids == pad_id), True where "
            "padding is; transformers takes attention_mask = (input_ids != pad_id)",
        )
        return
    for side, column, fix in (
        ("first", 0, 'tokenizer.padding_side = "right"'),
        (
            "last",
            -1,
            "read the last token of each text, hidden[range(len(hidden)), mask.sum(1) - 1]",
        ),
    ):
        inner = is_padding.clone()
        inner[:, column] = False
        share = float(is_padding[:, column].float().mean())
        by_inner = change_by(patient, batch, inner) if inner.any() else None
        if share > PADDED_SHARE and by_inner is not None and by_inner < NOTICEABLE:
            yield Finding(
                "padding_side",
                f"The head reads the {side} position, which is padding",
                f"{share:.0%} of the texts of a batch have padding there; another token in place "
                f"changes the logits by {change:.0%} of their spread, other padding does not",
                fix,
            )
            return
    yield has_a_say(
        f"the logits change by {change:.0%} of their spread when padding is replaced by other "
        "tokens"
    )


def expected_pad_id(patient: Patient) -> int | None:
    """The padding id of the model's configuration or the tokenizer."""
    if patient.tokenizer is not None and patient.tokenizer.pad_token_id is not None:
        return int(patient.tokenizer.pad_token_id)
    for module in patient.model.modules():
        found = getattr(getattr(module, "config", None), "pad_token_id", None)
        if isinstance(found, int):
            return found
    return None


def change_by(patient: Patient, batch: Batch, chosen: torch.Tensor) -> float | None:
    """The largest change of a logit by other tokens at some places, as a share of their spread."""
    assert batch.ids is not None
    before = patient.logits(batch)
    if before is None:
        return None
    found = word_embeddings(patient.model)
    size = found[1].num_embeddings if found else int(batch.ids.max()) + 1
    generator = torch.Generator().manual_seed(0)
    others = torch.randint(size, batch.ids.shape, generator=generator).to(batch.ids)
    ids = torch.where(chosen, others, batch.ids)
    after = patient.logits(batch.replaced(batch.ids_at, ids))
    assert after is not None
    return float((after - before).abs().max() / spread(before))


def spread(logits: torch.Tensor) -> torch.Tensor:
    """How far the logits of different texts lie apart; above 0."""
    return logits.std(0).mean().clamp(min=1e-6)
