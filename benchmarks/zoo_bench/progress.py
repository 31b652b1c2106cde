"""How a grid goes on, told on stderr: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from zoo.terminal import printable
from zoo_bench.executors import Progressed
from zoo_bench.records import Failure, Result, RunSpec
from zoo_bench.store import Quarantined

_REFRESHES_PER_SECOND = 4


@dataclass(slots=True)
class _Running:
    spec: RunSpec
    began: float
    progress: Progressed | None = None


class PlainDisplay(AbstractContextManager["PlainDisplay"]):
    """One line per event; ASCII apart from what plugins and errors say."""

    def __init__(
        self, total: int, stream: TextIO, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._total = total
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._done = 0
        self._running: dict[str, _Running] = {}

    def started(self, spec: RunSpec) -> None:
        self._running[spec.run_id] = _Running(spec, self._clock())
        self._changed()

    def progressed(self, spec: RunSpec, progress: Progressed) -> None:
        self._running[spec.run_id].progress = progress

    def finished(self, spec: RunSpec, result: Result) -> None:
        test = result.metrics.get("test")
        accuracy = test["accuracy"] if test else None
        score = "" if accuracy is None else f" {100 * accuracy:.2f} %,"
        self._ended(spec, f"{score} {(result.verdict or 'baseline').replace('_', ' ')}")

    def failed(self, spec: RunSpec, failure: Failure) -> None:
        self._ended(spec, f" FAILED ({failure.kind}): {failure.message}")

    def lost(self, spec: RunSpec, reason: str, is_tried_again: bool) -> None:
        self._running.pop(spec.run_id, None)
        again = "; it is tried again" if is_tried_again else ""
        self._say(f"{spec.label}: {reason}{again}")

    def quarantined(self, spec: RunSpec, quarantined: Quarantined) -> None:
        where = quarantined.folder
        self._say(f"{spec.label}: {quarantined.reason}; moved to {where}, computed anew")

    def _ended(self, spec: RunSpec, what: str) -> None:
        self._done += 1
        running = self._running.pop(spec.run_id, None)
        seconds = self._clock() - running.began if running else 0.0
        place = f"[{self._done}/{self._total}]"
        self._say(f"{place} {spec.label}:{what} ({seconds:.1f} s{self._left()})")
        self._changed()

    def _left(self) -> str:
        seconds = self._seconds_left()
        if seconds is None or self._done == self._total:
            return ""
        return f", about {clock_text(seconds)} left"

    def _seconds_left(self) -> float | None:
        """The runs that are left, at the pace so far; a run half-way through counts as half."""
        begun = [one.progress for one in self._running.values() if one.progress is not None]
        done = self._done + sum(progress.step / progress.steps for progress in begun)
        return (self._clock() - self._began) / done * (self._total - done) if done else None

    def _say(self, line: str) -> None:
        encoding = self._stream.encoding or "ascii"
        text = printable(line).encode(encoding, "backslashreplace").decode(encoding)
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def _changed(self) -> None:
        """What is running has changed; plain lines do not show that."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class LiveDisplay(PlainDisplay):
    """Below the lines a table of what is running now, redrawn in place."""

    def __init__(self, total: int, stream: TextIO) -> None:
        super().__init__(total, stream)
        # bound to the stream itself: an inline run redirects sys.stderr into its log
        console = Console(file=stream)
        self._console = console
        self._live = Live(
            console=console,
            get_renderable=self._table,
            refresh_per_second=_REFRESHES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _say(self, line: str) -> None:
        text = printable(line).encode(self._console.encoding, "backslashreplace")
        self._console.print(Text(text.decode(self._console.encoding)), highlight=False)

    def _table(self) -> Table:
        elapsed = clock_text(self._clock() - self._began)
        table = Table.grid(padding=(0, 2))
        for running in list(self._running.values()):
            table.add_row(Text(running.spec.label), Text(_place(running.progress)))
        outer = Table.grid()
        outer.add_row(table)
        outer.add_row(Text(f"{self._done}/{self._total} runs, {elapsed} gone{self._left()}"))
        return outer


def display_for(total: int, stream: TextIO) -> PlainDisplay:
    """What suits the stream: live on a terminal that can move its cursor, plain lines elsewhere."""
    console = Console(file=stream)
    is_live = console.is_terminal and not console.is_dumb_terminal
    return LiveDisplay(total, stream) if is_live else PlainDisplay(total, stream)


def _place(progress: Progressed | None) -> str:
    if progress is None:
        return "starting"
    loss = "" if progress.loss is None else f"  loss {progress.loss:.4f}"
    step = f"step {progress.step}/{progress.steps}"
    return f"epoch {progress.epoch}/{progress.epochs}  {step}{loss}"


def clock_text(seconds: float) -> str:
    """Seconds as `M:SS` or `H:MM:SS`."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
