"""Packages to start from: the templates of `zoo new`, and how they become files.

`both/` holds what every package has; `head/` and `encoder/` hold the rest. PACKAGE and MODULE in
the name of a file, and `{{ … }}` in one that ends in `.jinja`, are filled in.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["head", "encoder"]

_TEMPLATES = Path(__file__).parent
_SUFFIX = ".jinja"


@dataclass(frozen=True, slots=True)
class Names:
    """What a component called `label-attention` is called elsewhere."""

    name: str

    @property
    def distribution(self) -> str:
        """`zoo-label-attention`."""
        return f"zoo-{self.name}"

    @property
    def package(self) -> str:
        """`zoo_label_attention`."""
        return f"zoo_{self.module}"

    @property
    def module(self) -> str:
        """`label_attention`."""
        return self.name.replace("-", "_")

    @property
    def class_name(self) -> str:
        """`LabelAttention`."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    @property
    def target(self) -> str:
        """`zoo_label_attention.label_attention:LabelAttention`."""
        return f"{self.package}.{self.module}:{self.class_name}"


def package_files(
    kind: Kind, name: str, *, asked_name: str | None = None, check: str | None = None
) -> dict[str, str]:
    """The files of a package with one head or encoder: path → text.

    `asked_name` is what the component is asked for by and `check` the command that checks it, where
    `name` alone would mean another one.
    """
    import jinja2

    names = Names(name)
    values = {
        "kind": kind,
        "name": name,
        "asked_name": asked_name or name,
        "check": check or f"zoo check {name}",
        "distribution": names.distribution,
        "package": names.package,
        "module": names.module,
        "class_name": names.class_name,
        "target": names.target,
    }
    environment = jinja2.Environment(
        # Python, TOML and Markdown, no HTML
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    files = {}
    for place, text in _templates(kind):
        path = place.replace("PACKAGE", names.package).replace("MODULE", names.module)
        is_template = path.endswith(_SUFFIX)
        files[path.removesuffix(_SUFFIX)] = (
            environment.from_string(text).render(values) if is_template else text
        )
    return files


def _templates(kind: Kind) -> list[tuple[str, str]]:
    """Path inside the package, and text, of every template of a kind."""
    return [
        (file.relative_to(folder).as_posix(), file.read_text("utf-8"))
        for folder in (_TEMPLATES / "both", _TEMPLATES / kind)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    ]


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write all files into a new or empty folder, or none; raises `OSError`."""
    # the outermost folder that is made here, and goes again if anything fails
    made = next((one for one in (*reversed(folder.parents), folder) if not one.exists()), None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # inside the folder: the same file system, so that moving cannot fail halfway
        with tempfile.TemporaryDirectory(prefix=".zoo-new-", dir=folder) as unfinished:
            for path, text in files.items():
                file = Path(unfinished, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="\n")
            for child in sorted(Path(unfinished).iterdir()):
                child.rename(folder / child.name)
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                shutil.rmtree(made)
        raise
