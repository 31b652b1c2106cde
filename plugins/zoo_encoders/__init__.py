"""Built-in encoders: the manifest."""

from __future__ import annotations

from collections.abc import Iterator

import zoo
from zoo_encoders import bert, electra, hub


@zoo.hookimpl
def zoo_encoders() -> Iterator[zoo.EncoderSpec]:
    yield from bert.SPECS
    yield from electra.SPECS
    yield from hub.SPECS
