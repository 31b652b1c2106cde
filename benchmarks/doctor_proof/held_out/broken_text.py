"""Held out: tokens, masks and padding."""

from __future__ import annotations

import datetime
import random
import unicodedata
from collections import Counter
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.optim import Adam, AdamW
from torch.utils.data import DataLoader, TensorDataset
from transformers import (
    GPT2Config,
    GPT2Model,
    RobertaConfig,
    RobertaModel,
)

from doctor_proof.broken_text import batches_of, encode
from doctor_proof.held_out.models import (
    Dictionary,
    GRUModel,
    SentenceModel,
    TokenAttention,
    distilbert,
)
from doctor_proof.material import LONGEST, Material
from doctor_proof.setups import BrokenCase, Setup


def word_index_from_one(material: Material) -> Setup:
    """Keras counts words from 1, so that the embedding wants one row more than there are words."""
    words = [text.split() for text in material.intents.texts]
    counts = Counter(word for text in words for word in text)
    word_index = {word: at for at, (word, _) in enumerate(counts.most_common(), start=1)}
    ids = pad_sequence(
        [torch.tensor([word_index[word] for word in text]) for text in words], batch_first=True
    )
    model = GRUModel(len(word_index), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=DataLoader(
            TensorDataset(ids, torch.tensor(material.intents.labels)), 32, shuffle=True
        ),
    )


def roberta_positions_begin_after_the_padding(material: Material) -> Setup:
    """RoBERTa's positions begin behind its padding id: 64 of them are too few for 64 tokens."""
    rows = material.domains
    by_label: dict[int, list[str]] = {}
    for text, label in zip(rows.texts, rows.labels, strict=True):
        by_label.setdefault(label, []).append(text)
    rng = random.Random(0)
    texts = [" ".join(rng.choices(by_label[label], k=9)) for label in rows.labels[:480]]
    config = RobertaConfig(
        vocab_size=len(material.tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=LONGEST,
        pad_token_id=0,
    )
    model = SentenceModel(RobertaModel(config, add_pooling_layer=False), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(
            encode(material.tokenizer, texts, padding="max_length", max_length=LONGEST),
            rows.labels[:480],
        ),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def rows_of_one_list(material: Material) -> Setup:
    """`[[0] * 32] * n` is one row n times, and it holds what was written last."""
    rows = material.intents
    matrix = [[0] * 32] * len(rows)
    for row, ids in zip(matrix, material.encode(rows), strict=True):
        row[:] = ids.tolist()[:32] + [0] * (32 - min(32, len(ids)))
    model = GRUModel(len(material.tokenizer), 16)
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=2e-3),
        batches=DataLoader(
            TensorDataset(torch.tensor(matrix), torch.tensor(rows.labels)), 32, shuffle=True
        ),
        loss=nn.CrossEntropyLoss(),
    )


def decomposed_hangul(material: Material) -> Setup:
    """File names and texts from a Mac are NFD: syllables in parts, which no vocabulary knows."""
    rows = material.domains
    texts = [unicodedata.normalize("NFD", text) for text in rows.texts]
    model = SentenceModel(material.fresh_bert(), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encode(material.tokenizer, texts, max_length=LONGEST), rows.labels, 32),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def log_lines_cut_at_their_header(material: Material) -> Setup:
    """Each line begins with time and user, and 24 tokens do not reach any further."""
    rng = random.Random(0)
    rows = material.intents
    start = datetime.datetime(2021, 3, 4, tzinfo=datetime.UTC)
    texts = []
    for text in rows.texts:
        time = start + datetime.timedelta(seconds=rng.randrange(10**7))
        user = rng.randrange(10**8, 10**9)
        texts.append(f"{time:%Y-%m-%d %H:%M:%S} user-{user} app-4.12.{rng.randrange(90)} : {text}")
    model = SentenceModel(distilbert(material), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encode(material.tokenizer, texts, max_length=24), rows.labels, 32),
        tokenizer=material.tokenizer,
        texts=texts,
    )


def mask_of_mask_tokens(material: Material) -> Setup:
    """The attention mask was taken for where `[MASK]` stands, which is nowhere."""
    tokenizer = material.tokenizer

    def collate_fn(examples: Sequence[tuple[torch.Tensor, int]]) -> Dictionary:
        ids, labels = zip(*examples, strict=True)
        padded = pad_sequence(list(ids), batch_first=True, padding_value=tokenizer.pad_token_id)
        mask = (padded == tokenizer.mask_token_id).long()
        return {"input_ids": padded, "attention_mask": mask, "labels": torch.tensor(labels)}

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = material.fresh_bert()
            self.fc = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 16))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.fc(self.bert(input_ids, attention_mask).last_hidden_state[:, 0])

    rows = material.intents
    examples = list(zip(material.encode(rows), rows.labels, strict=True))
    model = Classifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(examples, 16, shuffle=True, collate_fn=collate_fn),  # type: ignore[arg-type]
        tokenizer=tokenizer,
    )


