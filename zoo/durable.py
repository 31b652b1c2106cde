"""Writing files whole or not at all, and folders, so that they outlive a crash and a power cut."""

from __future__ import annotations

import os
from pathlib import Path

TEMPORARY_SUFFIX = ".tmp"


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path`, for good when this returns; on failure the old file is untouched."""
    # in the same folder: a rename is atomic only within one file system
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, where they are missing, for good when this returns."""
    if folder.is_dir():
        return
    if not folder.parent.exists():
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_file(path: Path) -> None:
    """Make the content of a file that somebody else wrote durable."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def give_usual_mode(path: Path) -> None:
    """Give a file the mode that `open` would have given: safetensors lets its owner in alone."""
    # it can be read only by setting it; in between nothing becomes more open than meant
    umask = os.umask(0o077)
    os.umask(umask)
    path.chmod(0o666 & ~umask)


def sync_folder(folder: Path) -> None:
    """Make the folder's own entries durable: without it a power cut can lose the new name."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
