"""Who may import whom, and what stays light."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import zoo

ROOT = Path(__file__).parent.parent
HEAVY = ("torch", "transformers", "numpy", "sklearn", "scipy", "pydantic")


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python code in a fresh process."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


# light imports


@pytest.mark.parametrize(
    "code",
    [
        "import zoo",
        "import zoo; zoo.encoders(); zoo.heads(); zoo.tasks(); zoo.plugins(); zoo.__version__",
        "import zoo; dir(zoo); zoo.EncoderSpec; zoo.hookimpl",
    ],
)
def test_importing_and_listing_stay_light(code):
    check = f"\nimport sys; print([name for name in {HEAVY} if name in sys.modules])"

    done = run(code + check)

    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["list"],
        ["list", "heads", "*", "--json"],
        ["list", "--help"],
        ["new", "--help"],
        ["plugins"],
        ["show", "--help"],
        ["show", "mlp"],
        ["show", "bert", "--json"],
    ],
    ids=" ".join,
)
def test_commands_that_only_tell_stay_light(arguments):
    check_stays_light(*arguments)


def test_showing_a_saved_classifier_stays_light(tmp_path):
    records = {
        kind: {
            "name": name,
            "distribution": "intentzoo",
            "version": "0.1.0",
            "target": target,
            "options": {},
            "source_sha256": "0" * 64,
        }
        for kind, name, target in (
            ("encoder", "bert", "zoo.transformers_encoder:TransformersEncoder"),
            ("head", "bilstm", "zoo_heads.bilstm:BiLSTM"),
        )
    }
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "zoo", **records}))

    check_stays_light("show", str(tmp_path))


def check_stays_light(*arguments: str) -> None:
    """`zoo` with these arguments tells something, and loads nothing heavy."""
    code = (
        "import sys\n"
        "sys.argv[0] = 'zoo'\n"
        "from zoo.cli import main\n"
        "try: main()\n"
        "finally: print([name for name in sys.modules if name in "
        f"{HEAVY}], file=sys.stderr)"
    )

    done = run(code, *arguments)

    assert done.stderr.splitlines()[-1] == "[]", done.stderr
    assert done.stdout


# the public names


def test_the_public_names_are_sorted():
    capitals = [name for name in zoo.__all__ if name[0].isupper()]
    others = [name for name in zoo.__all__ if not name[0].isupper()]

    assert list(zoo.__all__) == sorted(capitals) + sorted(others)
    assert len(set(zoo.__all__)) == len(zoo.__all__)


@pytest.mark.parametrize("name", zoo.__all__)
def test_every_public_name_can_be_imported(name):
    assert getattr(zoo, name) is not None
    assert name in dir(zoo)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'zoo' has no attribute 'biuld'"):
        _ = zoo.biuld


# the direction of imports


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over the packages in a folder, which come before those of this machine."""
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_package_imports_in_the_agreed_direction():
    done = lint(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "chain"),
    [
        ("zoo/errors.py", "import zoo_heads", "zoo is not allowed to import zoo_heads"),
        ("zoo_heads/__init__.py", "import zoo_encoders", "zoo_heads is not allowed to import"),
        ("zoo/plugins.py", "import zoo.shelf", "zoo.plugins is not allowed to import zoo.shelf"),
        ("zoo/doctor/tokens.py", "import zoo.data", "zoo.doctor is not allowed to import zoo.data"),
        ("zoo_bench/job.py", "import zoo_bench.run", "zoo_bench.job is not allowed to import"),
    ],
)
def test_an_import_in_the_wrong_direction_is_caught(file, line, chain, tmp_path):
    for package in ("zoo", "plugins/zoo_heads", "plugins/zoo_encoders", "benchmarks/zoo_bench"):
        copy = tmp_path / Path(package).name
        shutil.copytree(ROOT / package, copy, ignore=shutil.ignore_patterns("[!_]*.[!p]*"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")

    done = lint(tmp_path)

    assert done.returncode == 1
    assert chain in " ".join(done.stdout.split())
