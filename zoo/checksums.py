"""Checksums beside weights: neither torch nor safetensors notices a flipped byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from zoo.errors import CheckpointError

CHECKSUMS = "SHA256SUMS"


def write_checksums(folder: Path) -> None:
    """`SHA256SUMS` over the weights, in the form that `sha256sum -c` reads."""
    files = sorted(folder.glob("*.safetensors"))
    lines = "".join(f"{file_sha256(file)}  {file.name}\n" for file in files)
    (folder / CHECKSUMS).write_text(lines, encoding="utf-8")


def check_checksums(files: Iterable[Path]) -> None:
    """Raise `CheckpointError` for weights that are not the ones that were saved."""
    for file in files:
        sums = file.parent / CHECKSUMS
        if not sums.is_file():
            continue  # saved by an older transformers call, or a hub that keeps its own checksums
        try:
            lines = sums.read_text("utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{sums} cannot be read ({error}); copy it again") from error
        saved = {line[66:]: line[:64] for line in lines}
        if file.name in saved and file_sha256(file) != saved[file.name]:
            raise CheckpointError(
                f"{file}: its sha256 is not the one in {CHECKSUMS}: the file was changed or "
                "damaged after it was saved; copy it again"
            )


def file_sha256(file: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
