"""Where, when and with what a run ran."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import zoo
from zoo.entry_points import zoo_version
from zoo_bench.records import Provenance


def provenance(*, threads: int, device: str, started_at: datetime) -> Provenance:
    """The provenance of a run that ends now; the driver adds executor, attempts and `resumed`."""
    git_sha, git_dirty = git_state()
    return Provenance(
        zoo_version=zoo_version(),
        git_sha=git_sha,
        git_dirty=git_dirty,
        python=platform.python_version(),
        torch=importlib.metadata.version("torch"),
        transformers=importlib.metadata.version("transformers"),
        hardware=hardware_id(device),
        threads=threads,
        device=device,
        executor="none",
        attempts=1,
        resumed=False,
        started_at=started_at,
        finished_at=datetime.now(UTC),
    )


def hardware_id(device: str) -> str:
    """What costs may be compared within: the GPU's name, or the CPU's with its usable cores."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.get_device_name(device)
    return f"{_cpu_name()}, {usable_cores()} cores"


@functools.cache
def usable_cores() -> int:
    """How many cores this process could use when it was first asked."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@functools.cache
def _cpu_name() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return " ".join(value.split())
    return platform.processor() or platform.machine()


@functools.cache
def git_state() -> tuple[str | None, bool | None]:
    """The commit of the checkout that `zoo` is imported from, and whether it has changes."""
    folder = Path(zoo.__file__).resolve().parent
    if not any((parent / ".git").exists() for parent in folder.parents):
        return None, None
    sha = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return sha, None if changes is None else bool(changes)


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
