"""`zoo new`: a package that is installed, checked and tested as it was written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

import zoo_heads
from zoo.scaffold import package_files, write_files

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "zoo-attention-head"
SHARED_FILES = [".gitignore", "README.md", "pyproject.toml"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files_in(folder):
    return sorted(
        file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
    )


# what is written


@pytest.mark.parametrize(
    ("kind", "phrase", "files"),
    [
        ("head", "a head", []),
        ("encoder", "an encoder", ["src/zoo_two_words/vocabulary.txt"]),
    ],
)
def test_a_package_is_written_and_the_next_commands_are_told(run, here, kind, phrase, files):
    done = run("new", kind, "two-words")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        f"zoo-two-words holds {phrase} called two-words, ready to be installed:\n"
        "\n"
        "  cd zoo-two-words\n"
        "  pip install -e '.[test]'\n"
        "  zoo plugins\n"
        "  zoo check two-words\n"
        "  pytest\n"
        "\n"
        "Then make it yours in src/zoo_two_words/two_words.py;\n"
        "pytest tells whether it still keeps the contract.\n"
    )
    assert files_in(here / "zoo-two-words") == [
        *SHARED_FILES,
        "src/zoo_two_words/__init__.py",
        "src/zoo_two_words/two_words.py",
        *files,
        "tests/test_two_words.py",
    ]


def test_the_folder_may_be_another_one(run, here):
    done = run("new", "head", "mean", "--output", "heads/my mean")

    assert "  cd 'heads/my mean'\n" in done.stdout
    assert files_in(here / "heads" / "my mean")[:3] == SHARED_FILES


def test_an_empty_folder_is_filled(run, here):
    done = run("new", "head", "mean", "--output", ".")

    assert done.exit_code == 0
    assert files_in(here)[:3] == SHARED_FILES
    assert sorted(one.name for one in here.iterdir()) == [*SHARED_FILES, "src", "tests"]


@pytest.mark.parametrize("kind", ["head", "encoder"])
def test_no_placeholder_is_left(kind):
    for path, text in package_files(kind, "two-words").items():
        # YAML in a README has single braces
        assert not re.search(r"PACKAGE|MODULE|\{\{|\{%|\.jinja", path + text), path


# like the example


def test_a_head_has_the_files_of_the_example():
    def shape(paths):
        return {re.sub(r"zoo_attention_head", "zoo_attention", path) for path in paths}

    left = re.compile(r"__pycache__|\.[a-z]+_cache|dist/")
    example = [path for path in files_in(EXAMPLE) if not left.search(path)]

    assert shape(package_files("head", "attention")) == shape(example)


@pytest.mark.parametrize("kind", ["head", "encoder"])
def test_its_metadata_are_those_of_the_example(kind):
    ours = tomllib.loads(package_files(kind, "attention")["pyproject.toml"])
    example = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))

    for project in (ours["project"], example["project"]):
        assert project.pop("name").startswith("zoo-attention")
        assert project.pop("description")
        assert project.pop("entry-points")["zoo"].keys() == {"attention"}
    assert ours["project"] == example["project"]
    assert ours["build-system"] == example["build-system"]
    assert ours["tool"].keys() == example["tool"].keys()


@pytest.mark.parametrize("kind", ["head", "encoder"])
def test_its_readme_has_the_parts_of_the_example(kind):
    def parts(text):
        return re.findall(r"^#+|^```\w*|^\$ \w+ ?\w*", text, re.MULTILINE)

    assert parts(package_files(kind, "attention")["README.md"]) == parts(
        (EXAMPLE / "README.md").read_text("utf-8")
    )


# names


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "LabelAttention",
            "use lower-case letters and digits, in words joined by '-', beginning with a letter; "
            "'label-attention' would do",
        ),
        (
            "zoo_label attention",
            "use lower-case letters and digits, in words joined by '-', beginning with a letter; "
            "'label-attention' would do",
        ),
        (
            "../mean",
            "use lower-case letters and digits, in words joined by '-', beginning with a letter; "
            "'mean' would do",
        ),
        (
            "3",
            "use lower-case letters and digits, in words joined by '-', beginning with a letter",
        ),
        ("zoo-mean", "the package is called zoo-NAME anyway; 'mean' would do"),
        (
            "lambda",
            "a module or a class of this name would hide zoo itself, or is a word of Python or YAML; "
            "'lambda-head' would do",
        ),
        (
            "none",
            "a module or a class of this name would hide zoo itself, or is a word of Python or YAML; "
            "'none-head' would do",
        ),
        (
            "null",
            "a module or a class of this name would hide zoo itself, or is a word of Python or YAML; "
            "'null-head' would do",
        ),
        (
            "zoo",
            "a module or a class of this name would hide zoo itself, or is a word of Python or YAML; "
            "'zoo-head' would do",
        ),
        (
            "heads",
            f"a package zoo_heads is installed already ({zoo_heads.__file__}), and only one of "
            "this name can be imported; choose another name, or uninstall that one",
        ),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(run, here, name, message):
    done = run("new", "head", name)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(f"\nError: NAME {name!r}: {message}\n")
    assert files_in(here) == []


def test_a_name_that_is_taken_is_warned_of_and_asked_for_in_full(run, here, zoo_mine):
    done = run("new", "head", "mlp")

    assert (done.exit_code, done.stderr) == (
        0,
        "Warning: head 'mlp' is brought by intentzoo 0.1.0 already; yours will be asked for as "
        "'zoo-mlp:mlp'\n",
    )
    assert "\n  zoo check zoo-mlp:mlp\n" in done.stdout
    assert '"zoo-mlp:mlp"' in (here / "zoo-mlp" / "README.md").read_text("utf-8")


def test_a_name_of_the_other_kind_is_checked_with_its_kind(run, here, zoo_mine):
    done = run("new", "encoder", "mlp")

    assert (done.exit_code, done.stderr) == (0, "")
    assert "\n  zoo check mlp --kind encoder\n" in done.stdout


# places


def test_a_folder_with_something_in_it_is_refused(run, here):
    (here / "zoo-mean").mkdir()
    (here / "zoo-mean" / "mine.txt").write_text("mine")

    done = run("new", "head", "mean")

    assert done.exit_code == 2
    assert done.stderr.endswith(
        "\nError: zoo-mean is not empty; name another folder with --output\n"
    )
    assert files_in(here) == ["zoo-mean/mine.txt"]


def test_a_file_is_refused(run, here):
    (here / "mine.txt").write_text("mine")

    done = run("new", "head", "mean", "--output", "mine.txt")

    assert done.exit_code == 2
    assert done.stderr.endswith("\nError: mine.txt is a file; name a folder with --output\n")
    assert files_in(here) == ["mine.txt"]


@pytest.mark.parametrize(
    ("folder", "cause"),
    [("mine.txt/inside", "Not a directory"), ("long" * 100, "File name too long")],
)
def test_a_place_that_cannot_be_written_is_told(run, here, folder, cause):
    (here / "mine.txt").write_text("mine")

    done = run("new", "head", "mean", "--output", folder)

    assert (done.exit_code, done.stderr) == (
        1,
        f"Error: {folder} cannot be written: {cause}; name another place with --output\n",
    )


@pytest.mark.parametrize("made", ["package", "deep", None])
def test_nothing_half_written_is_left(here, made):
    folder = here / "deep" / "package"
    existing = {"package": folder.parent, "deep": here, None: folder}[made]
    existing.mkdir(parents=True, exist_ok=True)
    # a file where a folder is due
    with pytest.raises(OSError):
        write_files({"a": "text", "b": "text", "b/c": "text"}, folder)

    assert existing.is_dir()
    assert list(existing.iterdir()) == []


# the whole way


@pytest.mark.slow
def test_templates_and_weights_are_in_the_wheel(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(
        [*build, "--directory", tmp_path], cwd=ROOT, check=True, capture_output=True, text=True
    )

    (wheel,) = tmp_path.glob("*.whl")
    files = {one.filename: one.file_size for one in zipfile.ZipFile(wheel).infolist()}
    packed = {one for one in files if one.startswith("zoo/scaffold/")}
    source = {f"zoo/scaffold/{one}" for one in files_in(ROOT / "zoo" / "scaffold")}
    assert packed == {one for one in source if "__pycache__" not in one}
    for name in ("bert-nano", "koelectra-nano"):
        folder = f"zoo_encoders/weights/{name}/"
        sizes = {one.removeprefix(folder): files[one] for one in files if one.startswith(folder)}
        assert {"README.md", "SHA256SUMS", "config.json", "model.safetensors"} <= sizes.keys()
        assert sum(sizes.values()) < 12_000_000


NAMES = {"head": "mean-pooling", "encoder": "letters"}
ZOO = "import sys; sys.argv[0] = 'zoo'; from zoo.cli import main; main()"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A virtual environment with both packages, installed as `zoo new` says; what runs there."""
    folder = tmp_path_factory.mktemp("new")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (packages,) = folder.glob("venv/lib/python*/site-packages")
    # everything of this environment, editable installations included, and no download
    here = sysconfig.get_path("purelib")
    (packages / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    python = folder / "venv" / "bin" / "python"

    def run(*arguments, cwd=folder, python=python):
        variables = {"OMP_NUM_THREADS": "1", "COLUMNS": "80", "NO_COLOR": "1"}
        return subprocess.run(
            [python, *arguments],
            cwd=cwd,
            env={**os.environ, **variables, "ZOO_CERTIFICATES": str(folder / "certificates")},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    pip = ["-m", "pip", "--disable-pip-version-check", "--python", python, "install"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    for kind, name in NAMES.items():
        for done in (
            run("-c", ZOO, "new", kind, name),
            run(*pip, *offline, "--editable", f"zoo-{name}", python=sys.executable),
        ):
            assert done.returncode == 0, done.stderr
    return run


@pytest.mark.slow
def test_both_packages_are_loaded_as_plugins(environment):
    done = environment("-c", ZOO, "plugins")

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^letters +zoo-letters 0\.1\.0 +loaded +1 +0 ", done.stdout, re.MULTILINE)
    assert re.search(
        r"^mean-pooling +zoo-mean-pooling 0\.1\.0 +loaded +0 +1 ", done.stdout, re.MULTILINE
    )


@pytest.mark.slow
def test_the_command_finds_it_and_it_passes(environment):
    # the head alone: the tests below hold both packages to the same checks
    done = environment("-c", ZOO, "check", NAMES["head"])

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed", done.stdout, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES.values())
def test_each_passes_its_own_tests(environment, name):
    own = ["-p", "no:cacheprovider", "--rootdir", f"zoo-{name}", f"zoo-{name}/tests"]

    done = environment("-m", "pytest", "-q", *own)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES.values())
@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_each_is_clean_for_ruff(environment, name, command):
    done = environment("-m", "ruff", *command, "--no-cache", f"zoo-{name}")

    assert done.returncode == 0, done.stdout


COUNT = """
import zoo
from zoo_mean_pooling.mean_pooling import MeanPooling

def count(module):
    return sum(one.numel() for one in module.parameters())

(head,), (encoder,) = zoo.heads("mean-pooling"), zoo.encoders("letters")
classifier = zoo.build("letters", "mean-pooling", num_labels=2)
print(head.spec.parameters - count(MeanPooling(768, 2)))
print(encoder.spec.parameters - count(classifier.encoder))
print(classifier.predict("불 좀 꺼 줘").label in classifier.labels)
"""


@pytest.mark.slow
def test_together_they_predict_and_their_parameters_are_counted(environment):
    done = environment("-c", COUNT)

    assert (done.returncode, done.stdout) == (0, "0\n0\nTrue\n"), done.stderr
