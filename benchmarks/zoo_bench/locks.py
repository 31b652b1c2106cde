"""Locks on files, which the kernel releases when the process that holds them dies, however."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# SMB, which also has `flock` of another kind underneath, says EACCES
_HELD_BY_ANOTHER = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


class NoLocks(OSError):
    """The file system grants no locks."""


class Claim:
    """A sole right that rests on locks, until `release` or until the process ends."""

    def __init__(self) -> None:
        self._handles: list[int] = []

    def lock_file(self, path: Path) -> bool:
        """Lock the file, which is made if it is missing; False while another process has it.

        The file must stay where it is: a process that is about to lock it would hold a file that
        the next one does not see. Raises `NoLocks`, and `OSError` where it cannot be opened.
        """
        # for writing: NFS refuses the lock of a file that is open for reading alone
        return self._lock(os.open(path, os.O_RDWR | os.O_CREAT, 0o666))

    def lock_folder(self, path: Path) -> bool:
        """Lock the folder too, where that can be done; False while another process has it.

        Alone it does not do: over NFS the lock of a folder is granted, and by every machine.
        """
        try:
            return self._lock(os.open(path, os.O_RDONLY))
        except NoLocks:
            return True

    def _lock(self, handle: int) -> bool:
        self._handles.append(handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD_BY_ANOTHER:
                return False
            raise NoLocks(error.errno, error.strerror) from error
        return True

    def release(self) -> None:
        """Let others have it; releasing twice is harmless."""
        while self._handles:
            os.close(self._handles.pop())

    @contextmanager
    def released_on_error(self) -> Iterator[None]:
        """Release it where the block raises."""
        try:
            yield
        except BaseException:
            self.release()
            raise
