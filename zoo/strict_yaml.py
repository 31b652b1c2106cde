"""YAML as it is written: 1.2's few plain types, a line for every key, and nothing that surprises.

PyYAML parses; what its events mean is decided here, because its own loader follows YAML 1.1 (where
`no` is false, `012` ten, `1:30` ninety and `1e-5` text), lets the last of two equal keys win and
follows aliases wherever they lead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from zoo.errors import YamlError
from zoo.yaml_faults import explain, sign_goes_into_quotes

_LARGEST_BYTES = 1_000_000
_DEEPEST = 50

# https://yaml.org/spec/1.2.2/#103-core-schema
_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """What a YAML text says, and where it says it.

    `lines` has the line, from 1, of every key and list item by its path, `("recipe", "epochs")` or
    `("heads", 0, "name")`. `source` is what messages call the text.
    """

    data: Any
    lines: Mapping[KeyPath, int]
    source: str


def load_yaml(source: str | Path) -> YamlDocument:
    """The one document of a UTF-8 file (a `Path`) or of a text (a `str`), None where it is empty.

    Plain values are those of YAML 1.2: null, true and false, integers (`12`, `012` is 12, `0o14`,
    `0xC`), floats (`1e-5`), and text for all else, `no`, `1:30` and dates included. Keys are text
    as written, so that the labels 1 and 01 stay apart.

    Raises `YamlError` with the line for: keys that stand twice, tags, anchors and aliases, .nan and
    .inf, a key that is no text, a second document, more than 50 levels or 1 MB, and broken YAML.
    """
    if isinstance(source, Path):
        name, text = str(source), _read(source)
    else:
        name, text = "YAML text", source
    lines: dict[KeyPath, int] = {}
    data = _Builder(name, _events(text, name), lines).document()
    return YamlDocument(data, lines, name)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise YamlError(f"{path} cannot be read: {reason[:1].lower()}{reason[1:]}") from None
    if len(content) > _LARGEST_BYTES:
        raise YamlError(f"{path} is larger than 1 MB; it seems to be another file than you meant")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; save the "
            "file as UTF-8"
        ) from None


def _events(text: str, source: str) -> Iterator[Any]:
    """PyYAML's events, its complaints turned into `YamlError`."""
    line = 1
    events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
    try:
        for event in events:
            line = event.end_mark.line + 1
            yield event
    except yaml.YAMLError as error:
        where, reason = explain(error, text)
        raise YamlError(f"{source}, line {where}: {reason}") from None
    except (ValueError, OverflowError):
        # PyYAML hands "\UFFFFFFFF" to chr() and a %YAML version of 5,000 digits to int()
        raise YamlError(
            f"{source}, line {line} or below: an escape such as \\UFFFFFFFF stands for no character"
        ) from None


@dataclass(slots=True)
class _Builder:
    """Values out of events; the depth limit keeps the recursion short."""

    source: str
    events: Iterator[Any]
    lines: dict[KeyPath, int]
    depth: int = field(default=0, init=False)

    def document(self) -> Any:
        value = None
        documents = 0
        for event in self.events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            documents += 1
            if documents > 1:
                raise self._fault(event, "a second document begins here; keep one per file")
            value = self._value(next(self.events), ())
        return value

    def _value(self, event: Any, path: KeyPath) -> Any:
        self._refuse_extras(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fault(event, f"nested too deeply, more than {_DEEPEST} levels")
        build = self._mapping if isinstance(event, yaml.MappingStartEvent) else self._list
        value = build(path)
        self.depth -= 1
        return value

    def _list(self, path: KeyPath) -> list[Any]:
        values: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            inside = (*path, len(values))
            self.lines[inside] = _line(event)
            values.append(self._value(event, inside))
        return values

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            inside = (*path, key)
            if key in values:
                first = self.lines[inside]
                raise self._fault(event, f"the key {key!r} stands here again, after line {first}")
            self.lines[inside] = _line(event)
            values[key] = self._value(next(self.events), inside)
        return values

    def _key(self, event: Any) -> str:
        self._refuse_extras(event)
        if not isinstance(event, yaml.ScalarEvent):
            raise self._fault(
                event,
                "a list or a mapping stands where a key should; put a key that begins with "
                "'[' or '{' into quotes",
            )
        if not event.value and event.implicit[0]:
            raise self._fault(event, "the key before ':' is missing")
        return self._text(event)

    def _scalar(self, event: Any) -> Any:
        is_plain = event.implicit[0]
        if not is_plain:
            return self._text(event)
        if _NOT_FINITE.fullmatch(event.value):
            raise self._fault(event, f"{event.value} is no number that can be computed with")
        try:
            value = _plain(event.value)
        except ValueError:
            raise self._fault(event, "a number of more digits than Python reads") from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self._fault(event, f"the number {event.value:.40} is too large")
        return value

    def _text(self, event: Any) -> str:
        try:
            event.value.encode()
        except UnicodeEncodeError as error:
            half = event.value[error.start]
            raise self._fault(event, f"the escape {half!r} is half a character") from None
        return str(event.value)

    def _refuse_extras(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._fault(event, sign_goes_into_quotes("*", str(event.anchor)))
        if event.anchor is not None:
            raise self._fault(event, sign_goes_into_quotes("&", event.anchor))
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise self._fault(
                event,
                f"the tag {tag!r} is not followed; leave it out, and put text that begins with '!' "
                "or looks like a number into quotes",
            )

    def _fault(self, event: Any, reason: str) -> YamlError:
        return YamlError(f"{self.source}, line {_line(event)}: {reason}")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _plain(text: str) -> Any:
    """The value of an unquoted scalar; raises `ValueError` for thousands of digits."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text, 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
