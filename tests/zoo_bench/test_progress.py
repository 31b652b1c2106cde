"""What is said on stderr while a grid goes on."""

import io

from fake_runs import make_baseline_spec, make_result, make_spec

from zoo_bench.executors import Progressed
from zoo_bench.progress import LiveDisplay, PlainDisplay, display_for
from zoo_bench.records import Failure


class Clock:
    """Time that passes only when told."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def test_plain_lines_count_and_estimate():
    stream, clock = io.StringIO(), Clock()
    display = PlainDisplay(3, stream, clock=clock)
    display.started(make_baseline_spec())
    clock.seconds = 2.0
    display.finished(make_baseline_spec(), make_result(make_baseline_spec(), 0.5))
    display.started(make_spec())
    clock.seconds = 10.0
    display.finished(make_spec(), make_result(make_spec(), 0.913))
    assert stream.getvalue().splitlines() == [
        "[1/3] majority-class/toy/0: 50.00 %, baseline (2.0 s, about 0:04 left)",
        "[2/3] bert-nano+mlp/toy/0: 91.30 %, learned (8.0 s, about 0:05 left)",
    ]


def test_a_run_half_way_through_counts_as_half():
    stream, clock = io.StringIO(), Clock()
    display = PlainDisplay(4, stream, clock=clock)
    display.started(make_spec(seed=0))
    display.started(make_spec(seed=1))
    display.progressed(make_spec(seed=1), Progressed(make_spec(seed=1).run_id, 1, 2, 5, 10, None))
    clock.seconds = 30.0
    display.finished(make_spec(seed=0), make_result(make_spec(seed=0), 0.9))
    # one and a half of four in 30 seconds
    assert stream.getvalue().endswith("(30.0 s, about 0:50 left)\n")


def test_failures_and_lost_workers_are_said_and_cannot_command_the_terminal():
    stream = io.StringIO()
    display = PlainDisplay(1, stream, clock=Clock())
    display.lost(make_spec(), "the worker was ended by SIGKILL", True)
    failure = Failure.model_validate_json(
        '{"run_id": "x", "kind": "error", "message": "\\u001b[31mred", "traceback": "",'
        ' "failed_at": "2024-01-01T00:00:00Z"}'
    )
    display.failed(make_spec(), failure)
    assert stream.getvalue().splitlines() == [
        "bert-nano+mlp/toy/0: the worker was ended by SIGKILL; it is tried again",
        "[1/1] bert-nano+mlp/toy/0: FAILED (error): \\x1b[31mred (0.0 s)",
    ]


def test_a_diverged_run_has_no_score():
    stream = io.StringIO()
    result = make_result(make_spec(), verdict="diverged", metrics={"test": None})
    PlainDisplay(1, stream, clock=Clock()).finished(make_spec(), result)
    assert stream.getvalue() == "[1/1] bert-nano+mlp/toy/0: diverged (0.0 s)\n"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_gets_a_live_table_of_what_runs(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    display = display_for(2, stream)
    assert isinstance(display, LiveDisplay)
    with display:
        display.started(make_spec())
        display.progressed(make_spec(), Progressed("x", 2, 5, 30, 100, 0.25))
    assert "bert-nano+mlp/toy/0  epoch 2/5  step 30/100  loss 0.2500" in stream.getvalue()
    assert "0/2 runs, 0:00 gone" in stream.getvalue()


def test_no_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert type(display_for(2, io.StringIO())) is PlainDisplay
    monkeypatch.setenv("TERM", "dumb")
    assert type(display_for(2, Terminal())) is PlainDisplay


def test_a_terminal_without_utf_8_gets_escapes():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    PlainDisplay(1, stream, clock=Clock()).lost(make_spec("한국어"), "gone", False)
    assert raw.getvalue() == b"\\ud55c\\uad6d\\uc5b4+mlp/toy/0: gone\n"
