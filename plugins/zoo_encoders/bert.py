"""The BERT family: masked language models (Devlin et al. 2019, https://arxiv.org/abs/1810.04805)."""

from __future__ import annotations

from zoo import EncoderSpec

TARGET = "zoo.transformers_encoder:TransformersEncoder"
CLAIMS = ("compile", "export")
VOCABULARY = "zoo_encoders:vocabularies/korean-12k.txt"
PAPER = "https://arxiv.org/abs/1810.04805"

BASE = {
    "model_type": "bert",
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
}
NANO = {
    "model_type": "bert",
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "max_position_embeddings": 512,
    # BERT's is 0.02; the smaller an embedding begins, the sooner a few updates turn it
    "initializer_range": 0.003,
    # it costs a fifth of the time on a CPU, and gains nothing in five epochs: pretraining.md
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}

# at the 2e-5 of a BERT base so small an encoder hardly moves
NANO_LEARNING_RATE = 5e-4

SPECS = (
    EncoderSpec(
        name="bert",
        target=TARGET,
        description="KLUE BERT base, Korean, 12 layers × 768",
        checkpoint="klue/bert-base",
        configuration=BASE,
        vocabulary=VOCABULARY,
        claims=CLAIMS,
        parameters=110_026_752,
        languages=("ko",),
        licence="CC-BY-SA-4.0",
        paper="https://arxiv.org/abs/2105.09680",
    ),
    EncoderSpec(
        name="bert-multilingual",
        target=TARGET,
        description="multilingual cased BERT base, 104 languages, 12 layers × 768",
        checkpoint="google-bert/bert-base-multilingual-cased",
        configuration=BASE,
        vocabulary=VOCABULARY,
        claims=CLAIMS,
        parameters=177_262_848,
        languages=("multilingual",),
        licence="Apache-2.0",
        paper=PAPER,
    ),
    EncoderSpec(
        name="bert-nano",
        target=TARGET,
        description="small BERT for laptops, 4 layers × 256, pretrained on Korean film reviews",
        configuration=NANO,
        vocabulary=VOCABULARY,
        weights="zoo_encoders:weights/bert-nano",
        learning_rate=NANO_LEARNING_RATE,
        claims=CLAIMS,
        parameters=5_312_512,
        languages=("ko",),
        licence="Apache-2.0",
        paper=PAPER,
    ),
)
