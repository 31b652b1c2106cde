"""Text of strangers, made safe to print."""

from __future__ import annotations

from zoo.errors import ZooError

_LONGEST_CAUSE = 300


def printable(text: object, *, keep_lines: bool = False) -> str:
    r"""The text with everything that a terminal would obey written out, the way `repr` does it.

    That is control characters and escape sequences, marks that turn the direction of writing,
    and lone surrogates, which no stream can encode. `keep_lines` leaves line feeds as they are.

    >>> printable("red\x1b[31m 한국어")
    'red\\x1b[31m 한국어'
    """
    return "".join(
        letter if letter.isprintable() or (keep_lines and letter == "\n") else _escape(letter)
        for letter in str(text)
    )


def shortened(text: str, length: int) -> str:
    """The text, or so many characters of it, the last an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _escape(letter: str) -> str:
    # repr of one unprintable letter is its escape between quotes
    return repr(letter)[1:-1]


def cause_of(error: BaseException) -> str:
    """One printable line that says what a stranger's exception says.

    The type is named unless the message says it all: a failed import, or an error of `zoo`.
    """
    try:
        message = " ".join(str(error).split())
    except Exception:  # __str__ of a stranger's exception
        message = ""
    kind = type(error).__name__
    if isinstance(error, SystemExit):
        text = f"it called sys.exit({error.code!r})"
    elif message and isinstance(error, ZooError | ImportError):
        text = message
    else:
        text = f"{kind}: {message}" if message else kind
    text = printable(text)
    return text if len(text) <= _LONGEST_CAUSE else text[: _LONGEST_CAUSE - 1] + "…"
