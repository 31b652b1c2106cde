"""Training of a head alone."""

import pytest
import torch

import zoo
from zoo import frozen
from zoo.errors import PairError
from zoo.recipe import Recipe

RECIPE = Recipe(epochs=3, batch_size=16, frozen=True, precision="fp32", head_learning_rate=1e-2)


def test_the_encoder_stays_as_it_is_and_the_head_learns(make_classifier, toy, weights):
    classifier = make_classifier("textcnn")
    before = weights(classifier.encoder), weights(classifier.head)
    zoo.train(classifier, toy, toy, RECIPE)
    assert torch.equal(weights(classifier.encoder), before[0])
    assert not torch.equal(weights(classifier.head), before[1])


@pytest.mark.parametrize("head", ["linear", "mlp", "textcnn", "bilstm"])
def test_stored_states_give_the_weights_of_computed_ones(
    make_classifier, toy, weights, head, monkeypatch
):
    results = []
    for largest in (frozen.LARGEST_CACHE_BYTES, 0):
        monkeypatch.setattr(frozen, "LARGEST_CACHE_BYTES", largest)
        classifier = make_classifier(head)
        report = zoo.train(classifier, toy, toy[:20], RECIPE)
        results.append((weights(classifier.head), report))
    # not bit by bit: a sentence is computed beside others
    torch.testing.assert_close(results[0][0], results[1][0], atol=2e-3, rtol=0)
    assert results[0][1].best_epoch == results[1][1].best_epoch


def test_states_are_those_of_the_real_tokens(make_classifier):
    classifier = make_classifier()
    token_ids = classifier.tokenizer(["가", "가 나 다"])["input_ids"]
    states = frozen.states_of(classifier, token_ids)
    for ids, found in zip(token_ids, states, strict=True):
        alone = classifier.encoder(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.long))
        torch.testing.assert_close(found, alone[0], atol=1e-5, rtol=0)


def test_the_cache_is_left_out_where_it_would_be_too_large(make_classifier, monkeypatch):
    classifier = make_classifier()
    # two texts of 3 and 2 tokens, 16 numbers each of 4 bytes
    monkeypatch.setattr(frozen, "LARGEST_CACHE_BYTES", 5 * 16 * 4)
    assert frozen.fits_in_cache(classifier, [[1, 2, 3], [4, 5]])
    assert not frozen.fits_in_cache(classifier, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_head_with_a_label_too_many_does_not_get_through_training(
    make_classifier, toy, is_frozen
):
    classifier = make_classifier("linear")
    classifier.head.output = torch.nn.Linear(16, 3)
    with pytest.raises(PairError) as error:
        zoo.train(classifier, toy, None, RECIPE.model_copy(update={"frozen": is_frozen}))
    assert str(error.value) == (
        "head 'linear' returned torch.float32 of shape (16, 3) where floating-point (batch, label) "
        "= (16, 2) is due"
    )


def test_states_of_a_wrong_size_are_refused(make_classifier):
    classifier = make_classifier("linear")
    classifier.encoder.hidden_size = 8
    with pytest.raises(PairError) as error:
        frozen.states_of(classifier, [[1, 2]])
    assert str(error.value).endswith(
        "returned torch.float32 of shape (1, 2, 16) where floating-point (batch, seq, hidden) = "
        "(1, 2, 8) is due"
    )


def test_after_a_frozen_training_everything_can_be_trained(make_classifier, toy, weights):
    classifier = make_classifier()
    zoo.train(classifier, toy, None, RECIPE)
    before = weights(classifier.encoder)
    zoo.train(classifier, toy, None, Recipe(epochs=1, precision="fp32"))
    assert not torch.equal(weights(classifier.encoder), before)
