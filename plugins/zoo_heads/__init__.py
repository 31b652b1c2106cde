"""Built-in heads: the manifest."""

from __future__ import annotations

from collections.abc import Iterator

import zoo


@zoo.hookimpl
def zoo_heads() -> Iterator[zoo.HeadSpec]:
    yield zoo.HeadSpec(
        name="linear",
        target="zoo_heads.linear:Linear",
        description="one linear layer on the first token: the baseline that everybody copies",
        parameters=1_538,
        licence="Apache-2.0",
        claims=("compile", "export"),
        paper="https://arxiv.org/abs/1810.04805",
    )
    yield zoo.HeadSpec(
        name="mlp",
        target="zoo_heads.mlp:MLP",
        description="two linear layers with LeakyReLU on the first token",
        parameters=592_130,
        licence="Apache-2.0",
        claims=("compile", "export"),
    )
    yield zoo.HeadSpec(
        name="textcnn",
        target="zoo_heads.textcnn:TextCNN",
        description="convolutions of several widths, max over real windows",
        parameters=1_076_402,
        licence="Apache-2.0",
        claims=("compile", "export"),
        paper="https://arxiv.org/abs/1408.5882",
    )
    yield zoo.HeadSpec(
        name="bilstm",
        target="zoo_heads.bilstm:BiLSTM",
        description="bidirectional LSTM over real tokens: final states, max or attention",
        parameters=2_102_274,
        licence="Apache-2.0",
        claims=("compile",),
        paper="https://doi.org/10.1162/neco.1997.9.8.1735",
    )
