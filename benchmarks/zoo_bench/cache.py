"""What was worked out before, by everything that it follows from.

It lies in the user's cache, never in a results root, and can be deleted at any time.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from zoo import durable

_MOST_KEPT = 20


def recall(kind: str, key: str) -> bytes | None:
    """What was kept of this kind under this key; None where nothing is, or can be read."""
    with suppress(OSError):
        return _path(kind, key).read_bytes()
    return None


def keep(kind: str, key: str, content: bytes) -> None:
    """Keep it from now on, and forget the oldest of many."""
    path = _path(kind, key)
    with suppress(OSError):  # a cache that cannot be written costs time and nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, content)
        by_age = sorted(path.parent.glob("*.json"), key=lambda one: one.stat().st_mtime_ns)
        for old in by_age[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)


def _path(kind: str, key: str) -> Path:
    import platformdirs

    return platformdirs.user_cache_path("intentzoo") / kind / f"{key}.json"
