"""The page on audits does what it shows."""

import shlex

import pytest
from pages import blocks, commands, fits, install, run, zoo

PAGE = "how-to/audit-your-data.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return install(PAGE, tmp_path_factory.mktemp("page"))


def test_its_command_prints_what_it_shows_and_finds_faults(folder):
    (console,) = (one for one in blocks(PAGE) if one.language == "console")
    ((command, output),) = commands(console)

    done = zoo(shlex.split(command)[1:], folder)

    assert done.returncode == 1, done.stderr
    assert fits(done.stdout, output), done.stdout


def test_its_python_runs(folder):
    (source,) = (one.text for one in blocks(PAGE) if one.language == "python")

    done = run(["-c", source], folder)

    assert done.returncode == 0, done.stderr
