"""A small corpus and a small encoder to pretrain."""

import numpy as np
import pytest
import torch

from pretraining.corpus import Corpus
from pretraining.objectives import Vocabulary
from zoo.transformers_encoder import TransformersEncoder

VOCABULARY = Vocabulary(mask_id=4, first_word=5, size=40)


def make_corpus(texts):
    """Every text begins with 2, ends with 3, and repeats a pattern that can be learned."""
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(texts):
        first, length = generator.integers(5, 30), generator.integers(3, 12)
        rows.append(np.array([2, *(first + np.arange(length) % 10), 3], dtype=np.uint16))
    return Corpus(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))


@pytest.fixture
def corpus():
    return make_corpus(300)


@pytest.fixture
def make_encoder():
    def make(seed=0, model_type="bert", **changes):
        torch.manual_seed(seed)
        configuration = {
            "model_type": model_type,
            "vocab_size": 40,
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "max_position_embeddings": 32,
        }
        if model_type == "electra":
            configuration["embedding_size"] = 8
        return TransformersEncoder({**configuration, **changes}, None, dropout=0.0)

    return make
