"""The doctor beside transformers' Trainer."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from zoo.doctor.early import EarlyWord


class DoctorCallback(TrainerCallback):
    """Warns of what is wrong within the first steps: `Trainer(…, callbacks=[DoctorCallback()])`.

    It looks at the order of the labels, the optimizer, the schedule and the first gradients, and
    calls nothing itself. `zoo.diagnose` finds more, before training.
    """

    word: EarlyWord | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """Look at what is about to be trained."""
        if not state.is_world_process_zero:
            return
        # accelerate wraps both
        optimizer = getattr(given["optimizer"], "optimizer", given["optimizer"])
        scheduler = getattr(given["lr_scheduler"], "scheduler", given["lr_scheduler"])
        self.word = EarlyWord(
            given["model"], optimizer, given["train_dataloader"], scheduler, state.max_steps
        )
        self.word.begin()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Look at the first steps."""
        if self.word is not None:
            self.word.after_step()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Leave nothing behind."""
        if self.word is not None:
            self.word.end()
