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
        "attention_mask" in inspect.signature(module.forward).parameters
        for module in patient.model.modules()
    )


def effects_of_padding(patient: Patient, batch: Batch) -> Iterator[Finding]:
    """Whether the logits of a text depend on what it was filled up with."""
    assert batch.ids is not None
    pad_id = pad_id_of(patient)
    is_padding = batch.ids == pad_id if batch.mask is None else batch.mask == 0
    if batch.mask is None and not (is_padding[:, -2:].all(1) | is_padding[:, :2].all(1)).any():
        return
    if not is_padding.any():
        return
    on_the_left = float(is_padding[:, 0].float().mean())
    if on_the_left > PADDED_SHARE:
        yield from left_padding(patient, batch, is_padding, on_the_left)
        return
    change = change_by_padding(patient, batch, is_padding)
    if change is None or change < NOTICEABLE:
        return
    expected = expected_pad_id(patient)
    if batch.mask is None and expected is not None and expected != pad_id:
        yield Finding(
            "padding_id",
            "Texts are filled up with the wrong token",
            f"they end with id {pad_id}, the padding id of model and tokenizer is {expected}; the "
            f"logits change by {change:.0%} of their spread when padding is added",
            f"pad with {expected}: pad_sequence(ids, batch_first=True, padding_value={expected})",
        )
        return
    yield Finding(
        "mask_missing",
        "Padding has a say",
        f"the logits change by {change:.0%} of their spread when padding is "
        + ("added" if batch.mask is None else "replaced by other tokens")
        + "; a text is classified by what it was batched with",
        "model(input_ids, attention_mask=attention_mask), and no pooling over padded positions",
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


def change_by_padding(patient: Patient, batch: Batch, is_padding: torch.Tensor) -> float | None:
    """The largest change of a logit, as a share of the logits' spread."""
    assert batch.ids is not None
    before = patient.logits(batch)
    if before is None:
        return None
    if batch.mask is None:
        # two more of the same; positions may be all used
        more = batch.ids.new_full((len(batch.ids), 2), pad_id_of(patient))
        after = patient.logits(batch.replaced(batch.ids_at, torch.cat([batch.ids, more], dim=1)))
    else:
        found = word_embeddings(patient.model)
        size = found[1].num_embeddings if found else int(batch.ids.max()) + 1
        generator = torch.Generator().manual_seed(0)
        others = torch.randint(size, batch.ids.shape, generator=generator).to(batch.ids)
        ids = torch.where(is_padding, others, batch.ids)
        after = patient.logits(batch.replaced(batch.ids_at, ids))
    assert after is not None
    return float((after - before).abs().max() / spread(before))


def spread(logits: torch.Tensor) -> torch.Tensor:
    """How far the logits of different texts lie apart; above 0."""
    return logits.std(0).mean().clamp(min=1e-6)


def left_padding(
    patient: Patient, batch: Batch, is_padding: torch.Tensor, share: float
) -> Iterator[Finding]:
    """Padding before the text, where positions are counted from the left."""
    assert batch.ids is not None
    before = patient.logits(batch)
    counts = is_padding.sum(1).tolist()
    shifted = torch.stack([row.roll(-count) for row, count in zip(batch.ids, counts, strict=True)])
    moved = batch.replaced(batch.ids_at, shifted)
    if batch.mask is not None:
        mask = torch.stack(
            [row.roll(-count) for row, count in zip(batch.mask, counts, strict=True)]
        )
        moved = moved.replaced(batch.mask_at, mask)
    after = patient.logits(moved)
    if before is None or after is None:
        return
    change = float((after - before).abs().max() / spread(before))
    if change > NOTICEABLE:
        yield Finding(
            "padding_side",
            "Texts are padded on the left",
            f"{share:.0%} of the texts of a batch begin with padding, which the head may read as "
            f"the first token; padded on the right, logits change by {change:.0%} of their spread",
            'tokenizer.padding_side = "right"',
        )
