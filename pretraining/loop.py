"""The loop: a step number decides everything, so that a killed run goes on as if undisturbed."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import nn

from pretraining.batches import Batches
from pretraining.corpus import Corpus
from zoo.recipe import has_bf16
from zoo.seeds import derive_seed

CHECKPOINT_SECONDS = 300
HELD_OUT_BATCHES = 24
REPORT_STEPS = 50
MEASURE_STEPS = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how fast, on how much at a time.

    The rate rises over `warmup_steps`, stays, and falls to 0 over the last `decay_share` of
    `steps` (Hägele et al. 2024, https://arxiv.org/abs/2405.18392). What was learned before it fell
    is kept, so that a longer plan can go on from there.
    """

    steps: int
    tokens_per_batch: int = 4096
    learning_rate: float = 1e-3
    warmup_steps: int = 300
    decay_share: float = 0.25
    weight_decay: float = 0.01
    max_gradient_norm: float = 1.0
    seed: int = 0

    @property
    def decay_begins(self) -> int:
        """The first step at a falling rate."""
        return self.steps - int(self.steps * self.decay_share)

    def rate(self, step: int) -> float:
        """The learning rate of a step, from 0."""
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        if step < self.decay_begins:
            return self.learning_rate
        passed = (step - self.decay_begins) / (self.steps - self.decay_begins)
        return self.learning_rate * (1 - math.sqrt(passed))


class Pretraining:
    """A model, its optimizer and where they stand, kept in `folder`."""

    def __init__(
        self, model: nn.Module, training: Corpus, held_out: Corpus, plan: Plan, folder: Path
    ) -> None:
        pad_id = 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device)
        self.plan = plan
        self.folder = folder
        self.batches = Batches(training, plan.tokens_per_batch, pad_id, plan.seed)
        self.held_out = Batches(held_out, plan.tokens_per_batch, pad_id, plan.seed)
        self.optimizer = torch.optim.AdamW(
            groups(model, plan.weight_decay), lr=plan.learning_rate, betas=(0.9, 0.98), fused=True
        )
        self.step = 0
        self.seconds = 0.0
        self.history: list[dict[str, Any]] = []
        # sums since the last report, kept over a kill; on the device, which a look would stop
        self.recent: dict[str, torch.Tensor] = {}

    def run(self) -> None:
        """Train to the end of the plan, from the last checkpoint where there is one."""
        self.restore()
        console = Console(stderr=True)
        console.print(
            f"{self.folder.name}: step {self.step:,} of {self.plan.steps:,}, "
            f"{self.batches.per_pass:,} steps a pass"
        )
        last_saved = time.monotonic()
        while self.step < self.plan.steps:
            started = time.monotonic()
            if self.step == self.plan.decay_begins:
                self.save(self.folder / "before-decay.pt")
            losses = self.learn(self.step)
            self.step += 1
            self.seconds += time.monotonic() - started
            for name, loss in losses.items():
                self.recent[name] = self.recent.get(name, 0) + loss
            if self.step % REPORT_STEPS == 0:
                self.report(console)
            if time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                self.save(self.folder / "checkpoint.pt")
                last_saved = time.monotonic()
        if self.recent:
            self.report(console)
        self.save(self.folder / "checkpoint.pt")

    def learn(self, step: int) -> dict[str, torch.Tensor]:
        """One optimizer step; gives the losses, still on the device."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.rate(step)
        self.model.train()
        with self.precision():
            losses = self.model(self.on_device(self.batches[step]), self.chance(f"step {step}"))
        losses["loss"].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.max_gradient_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return {name: loss.detach().double() for name, loss in losses.items()}

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """The mean losses on held-out texts; the same texts and the same masks every time."""
        self.model.eval()
        count = min(HELD_OUT_BATCHES, self.held_out.per_pass)
        sums: dict[str, float] = {}
        for number in range(count):
            with self.precision():
                batch = self.on_device(self.held_out[number])
                losses = self.model(batch, self.chance(f"held out {number}"))
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + float(loss) / count
        return sums

    def sums(self) -> dict[str, float]:
        """`recent`, looked at; raises `FloatingPointError` where it is not finite."""
        found = {name: float(total) for name, total in self.recent.items()}
        if not all(map(math.isfinite, found.values())):
            since = self.history[-1]["step"] if self.history else 0
            raise FloatingPointError(
                f"{self.folder.name}: a loss of the steps {since + 1:,} to {self.step:,} is not "
                "finite; run it again with a lower --learning-rate and another --output"
            )
        return found

    def report(self, console: Console) -> None:
        """Append what was measured to the history, and print it now and then."""
        steps = self.step - (self.history[-1]["step"] if self.history else 0)
        entry: dict[str, Any] = {
            "step": self.step,
            "seconds": round(self.seconds, 1),
            "learning_rate": self.plan.rate(self.step - 1),
            "training": {name: total / steps for name, total in self.sums().items()},
        }
        if self.step % MEASURE_STEPS == 0 or self.step == self.plan.steps:
            entry["held_out"] = self.measure()
            shown = ", ".join(f"{name} {loss:.3f}" for name, loss in entry["held_out"].items())
            left = (self.plan.steps - self.step) * self.seconds / self.step / 60
            console.print(
                f"{self.folder.name}: step {self.step:,} of {self.plan.steps:,}, held out: "
                f"{shown}; {left:.0f} min left"
            )
        self.history.append(entry)
        self.recent = {}

    def on_device(self, batch: Any) -> Any:
        """The batch where the model is."""
        return type(batch)(batch.input_ids.to(self.device), batch.attention_mask.to(self.device))

    def chance(self, purpose: str) -> torch.Generator:
        """The random stream of one step."""
        generator = torch.Generator(self.device)
        return generator.manual_seed(derive_seed(self.plan.seed, purpose))

    @contextlib.contextmanager
    def precision(self) -> Iterator[None]:
        """bfloat16 where the hardware computes in it."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_bf16()):
            yield

    def save(self, path: Path) -> None:
        """Write everything that a later process goes on from; a kill leaves the old file whole."""
        recent = self.sums()
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            torch.save(
                {
                    "model": self.model.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "step": self.step,
                    "seconds": self.seconds,
                    "history": self.history,
                    "recent": recent,
                    "plan": asdict(self.plan),
                },
                file,
            )
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        history = "".join(f"{json.dumps(entry)}\n" for entry in self.history)
        (self.folder / "history.jsonl").write_text(history, encoding="utf-8")

    def restore(self) -> None:
        """Go on from the last checkpoint; a longer plan goes on from before the rate fell."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        earlier = Plan(**state["plan"])
        if earlier.steps != self.plan.steps and state["step"] > earlier.decay_begins:
            path = self.folder / "before-decay.pt"
            state = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self.seconds = state["seconds"]
        self.history = state["history"]
        self.recent = {
            name: torch.tensor(total, dtype=torch.float64, device=self.device)
            for name, total in state["recent"].items()
        }


def groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """The trained parameters in two groups: biases and norms do not decay."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [one for one in trained if one.ndim > 1], "weight_decay": weight_decay},
        {"params": [one for one in trained if one.ndim < 2], "weight_decay": 0.0},
    ]
