"""Checkpoints at the end of each epoch, and the way back from the last complete one."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback
from transformers.trainer import TRAINER_STATE_NAME
from transformers.utils import SAFE_WEIGHTS_NAME

from zoo import durable
from zoo.checksums import file_sha256
from zoo.errors import CheckpointError, RecipeError, TrainingError

if TYPE_CHECKING:
    from zoo.watcher import Watcher

STATE = "zoo-state.json"
BEST = "zoo-best.safetensors"
BEGINNING = "zoo-beginning.safetensors"
KEPT = (
    "history",
    "best_epoch",
    "best_score",
    "best_answers",
    "first_loss",
    "recent_loss",
    "steps",
)
# to be counted up when KEPT, an entry of the history or the state beside them changes
CHECKPOINT_FORMAT = 4
KEPT_CHECKPOINTS = 2
# under torchrun the other processes may still be writing theirs
RANDOM_STATES = "rng_state_*.pth"
NUMBERED = re.compile(r"checkpoint-[0-9]+")


class Damaged(Exception):
    """A checkpoint is not what was saved."""


class Resumption(TrainerCallback):
    """Keeps the watcher's state beside the Trainer's, so that a killed training continues.

    A checkpoint counts once its `zoo-state.json` stands, which is written when all the rest is on
    the disk for good, and has its SHA-256. The one before is kept too, should it be damaged.
    """

    def __init__(self, folder: Path | None, key: dict[str, Any], watcher: Watcher) -> None:
        self.folder = folder
        # as it comes out of the file again
        self.key = json.loads(json.dumps(key))
        self.watcher = watcher

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Complete the checkpoint that the Trainer has just written."""
        if state.is_world_process_zero:
            with self.writing(state):
                self._complete(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    @contextlib.contextmanager
    def writing(self, state: Any) -> Iterator[None]:
        """While the checkpoint of this step is written: a failure is one `TrainingError`.

        What was written of it is removed: on a full disk the room is needed.
        """
        try:
            yield
        # torch.save says with a RuntimeError that the disk is full
        except (OSError, RuntimeError, SafetensorError, CheckpointError) as error:
            if self.folder is None:
                raise
            free = shutil.disk_usage(self.folder).free
            first = error.__cause__ or error
            cause = getattr(first, "strerror", None) or str(first).partition("\n")[0]
            if state.is_world_process_zero:
                checkpoint = self.folder / f"checkpoint-{state.global_step}"
                shutil.rmtree(checkpoint, ignore_errors=True)
            complete = sorted(complete_checkpoints(self.folder), key=step_of)
            goes_on = (
                f"go on from {complete[-1].name} (zoo train: --resume)"
                if complete
                else "begin afresh"
            )
            raise TrainingError(
                f"the checkpoint of step {state.global_step} cannot be written in {self.folder} "
                f"({free:,} bytes free): {cause}. Make room, or mend that, and train again: it "
                f"will {goes_on}"
            ) from error

    def _complete(self, checkpoint: Path) -> None:
        watcher = self.watcher
        save_file(watcher.beginning.samples, checkpoint / BEGINNING)
        if watcher.best_state is not None:
            save_file(watcher.best_state, checkpoint / BEST)
        for weights in checkpoint.glob("*.safetensors"):
            durable.give_usual_mode(weights)
        # there is a state if this step's checkpoint was damaged and is made anew
        files = sorted(file for file in checkpoint.iterdir() if file.name != STATE)
        for file in files:
            durable.sync_file(file)
        durable.sync_folder(checkpoint)
        durable.sync_folder(checkpoint.parent)
        state = {
            "key": self.key,
            "sha256": {file.name: file_sha256(file) for file in files if is_whole(file)},
            **{name: getattr(watcher, name) for name in KEPT},
        }
        durable.write(checkpoint / STATE, json.dumps(state).encode("ascii"))
        # by number: the Trainer would go by the clock, which may be set back; and ours alone
        complete = sorted(complete_checkpoints(checkpoint.parent), key=step_of)
        for old in complete[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(old, ignore_errors=True)

    def restore(self) -> str | None:
        """Take up the last complete checkpoint; its path for the Trainer, None to start afresh.

        Warns of one that is damaged, and takes the one before; warns too where the training began
        with other weights than the model has now. Raises `CheckpointError` where every checkpoint
        is damaged, and `RecipeError` where they belong to another pair, recipe, seed, choice of
        trained parameters or set of examples.
        """
        if self.folder is None:
            return None
        try:
            durable.make_folder(self.folder)
        except OSError as error:
            raise CheckpointError(
                f"checkpoints cannot be kept in {self.folder}: {error.strerror}; name another "
                "folder"
            ) from error
        complete = complete_checkpoints(self.folder)
        damages: list[Damaged] = []
        for checkpoint in sorted(complete, key=step_of, reverse=True):
            try:
                state = read_state(checkpoint)
                self._check_key(state["key"])
                check_files(checkpoint, state["sha256"])
            except Damaged as error:
                damages.append(error)
                continue
            for damage in damages:
                warnings.warn(f"{damage}; training goes on from {checkpoint.name}", stacklevel=5)
            self._take_up(checkpoint, state)
            return str(checkpoint)
        if damages:
            raise CheckpointError(
                f"no checkpoint in {self.folder} can be taken up: {damages[0]}; put an undamaged "
                "copy there, or remove the folder to begin afresh"
            )
        return None

    def _check_key(self, key: dict[str, Any]) -> None:
        different = [name for name in self.key if key.get(name) != self.key[name]]
        if different:
            raise RecipeError(
                f"{self.folder} holds checkpoints of another training: its "
                f"{different[0]} {'differ' if different[0].endswith('s') else 'differs'}; "
                "remove them, or choose another folder"
            )

    def _take_up(self, checkpoint: Path, state: dict[str, Any]) -> None:
        watcher = self.watcher
        began = load_file(checkpoint / BEGINNING)
        if any(
            not torch.equal(began[name], now) for name, now in watcher.beginning.samples.items()
        ):
            warnings.warn(
                f"the training in {self.folder} began with other weights than this classifier has; "
                f"it goes on with those of {checkpoint.name}",
                stacklevel=6,
            )
        watcher.beginning.samples = began
        for name in KEPT:
            setattr(watcher, name, state[name])
        if BEST in state["sha256"]:
            watcher.best_state = load_file(checkpoint / BEST)
        # the Trainer would do it only if there is an epoch left; not by safetensors' load_model,
        # which refuses an LSTM on a GPU, whose weights cuDNN keeps in one storage
        watcher.model.load_state_dict(load_file(checkpoint / SAFE_WEIGHTS_NAME), strict=False)


def complete_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints that were written to their end, in no order."""
    files = folder.glob(f"checkpoint-*/{STATE}")
    return [file.parent for file in files if NUMBERED.fullmatch(file.parent.name)]


def strangers(folder: Path) -> list[Path]:
    """What lies in a folder of checkpoints and is none that a training here wrote or began."""
    is_used = bool(complete_checkpoints(folder))

    def is_ours(one: Path) -> bool:
        # a whole one of the Trainer's, without any of ours beside it, is somebody else's
        is_foreign = not is_used and (one / TRAINER_STATE_NAME).exists()
        return one.is_dir() and bool(NUMBERED.fullmatch(one.name)) and not is_foreign

    return [one for one in sorted(folder.iterdir()) if not is_ours(one)]


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints in `folder`, and it too where nothing else is in it."""
    for one in folder.iterdir():
        if NUMBERED.fullmatch(one.name):
            shutil.rmtree(one, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def read_state(checkpoint: Path) -> dict[str, Any]:
    """What `on_save` wrote beside the Trainer's files; raises `Damaged`."""
    file = checkpoint / STATE
    try:
        state = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Damaged(f"{file} cannot be read ({error})") from error
    if not isinstance(state, dict) or not isinstance(state.get("key"), dict):
        raise Damaged(f"{file} does not say of which training it is")
    return state


def check_files(checkpoint: Path, saved: dict[str, str]) -> None:
    """Raise `Damaged` for a file that is not the one that was saved.

    Neither torch nor safetensors would notice a flipped byte, and of a file that is cut short torch
    says something else each time.
    """
    for name, sha256 in saved.items():
        try:
            found = file_sha256(checkpoint / name)
        except OSError as error:
            raise Damaged(f"{checkpoint / name} cannot be read ({error.strerror})") from error
        if found != sha256:
            raise Damaged(f"{checkpoint / name} is not what was saved: its sha256 is another")


def is_whole(file: Path) -> bool:
    """Whether the file is known to be written to its end."""
    return not file.match(RANDOM_STATES)


def step_of(checkpoint: Path) -> int:
    """The number at the end of `checkpoint-120`."""
    return int(checkpoint.name.rpartition("-")[2])
