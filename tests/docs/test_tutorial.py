"""The tutorial is its package: every file it shows is one of the files, its commands do as shown."""

import shlex
import shutil

import pytest
from pages import DOCS, blocks, commands, fits, run, zoo

PAGE = "tutorial/write-a-head.md"
PACKAGE = DOCS / "examples" / "zoo-attention-head"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The package as pip would install it."""
    folder = tmp_path_factory.mktemp("attention")
    shutil.copytree(PACKAGE / "src" / "zoo_attention_head", folder / "zoo_attention_head")
    info = folder / "zoo_attention_head-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: zoo-attention-head\nVersion: 0.1.0\n"
    )
    (info / "entry_points.txt").write_text("[zoo]\nattention = zoo_attention_head\n")
    return folder


def test_every_file_that_it_shows_is_one_of_the_package():
    shown = [block for block in blocks(PAGE) if block.path]
    assert {block.path for block in shown} == {
        "pyproject.toml",
        "src/zoo_attention_head/__init__.py",
        "src/zoo_attention_head/attention.py",
        "tests/test_attention.py",
    }
    for block in shown:
        first, _, excerpt = block.text.partition("\n")
        assert excerpt in (PACKAGE / block.path).read_text("utf-8"), first


def test_its_suite_is_that_of_the_package():
    (suite,) = (block.text for block in blocks(PAGE) if block.language == "yaml")
    assert f"```yaml\n{suite}```" in (PACKAGE / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_its_commands_print_what_it_shows(folder):
    shown = [
        one for block in blocks(PAGE) if block.language == "console" for one in commands(block)
    ]
    for command, output in shown:
        if command.startswith("zoo "):
            done = zoo(shlex.split(command)[1:], folder)
            assert done.returncode == 0, done.stderr
            assert fits(done.stdout, output), done.stdout


@pytest.mark.slow
def test_its_python_runs(folder):
    (example,) = (one.text for one in blocks(PAGE) if one.language == "python" and not one.path)
    done = run(["-c", example], folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Prediction(label='")
