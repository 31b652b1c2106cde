"""Logits of many texts: tokenised once, batched by length, returned in order."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from zoo.errors import DataError, EvaluationError
from zoo.limits import MAX_CHARACTERS
from zoo.token_memory import current_memory
from zoo.vocabularies import DEFAULT_MAX_LENGTH

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from zoo.classifier import TextClassifier

# texts that a stream holds at a time: enough to sort by length, little enough for any memory
WINDOW = 2048
LARGEST_BATCH = 256
MAX_TOKENS = 8192


@dataclass(frozen=True, slots=True)
class Prediction:
    """The most probable label, its probability, and every label's probability."""

    label: str
    score: float
    scores: Mapping[str, float]


def predict(
    classifier: TextClassifier, texts: Iterable[str], max_tokens: int = MAX_TOKENS
) -> Iterator[Prediction]:
    """One prediction a text, in order, `WINDOW` texts in memory at a time."""
    labels = classifier.labels
    first_row = 0
    for window in windows(texts):
        token_ids = tokenize(classifier.tokenizer, window, classifier.config.max_length, first_row)
        logits = logits_of(classifier, token_ids, max_tokens, first_row)
        for row in logits.softmax(dim=1).tolist():
            best = max(range(len(labels)), key=row.__getitem__)
            yield Prediction(labels[best], row[best], dict(zip(labels, row, strict=True)))
        first_row += len(window)


def tokenize(
    tokenizer: PreTrainedTokenizerBase | None,
    texts: Sequence[str],
    max_length: int | None,
    first_row: int = 0,
) -> list[list[int]]:
    """Token ids of each text, special tokens included, cut at `max_length` tokens.

    Texts are brought to NFC, as `zoo.read_examples` does: Hangul in NFD would be unknown tokens.
    `first_row` is the number that errors call the first text by.
    """
    if tokenizer is None:
        raise DataError("this classifier has no tokenizer; give it one: classifier.tokenizer = …")
    for row, text in enumerate(texts, start=first_row):
        check_text(text, row)
    if not texts:
        return []
    cut_at = min(max_length or DEFAULT_MAX_LENGTH, tokenizer.model_max_length)

    def encode() -> list[list[int]]:
        encoded = tokenizer(
            [unicodedata.normalize("NFC", text[:MAX_CHARACTERS]) for text in texts],
            truncation=True,
            max_length=cut_at,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        return encoded["input_ids"]

    memory = current_memory()
    return encode() if memory is None else memory.recall(tokenizer, texts, cut_at, encode)


def check_text(text: object, row: int) -> None:
    """Raise `DataError` for what no tokenizer takes: not text, or half of a surrogate pair."""
    if not isinstance(text, str):
        raise DataError(f"text {row} is {type(text).__name__}, not str: {text!r:.60}")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError(
            f"text {row} holds a lone surrogate at character {error.start}; it was decoded "
            "wrongly: read the file with its real encoding"
        ) from error


def logits_of(
    classifier: TextClassifier,
    token_ids: Sequence[Sequence[int]],
    max_tokens: int = MAX_TOKENS,
    first_row: int = 0,
) -> torch.Tensor:
    """Logits `(text, label)` in float32 on the CPU, in evaluation mode, in order.

    Raises `EvaluationError` for a logit that is NaN or infinite.
    """
    in_training = [module for module in classifier.modules() if module.training]
    if in_training:  # only then: for a single text it costs a fifth of the time
        classifier.eval()
    logits = torch.empty(len(token_ids), len(classifier.labels))
    try:
        with torch.inference_mode():
            for rows in batches_by_length([len(ids) for ids in token_ids], max_tokens):
                batch = pad([token_ids[row] for row in rows], classifier.tokenizer)
                on_device = {name: tensor.to(classifier.device) for name, tensor in batch.items()}
                logits[rows] = classifier(**on_device).logits.float().cpu()
    finally:
        for module in in_training:
            module.training = True
    if not logits.isfinite().all():
        row = int((~logits.isfinite()).any(dim=1).nonzero()[0])
        raise EvaluationError(
            f"the logits of text {first_row + row} are not finite ({logits[row].tolist()}); no "
            "score may be computed from them. The weights have diverged: train again with lower "
            "learning rates"
        )
    return logits


def batches_by_length(lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Rows in batches of like length, each of at most `max_tokens` tokens with its padding."""
    batch: list[int] = []
    # longest first: if memory does not suffice, it shows at once
    for row in np.argsort([-length for length in lengths], kind="stable").tolist():
        longest = lengths[batch[0]] if batch else lengths[row]
        if batch and (len(batch) == LARGEST_BATCH or longest * (len(batch) + 1) > max_tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def pad(
    token_ids: Sequence[Sequence[int]], tokenizer: PreTrainedTokenizerBase | None
) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask` `(batch, seq)`, padded to the longest on the right."""
    # one at least: an empty text has no token where the tokenizer adds none
    longest = max(1, *map(len, token_ids))
    pad_token_id = getattr(tokenizer, "pad_token_id", None) or 0
    input_ids = torch.full((len(token_ids), longest), pad_token_id)
    attention_mask = torch.zeros(len(token_ids), longest, dtype=torch.long)
    for row, ids in enumerate(token_ids):
        input_ids[row, : len(ids)] = torch.tensor(ids)
        attention_mask[row, : len(ids)] = 1
    return {"input_ids": input_ids, "attention_mask": attention_mask}


def windows(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The texts in groups of `WINDOW`, read no further than needed."""
    # itertools.batched comes with Python 3.12
    iterator = iter(texts)
    while window := tuple(itertools.islice(iterator, WINDOW)):
        yield window
