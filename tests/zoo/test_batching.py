"""The order of examples: random, whole, and the same for every pair."""

import numpy as np
import pytest

from zoo.batching import BucketedOrder, TokenisedExamples

LENGTHS = np.random.default_rng(0).integers(1, 100, size=1000).tolist()


def order(seed=0, epoch=0, lengths=LENGTHS, batch_size=16):
    bucketed = BucketedOrder(lengths, batch_size, seed)
    bucketed.set_epoch(epoch)
    return list(bucketed)


def padded_size(order, batch_size=16):
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return sum(len(batch) * max(LENGTHS[row] for row in batch) for batch in batches)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 1000])
def test_each_example_comes_once_an_epoch(count):
    assert sorted(order(lengths=LENGTHS[:count])) == list(range(count))


def test_the_order_depends_on_seed_and_epoch_and_on_nothing_else():
    assert order(seed=1, epoch=2) == order(seed=1, epoch=2)
    assert order(seed=1, epoch=2) != order(seed=1, epoch=3)
    assert order(seed=1, epoch=2) != order(seed=2, epoch=2)


def test_asking_again_does_not_move_it():
    bucketed = BucketedOrder(LENGTHS, 16, seed=0)
    assert list(bucketed) == list(bucketed)


def test_neighbours_of_like_length_save_most_of_the_padding():
    tokens = sum(LENGTHS)
    at_random = np.random.default_rng(1).permutation(len(LENGTHS)).tolist()
    saved = 1 - (padded_size(order()) - tokens) / (padded_size(at_random) - tokens)
    assert saved > 0.8


def test_batches_come_in_random_order_of_length():
    firsts = [LENGTHS[row] for row in order()[::16]]
    assert firsts != sorted(firsts)
    assert firsts != sorted(firsts, reverse=True)


def test_a_batch_is_padded_to_its_longest():
    class Tokenizer:
        pad_token_id = 9

    examples = TokenisedExamples([[1, 2, 3], [4]], np.array([1, 0]), Tokenizer())
    batch = examples.collate([examples[0], examples[1]])
    assert {name: tensor.tolist() for name, tensor in batch.items()} == {
        "input_ids": [[1, 2, 3], [4, 9, 9]],
        "attention_mask": [[1, 1, 1], [1, 0, 0]],
        "labels": [1, 0],
    }
