"""A component saved here and loaded in a fresh process: `python -m zoo.checks.fresh_process`."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from zoo.checks.check import CheckFailed
from zoo.checks.subject import SUBJECTS

if TYPE_CHECKING:
    from zoo.checks.subject import Batch, Subject

_SECONDS = 300


def outputs_after_loading(subject: Subject, module: nn.Module, batch: Batch) -> list[torch.Tensor]:
    """What the component gives after its weights went through a file and another process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        description = {
            "target": subject.target,
            "kind": subject.kind,
            **subject.leave(module, folder),
        }
        (folder / "subject.json").write_text(json.dumps(description), encoding="utf-8")
        # a tensor under two names is stored once: clones, since safetensors refuses shared memory
        weights = {key: value.detach().clone() for key, value in module.state_dict().items()}
        save_file(weights, folder / "weights.safetensors")
        save_file({"input": batch[0], "mask": batch[1]}, folder / "batch.safetensors")
        done = subprocess.run(
            [sys.executable, "-m", "zoo.checks.fresh_process", str(folder)],
            # what this process can import, that one must, too
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CheckFailed(
                f"{subject.target} importable, made and filled in a fresh process",
                (done.stderr.strip().splitlines() or ["it ended without a word"])[-1],
                subject.remedy_for("survives_saving"),
            )
        stored = load_file(folder / "outputs.safetensors")
        return [stored[str(row)] for row in range(len(stored))]


def main(folder: Path) -> None:
    """Make the component that `folder` describes, fill it, and write what it gives."""
    description: dict[str, Any] = json.loads((folder / "subject.json").read_text("utf-8"))
    target = description.pop("target")
    module_name, _, name = target.partition(":")
    subject = SUBJECTS[description.pop("kind")].found(
        folder,
        component=getattr(importlib.import_module(module_name), name),
        target=target,
        name=name,
        **description,
    )
    module = subject.construct().eval()
    module.load_state_dict(load_file(folder / "weights.safetensors"))
    batch = load_file(folder / "batch.safetensors")
    with torch.no_grad():
        outputs = subject.outputs(module, (batch["input"], batch["mask"]))
    tensors = {str(row): one.contiguous().clone() for row, one in enumerate(outputs)}
    save_file(tensors, folder / "outputs.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
