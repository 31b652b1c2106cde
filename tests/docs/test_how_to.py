"""Every page does what it shows: its files, its commands with their output, its Python."""

import shlex

import pytest
from pages import blocks, commands, fits, install, run, zoo

PAGES = [
    "how-to/add-a-head.md",
    "how-to/add-an-encoder.md",
    "how-to/add-a-task.md",
    "how-to/add-a-command.md",
]


@pytest.fixture(scope="module", params=PAGES)
def page(request):
    return request.param


@pytest.fixture(scope="module")
def folder(page, tmp_path_factory):
    return install(page, tmp_path_factory.mktemp("page"))


def test_its_plugin_is_loaded(folder):
    done = zoo(["plugins"], folder)
    assert done.returncode == 0, done.stdout
    assert " loaded " in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_its_commands_print_what_it_shows(page, folder):
    shown = [
        one for block in blocks(page) if block.language == "console" for one in commands(block)
    ]
    ours = [(command, output) for command, output in shown if command.startswith("zoo ")]
    assert ours
    for command, output in ours:
        done = zoo(shlex.split(command)[1:], folder)
        assert done.returncode == 0, done.stderr
        assert output is None or fits(done.stdout, output), done.stdout


@pytest.mark.slow
def test_its_python_runs(page, folder):
    for block in blocks(page):
        if block.language == "python" and not block.path:
            done = run(["-c", block.text], folder)
            assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_its_own_tests_pass(page, folder):
    if list(folder.glob("test_*.py")):
        few = "padding_further or options"
        done = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", few], folder)
        assert "2 passed" in done.stdout, done.stdout
