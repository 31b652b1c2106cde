"""Nothing that a stranger wrote may steer the terminal."""

from __future__ import annotations

import pytest

from zoo.errors import PluginError
from zoo.terminal import cause_of, printable, shortened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("koelectra", "koelectra"),
        ("질문 · 명령", "질문 · 명령"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb\nc\td", "a\\rb\\nc\\td"),
        ("abc\u202edef", "abc\\u202edef"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("back\\slash 'quoted'", "back\\slash 'quoted'"),
        (3, "3"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text, expected):
    assert printable(text) == expected


def test_line_feeds_can_be_kept():
    assert printable("a\nb\r\x1b", keep_lines=True) == "a\nb\\r\\x1b"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RuntimeError("boom"), "RuntimeError: boom"),
        (RuntimeError("two\n   lines"), "RuntimeError: two lines"),
        (KeyError(), "KeyError"),
        (ModuleNotFoundError("No module named 'x'"), "No module named 'x'"),
        (PluginError("said already"), "said already"),
        (SystemExit("bye"), "it called sys.exit('bye')"),
    ],
)
def test_a_cause_is_one_line(error, text):
    assert cause_of(error) == text


def test_a_long_cause_is_cut():
    cause = cause_of(RuntimeError("x" * 10_000))

    assert (len(cause), cause[-1]) == (300, "…")


def test_a_long_text_is_shortened_to_so_many_characters():
    assert shortened("가" * 1000, 400) == "가" * 399 + "…"
    assert shortened("짧다", 2) == "짧다"
