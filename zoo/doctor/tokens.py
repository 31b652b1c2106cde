"""Token ids before the model sees them: range, length, unknown tokens, what is cut off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from zoo.doctor.bag_of_words import Skill, skill_of
from zoo.doctor.findings import Finding
from zoo.doctor.patient import Patient, class_indices
from zoo.positions import longest_input

UNKNOWN_SHARE = 0.2
# of all tokens that one single id may be, where nobody says which id is unknown
ONE_TOKEN_SHARE = 0.5
SAME_ROW_SHARE = 0.5
CUT_SHARE = 0.5
KEPT_SHARE = 0.6
LOST_RECALL = 0.15
# without a tokenizer: rows this short, all full and ending alike, were cut
SHORT_ROW = 16


def examine(patient: Patient) -> Iterator[Finding]:
    """What can be said of the ids alone, before the model is called with them."""
    if patient.served.first[0].ids is None:
        patient.left_out.append("token ids: no whole-number tensor (batch, seq) among the inputs")
        return
    yield from beyond_the_vocabulary(patient)
    yield from too_long(patient)
    yield from identical_inputs(patient)
    yield from unknown_tokens(patient)
    yield from truncated(patient)


def word_embeddings(model: nn.Module) -> tuple[str, nn.Embedding] | None:
    """The embedding table of the tokens: the model's own word, or else its largest."""
    for name, module in model.named_modules():
        if hasattr(module, "get_input_embeddings") and hasattr(module, "config"):
            with_name = [
                (inner, table)
                for inner, table in module.named_modules(prefix=name)
                if isinstance(table, nn.Embedding) and table is module.get_input_embeddings()
            ]
            if with_name:
                return with_name[0]
    tables = [(n, each) for n, each in model.named_modules() if isinstance(each, nn.Embedding)]
    return max(tables, key=lambda pair: pair[1].num_embeddings, default=None)


def beyond_the_vocabulary(patient: Patient) -> Iterator[Finding]:
    """Ids that the embedding table has no row for, or a tokenizer with more words than it."""
    found = word_embeddings(patient.model)
    if found is None:
        return
    name, table = found
    largest = max(int(batch.ids.max()) for batch in patient.all_batches if batch.ids is not None)
    words = len(patient.tokenizer) if patient.tokenizer is not None else 0
    if largest >= table.num_embeddings or words > table.num_embeddings:
        seen = f"the largest id in the batches is {largest:,}"
        yield Finding(
            "ids_beyond_vocabulary",
            "The tokenizer does not belong to this encoder",
            f"'{name}' has {table.num_embeddings:,} rows; {seen}"
            + (f", and the tokenizer has {words:,} tokens" if words else ""),
            "load tokenizer and encoder from the same checkpoint, or call "
            "model.resize_token_embeddings(len(tokenizer)) where tokens were added",
        )


def too_long(patient: Patient) -> Iterator[Finding]:
    """Sequences for which the encoder has no positions."""
    inner = [each for each in patient.model.modules() if isinstance(each, PreTrainedModel)]
    limits = [limit for each in inner if (limit := longest_input(each)) is not None]
    limit = min(limits, default=None)
    longest = max(batch.ids.shape[1] for batch in patient.all_batches if batch.ids is not None)
    if limit is not None and longest > limit:
        yield Finding(
            "too_long",
            "Texts are longer than the encoder has positions",
            f"a batch has {longest:,} tokens a text, the encoder {limit:,} positions",
            f"tokenizer(texts, truncation=True, max_length={limit})",
        )


def identical_inputs(patient: Patient) -> Iterator[Finding]:
    """One and the same row of ids for most examples."""
    rows = token_rows(patient)
    if len(rows) < 8:
        return
    most = count_of_one(rows)
    if most > SAME_ROW_SHARE * len(rows):
        yield Finding(
            "identical_inputs",
            "Most examples are the same row of tokens",
            f"{most:,} of {len(rows):,} examples have identical input_ids",
            "look at the data set's __getitem__ and at the collate function: an index is not used, "
            "or one text is repeated",
        )


def count_of_one(rows: Sequence[Sequence[int] | np.ndarray]) -> int:
    """How often the most frequent row occurs."""
    return max(Counter(tuple(map(int, row)) for row in rows).values(), default=0)


def token_rows(patient: Patient) -> list[np.ndarray]:
    """The ids of each example, without padding at its end."""
    rows = []
    pad_id = pad_id_of(patient)
    for batch in patient.all_batches:
        if batch.ids is None:
            continue
        for row in batch.ids.cpu().numpy():
            kept = np.flatnonzero(row != pad_id)
            rows.append(row[: kept[-1] + 1] if len(kept) else row[:0])
    return rows


def pad_id_of(patient: Patient) -> int:
    """The id that texts are filled up with: what ends rows, or else what the tokenizer says."""
    known = [batch.ids for batch in patient.all_batches if batch.ids is not None]
    for place in (-1, 0) if known else ():
        ids, counts = torch.cat([each[:, place] for each in known]).unique(return_counts=True)
        for candidate in ids[counts > 1].tolist():
            if _runs_of(patient, candidate):
                return int(candidate)
    if patient.tokenizer is not None and patient.tokenizer.pad_token_id is not None:
        return int(patient.tokenizer.pad_token_id)
    return 0


def _runs_of(patient: Patient, candidate: int) -> bool:
    """Whether rows end or begin with two and more of this id."""
    runs = 0
    for batch in patient.all_batches:
        ids = batch.ids
        if ids is not None and ids.shape[1] > 2:
            at_end = (ids[:, -2:] == candidate).all(1)
            at_start = (ids[:, :2] == candidate).all(1)
            runs += int((at_end | at_start).sum())
    return runs > 1


