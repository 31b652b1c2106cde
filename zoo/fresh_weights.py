"""Random weights from which an encoder learns at once."""

from __future__ import annotations

import math

from torch import nn

# what the families of transformers call the layers that hand on what they read
PASSED_ON = (
    "value",
    "value_proj",
    "v_lin",
    "embeddings_project",
    "embedding_hidden_mapping_in",
)
# the embeddings that say nothing about the words
SAME_IN_EVERY_TEXT = ("position_embeddings", "token_type_embeddings")


def begin_with_words(encoder: nn.Module) -> None:
    """Change the random weights of a transformers encoder, in place, so that words come through.

    Families initialise for weeks of pretraining. Trained on some thousand texts, the first token
    then hears of the others very late: attention hands on a few hundredths of what it reads, and
    half of every state is position, the same in all texts. So attention's values and a projection
    of embeddings keep the scale of what they read (LeCun et al. 1998, "Efficient BackProp", section
    4.6), and positions begin at zero. Biases stay as they are.
    """
    for name, module in encoder.named_modules():
        kind = name.rpartition(".")[2]
        if kind in PASSED_ON and isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=1 / math.sqrt(module.in_features))
        if kind in SAME_IN_EVERY_TEXT and isinstance(module, nn.Embedding):
            nn.init.zeros_(module.weight)