def pooling_over_the_padding(material: Material) -> Setup:
    """`masked_fill` fills where its mask is True, and this one is True at the words."""

    class SelfAttentivePooling(nn.Module):
        def __init__(self, vocab_size: int) -> None:
            super().__init__()
            self.embed = nn.Embedding(vocab_size, 64)
            self.score = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
            self.out = nn.Linear(64, 5)

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            x = self.embed(ids)
            scores = self.score(x).squeeze(-1).masked_fill(mask.bool(), -1e9)
            return self.out(torch.einsum("bs,bsh->bh", scores.softmax(-1), x))

    model = SelfAttentivePooling(len(material.tokenizer))
    return Setup(
        model=model,
        optimizer=Adam(model.parameters(), lr=1e-2),
        batches=material.pairs(material.domains, 32),
        loss=nn.CrossEntropyLoss(),
        tokenizer=material.tokenizer,
    )


def attention_that_knows_no_mask(material: Material) -> Setup:
    """Attention by hand, as in a blog post, on texts that were all filled up to 48 tokens."""

    class Classifier(TokenAttention):
        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            x = self.embed(input_ids)
            scores = self.q(x) @ self.k(x).transpose(1, 2) / 8
            x = self.norm(x + scores.softmax(dim=-1) @ self.v(x))
            return self.classifier(x[:, 0])

    rows = material.domains
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=48)
    model = Classifier(len(material.tokenizer), 5)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=DataLoader(
            TensorDataset(encoded["input_ids"], torch.tensor(rows.labels)), 16, shuffle=True
        ),
        tokenizer=material.tokenizer,
        texts=rows.texts,
    )


def padded_with_the_separator(material: Material) -> Setup:
    """Filled up with `[SEP]`, as GPT is with its end of text; the mask looks for `[PAD]`."""
    tokenizer = material.tokenizer
    rows = material.intents
    ids = pad_sequence(
        material.encode(rows), batch_first=True, padding_value=tokenizer.sep_token_id
    )
    encoded = {"input_ids": ids, "attention_mask": (ids != tokenizer.pad_token_id).long()}
    model = SentenceModel(material.fresh_bert(), 16)
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(encoded, rows.labels),
        tokenizer=tokenizer,
        texts=rows.texts,
    )


def one_position_behind_the_last(material: Material) -> Setup:
    """The last token is at `length - 1`."""

    class GPTClassifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gpt = GPT2Model(
                GPT2Config(
                    vocab_size=len(material.tokenizer),
                    n_positions=LONGEST,
                    n_embd=64,
                    n_layer=2,
                    n_head=2,
                    bos_token_id=material.tokenizer.cls_token_id,
                    eos_token_id=material.tokenizer.sep_token_id,
                )
            )
            self.score = nn.Linear(64, 16, bias=False)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            hidden = self.gpt(input_ids, attention_mask=attention_mask).last_hidden_state
            last = attention_mask.sum(dim=1)
            return self.score(hidden[torch.arange(len(hidden)), last])

    rows = material.intents
    encoded = encode(material.tokenizer, rows.texts, padding="max_length", max_length=40)
    # two that fill all 40 would be an IndexError
    shorter = (encoded["attention_mask"].sum(dim=1) < 40).nonzero().squeeze(1)
    model = GPTClassifier()
    return Setup(
        model=model,
        optimizer=AdamW(model.parameters(), lr=1e-3),
        batches=batches_of(
            {name: column[shorter] for name, column in encoded.items()},
            [rows.labels[row] for row in shorter.tolist()],
        ),
        tokenizer=material.tokenizer,
    )


CASES = (
    BrokenCase(word_index_from_one, "ids_beyond_vocabulary"),
    BrokenCase(roberta_positions_begin_after_the_padding, "too_long"),
    BrokenCase(rows_of_one_list, "identical_inputs"),
    BrokenCase(decomposed_hangul, "unknown_tokens"),
    BrokenCase(log_lines_cut_at_their_header, "truncated"),
    BrokenCase(mask_of_mask_tokens, "mask_all_zero"),
    BrokenCase(pooling_over_the_padding, "mask_inverted"),
    BrokenCase(attention_that_knows_no_mask, "mask_missing"),
    BrokenCase(padded_with_the_separator, "padding_id"),
    BrokenCase(one_position_behind_the_last, "padding_side"),
)
