"""The manifest: what this package brings to `zoo`. It imports nothing heavier than `zoo`."""

from __future__ import annotations

from collections.abc import Iterator

import zoo


@zoo.hookimpl
def zoo_heads() -> Iterator[zoo.HeadSpec]:
    yield zoo.HeadSpec(
        name="attention",
        # text, imported when somebody builds the head and not when it is listed
        target="zoo_attention_head.attention:Attention",
        description="multi-head attention with a learned query over real tokens",
        parameters=1_182_722,
        licence="Apache-2.0",
        paper="https://arxiv.org/abs/1810.00825",
        claims=("compile", "export"),
    )
