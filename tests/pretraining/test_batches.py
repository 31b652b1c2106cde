"""Batches of about the same number of tokens, in an order that a step number decides."""

import torch

from pretraining.batches import Batches


def rows(batch):
    return [tuple(row[row != 0].tolist()) for row in batch.input_ids]


def test_one_pass_serves_every_text_once(corpus):
    batches = Batches(corpus, 128, 0, seed=0)
    served = sorted(row for step in range(batches.per_pass) for row in rows(batches[step]))
    assert served == sorted(tuple(corpus.text(index).tolist()) for index in range(len(corpus)))


def test_no_batch_has_more_tokens_than_asked_for(corpus):
    batches = Batches(corpus, 128, 0, seed=0)
    assert all(batches[step].input_ids.numel() <= 128 for step in range(batches.per_pass))


def test_texts_of_a_batch_are_of_about_one_length(corpus):
    batches = Batches(corpus, 128, 0, seed=0)
    masks = [batches[step].attention_mask.float() for step in range(batches.per_pass)]
    assert sum(mask.sum() for mask in masks) > 0.9 * sum(mask.numel() for mask in masks)


def test_a_step_is_the_same_batch_whenever_it_is_asked(corpus):
    first, second = Batches(corpus, 128, 0, seed=0), Batches(corpus, 128, 0, seed=0)
    later = first.per_pass + 3
    for step in range(later):
        first[step]
    assert torch.equal(first[later].input_ids, second[later].input_ids)


def test_the_next_pass_has_another_order(corpus):
    batches = Batches(corpus, 128, 0, seed=0)
    passes = [
        [rows(batches[number * batches.per_pass + step]) for step in range(4)] for number in (0, 1)
    ]
    assert passes[0] != passes[1]
