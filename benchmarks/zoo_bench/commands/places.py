"""The paths that commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class Place(click.Path):
    """A path that is there or not; refused where it cannot even be looked for.

    A name may be longer than the file system allows, or lie in a folder that nobody may look into.
    """

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; `click.BadParameter` says why there can be none."""
        path = Path(value)
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            self.fail(f"{path}: {error.strerror}", param, ctx)
        return path
