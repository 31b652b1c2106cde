"""The hash of a component's source: what moves it, and what does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zoo.fingerprint import source_sha256

MODULES = {
    "mine/__init__.py": "raise RuntimeError('imported')\n",
    "mine/heads.py": (
        "from typing import TYPE_CHECKING\n"
        "from . import near\n"
        "if TYPE_CHECKING:\n"
        "    from mine.types_only import X\n"
        "class Head:\n"
        "    def forward(self):\n"
        "        from mine.deep.inside import thing\n"
    ),
    "mine/near.py": "import mine.further\nimport json\n",
    "mine/further.py": "A = 1\n",
    "mine/deep/__init__.py": "",
    "mine/deep/inside.py": "thing = 1\n",
    "mine/types_only.py": "X = int\n",
    "mine/stranger.py": "B = 1\n",
}


@pytest.fixture
def write(site):
    """Write the modules, some of them changed; the hash of `mine.heads:Head`."""

    def write(**changes):
        for path, text in MODULES.items():
            file = site / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(changes.get(file.stem, text).encode())
        return source_sha256("mine.heads:Head")

    return write


def test_nothing_is_imported(write):
    assert len(write()) == 64


@pytest.mark.parametrize("module", ["heads", "near", "further", "inside"])
def test_every_module_that_it_imports_counts(write, module):
    before = write()
    changed = next(text for path, text in MODULES.items() if path.endswith(f"/{module}.py"))
    assert write(**{module: f"{changed}# changed\n"}) != before


@pytest.mark.parametrize("module", ["types_only", "stranger"])
def test_a_module_that_it_does_not_run_does_not_count(write, module):
    before = write()
    assert write(**{module: "C = 2\n"}) == before


def test_line_ends_do_not_count(write):
    before = write()
    assert write(heads=MODULES["mine/heads.py"].replace("\n", "\r\n")) == before


def test_modules_that_import_each_other_come_to_an_end(write):
    assert write(further="import mine.heads\n") is not None


@pytest.mark.parametrize("target", ["nobody.at.all:Head", "_struct:Struct", "sys:Head"])
def test_what_has_no_source_has_no_hash(target):
    assert source_sha256(target) is None


def test_a_file_that_is_no_python_has_no_hash(write):
    assert write(heads="def :") is None


def test_it_needs_no_torch():
    code = (
        "import sys\nfrom zoo.fingerprint import source_sha256\n"
        "print(source_sha256('zoo_heads.bilstm:BiLSTM') is not None, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
