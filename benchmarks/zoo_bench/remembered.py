"""Leaderboards that were worked out before, found again by everything they follow from.

They lie in the user's cache, never in a results root, and can be deleted at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from zoo_bench import durable
from zoo_bench.leaderboard import Leaderboard, build
from zoo_bench.predictions import PREDICTIONS
from zoo_bench.reading import MARKER, read_all

_MOST_REMEMBERED = 20


def leaderboard_of(roots: Sequence[Path]) -> Leaderboard:
    """The leaderboard of results roots: remembered, or worked out and remembered from now on."""
    adapter = TypeAdapter(Leaderboard)
    path = _folder() / f"{_key(roots)}.json"
    with suppress(OSError, ValidationError):
        return adapter.validate_json(path.read_bytes())
    leaderboard = build(read_all(roots))
    with suppress(OSError):  # a cache that cannot be written costs time and nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, adapter.dump_json(leaderboard))
        _forget_the_oldest(path.parent)
    return leaderboard


def _folder() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("intentzoo") / "leaderboards"


def _forget_the_oldest(folder: Path) -> None:
    by_age = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in by_age[:-_MOST_REMEMBERED]:
        path.unlink(missing_ok=True)


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
            with suppress(FileNotFoundError):
                yield name.encode() + (folder / name).read_bytes()
        with suppress(FileNotFoundError):
            found = (folder / PREDICTIONS).stat()
            yield f"{found.st_size} {found.st_mtime_ns}".encode()
