"""`zoo plugins`: who is here, and why somebody is not."""

from __future__ import annotations

import json

import pytest

HEAD = """
import zoo

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="mlp", target="parts:Head", description="a head")
"""


def test_plugins_are_listed_with_what_they_bring(run, zoo_mine):
    result = run("plugins")

    assert (result.exit_code, result.stdout) == (
        0,
        "plugin  from             status  encoders  heads  tasks  commands\n"
        "mine    intentzoo 0.1.0  loaded         3      1      1         0\n",
    )


def test_a_left_out_plugin_is_told_with_its_cause_and_exits_1(run, zoo_mine, broken):
    result = run("plugins")

    assert (result.exit_code, result.stdout) == (
        1,
        "plugin  from             status    encoders  heads  tasks  commands\n"
        "mine    intentzoo 0.1.0  loaded           3      1      1         0\n"
        "main    zoo-fast 0.2     left out         -      -      -         -\n"
        "\n"
        "Left out:\n"
        "  zoo-fast:main: No module named 'fasttext_of_nobody'\n",
    )


def test_a_blocked_plugin_is_no_failure(run, broken, monkeypatch):
    monkeypatch.setenv("ZOO_BLOCK", "zoo-fast")

    result = run("plugins")

    assert result.exit_code == 0
    assert "main    zoo-fast 0.2  blocked         -      -      -         -\n" in result.stdout


def test_clashes_are_told(run, zoo_mine, write_distribution):
    write_distribution("zoo-a", modules={"zoo_a.py": HEAD})

    assert run("plugins").stdout.partition("\n\n")[2] == (
        "Name clashes:\n"
        "  head 'mlp' is brought by intentzoo 0.1.0 as 'mlp' and zoo-a 1.0 as 'zoo-a:mlp'\n"
    )


def test_a_plugin_for_another_zoo_is_told(run, write_distribution, monkeypatch):
    monkeypatch.setattr("zoo.entry_points.zoo_version", lambda: "0.1.0")
    write_distribution("zoo-new", modules={"zoo_new.py": HEAD}, requires=("intentzoo>=9",))

    result = run("plugins")

    assert result.exit_code == 0
    assert result.stdout.partition("\n\n")[2] == (
        "Made for another zoo:\n  zoo-new:main: it requires intentzoo>=9, this is 0.1.0\n"
    )


def test_a_slow_plugin_is_told(run, write_distribution, monkeypatch):
    monkeypatch.setattr("zoo.cli.plugins._SLOW_SECONDS", 0.04)
    write_distribution("zoo-slow", modules={"zoo_slow.py": "import time; time.sleep(0.1)"})

    assert run("plugins").stdout.partition("\n\n")[2] == (
        "Slow to import:\n  zoo-slow:main: 0.1 s; a manifest imports nothing heavier than zoo\n"
    )


@pytest.mark.parametrize("version", ["1.0\x1b[31m"])
def test_metadata_cannot_steer_the_terminal(version, run, write_distribution):
    info = write_distribution("zoo-a", modules={"zoo_a.py": "raise RuntimeError('\\x1b[2J')"})
    metadata = (info / "METADATA").read_text()
    (info / "METADATA").write_text(metadata.replace("Version: 1.0", f"Version: {version}"))

    result = run("plugins")

    assert "\x1b" not in result.stdout
    assert "zoo-a 1.0\\x1b[31m" in result.stdout


def test_json_holds_causes_tracebacks_and_clashes(run, zoo_mine, broken, write_distribution):
    write_distribution("zoo-a", modules={"zoo_a.py": HEAD})

    result = run("plugins", "--json")
    told = json.loads(result.stdout)

    assert result.exit_code == 1
    mine, _, fast = told["plugins"]
    assert (mine["status"], mine["cause"], mine["traceback"]) == ("loaded", None, None)
    assert mine["encoders"] == ["kobert", "hf", "nano"]
    assert (fast["status"], fast["distribution"], fast["version"]) == (
        "left out",
        "zoo-fast",
        "0.2",
    )
    assert fast["cause"] == "No module named 'fasttext_of_nobody'"
    assert "ModuleNotFoundError" in fast["traceback"]
    assert len(told["clashes"]) == 1
