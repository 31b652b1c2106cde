"""`zoo show`: all about one name, without importing what it points at."""

from __future__ import annotations

import json

import pytest

PAIR = """
import zoo

@zoo.hookimpl
def zoo_encoders():
    yield zoo.EncoderSpec(name="mlp", target="parts:Encoder", description="an encoder")

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="crf", target="zoo_a:Missing", description="a head")
"""


def test_an_encoder_is_shown_with_all_that_it_says(run, zoo_mine):
    result = run("show", "kobert")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "encoder kobert\n"
        "  description   Korean BERT\n"
        "  options       dropout (float | None = None)\n"
        "  parameters    92,186,880\n"
        "  claims        -\n"
        "  certificate   none; zoo check kobert makes one\n"
        "  weights       me/kobert, revision abc\n"
        "  without them  not possible: it brings no configuration and vocabulary of its\n"
        "                own\n"
        "  languages     ko, en\n"
        "  licence       MIT\n"
        "  paper         https://example.org/kobert\n"
        "  from          intentzoo 0.1.0\n"
        "  target        parts:Encoder\n"
        '  example       zoo.build("kobert", "mlp", num_labels=2)\n'
    )


def test_a_head_is_shown_with_its_options_and_a_partner_that_needs_no_network(run, zoo_mine):
    assert run("show", "intentzoo:mlp").stdout == (
        "head mlp\n"
        "  description  two layers\n"
        "  options      dropout (float = 0.3)\n"
        "               size (int, required)\n"
        "  parameters   1,538\n"
        "  claims       -\n"
        "  certificate  none; zoo check mlp makes one\n"
        "  licence      -\n"
        "  paper        -\n"
        "  from         intentzoo 0.1.0\n"
        "  target       parts:Head\n"
        '  example      zoo.build("nano", "mlp", num_labels=2)\n'
    )


def test_a_task_is_shown_with_its_labels_and_its_source(run, zoo_mine):
    assert run("show", "mail").stdout == (
        "task mail\n"
        "  description  mail by department\n"
        "  labels       7\n"
        "  source       https://example.org/mail\n"
        "  languages    ko\n"
        "  licence      CC0-1.0\n"
        "  from         intentzoo 0.1.0\n"
        "  target       parts:mail\n"
        '  example      zoo.load_task("mail")\n'
    )


def test_a_task_is_shown_as_drawn_where_it_is_named_so(run, zoo_mine):
    told = run("show", "mail@1000").stdout
    assert told.startswith("task mail@1000\n")
    assert "  training     1,000 of its examples, drawn anew by every seed\n" in told
    assert told.endswith('  example      zoo.load_task("mail@1000")\n')
    assert json.loads(run("show", "mail@1000", "--json").stdout)[0]["name"] == "mail@1000"


@pytest.mark.parametrize("count", ["1k", "0", ""])
def test_a_draw_that_is_no_number_is_refused(run, zoo_mine, count):
    result = run("show", f"mail@{count}")
    assert result.exit_code == 2
    assert "after the @ stands how many training examples to draw, mail@1000" in result.stderr


@pytest.mark.parametrize(
    ("name", "weights", "without", "example"),
    [
        (
            "hf",
            "of the checkpoint that is named with it",
            "not possible: it brings no configuration and vocabulary of its",
            "hf:OWNER/MODEL",
        ),
        (
            "hf:me/bert",
            "me/bert",
            "not possible: it brings no configuration and vocabulary of its",
            "hf:me/bert",
        ),
        ("nano", "-", "pretrained=False, with parts:vocab.txt", "nano"),
    ],
)
def test_where_weights_come_from_is_shown(name, weights, without, example, run, zoo_mine):
    lines = run("show", name).stdout.splitlines()

    assert f"  weights       {weights}" in lines
    assert f"  without them  {without}" in lines
    certificate = next(line for line in lines if line.startswith("  certificate"))
    assert ("it is made from a checkpoint" in certificate) == name.startswith("hf")
    assert f'  example       zoo.build("{example}", "mlp", num_labels=2)' in lines


def test_a_name_of_two_kinds_and_two_distributions_shows_all(run, zoo_mine, write_distribution):
    write_distribution("zoo-a", modules={"zoo_a.py": PAIR})

    headings = [line for line in run("show", "mlp").stdout.splitlines() if line[:1].strip()]

    assert headings == ["encoder mlp", "head mlp"]


def test_options_that_cannot_be_read_do_not_hide_the_rest(run, write_distribution):
    write_distribution("zoo-a", modules={"zoo_a.py": PAIR})

    result = run("show", "crf")

    assert result.exit_code == 0
    assert "a head" in result.stdout
    assert " ".join(result.stdout.split()).count(
        "the options of 'zoo_a:Missing' cannot be read from its source: "
        "the module 'zoo_a' has no class 'Missing'"
    )


def test_an_unknown_name_is_answered_with_the_nearest_of_all_kinds(run, zoo_mine):
    result = run("show", "kobart")

    assert (result.exit_code, result.stderr) == (
        2,
        "Error: UnknownName: no encoder, head or task is called 'kobart'; did you mean "
        "'kobert'?\nKnown: hf, kobert, mail, mlp, nano.\n",
    )


def test_a_checkpoint_for_an_encoder_that_takes_none_is_refused(run, zoo_mine):
    result = run("show", "kobert:me/bert")

    assert (result.exit_code, result.stderr) == (
        2,
        "Error: UnknownEncoder: encoder 'kobert' takes no checkpoint; leave out ':me/bert'\n",
    )


def test_a_name_of_a_left_out_plugin_raises_its_error(run, broken):
    result = run("show", "zoo-fast:crf")

    assert (result.exit_code, result.stderr) == (
        2,
        "Error: PluginError: encoder, head or task 'zoo-fast:crf' may come from plugin 'main' "
        "(zoo-fast 0.2), which was left out: No module named 'fasttext_of_nobody'; "
        "see `zoo plugins`\n",
    )


def test_json_holds_options_and_an_example(run, zoo_mine):
    (shown,) = json.loads(run("show", "mlp", "--json").stdout)

    assert shown["options"] == [
        {"name": "dropout", "type": "float", "default": "0.3", "is_required": False},
        {"name": "size", "type": "int", "default": None, "is_required": True},
    ]
    assert shown["example"] == 'zoo.build("nano", "mlp", num_labels=2)'
    assert (shown["kind"], shown["distribution"]) == ("head", "intentzoo")


def test_json_tells_why_options_cannot_be_read(run, write_distribution):
    write_distribution("zoo-a", modules={"zoo_a.py": PAIR})

    (shown,) = json.loads(run("show", "crf", "--json").stdout)

    assert shown["options"] is None
    assert shown["options_error"].endswith("the module 'zoo_a' has no class 'Missing'")
