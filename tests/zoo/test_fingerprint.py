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
        "from .deep.inside import thing\n"
        "from .names import constant\n"
        "if TYPE_CHECKING:\n"
        "    from mine.types_only import X\n"
        "class Head:\n"
        "    def forward(self):\n"
        "        from mine import late\n"
    ),
    "mine/near.py": "import mine.further\nimport json\n",
    "mine/further.py": "A = 1\n",
    "mine/deep/__init__.py": "",
    "mine/deep/inside.py": "thing = 1\n",
    "mine/names/__init__.py": "constant = 1\n",
    "mine/late.py": "D = 1\n",
    "mine/types_only.py": "X = int\n",
    "mine/stranger.py": "B = 1\n",
}


@pytest.fixture
def write(site):
    """Write the modules, one of them changed; the hash of `mine.heads:Head`."""

    def write(path=None, change=lambda text: f"{text}# changed\n"):
        for each, text in MODULES.items():
            file = site / each
            file.parent.mkdir(parents=True, exist_ok=True)
            # as bytes, for the line ends; as CP949, for a test below
            file.write_bytes((change(text) if each == path else text).encode("cp949"))
        return source_sha256("mine.heads:Head")

    return write


def test_nothing_is_imported(write):
    assert len(write()) == 64


IMPORTED = [
    "mine/heads.py",
    "mine/near.py",
    "mine/further.py",
    "mine/deep/inside.py",
    "mine/names/__init__.py",
    "mine/late.py",
]


@pytest.mark.parametrize("path", IMPORTED)
def test_every_module_that_it_imports_counts(write, path):
    assert write(path) != write()


@pytest.mark.parametrize("path", sorted(MODULES.keys() - set(IMPORTED)))
def test_no_other_module_counts(write, path):
    assert write(path) == write()


def test_line_ends_do_not_count(write):
    assert write("mine/heads.py", lambda text: text.replace("\n", "\r\n")) == write()


def test_modules_that_import_each_other_come_to_an_end(write):
    assert write("mine/further.py", lambda text: "import mine.heads\n") is not None


@pytest.mark.parametrize("target", ["nobody.at.all:Head", "_struct:Struct", "sys:Head"])
def test_what_has_no_source_has_no_hash(target):
    assert source_sha256(target) is None


@pytest.mark.parametrize("text", ["def :", "가 = 1"], ids=["no Python", "no UTF-8"])
def test_a_file_that_cannot_be_read_has_no_hash(write, text):
    assert write("mine/heads.py", lambda _: text) is None


def test_it_needs_no_torch():
    code = (
        "import sys\nfrom zoo.fingerprint import source_sha256\n"
        "print(source_sha256('zoo_heads.bilstm:BiLSTM') is not None, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"
