"""What PyYAML complains about, in the words of somebody who writes a recipe."""

from __future__ import annotations

import re

import yaml
from yaml.reader import ReaderError

_NOT_HERE = re.compile(r"found character '(.+)' that cannot start any token")
_ESCAPE = re.compile(r"found unknown escape character (.+)")
_UNCLOSED = re.compile(r"expected ',' or '([]}])'")
_FOUND = re.compile(r"expected the node content, but found '(.+)'")
_QUOTE = "put a text that contains ': ' or begins with a sign into quotes"


def explain(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """The line, from 1, and what is wrong there."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return line, (
            f"the character {chr(error.character)!r} cannot stand in YAML; in double quotes it "
            "can, as an escape"
        )
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem is None:
        return 1, str(error)
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    opened = error.context_mark.line + 1 if error.context_mark else line
    return _words(error.problem, error.context or "", line, opened)


def sign_goes_into_quotes(sign: str, name: str = "") -> str:
    """What to say of an alias or an anchor: mostly it was meant as text, such as `*-nano`."""
    kind = {"*": "an alias", "&": "an anchor"}[sign]
    return (
        f"{sign}{name} is {kind} in YAML, which is not followed; put text into quotes, "
        f"'{sign}{name or '…'}', and write a repeated value out"
    )


def _words(problem: str, context: str, line: int, opened: int) -> tuple[int, str]:
    if found := _NOT_HERE.fullmatch(problem):
        if found[1] == "\\t":
            return line, "a tab stands where YAML wants spaces; indent with spaces"
        return line, f"no text may begin with {found[1]!r} unless it is in quotes"
    if found := _ESCAPE.fullmatch(problem):
        return line, (
            f"the backslash before {found[1]} means nothing in double quotes; use single quotes or "
            "write it twice"
        )
    if "quoted scalar" in context and "end of stream" in problem:
        return opened, "the quote that opens here is never closed"
    if found := _UNCLOSED.match(problem):
        bracket = {"]": "[", "}": "{"}[found[1]]
        since = "" if opened == line else f" (it opens in line {opened})"
        return line, f"'{bracket}' is not closed, or a ',' is missing{since}"
    if problem == "mapping values are not allowed here":
        return line, f"a ':' stands where no key can; look at the indentation, and {_QUOTE}"
    if problem == "could not find expected ':'":
        return opened, "this line should be 'key: value', but its ': ' is missing"
    if "scanning an alias" in context:
        return line, sign_goes_into_quotes("*")
    if "scanning an anchor" in context:
        return line, sign_goes_into_quotes("&")
    if found := _FOUND.fullmatch(problem):
        if found[1] == "<stream end>":
            return line, "the text ends where a value should stand; is every '[' and '{' closed?"
        return line, f"{found[1]!r} stands where a value should; {_QUOTE}"
    if problem.startswith("expected '<document start>'"):
        return line, f"this line follows a value that is complete already; {_QUOTE}"
    if problem.startswith("expected <block end>"):
        return line, f"this line fits none of those above; look at the indentation, and {_QUOTE}"
    return line, f"{problem} {context}".strip()
