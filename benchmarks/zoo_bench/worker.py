"""A worker process of the local executor: `python -m zoo_bench.worker TARGET PARENT_PID CORES`.

Jobs come in as lines on stdin (the JSON of a `RunSpec`), events go out as JSON lines on stdout.
It ends by itself when its driver is gone: its stdin ends, and on Linux the kernel kills it.
"""

from __future__ import annotations

import base64
import ctypes
import faulthandler
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO

from zoo_bench.executors import Progressed
from zoo_bench.job import Outcome, perform, sparingly
from zoo_bench.provenance import usable_cores

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(target: str, parent_pid: int, cores: Sequence[int]) -> None:
    """Work off jobs until stdin ends, on these cores where there are any."""
    _die_with(parent_pid)
    usable_cores()  # before: the machine is the same, however its cores are shared out
    if cores:
        os.sched_setaffinity(0, cores)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's business
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # a run that hangs is asked where
    channel = _take_stdout()
    jobs: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read_jobs, args=(jobs,), daemon=True).start()
    while True:
        _work(jobs.get(), target, channel)


def _work(job: str, target: str, channel: BinaryIO) -> None:
    _send(channel, {"event": "started", "pid": os.getpid()})

    def report(progress: Progressed) -> None:
        fields = ("epoch", "epochs", "step", "steps", "loss")
        numbers = {name: getattr(progress, name) for name in fields}
        _send(channel, {"event": "progress", **numbers})

    outcome = perform(job, target, sparingly(report))
    sys.stderr.flush()
    if isinstance(outcome, Outcome):
        predictions = outcome.predictions
        _send(
            channel,
            {
                "event": "finished",
                "result": outcome.result.model_dump_json(),
                "predictions": predictions and base64.b64encode(predictions).decode("ascii"),
            },
        )
    else:
        _send(channel, {"event": "failed", "failure": outcome.model_dump_json()})


def _send(channel: BinaryIO, message: dict[str, Any]) -> None:
    channel.write(json.dumps(message, allow_nan=False).encode("ascii") + b"\n")
    channel.flush()


def _take_stdout() -> BinaryIO:
    """The pipe to the driver, for events alone: what a run prints goes to stderr, its log."""
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return channel


def _read_jobs(jobs: queue.Queue[str]) -> None:
    for line in sys.stdin.buffer:
        jobs.put(line.decode("ascii"))
    # the driver is gone or wants us gone; a run in the middle is begun anew by whoever comes next
    os._exit(0)


def _die_with(parent_pid: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before the line above
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [int(core) for core in sys.argv[3].split(",") if core])
