"""A finished run as the folder that a package ships: half precision, checksums, vocabulary."""

from __future__ import annotations

from pathlib import Path

import torch

import zoo
from zoo.checksums import write_checksums


def export(name: str, weights: dict[str, torch.Tensor], output: Path) -> int:
    """Write the encoder `name` with these weights to the folder `output`; gives its bytes.

    The weights are float16, which halves the package and is loaded as float32 again. The
    configuration is the encoder's own.
    """
    encoder = zoo.build(name, "linear", num_labels=2, pretrained=False).encoder
    encoder.load_state_dict(weights)
    largest = max(float(weight.abs().max()) for weight in weights.values())
    if not largest < torch.finfo(torch.float16).max:
        raise ValueError(f"{name}: a weight of {largest:g} does not fit into float16")
    encoder.model.half().save_pretrained(output)
    assert encoder.tokenizer is not None
    encoder.tokenizer.save_pretrained(output)
    write_checksums(output)
    return sum(file.stat().st_size for file in output.iterdir())
