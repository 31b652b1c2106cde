"""Checkpoints at the end of each epoch, and the way back from the last complete one."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

from zoo.errors import RecipeError

if TYPE_CHECKING:
    from zoo.trainer import Watcher

STATE = "zoo-state.json"
BEST = "zoo-best.safetensors"


class Resumption(TrainerCallback):
    """Keeps the watcher's state beside the Trainer's, so that a killed training continues.

    A checkpoint counts once its `zoo-state.json` stands, which is written last.
    """

    def __init__(self, folder: Path | None, key: dict[str, Any], watcher: Watcher) -> None:
        self.folder = folder
        self.key = key
        self.watcher = watcher

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Complete the checkpoint that the Trainer has just written."""
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        watcher = self.watcher
        if watcher.best_state is not None:
            # safetensors refuses tensors that share memory; each of these is a copy of its own
            save_file(watcher.best_state, checkpoint / BEST)
        values = {
            "key": self.key,
            "history": watcher.history,
            "best_epoch": watcher.best_epoch,
            "best_score": watcher.best_score if watcher.best_state is not None else None,
            "recent_loss": watcher.recent_loss,
            "samples": watcher.samples,
        }
        partial = checkpoint / f"{STATE}.tmp"
        partial.write_text(json.dumps(values), encoding="utf-8")
        os.replace(partial, checkpoint / STATE)

    def restore(self) -> str | None:
        """Take up the last complete checkpoint; its path for the Trainer, None to start afresh.

        Raises `RecipeError` where the checkpoints belong to another recipe, seed or set of examples.
        """
        if self.folder is None:
            return None
        complete = [path.parent for path in self.folder.glob(f"checkpoint-*/{STATE}")]
        if not complete:
            return None
        checkpoint = max(complete, key=lambda path: int(path.name.rpartition("-")[2]))
        values = json.loads((checkpoint / STATE).read_text("utf-8"))
        if values["key"] != json.loads(json.dumps(self.key)):
            raise RecipeError(
                f"{self.folder} holds checkpoints of another recipe, seed or set of examples; remove "
                "it, or choose another folder"
            )
        watcher = self.watcher
        watcher.history = values["history"]
        watcher.best_epoch = values["best_epoch"]
        watcher.recent_loss = values["recent_loss"]
        watcher.samples = values["samples"]
        if values["best_score"] is not None:
            watcher.best_score = values["best_score"]
            watcher.best_state = load_file(checkpoint / BEST)
        return str(checkpoint)
