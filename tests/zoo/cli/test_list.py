"""`zoo list`: every name there is, readable for people and for machines."""

from __future__ import annotations

import json

import pytest

MORE = """
import zoo

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="mlp", target="parts:Head", description="another")
    yield zoo.HeadSpec(name="crf", target="parts:Head", description="{description}")
"""


def test_everything_is_listed_by_kind(run, zoo_mine):
    result = run("list")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "Encoders\n"
        "name    parameters  languages  weights  description\n"
        "hf               -  -          hub      any checkpoint\n"
        "kobert  92,186,880  ko, en     hub      Korean BERT\n"
        "nano         1,000  -          none     tiny\n"
        "\n"
        "Heads\n"
        "name  parameters  description\n"
        "mlp        1,538  two layers\n"
        "\n"
        "Tasks\n"
        "name  labels  languages  description\n"
        "mail       7  ko         mail by department\n"
    )


def test_one_kind_is_listed_by_a_pattern(run, zoo_mine):
    assert run("list", "encoders", "k*").stdout.splitlines()[2:] == [
        "kobert  92,186,880  ko, en     hub      Korean BERT"
    ]


def test_what_is_not_built_in_names_its_distribution(run, zoo_mine, write_distribution):
    write_distribution("zoo-a", modules={"zoo_a.py": MORE.format(description="chains")})

    assert run("list", "heads").stdout == (
        "Heads\n"
        "name       parameters  from       description\n"
        "crf                 -  zoo-a      chains\n"
        "mlp             1,538  intentzoo  two layers\n"
        "zoo-a:mlp           -  zoo-a      another\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["heads"], "no heads\n"), (["tasks", "x*"], "no tasks fit 'x*'\n")],
)
def test_nothing_to_list_is_said_on_stderr(arguments, message, run):
    result = run("list", *arguments)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", message)


def test_a_kind_that_does_not_exist_is_wrong_usage(run):
    result = run("list", "encoder")

    assert result.exit_code == 2
    assert "'encoder' is not one of 'encoders', 'heads', 'tasks'" in result.stderr


def test_json_holds_every_field(run, zoo_mine):
    listed = json.loads(run("list", "--json").stdout)

    assert list(listed) == ["encoders", "heads", "tasks"]
    assert listed["heads"] == [
        {
            "kind": "head",
            "name": "mlp",
            "target": "parts:Head",
            "description": "two layers",
            "parameters": 1538,
            "licence": None,
            "paper": None,
            "claims": [],
            "distribution": "intentzoo",
            "version": "0.1.0",
        }
    ]
    assert listed["encoders"][2]["configuration"] == {"hidden_size": 8}


def test_json_without_anything_is_empty(run):
    assert json.loads(run("list", "heads", "--json").stdout) == {"heads": []}


def test_lines_fit_80_columns(run, zoo_mine, write_distribution):
    source = MORE.format(description="words " * 60)
    write_distribution("zoo-a", modules={"zoo_a.py": source})

    assert max(map(len, run("list").stdout.splitlines())) <= 80


def test_a_description_cannot_steer_the_terminal_or_the_table(run, write_distribution):
    source = MORE.format(description="[red]\\x1b[31m :smile:")
    write_distribution("zoo-a", modules={"zoo_a.py": source})

    assert "[red]\\x1b[31m :smile:" in run("list", "heads", "crf").stdout
