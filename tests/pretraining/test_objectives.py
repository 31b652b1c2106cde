"""Masked tokens, the words of a text from its first token, replaced tokens."""

import math

import pytest
import torch
from torch.nn import functional

from pretraining.batches import Batch, Batches
from pretraining.objectives import (
    MaskedLanguageModel,
    ReplacedTokenDetection,
    Vocabulary,
    mask_tokens,
    words_from_first_token,
)

VOCABULARY = Vocabulary(mask_id=4, first_word=5, size=40)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def batch(corpus):
    return Batches(corpus, 256, 0, seed=0)[0]


@pytest.fixture
def many():
    """10,000 words between the special tokens of 100 texts."""
    ids = torch.randint(5, 40, (100, 102), generator=chance(3))
    ids[:, 0], ids[:, -1] = 2, 3
    return Batch(ids, torch.ones_like(ids))


def test_special_tokens_and_padding_are_never_chosen(batch):
    masked = mask_tokens(batch, VOCABULARY, 0.99, chance())
    assert (masked.originals >= 5).all()
    kept = batch.input_ids < 5
    assert torch.equal(masked.input_ids[kept], batch.input_ids[kept])


def test_of_the_chosen_80_per_cent_are_masked_and_10_per_cent_stay(many):
    masked = mask_tokens(many, VOCABULARY, 0.15, chance())
    count = len(masked.places)
    now = masked.of(masked.input_ids)
    # three standard deviations of a binomial
    assert abs(count - 1_500) < 3 * math.sqrt(10_000 * 0.15 * 0.85)
    assert abs(int((now == 4).sum()) - 0.8 * count) < 3 * math.sqrt(count * 0.16)
    # one in 35 of those that were exchanged is the same word by chance
    stay = (0.1 + 0.1 / 35) * count
    assert abs(int((now == masked.originals).sum()) - stay) < 3 * math.sqrt(count * 0.09)


def test_words_are_the_mean_loss_of_a_texts_words():
    batch = Batch(torch.tensor([[2, 7, 9, 3], [2, 8, 3, 0]]), torch.ones(2, 4))
    logits = torch.randn(2, 40, generator=chance())
    by_hand = functional.cross_entropy(logits[[0, 0, 1]], torch.tensor([7, 9, 8]))
    torch.testing.assert_close(words_from_first_token(logits, batch, VOCABULARY), by_hand)


@pytest.mark.parametrize("model_type", ["bert", "electra"])
def test_every_parameter_learns(make_encoder, batch, model_type):
    model = MaskedLanguageModel(make_encoder(model_type=model_type), VOCABULARY)
    model(batch, chance())["loss"].backward()
    still = [name for name, one in model.named_parameters() if one.grad is None]
    # a table of segments and positions gets one, too
    assert still == []


@pytest.fixture
def detection(make_encoder):
    generator = MaskedLanguageModel(make_encoder(), VOCABULARY)
    return ReplacedTokenDetection(make_encoder(1, "electra"), generator)


def test_only_words_are_replaced_and_only_by_words(detection, batch):
    replaced = detection.replace(batch, chance())
    changed = replaced != batch.input_ids
    assert changed.any()
    assert (batch.input_ids[changed] >= 5).all()
    assert (replaced[changed] >= 5).all()


def test_the_generator_is_neither_trained_nor_stored(detection, batch):
    detection(batch, chance())["loss"].backward()
    assert all(one.grad is None for one in detection._generator[0].parameters())
    assert not any("generator" in name for name in detection.state_dict())


def test_what_is_found_is_what_was_replaced(detection, batch):
    replaced = detection.replace(batch, chance())
    scores = torch.where(replaced != batch.input_ids, 20.0, -20.0)
    detection.encoder.forward = lambda *_: scores.unsqueeze(-1).expand(-1, -1, 16)
    detection.detector = torch.nn.Linear(16, 1, bias=False)
    torch.nn.init.constant_(detection.detector.weight, 1 / 16)
    with torch.no_grad():
        losses = detection(batch, chance())
    assert float(losses["replaced tokens"]) < 1e-6
