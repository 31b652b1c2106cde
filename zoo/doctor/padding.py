"""Attention masks, and whether padding has a say."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator

import torch

from zoo.doctor.batches import Batch
from zoo.doctor.findings import Finding
from zoo.doctor.function_watch import watch
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
    if not faults and attends(patient, batch):
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


def attends(patient: Patient, batch: Batch) -> bool:
    """Whether the model takes a mask in some form, or would have to: some part of it attends."""
    return (
        batch.mask is not None
        or any(
            not MASKS.isdisjoint(inspect.signature(module.forward).parameters)
            for module in patient.model.modules()
        )
        or watch(patient, batch, training=False).is_attending
    )


def effects_of_padding(patient: Patient, batch: Batch) -> Iterator[Finding]:
    """Whether the logits of a text depend on what it was filled up with."""
    assert batch.ids is not None
    pad_id = pad_id_of(patient)
    runs = ends_of(batch.ids, pad_id)
    is_padding = runs if batch.mask is None else runs | (batch.mask == 0)
    is_shown = batch.mask is None or bool((runs & (batch.mask != 0)).any())
    if not is_padding.any():
        return
    evidence = ""
    if is_padding[:, 0].float().mean() <= PADDED_SHARE:
        change = change_alone(patient, batch, is_padding, pad_id)
        if change is not None and change < NOTICEABLE:
            return
        if change is not None:
            evidence = (
                f"by itself a text gets logits that differ by {as_share(change)} from "
                "those it gets beside longer texts"
            )
        if change is not None and is_shown:
            yield unmasked(patient, pad_id, evidence)
            return
    if batch.mask is None:
        patient.left_out.append("padding: the model takes texts of this length alone")
        return
    yield from under_the_mask(patient, batch, is_padding, evidence)


def ends_of(ids: torch.Tensor, pad_id: int) -> torch.Tensor:
    """Where `(batch, seq)` rows end or begin with a run of two and more of the padding id."""
    is_pad = ids.eq(pad_id).long()
    after = is_pad.flip(1).cumprod(1).flip(1)
    before = is_pad.cumprod(1)
    is_run = (after.sum(1, keepdim=True) > 1, before.sum(1, keepdim=True) > 1)
    return (after.bool() & is_run[0]) | (before.bool() & is_run[1])


def change_alone(
    patient: Patient, batch: Batch, is_padding: torch.Tensor, pad_id: int
) -> float | None:
    """The largest change of a logit of some texts without their padding, as a share of the spread.

    None where the model cannot be called with a shorter text.
    """
    assert batch.ids is not None
    before = patient.logits(batch)
    if before is None:
        return None
    expected = expected_pad_id(patient)
    changes = [0.0]
    for row in is_padding.any(1).nonzero().flatten().tolist()[:ALONE]:
        kept = ~is_padding[row]
        if expected not in (None, pad_id) and not kept.all():
            # a token that ends the text as well as filling it up
            kept[int(kept.nonzero().max()) + 1] = True
        alone = batch.taken(slice(row, row + 1))
        alone = alone.replaced(batch.ids_at, batch.ids[row : row + 1][:, kept])
        if batch.mask is not None:
            alone = alone.replaced(batch.mask_at, batch.mask[row : row + 1][:, kept])
        try:
            after = patient.logits(alone)
        except Exception:  # a stranger's forward, made for one length
            return None
        assert after is not None
        change = float((after[0] - before[row]).abs().max() / spread(before))
        # a text of which a wrong mask leaves nothing
        changes.append(change if math.isfinite(change) else math.inf)
    return max(changes)


def as_share(change: float) -> str:
    return f"{change:.0%} of their spread" if math.isfinite(change) else "NaN"


def unmasked(patient: Patient, pad_id: int, evidence: str) -> Finding:
    """Padding that no mask covers: because it is not the id that the mask is made of, or at all."""
    expected = expected_pad_id(patient)
    if expected is None or expected == pad_id:
        return has_a_say(evidence)
    return Finding(
        "padding_id",
        "Texts are filled up with the wrong token",
        f"they end with id {pad_id}, the padding id of model and tokenizer is {expected}; "
        f"{evidence}",
        f"pad with {expected}: pad_sequence(ids, batch_first=True, padding_value={expected})",
    )


def has_a_say(evidence: str) -> Finding:
    return Finding(
        "mask_missing",
        "Padding has a say",
        f"{evidence}; a text is classified by what it was batched with",
        "model(input_ids, attention_mask=attention_mask), and no pooling over padded positions",
    )


def under_the_mask(
    patient: Patient, batch: Batch, is_padding: torch.Tensor, evidence: str
) -> Iterator[Finding]:
    """What padding under a mask does to the logits; `evidence` says that it does, if known."""
    change = change_by(patient, batch, is_padding)
    if change is None or change < NOTICEABLE:
        if evidence:
            yield has_a_say(evidence)
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
            "PyTorch's own layers and masked_fill want (input_ids == pad_id), True where padding "
            "is; transformers takes attention_mask = (input_ids != pad_id)",
        )
        return
    for place, chosen, fix in readable_places(is_padding):
        rest = is_padding & ~chosen
        share = float((is_padding & chosen).any(1).float().mean())
        by_rest = change_by(patient, batch, rest) if rest.any() else None
        if share > PADDED_SHARE and by_rest is not None and by_rest < NOTICEABLE:
            yield Finding(
                "padding_side",
                f"The head reads {place}, which is padding",
                f"{share:.0%} of the texts of a batch have padding there; another token in place "
                f"changes the logits by {change:.0%} of their spread, other padding does not",
                fix,
            )
            return
    yield has_a_say(
        f"the logits change by {change:.0%} of their spread when padding is replaced by other "
        "tokens"
    )


def readable_places(
    is_padding: torch.Tensor,
) -> Iterator[tuple[str, torch.Tensor, str]]:
    """Places that heads read, as `(batch, seq)`, and how to read a token there."""
    last_token = "read each text's last token, hidden[range(len(hidden)), mask.sum(1) - 1]"
    first, last, behind = (torch.zeros_like(is_padding) for _ in range(3))
    first[:, 0] = True
    last[:, -1] = True
    behind[:, 1:] = is_padding[:, 1:] & ~is_padding[:, :-1]
    yield "the first position", first, 'tokenizer.padding_side = "right"'
    yield "the last position", last, last_token
    yield "the position behind the last token", behind, last_token


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
