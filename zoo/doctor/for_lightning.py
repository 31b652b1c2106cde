"""The doctor beside Lightning's Trainer; needs the extra `lightning`."""

from __future__ import annotations

from typing import Any

from zoo.doctor.early import EarlyWord
from zoo.errors import MissingExtra

try:
    from lightning.pytorch import Callback
except ImportError as error:
    raise MissingExtra("lightning", "lightning", "zoo.doctor.for_lightning") from error


class DoctorCallback(Callback):
    """Warns of what is wrong within the first steps: `Trainer(callbacks=[DoctorCallback()])`.

    It looks at the order of the labels, the optimizer, the schedule and the first gradients, and
    calls nothing itself. `zoo.diagnose` finds more, before training.
    """

    word: EarlyWord | None = None

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Look at what is about to be trained; of several optimizers at none."""
        if not trainer.is_global_zero or len(trainer.optimizers) != 1:
            return
        configured = trainer.lr_scheduler_configs
        each_step = [one.scheduler for one in configured if one.interval == "step"]
        self.word = EarlyWord(
            pl_module,
            trainer.optimizers[0],
            trainer.train_dataloader,
            each_step[0] if each_step else None,
            int(trainer.estimated_stepping_batches),
        )
        self.word.begin()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        """Look at the first steps."""
        if self.word is not None:
            self.word.after_step()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Leave nothing behind."""
        if self.word is not None:
            self.word.end()
