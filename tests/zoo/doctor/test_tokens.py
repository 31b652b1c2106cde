"""Tokens that are unknown or cut off, also of examples whose labels the loss leaves out."""

import numpy as np
import pytest
import torch
from torch import nn

from zoo.doctor import diagnose
from zoo.doctor.tokens import unknown_share
from zoo.unknown_tokens import count_tokens
from zoo.vocabularies import tokenizer_of


class WordsAsNumbers:
    """A tokenizer of texts such as "3 1 4": a number is its own id."""

    unk_token_id, unk_token, pad_token_id = None, None, 0

    def __len__(self):
        return 40

    def __call__(self, texts, **_):
        return {"input_ids": [[int(word) for word in text.split()] for text in texts]}


def test_unknown_tokens_are_counted_as_training_counts_them():
    """Also where no special tokens stand around the text: its ends are then its own."""
    tokenizer = tokenizer_of("bert-nano")
    texts = ["뷁뷁 불", "ㅋㅋ 🦓 zebra", "🦓"]
    ids = tokenizer(texts)["input_ids"]
    bare = tokenizer(texts, add_special_tokens=False)["input_ids"]

    expected = count_tokens(tokenizer, ids).unknown_share
    assert 0 < expected < 1
    for rows in (ids, bare):
        assert unknown_share(tokenizer, [np.array(row) for row in rows]) == expected


def test_texts_stay_beside_their_labels_where_some_have_none(model, examples):
    """Every other label is -100; cut to two of eight words, the class can still be told."""
    ids, labels = examples
    kept = torch.where(torch.arange(len(labels)) % 2 == 0, labels, -100)
    batches = list(zip(ids[:, :2].split(16), kept.split(16), strict=True))
    texts = [" ".join(map(str, row.tolist())) for row in ids]
    found = diagnose(
        model,
        batches=batches,
        loss=nn.CrossEntropyLoss(ignore_index=-100),
        tokenizer=WordsAsNumbers(),
        texts=texts,
        seconds=0,
    )
    (finding,) = found.findings
    assert finding.cause == "truncated"
    # each class has words of its own
    assert "finds 100% of a class, of whole texts 100%" in finding.evidence


@pytest.fixture
def texts_on(model):
    """The causes found where `texts` were made into `ids`, 16 to a batch."""

    def texts_on(texts, ids):
        labels = torch.randint(4, (len(texts),), generator=torch.Generator().manual_seed(0))
        found = diagnose(
            model,
            batches=list(zip(ids.split(16), labels.split(16), strict=True)),
            tokenizer=WordsAsNumbers(),
            texts=[" ".join(map(str, row.tolist())) for row in texts],
            seconds=0,
        )
        return [finding.cause for finding in found.findings]

    return texts_on


def between_ends(words):
    """Words between a first token 38 and a last one 39."""
    count = len(words)
    return torch.cat([torch.full((count, 1), 38), words, torch.full((count, 1), 39)], dim=1)


def test_rows_that_are_alike_since_texts_are_cut_are_told_as_cut(texts_on, examples):
    texts = between_ends(examples[0])
    assert texts_on(texts, texts[:, [0, -1]]) == ["truncated"]


def test_constant_texts_are_not_told_as_cut(texts_on, examples):
    texts = between_ends(examples[0][:1].expand(320, -1))
    assert texts_on(texts, texts[:, [0, 1, 2, -1]]) == ["identical_inputs"]


def test_one_row_for_all_texts_is_not_told_as_cut(texts_on, examples):
    """An index that is not used: the row of one short text stands for every other."""
    texts = between_ends(examples[0])
    assert texts_on(texts, texts[:1, [0, 1, 2, -1]].expand(320, -1)) == ["identical_inputs"]
