"""Runs that need no model: those of `scale`, and targets that take a moment at most."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path

from scale.made_up import TASK, make_predictions, make_result, make_spec
from scale.targets import at_once
from zoo.errors import OutOfMemory, ZooError
from zoo_bench.executors import Progressed
from zoo_bench.job import Outcome
from zoo_bench.records import SCHEMA_VERSION, Component, Protocol, RunSpec

# what tests take from here, wherever it is made up
__all__ = ["TASK", "make_baseline_spec", "make_predictions", "make_result", "make_spec"]

# a task with texts that belong to none of its labels
SCOPED = TASK.model_copy(
    update={"name": "scoped", "content_sha256": "5" * 64, "n_out_of_scope": 10}
)


# what `NewerSchema` says of a file that `make_newer` was at
IS_NEWER = f"schema {SCHEMA_VERSION + 1}, this is schema {SCHEMA_VERSION}: upgrade"


def make_newer(path):
    """Make a record, or the mark of a root, one of the next schema."""
    present, text = f'"schema_version": {SCHEMA_VERSION}', path.read_text()
    assert present in text
    path.write_text(text.replace(present, f'"schema_version": {SCHEMA_VERSION + 1}'))


def make_baseline_spec(name="majority-class", seed=0, task=TASK):
    return RunSpec.create(
        kind="baseline",
        protocol=Protocol(name="toy", version=1),
        task=task,
        baseline=Component(
            name=name, distribution="intentzoo", version="0.1.0", target="some.where:Thing"
        ),
        seed=seed,
        threads=1,
    )


# targets, for executors

QUICK_SEEDS = 80  # of `marks_while_running`


def quick(spec, report):
    """Done after a tenth of a second, with some progress and a line of log."""
    print(f"hello from seed {spec.seed}")
    for step in (1, 2):
        time.sleep(0.05)
        report(Progressed(spec.run_id, 1, 1, step, 2, 1.0 / step))
    content = make_predictions(spec.seed, spec.task)
    return Outcome(make_result(spec, content=content), content)


def half_a_second(spec, report):
    time.sleep(0.4)
    return quick(spec, report)


def tells_its_threads(spec, report):
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    print(*(f"{name}={os.environ[name]}" for name in names))
    return half_a_second(spec, report)


def tells_its_gpu(spec, report):
    print(f"GPU {os.environ.get('CUDA_VISIBLE_DEVICES')!r}")
    return at_once(spec, report)


def endless(spec, report):
    while True:
        time.sleep(0.02)
        report(Progressed(spec.run_id, 1, 1, 1, 2, None))


def refuses_seed_1(spec, report):
    if spec.seed == 1:
        raise ZooError("seed 1 is not welcome")
    return quick(spec, report)


def raises_by_seed(spec, report):
    raise [
        ZooError("seed 0 is not welcome"),
        KeyError("a stranger's bug"),
        SystemExit(3),
        MemoryError(),
        OutOfMemory("out of GPU memory at step 3"),
        ValueError("half a letter: \ud800"),
    ][spec.seed]


def fails_in_step_2(spec, report):
    for step in (1, 2):
        report(Progressed(spec.run_id, 1, 1, step, 4, 1.0))
    raise ZooError("enough")


def always_killed(spec, report):
    os.kill(os.getpid(), signal.SIGKILL)


def killed_once(spec, report):
    """The first attempt at seed 1 ends by SIGKILL; the folder remembers."""
    marker = Path(os.environ["FAKE_RUNS_FOLDER"]) / f"killed-{spec.seed}"
    if spec.seed == 1 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return quick(spec, report)


def leaves_quietly(spec, report):
    os._exit(0)


def dies_by_seed(spec, report):
    return [always_killed, leaves_quietly, quick][spec.seed](spec, report)


def waits_for_go(spec, report):
    """Marks that it has begun, with its process id, and waits for the file `go`."""
    folder = Path(os.environ["FAKE_RUNS_FOLDER"])
    (folder / f"begun-{spec.seed}").write_text(str(os.getpid()))
    deadline = time.monotonic() + 300
    while not (folder / "go").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return quick(spec, report)


def leaves_a_trace(spec, report):
    """Adds its seed to the file `executed`, and waits for the file `go`."""
    with (Path(os.environ["FAKE_RUNS_FOLDER"]) / "executed").open("a") as file:
        file.write(f"{spec.seed}\n")
    return waits_for_go(spec, report)


def marks_while_running(spec, report):
    """Quick, or for the last two of a long grid until the file `go`; meanwhile a mark lies there."""
    mark = Path(os.environ["FAKE_RUNS_FOLDER"]) / f"running-{os.getpid()}"
    mark.touch()
    outcome = quick(spec, report) if spec.seed < QUICK_SEEDS else waits_for_go(spec, report)
    mark.unlink()
    return outcome


def waits_after_two(spec, report):
    """The first two seeds are done at once."""
    return quick(spec, report) if spec.seed < 2 else waits_for_go(spec, report)


def finds_no_room(job, target, version, key, mailbox):
    """What a Ray worker does in place of `execute` where it cannot even begin a log."""
    raise OSError(errno.ENOSPC, "No space left on device")
