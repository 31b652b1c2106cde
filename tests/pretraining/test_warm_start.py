"""An encoder that begins with another's weights computes what the other does."""

import pytest
import torch

from pretraining.__main__ import begin_predictors
from pretraining.objectives import MaskedLanguageModel, Vocabulary
from pretraining.warm_start import begin_with

IDS = torch.tensor([[2, 7, 9, 11, 3], [2, 30, 12, 3, 0]])
MASK = (IDS > 0).long()


def shaken(encoder):
    """With every weight off its beginning: norms that scale and shift, biases that are not 0."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return encoder.eval()


def states(encoder):
    with torch.no_grad():
        return encoder.eval()(IDS, MASK)


@pytest.mark.parametrize("kind", ["bert", "electra"])
def test_of_the_same_kind_exactly(make_encoder, kind):
    old, new = shaken(make_encoder(model_type=kind)), make_encoder(2, kind)
    begin_with(new, old.state_dict())
    assert torch.equal(states(new), states(old))


def test_an_electra_that_is_wide_enough_computes_what_the_bert_does(make_encoder):
    old, new = shaken(make_encoder()), make_encoder(2, "electra", embedding_size=17)
    begin_with(new, old.state_dict())
    torch.testing.assert_close(states(new), states(old), atol=2e-5, rtol=1e-4)


def test_narrower_embeddings_are_near_and_nearer_than_chance(make_encoder):
    old = shaken(make_encoder())
    wanted = states(old)
    errors = []
    for width in (4, 8, 12, 16):
        new = make_encoder(2, "electra", embedding_size=width)
        begin_with(new, old.state_dict())
        errors.append(float((states(new) - wanted)[MASK.bool()].norm()))
    assert errors == sorted(errors, reverse=True)
    fresh = float((states(make_encoder(2, "electra")) - wanted)[MASK.bool()].norm())
    assert errors[-1] < 0.5 * fresh


@pytest.mark.parametrize(
    "new", [{}, {"model_type": "electra", "embedding_size": 17}], ids=["bert", "electra"]
)
def test_predictors_go_on_scoring_as_they_did(make_encoder, new):
    old = shaken(make_encoder())
    table = old.model.get_input_embeddings().weight
    with torch.no_grad():
        table -= table.mean(dim=1, keepdim=True)
    vocabulary = Vocabulary(mask_id=4, first_word=5, size=len(table))
    trained = MaskedLanguageModel(old, vocabulary)
    begun_with = make_encoder(2, **new)
    begin_with(begun_with, old.state_dict())
    model = MaskedLanguageModel(begun_with, vocabulary)
    begin_predictors(model, trained.state_dict())
    somewhere = torch.randn(3, 16)
    with torch.no_grad():
        for name in ("token_predictor", "word_predictor"):
            wanted = getattr(trained, name)(somewhere)
            torch.testing.assert_close(
                getattr(model, name)(somewhere), wanted, atol=2e-5, rtol=1e-4
            )


def test_other_layers_are_refused(make_encoder):
    with pytest.raises(RuntimeError, match=r"layer\.1"):
        begin_with(make_encoder(), make_encoder(num_hidden_layers=2).state_dict())
