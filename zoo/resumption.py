"""Checkpoints at the end of each epoch, and the way back from the last complete one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, load_model, save_file
from transformers import TrainerCallback
from transformers.utils import SAFE_WEIGHTS_NAME

from zoo.errors import RecipeError

if TYPE_CHECKING:
    from zoo.watcher import Watcher

STATE = "zoo-state.json"
BEST = "zoo-best.safetensors"
KEPT = (
    "history",
    "best_epoch",
    "best_score",
    "best_answers",
    "first_loss",
    "recent_loss",
    "steps",
)
# to be counted up when KEPT or an entry of the history changes
CHECKPOINT_FORMAT = 2
KEPT_CHECKPOINTS = 2


class Resumption(TrainerCallback):
    """Keeps the watcher's state beside the Trainer's, so that a killed training continues.

    A checkpoint counts once its `zoo-state.json` stands, which is written last.
    """

    def __init__(self, folder: Path | None, key: dict[str, Any], watcher: Watcher) -> None:
        self.folder = folder
        # as it comes out of the file again
        self.key = json.loads(json.dumps(key))
        self.watcher = watcher

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Complete the checkpoint that the Trainer has just written."""
        if not state.is_world_process_zero:
            return
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        watcher = self.watcher
        if watcher.best_state is not None:
            save_file(watcher.best_state, checkpoint / BEST)
        values = {name: getattr(watcher, name) for name in KEPT}
        partial = checkpoint / f"{STATE}.tmp"
        partial.write_text(json.dumps({"key": self.key, **values}), encoding="utf-8")
        partial.replace(checkpoint / STATE)
        # by number: the Trainer would go by the clock, which may be set back
        for old in sorted(checkpoint.parent.glob("checkpoint-*"), key=step_of)[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(old, ignore_errors=True)

    def restore(self) -> str | None:
        """Take up the last complete checkpoint; its path for the Trainer, None to start afresh.

        Raises `RecipeError` where the checkpoints belong to another pair, recipe, seed or set of
        examples.
        """
        if self.folder is None:
            return None
        complete = [path.parent for path in self.folder.glob(f"checkpoint-*/{STATE}")]
        if not complete:
            return None
        checkpoint = max(complete, key=step_of)
        values = json.loads((checkpoint / STATE).read_text("utf-8"))
        different = [name for name in self.key if values["key"].get(name) != self.key[name]]
        if different:
            raise RecipeError(
                f"{self.folder} holds checkpoints of another training: its {different[0]} differs; "
                "remove them, or choose another folder"
            )
        for name in KEPT:
            setattr(self.watcher, name, values[name])
        if (checkpoint / BEST).is_file():
            self.watcher.best_state = load_file(checkpoint / BEST)
        # the Trainer would do it only if there is an epoch left
        load_model(self.watcher.model, checkpoint / SAFE_WEIGHTS_NAME)
        return str(checkpoint)


def step_of(checkpoint: Path) -> int:
    """The number at the end of `checkpoint-120`."""
    return int(checkpoint.name.rpartition("-")[2])
