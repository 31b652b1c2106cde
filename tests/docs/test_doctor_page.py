"""The page on the doctor does what it shows."""

import shlex

import pytest
from pages import blocks, commands, fits, install, run, zoo

PAGE = "how-to/ask-the-doctor.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return install(PAGE, tmp_path_factory.mktemp("page"))


@pytest.mark.slow
def test_its_command_finds_what_it_shows(folder):
    (console,) = (one for one in blocks(PAGE) if one.language == "console")
    ((command, output),) = commands(console)
    done = zoo(shlex.split(command)[1:], folder)
    assert done.returncode == 1, done.stderr
    assert fits(done.stdout, output), done.stdout


@pytest.mark.slow
def test_its_broken_training_is_told_what_it_shows(folder):
    shown = next(one for one in blocks(PAGE) if one.language == "text")
    done = run(["broken.py"], folder)
    assert fits(done.stdout, shown.text), done.stdout + done.stderr
