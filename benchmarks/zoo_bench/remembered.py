"""Leaderboards that were worked out before, found again by everything they follow from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from zoo_bench import cache
from zoo_bench.leaderboard import Leaderboard, build
from zoo_bench.predictions import PREDICTIONS
from zoo_bench.reading import MARKER, read_all

_KIND = "leaderboards"


def leaderboard_of(roots: Sequence[Path]) -> Leaderboard:
    """The leaderboard of results roots: remembered, or worked out and remembered from now on."""
    adapter = TypeAdapter(Leaderboard)
    key = _key(roots)
    remembered = cache.recall(_KIND, key)
    if remembered is not None:
        with suppress(ValidationError):
            return adapter.validate_json(remembered)
    leaderboard = build(read_all(roots))
    # it names paths, and one that is no UTF-8 is no JSON
    with suppress(PydanticSerializationError):
        cache.keep(_KIND, key, adapter.dump_json(leaderboard))
    return leaderboard


def _key(roots: Sequence[Path]) -> str:
    """The hash of all records, of the sizes and times of their predictions, and of our own code."""
    digest = hashlib.sha256()
    for part in (*_code(), *(part for root in roots for part in _records(root))):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _code() -> Iterator[bytes]:
    here = Path(__file__).parent
    for path in sorted((*here.glob("*.py"), *here.glob("statistics/*.py"))):
        yield path.read_bytes()


def _records(root: Path) -> Iterator[bytes]:
    yield str(root).encode("utf-8", "surrogateescape")
    yield (root / MARKER).read_bytes()
    for folder in sorted((root / "runs").glob("*/")):
        yield folder.name.encode("utf-8", "surrogateescape")
        for name in ("result.json", "spec.json", "error.json"):
            try:
                content = (folder / name).read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                content = str(error).encode("utf-8", "surrogateescape")
            yield name.encode() + content
        with suppress(FileNotFoundError):
            found = (folder / PREDICTIONS).stat()
            yield f"{found.st_size} {found.st_mtime_ns}".encode()