def unknown_tokens(patient: Patient) -> Iterator[Finding]:
    """Tokens that the tokenizer does not know, or one token that is nearly all there is.

    The share is of the texts' own tokens, special ones left out, as wherever `zoo` counts them.
    Where nobody says which these are, the first and the last of each row are taken for special.
    """
    rows = token_rows(patient)
    fix = "choose a tokenizer and an encoder of the language of the texts"
    tokenizer = patient.tokenizer
    if tokenizer is not None and tokenizer.unk_token_id is not None:
        share = unknown_share(tokenizer, rows)
        if share > UNKNOWN_SHARE:
            yield Finding(
                "unknown_tokens",
                "The tokenizer does not know the texts' words",
                f"{share:.0%} of all tokens are {tokenizer.unk_token!r}",
                fix,
            )
        return
    tokens = np.concatenate([row[1:-1] for row in rows] or [np.zeros(0)])
    if not len(tokens):
        return
    ids, counts = np.unique(tokens, return_counts=True)
    share = counts.max() / len(tokens)
    if share > ONE_TOKEN_SHARE and len(tokens) > 200:
        yield Finding(
            "unknown_tokens",
            "One token makes most of all texts",
            f"id {ids[counts.argmax()]} is {share:.0%} of all tokens between first and last; is it "
            "the unknown token?",
            fix,
        )


def unknown_share(tokenizer: PreTrainedTokenizerBase, rows: Sequence[np.ndarray]) -> float:
    """Unknown tokens by all that are not special, wherever in a row these stand."""
    tokens = np.concatenate(rows or [np.zeros(0)])
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    own = tokens[~np.isin(tokens, list(special))]
    return float((own == tokenizer.unk_token_id).mean()) if len(own) else 0.0


def truncated(patient: Patient) -> Iterator[Finding]:
    """Texts of which the larger part never reaches the model."""
    fix = "tokenizer(texts, truncation=True, max_length=128), or as long as most texts are"
    if patient.tokenizer is not None and patient.texts is not None:
        # in the order in which they are served; what lies further on is not compared
        given = [
            row
            for batch in patient.served.first
            if batch.ids is not None
            for row in batch.ids.cpu()
        ]
        pairs = list(zip(patient.texts, given, strict=False))
        pad_id = pad_id_of(patient)
        whole = patient.tokenizer([text for text, _ in pairs], truncation=False, verbose=False)[
            "input_ids"
        ]
        kept = np.array([int((row != pad_id).sum()) for _, row in pairs])
        wanted = np.array([len(ids) for ids in whole])
        is_cut = kept < wanted
        if is_cut.mean() <= CUT_SHARE:
            return
        if are_alike_uncut([row[row != pad_id].tolist() for _, row in pairs], whole):
            return
        share = float((kept / wanted)[is_cut].mean())
        before, after = (
            skill_in_order(patient, rows)
            for rows in ([np.array(ids) for ids in whole], [row.numpy() for _, row in pairs])
        )
        if share < KEPT_SHARE or _is_lost(before, after):
            yield Finding(
                "truncated",
                "What tells the classes apart is cut off",
                f"{is_cut.mean():.0%} of the texts are cut, on average to {share:.0%} of their "
                f"tokens{_loss_of_skill(before, after)}",
                fix,
            )
        return
    rows = [batch.ids for batch in patient.all_batches if batch.ids is not None]
    width = rows[0].shape[1]
    if width > SHORT_ROW or any(ids.shape[1] != width for ids in rows):
        return
    together = torch.cat(rows)
    ends = together[:, -1].unique(return_counts=True)[1].max() / len(together)
    is_padded = (together == pad_id_of(patient)).any()
    is_repeated = count_of_one(together.tolist()) > SAME_ROW_SHARE * len(together)
    if len(together) > 32 and ends > 0.95 and not is_padded and not is_repeated:
        yield Finding(
            "truncated",
            "Every text is cut after the same few tokens",
            f"all {len(together):,} texts have exactly {width} tokens and end with the same one",
            fix,
        )


def are_alike_uncut(rows: Sequence[list[int]], whole: Sequence[list[int]]) -> bool:
    """Whether most rows are one and the same for another reason than being cut.

    The texts are all the same, or the rows are no part of them.
    """
    if count_of_one(rows) <= SAME_ROW_SHARE * len(rows):
        return False
    parts = sum(is_part(row, text) for row, text in zip(rows, whole, strict=True))
    return count_of_one(whole) > SAME_ROW_SHARE * len(whole) or parts <= CUT_SHARE * len(rows)


def is_part(row: list[int], text: list[int]) -> bool:
    """Whether a row begins or ends as the text does, first and last token aside."""
    inner = row[1:-1]
    return inner in (text[1 : 1 + len(inner)], text[len(text) - 1 - len(inner) : -1])


def skill_in_order(patient: Patient, rows: Sequence[np.ndarray]) -> Skill | None:
    """What a bag of words makes of rows that are parallel to the examples as they are served."""
    found = [class_indices(batch) for batch in patient.served.first]
    labels = np.concatenate([each for each in found if each is not None] or [np.zeros(0, int)])
    count = min(len(rows), len(labels))
    known = labels[:count] >= 0
    chosen = [row for row, one in zip(rows[:count], known, strict=True) if one]
    return skill_of(chosen, labels[:count][known])


def _is_lost(before: Skill | None, after: Skill | None) -> bool:
    if before is None or after is None:
        return False
    return after.recall < before.recall - max(LOST_RECALL, 4 * before.error)


def _loss_of_skill(before: Skill | None, after: Skill | None) -> str:
    if before is None or after is None:
        return ""
    return (
        f"; a bag of their words finds {after.recall:.0%} of a class, of whole texts "
        f"{before.recall:.0%}"
    )
