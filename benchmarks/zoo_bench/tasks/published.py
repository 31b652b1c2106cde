"""Files of a publisher: a copy under `ZOO_DATA`, else one that was downloaded and checked."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from zoo.checksums import file_sha256
from zoo.data import Examples
from zoo.data.faults import noted
from zoo.errors import DataError
from zoo.terminal import printable
from zoo_bench.tasks.download import download


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file as its publisher ships it; `folder` is its task, in `ZOO_DATA` and in the cache."""

    folder: str
    name: str
    url: str
    sha256: str


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """A file on this machine; verified where its bytes are the publisher's."""

    path: Path
    is_verified: bool


def local_copy(file: PublishedFile, licence: str, source: str) -> LocalCopy:
    """The file under `ZOO_DATA`, in the cache, or from the publisher, whichever comes first.

    A copy under `ZOO_DATA` is taken as it is; if it is not the publisher's, that is said once on
    stderr. A download is taken only if it is. Raises `DataError` where no copy can be had.
    """
    given = _given_path(file)
    if given is not None and given.is_file():
        is_verified = _sha256(given) == file.sha256
        if not is_verified:
            _say_once(
                f"{file.folder}: unverified copy {printable(given)}: it is not the publisher's "
                "file (SHA-256 differs); figures from it are not figures of the official "
                + file.folder
            )
        return LocalCopy(given, is_verified)
    cached = platformdirs.user_cache_path("intentzoo") / "tasks" / file.folder / file.name
    if not cached.is_file() or _sha256(cached) != file.sha256:
        _say_once(f"{file.folder}: licence {licence}, published at {source}")
        try:
            download(file.url, cached, file.sha256)
        except DataError as error:
            raise DataError(
                f"{file.folder}: {file.name} cannot be had from {file.url}: {error}. "
                f"Try again, or put the file at {_advised_path(file, given)}"
            ) from error
    return LocalCopy(cached, is_verified=True)


def _given_path(file: PublishedFile) -> Path | None:
    folder = os.environ.get("ZOO_DATA")
    if not folder:
        return None
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise DataError(f"ZOO_DATA is {folder!r}, which is no folder")
    return root / file.folder / file.name


def _advised_path(file: PublishedFile, given: Path | None) -> str:
    if given is not None:
        return f"{printable(given)}, where ZOO_DATA points"
    return f"FOLDER/{file.folder}/{file.name} and set the environment variable ZOO_DATA=FOLDER"


@functools.cache
def _say_once(message: str) -> None:
    print(message, file=sys.stderr)


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise DataError(f"{printable(path)} cannot be read: {error.strerror}") from error


def notes_of(copies: Iterable[LocalCopy], splits: Iterable[Examples]) -> tuple[str, ...]:
    """What is to be known of a task: which of its files are unverified, and what was repaired."""
    unverified = [f"unverified copy: {one.path.name}" for one in copies if not one.is_verified]
    # train and validation often come from one file, and then share its notes
    repairs = {
        f"{Path(split.source).name}: {noted(note, count)}": None
        for split in splits
        for note, count in split.notes.items()
    }
    return (*unverified, *repairs)
