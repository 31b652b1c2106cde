"""One file from the network: whole and as published, or not there at all."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import Progress

from zoo.errors import DataError

_TIMEOUT_SECONDS = 20.0
_CHUNK_BYTES = 1 << 16


def download(url: str, target: Path, sha256: str) -> None:
    """Bring what `url` serves to `target`, through a temporary file beside it.

    Raises `DataError` where it cannot be reached, ends early, has another SHA-256 or cannot be
    written; nothing is left behind then, and a file that was at `target` stays.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise DataError(f"{target.parent} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            found = _receive(url, file)
        if found != sha256:
            raise DataError(
                f"it sent another file than was published (SHA-256 {found[:12]}…, expected "
                f"{sha256[:12]}…), which was deleted"
            )
        Path(name).replace(target)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # ValueError: an address or a Content-Length that makes no sense; DataError is one too
        if isinstance(error, DataError):
            raise
        raise DataError(_reason(error)) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _receive(url: str, file: IO[bytes]) -> str:
    """Write what is received, and give its SHA-256."""
    digest = hashlib.sha256()
    request = urllib.request.Request(url, headers={"User-Agent": "intentzoo"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        length = response.headers.get("Content-Length")
        total = int(length) if length else None
        size = f" ({total / 1e6:.1f} MB)" if total else ""
        print(f"downloading {url}{size}", file=sys.stderr)
        received = 0
        # a bar only on a terminal; it takes itself away
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
            bar = bars.add_task(Path(url).name, total=total)
            while chunk := response.read(_CHUNK_BYTES):
                file.write(chunk)
                digest.update(chunk)
                received += len(chunk)
                bars.update(bar, completed=received)
    # read(n) ends in silence where the connection does
    if total is not None and received < total:
        raise DataError(f"the connection was cut after {received:,} of {total:,} bytes")
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        # it holds the connection open, for whoever would read the page that came with it
        error.close()
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return f"the server cannot be reached ({error.reason})"
    if isinstance(error, TimeoutError):
        return f"nothing came for {_TIMEOUT_SECONDS:.0f} seconds"
    return f"{type(error).__name__}: {error}"
