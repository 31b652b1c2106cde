"""A page of the docs as what it shows: files to write, commands to give, Python to run."""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w./-]+\.\w+)\n")
ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """One fenced block; `path` is the file it is, if its first line says so."""

    language: str
    text: str

    @property
    def path(self):
        named = _FILE.match(self.text)
        return named[1] if named else None

    @property
    def content(self):
        """What goes into the file: a file of plain text has no comments."""
        return self.text.partition("\n")[2] if self.language == "text" else self.text


def blocks(page):
    """The fenced blocks of a page in `docs`, or of a whole path."""
    return [Block(*found) for found in _BLOCK.findall((DOCS / page).read_text("utf-8"))]


def install(page, folder):
    """Write the files of a page and the metadata that pip would write; gives the folder."""
    for block in blocks(page):
        if block.path:
            file = folder / block.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.content, "utf-8")
    if (folder / "pyproject.toml").exists():
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir()
        metadata = (
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        (info / "METADATA").write_text(metadata)
        points = [f"{key} = {value}" for key, value in project["entry-points"]["zoo"].items()]
        (info / "entry_points.txt").write_text("\n".join(["[zoo]", *points, ""]))
    return folder


def commands(block):
    """`(command, expected output)` of a console block; None where it shows no output."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output or None


def run(arguments, folder):
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment,
        check=False,
    )


def zoo(arguments, folder):
    """`zoo` in a fresh process, with the plugins in `folder` beside the installed ones."""
    program = "import sys; sys.argv[0] = 'zoo'; from zoo.cli import main; main()"
    return run(["-c", program, *arguments], folder)


def fits(output, expected):
    """Whether output is what a page shows, `…` on a line of its own standing for any lines."""
    parts = [re.escape(part) for part in re.split(rf"^{ANYTHING}\n", expected, flags=re.MULTILINE)]
    return re.fullmatch("(.*\n)*".join(parts), output) is not None
