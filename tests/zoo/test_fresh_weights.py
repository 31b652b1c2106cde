"""Random weights from which an encoder learns at once."""

import pytest
import torch
from safetensors.torch import load_file

from zoo.transformers_encoder import TransformersEncoder

SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
FAMILIES = {
    "albert": {**SIZES, "embedding_size": 32, "intermediate_size": 128},
    "bert": {**SIZES, "intermediate_size": 128},
    "deberta-v2": {**SIZES, "intermediate_size": 128},
    "distilbert": {"dim": 64, "n_layers": 2, "n_heads": 4, "hidden_dim": 128},
    "electra": {**SIZES, "embedding_size": 32, "intermediate_size": 128},
    "roberta": {**SIZES, "intermediate_size": 128},
}


@pytest.fixture(params=FAMILIES)
def encoder(request):
    torch.manual_seed(0)
    configuration = {"model_type": request.param, "vocab_size": 400, **FAMILIES[request.param]}
    return TransformersEncoder({**configuration, "initializer_range": 0.003}, None).eval()


def states(encoder, ids):
    with torch.no_grad():
        return encoder(ids, torch.ones_like(ids))


def test_first_token_hears_of_the_others(encoder):
    ids = torch.randint(5, 400, (32, 8), generator=torch.Generator().manual_seed(1))
    ids[:, 0] = 2
    first = states(encoder, ids)[:, 0]
    # states are normalised to a spread of 1; the families' own initialisation gives 0.0002 here
    assert first.std(dim=0).mean() > 0.005


def test_same_word_begins_alike_wherever_it_stands(encoder):
    ids = torch.full((1, 8), 7)
    found = states(encoder, ids)[0]
    torch.testing.assert_close(found[1], found[6], atol=1e-5, rtol=0)


def test_pretrained_weights_stay_as_they_are(tiny_bert):
    stored = load_file(tiny_bert / "model.safetensors")
    encoder = TransformersEncoder.from_pretrained(str(tiny_bert))
    for name in ("embeddings.position_embeddings", "encoder.layer.0.attention.self.value"):
        weight = encoder.model.get_parameter(f"{name}.weight")
        assert torch.equal(weight, stored[f"bert.{name}.weight"])
