"""What a run prints: a file that survives the process that writes it."""

from __future__ import annotations

import os
import tempfile
from typing import IO

_LONGEST_BYTES = 256 * 1024


class RunLog:
    """The output of one run after the other; a process writes it, perhaps another one reads it."""

    def __init__(self) -> None:
        # a file, not a pipe: it survives its writer, and nobody has to keep reading it. Appending:
        # whoever writes writes at the end, wherever others have been reading
        self.file: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115  (closed in `close`)
        self._start = 0

    @property
    def size_bytes(self) -> int:
        """The size of everything so far, earlier runs included."""
        return os.fstat(self.file.fileno()).st_size

    def begin(self) -> None:
        """Let a new run begin here."""
        self._start = self.size_bytes

    def text(self, longest_bytes: int = _LONGEST_BYTES) -> str:
        """What the current run printed; of a very long log the end."""
        end = self.size_bytes
        start = max(self._start, end - longest_bytes)
        text = os.pread(self.file.fileno(), end - start, start).decode("utf-8", "replace")
        return text if start == self._start else f"(the beginning was cut off)\n{text}"

    def close(self) -> None:
        self.file.close()
