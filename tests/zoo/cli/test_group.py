"""The group `zoo`: commands, global options, and how every error ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HELLO = """
    import click

    @click.command()
    @click.argument("name", default="world")
    def command(name):
        click.echo(f"hello {name}")
"""


def raising(error: str) -> str:
    return f"import click\n\n@click.command()\ndef command():\n    raise {error}\n"


# commands


def test_help_lists_every_command_without_importing_one(run, add_command):
    add_command("zoo-a", "hello", "raise RuntimeError('imported')", "Say hello.")

    result = run("--help")

    assert result.exit_code == 0
    assert result.stdout.partition("Commands:\n")[2] == (
        "  audit     Look for faults in a task or in files before anything is learned.\n"
        "  check     Hold a head or an encoder to its contract, and certify it.\n"
        "  doctor    Say why a pair does not learn, or will not, and what to change.\n"
        "  evaluate  Measure a saved classifier on labelled texts.\n"
        "  hello     Say hello.\n"
        "  list      List encoders, heads and tasks.\n"
        "  new       Write a package with a head or an encoder of your own.\n"
        "  plugins   List plugins, what they bring, and why one was left out.\n"
        "  predict   Label texts with a saved classifier.\n"
        "  show      Show all about an encoder, head, task or saved classifier.\n"
        "  train     Train a classifier on labelled texts and save it.\n"
    )


@pytest.mark.parametrize(
    "name",
    ["audit", "check", "doctor", "evaluate", "list", "new", "plugins", "predict", "show", "train"],
)
def test_every_command_of_zoo_can_be_called_for_help(name, run):
    result = run(name, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: zoo {name} ")


def test_a_command_of_a_plugin_runs(run, add_command):
    add_command("zoo-a", "hello", HELLO)

    assert run("hello", "you").stdout == "hello you\n"
    assert run("zoo-a:hello").stdout == "hello world\n"


def test_a_plugin_does_not_replace_a_command_of_zoo(run, add_command):
    add_command("zoo-a", "list", HELLO)

    assert "hello" not in run("list").stdout
    assert run("zoo-a:list").stdout == "hello world\n"
    assert "  zoo-a:list  Do it.\n" in run("--help").stdout
    assert "command 'list' is brought by intentzoo" in run("plugins").stdout


def test_a_command_of_two_plugins_is_refused_with_both_named(run, add_command):
    add_command("zoo-a", "hello", HELLO)
    add_command("zoo-b", "hello", HELLO)

    result = run("hello")

    assert (result.exit_code, result.stderr) == (
        2,
        "Error: AmbiguousName: command 'hello' is brought by zoo-a 1.0 and zoo-b 1.0; "
        "ask for 'zoo-a:hello' or 'zoo-b:hello'\n",
    )


def test_an_unknown_command_is_answered_with_the_nearest(run, broken):
    result = run("lst")

    assert (result.exit_code, result.stderr) == (
        2,
        "Error: UnknownName: no command is called 'lst'; did you mean 'list'?\n"
        "Known: audit, check, doctor, evaluate, list, new, plugins, predict, show, train.\n"
        "1 plugin was left out (zoo-fast 0.2: No module named 'fasttext_of_nobody'); "
        "see `zoo plugins`.\n",
    )


def test_an_unknown_option_is_wrong_usage(run):
    result = run("--lst")

    assert (result.exit_code, "No such option" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("source", "rest"),
    [
        (
            "",
            "cannot be imported: AttributeError: module 'zoo_a.command' has no attribute 'command'",
        ),
        ("def command(): pass", "must be a click command, it is a function"),
        ("raise SystemExit(0)", "cannot be imported: it called sys.exit(0)"),
    ],
)
def test_a_command_that_is_none_names_its_plugin(source, rest, run, add_command):
    add_command("zoo-a", "hello", source)

    result = run("hello")

    assert (result.exit_code, result.stderr) == (
        2,
        "Error: PluginError: command 'hello' of zoo-a 1.0: its target 'zoo_a.command:command' "
        f"{rest}\n",
    )


def test_our_own_commands_work_whatever_the_plugins_do(run, broken):
    assert run("list", "--help").exit_code == 0


# errors


def test_an_error_of_zoo_is_told_by_name_and_exits_2(run, add_command):
    add_command(
        "zoo-a", "fail", "from zoo.errors import DataError\n" + raising("DataError('row 3')")
    )

    result = run("fail")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: DataError: row 3\n"


def test_an_error_may_bring_its_exit_status(run, add_command):
    source = "import zoo\nclass Failed(zoo.ZooError):\n    exit_code = 1\n"
    add_command("zoo-a", "fail", source + raising("Failed('2 of 9 runs')"))

    result = run("fail")

    assert (result.exit_code, result.stderr) == (1, "Error: Failed: 2 of 9 runs\n")


def test_an_error_cannot_steer_the_terminal(run, add_command):
    add_command("zoo-a", "fail", "import zoo\n" + raising("zoo.ZooError('\\x1b[2J\\nnext')"))

    assert run("fail").stderr == "Error: ZooError: \\x1b[2J\nnext\n"


def test_an_interruption_exits_130(run, add_command):
    add_command("zoo-a", "wait", raising("KeyboardInterrupt"))

    result = run("wait")

    assert (result.exit_code, result.stderr.strip()) == (130, "Interrupted.")


def test_an_error_of_a_library_keeps_its_traceback(run, add_command):
    add_command("zoo-a", "fail", raising("RuntimeError('bug')"))

    assert isinstance(run("fail").exception, RuntimeError)


def test_a_return_value_is_no_exit_status(run, add_command):
    source = "import click\n\n@click.command()\ndef command(): return 3"
    add_command("zoo-a", "three", source)

    assert run("three").exit_code == 0


# global options


@pytest.mark.parametrize("name", ["main", "zoo-fast", "zoo-fast:main"])
def test_a_plugin_can_be_left_out_from_the_command_line(name, run, broken, monkeypatch):
    monkeypatch.setenv("ZOO_BLOCK", "other")

    result = run("-p", f"no:{name}", "plugins")

    assert result.exit_code == 0
    assert "blocked" in result.stdout
    # worker processes leave it out as well
    assert os.environ["ZOO_BLOCK"] == f"other,{name}"


@pytest.mark.parametrize("value", ["main", "no:", "yes:main", ":main"])
def test_what_is_left_out_is_written_no_and_a_name(value, run):
    result = run("-p", value, "plugins")

    assert result.exit_code == 2
    assert f"Error: Invalid value for '-p': {value!r}: write no:NAME\n" in result.stderr


def test_the_version_tells_of_plugins(run, broken, add_command, monkeypatch):
    monkeypatch.setattr("zoo.cli.group.zoo_version", lambda: "0.1.0")
    add_command("zoo-a", "hello", HELLO)

    assert run("--version").stdout == "zoo 0.1.0\nplugins: zoo-a 1.0, zoo-fast 0.2 (left out)\n"


# the terminal


def test_a_warning_goes_to_stderr_once(run_process, broken):
    done = run_process("list", "heads", "--json")

    assert (
        done.stderr.decode().count(
            "plugin 'main' of zoo-fast 0.2 was left out: No module named 'fasttext_of_nobody'; "
            "see `zoo plugins`\n"
        )
        == 1
    )
    assert done.stdout.startswith(b"{")


def test_a_warning_is_one_line_without_our_source(run_process, add_command):
    add_command(
        "zoo-a",
        "warn",
        """
        import warnings
        import click
        from zoo.data import DataWarning

        @click.command()
        def command():
            warnings.warn("a.csv: two labels look \\x1b[31malike", DataWarning, stacklevel=1)
            warnings.warn("it will go", FutureWarning, stacklevel=1)
            click.echo("done")
        """,
    )
    done = run_process("warn", PYTHONWARNINGS="default", ZOO_BLOCK="encoders,bench")

    assert (done.returncode, done.stdout) == (0, b"done\n")
    assert done.stderr.decode().splitlines() == [
        "Warning: a.csv: two labels look \\x1b[31malike",
        "Warning: FutureWarning: it will go",
    ]


def test_a_warning_may_still_be_an_error(run_process, add_command):
    source = "import warnings\nimport click\n\n@click.command()\ndef command():\n    "
    add_command("zoo-a", "warn", source + "warnings.warn('no', stacklevel=1)\n")
    done = run_process("warn", PYTHONWARNINGS="error::UserWarning")

    assert done.returncode == 1
    assert done.stderr.decode().endswith("UserWarning: no\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp949", "utf-8"])
@pytest.mark.parametrize("arguments", ["--help", "hello 여러분♥", "list", "list --json", "plugins"])
def test_a_terminal_without_utf_8_still_works(arguments, encoding, run_process, add_command):
    add_command("zoo-a", "hello", HELLO, "인사 ♥")

    done = run_process(*arguments.split(), PYTHONIOENCODING=encoding, ZOO_BLOCK="encoders,bench")

    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    # click takes an ASCII terminal for a misconfigured one and writes UTF-8
    done.stdout.decode("utf-8" if encoding == "ascii" else encoding)


def test_a_closed_pipe_is_no_error(site):
    code = "from zoo.cli import main; main()"
    command = f"{sys.executable} -c '{code}' list | true"

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm-256color"}, False),
    ],
)
def test_colour_is_for_terminals_and_not_with_no_color(environment, is_coloured, run_process):
    done = run_process("list", "heads", **environment)

    assert (b"\x1b[" in done.stdout) is is_coloured
