"""What one run takes of a machine in a cluster."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

_BYTES_PER_GB = 10**9
_MOST_CPUS = 1024


class Resources(BaseModel):
    """What `--executor ray` sets aside for each run; `local` and `inline` pay no heed to it.

    `cpus` are by default the suite's threads; `gpus` one where the cluster has any and none
    elsewhere, and a run takes one GPU at most: 0.25 lets four runs share it. None of this is part
    of a run's identity.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    cpus: float | None = Field(None, gt=0, le=_MOST_CPUS)
    gpus: float | None = Field(None, ge=0, le=1)
    memory_gb: float | None = Field(None, gt=0)

    def settled(self, threads: int, *, has_gpus: bool) -> Resources:
        """These, with a number for what was left open."""
        return Resources(
            cpus=threads if self.cpus is None else self.cpus,
            gpus=float(has_gpus) if self.gpus is None else self.gpus,
            memory_gb=self.memory_gb,
        )

    @property
    def as_amounts(self) -> dict[str, float]:
        """The settled amounts under Ray's names; memory in bytes."""
        amounts = {
            "CPU": self.cpus or 0,
            "GPU": self.gpus or 0,
            "memory": math.ceil((self.memory_gb or 0) * _BYTES_PER_GB),
        }
        return {name: amount for name, amount in amounts.items() if amount}

    def fitting_in(self, has: Mapping[str, float]) -> int:
        """How many such runs a machine with these amounts, named as Ray names them, can hold."""
        counts = [has.get(name, 0) / amount for name, amount in self.as_amounts.items()]
        if self.gpus:
            # a run takes its part of one GPU: two halves of different ones hold nothing
            counts.append(has.get("GPU", 0) * _floor(1 / self.gpus))
        return min(map(_floor, counts))

    def __str__(self) -> str:
        memory = f", {self.memory_gb:g} GB of memory" if self.memory_gb else ""
        return f"{self.cpus:g} CPUs, {self.gpus:g} GPUs{memory}"


def _floor(count: float) -> int:
    return math.floor(count + 1e-6)  # 1 / 0.1 may fall short of ten
