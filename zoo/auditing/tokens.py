"""What the tokenizers of encoders make of the texts; no encoder is built for it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from zoo.auditing.records import EncoderAudit, Quantiles, TokenAudit
from zoo.auditing.splits import Split
from zoo.unknown_tokens import count_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_WINDOW = 2048
_MOST_WORDS = 5
# texts that are looked into for words which the tokenizer does not know
_MOST_LOOKED_INTO = 5_000


def encoder_audits(
    encoders: Sequence[str],
    splits: Sequence[Split],
    max_length: int,
    *,
    has_texts: bool,
    tokenizer_of: Callable[[str], PreTrainedTokenizerBase],
) -> tuple[EncoderAudit, ...]:
    """One audit an encoder, worked out once where two have the same vocabulary."""
    known: dict[tuple[object, ...], EncoderAudit] = {}
    audits = []
    for encoder in encoders:
        tokenizer = tokenizer_of(encoder)
        most = tokenizer.model_max_length
        limit = min(max_length, most)
        backend = getattr(tokenizer, "backend_tokenizer", None)
        # two that have the same backend split every text alike
        key = (limit, encoder if backend is None else backend.to_str())
        found = known.get(key)
        if found is None:
            found = _audit(encoder, tokenizer, splits, limit, has_texts)
            known[key] = found
        audits.append(replace(found, encoder=encoder, most_tokens=most))
    return tuple(audits)


def _audit(
    encoder: str,
    tokenizer: PreTrainedTokenizerBase,
    splits: Sequence[Split],
    limit: int,
    has_texts: bool,
) -> EncoderAudit:
    unknown_texts: list[str] = []
    audits = tuple(_split_audit(tokenizer, one, limit, unknown_texts) for one in splits)
    looked_into = unknown_texts[:_MOST_LOOKED_INTO] if has_texts else []
    words = unknown_words(tokenizer, looked_into)
    commonest = tuple(word for word, _ in words.most_common(_MOST_WORDS))
    most = tokenizer.model_max_length
    return EncoderAudit(encoder, limit, most, len(tokenizer), audits, commonest)


def _split_audit(
    tokenizer: PreTrainedTokenizerBase, split: Split, limit: int, unknown_texts: list[str]
) -> TokenAudit:
    unknown_id = tokenizer.unk_token_id
    lengths: list[int] = []
    own_tokens = unknown_tokens = texts_with_unknown = 0
    texts = split.examples.texts
    for start in range(0, len(texts), _WINDOW):
        # as `zoo` hands them to a classifier: Hangul in NFD would be unknown tokens
        window = [unicodedata.normalize("NFC", one) for one in texts[start : start + _WINDOW]]
        encoded = token_ids(tokenizer, window)
        counts = count_tokens(tokenizer, encoded)
        own_tokens += counts.own
        unknown_tokens += counts.unknown
        for text, ids in zip(window, encoded, strict=True):
            lengths.append(len(ids))
            if unknown_id in ids:
                texts_with_unknown += 1
                unknown_texts.append(text)
    return TokenAudit(
        split=split.name,
        rows=len(texts),
        lengths=Quantiles.of(lengths),
        tokens=own_tokens,
        unknown_tokens=unknown_tokens,
        texts_with_unknown=texts_with_unknown,
        truncated=sum(length > limit for length in lengths),
    )


def token_ids(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each text, special tokens included, whatever their number."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return tokenizer(list(texts), verbose=False)["input_ids"]
    # half the time of calling the tokenizer, which also makes masks and copies
    backend.no_truncation()
    backend.no_padding()
    return [encoded.ids for encoded in backend.encode_batch_fast(list(texts))]


def unknown_words(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> Counter[str]:
    """What stands in the texts where the tokenizer puts its unknown token, counted."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    words: Counter[str] = Counter()
    if backend is None or not texts:
        return words
    for text, encoded in zip(texts, backend.encode_batch(list(texts)), strict=True):
        for number, (start, end) in zip(encoded.ids, encoded.offsets, strict=True):
            if number == tokenizer.unk_token_id:
                words[text[start:end]] += 1
    return words
