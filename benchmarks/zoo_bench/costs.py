"""What a run costs: latency of single texts, and the peak of memory."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path

from zoo_bench.records import Latency

WARMUPS = 20
CALLS = 200


def measure_latency(predict: Callable[[str], object], texts: Sequence[str]) -> Latency:
    """Milliseconds of `predict` for one text at a time, over the first `CALLS` of `texts`."""
    import numpy as np

    for text in islice(cycle(texts), WARMUPS):
        predict(text)
    milliseconds: list[float] = []
    for text in islice(cycle(texts), CALLS):
        started = time.perf_counter()
        predict(text)
        milliseconds.append(1000 * (time.perf_counter() - started))
    p50, p99 = np.percentile(milliseconds, [50, 99]).tolist()
    return Latency(p50_ms=p50, p99_ms=p99, warmups=WARMUPS, calls=CALLS)


def reset_peak_memory() -> None:
    """Begin a new peak: a worker's earlier runs must not count for this one (Linux only)."""
    # proc(5), clear_refs: 5 resets the peak resident set size, which getrusage then reports
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    if "torch" in sys.modules:
        import torch

        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()


def peak_memory_bytes() -> int:
    """The largest resident memory of this process since `reset_peak_memory`."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # getrusage(2): kilobytes on Linux, bytes on macOS
    return peak if sys.platform == "darwin" else 1024 * peak


def peak_gpu_memory_bytes() -> int | None:
    """The largest memory that torch held on the GPU since `reset_peak_memory`, or None."""
    import torch

    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
