"""Any other encoder of transformers, by hub id or local folder: `hf:klue/roberta-small`."""

from __future__ import annotations

from zoo import EncoderSpec

SPECS = (
    EncoderSpec(
        name="hf",
        target="zoo.transformers_encoder:TransformersEncoder",
        description="any encoder of transformers: hf:<hub id or local folder>",
        takes_checkpoint=True,
    ),
)
