"""The ELECTRA family: discriminators of replaced tokens (Clark et al. 2020)."""

from __future__ import annotations

from zoo import EncoderSpec
from zoo_encoders.bert import NANO_LEARNING_RATE

TARGET = "zoo.transformers_encoder:TransformersEncoder"
CLAIMS = ("compile", "export")
VOCABULARY = "zoo_encoders:vocabularies/korean-12k.txt"
PAPER = "https://arxiv.org/abs/2003.10555"

BASE = {
    "model_type": "electra",
    "embedding_size": 768,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
}
SMALL = {
    "model_type": "electra",
    "embedding_size": 128,
    "hidden_size": 256,
    "num_hidden_layers": 12,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
    "max_position_embeddings": 512,
}
NANO = {
    **SMALL,
    "num_hidden_layers": 4,
    "intermediate_size": 512,
    # ELECTRA's is 0.02, see NANO of the BERT family
    "initializer_range": 0.003,
    # it costs a fifth of the time on a CPU, and gains nothing in five epochs: pretraining.md
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}

SPECS = (
    EncoderSpec(
        name="koelectra",
        target=TARGET,
        description="KoELECTRA base v3 discriminator, Korean, 12 layers × 768",
        checkpoint="monologg/koelectra-base-v3-discriminator",
        configuration=BASE,
        vocabulary=VOCABULARY,
        claims=CLAIMS,
        parameters=112_330_752,
        languages=("ko",),
        licence="Apache-2.0",
        paper=PAPER,
    ),
    EncoderSpec(
        name="koelectra-small",
        target=TARGET,
        description="KoELECTRA small v3 discriminator, Korean, 12 layers × 256",
        checkpoint="monologg/koelectra-small-v3-discriminator",
        configuration=SMALL,
        vocabulary=VOCABULARY,
        claims=CLAIMS,
        parameters=14_056_192,
        languages=("ko",),
        licence="Apache-2.0",
        paper=PAPER,
    ),
    EncoderSpec(
        name="koelectra-nano",
        target=TARGET,
        description="small ELECTRA for laptops, 4 layers × 256, pretrained on Korean film reviews",
        configuration=NANO,
        vocabulary=VOCABULARY,
        weights="zoo_encoders:weights/koelectra-nano",
        learning_rate=NANO_LEARNING_RATE,
        claims=CLAIMS,
        parameters=3_743_488,
        languages=("ko",),
        licence="Apache-2.0",
        paper=PAPER,
    ),
)
