"""The reference names every hook, field, check, command and option there is."""

import dataclasses
import inspect
import re

import click
import pytest
from pages import DOCS

from zoo import hookspecs
from zoo.checks.report import CHECKS
from zoo.cli.group import zoo
from zoo.doctor import CAUSES
from zoo.manifests import RECORD_OF_HOOK


def page(name):
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("hook", RECORD_OF_HOOK)
def test_every_hook_has_a_heading_with_its_signature(hook):
    signature = str(inspect.signature(getattr(hookspecs, hook))).replace("'", "")
    assert f"\n## {hook}{signature}\n" in page("reference/hooks.md")


@pytest.mark.parametrize("hook", RECORD_OF_HOOK)
def test_every_field_of_its_record_is_told(hook):
    section = re.search(rf"^## {hook}.*?(?=^## |\Z)", page("reference/hooks.md"), re.M | re.S)[0]
    told = re.findall(r"^\| `(\w+)` \|", section, re.M)
    assert told == [field.name for field in dataclasses.fields(RECORD_OF_HOOK[hook])]


def test_every_check_is_told_with_its_claim():
    text = " ".join(page("reference/checks.md").split())
    for check in {check.name: check for kind in CHECKS.values() for check in kind}.values():
        assert f"| `{check.name}` | {check.claim} |" in text


def test_every_cause_of_the_doctor_is_told():
    told = re.findall(r"^\| `(\w+)` \|", page("reference/causes.md"), re.M)
    assert tuple(told) == CAUSES


def commands(group=zoo):
    """`(words that call it, command)` of every command, those of groups after the group itself."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (name,), command
        if isinstance(command, click.Group):
            yield from (((name, *words), one) for words, one in commands(command))


@pytest.mark.parametrize(
    ("words", "command"), [pytest.param(*one, id="-".join(one[0])) for one in commands()]
)
def test_help_in_the_docs_is_what_the_program_prints(call, words, command, monkeypatch):
    # click keeps the help option of a first call, which in another test may have come without zoo
    monkeypatch.setattr(command, "_help_option", None)
    name = " ".join(words)
    section = re.search(
        rf"^## zoo {name}\n\n```text\n(.*?)^```$", page("reference/commands.md"), re.M | re.S
    )
    assert section, f"docs/reference/commands.md has no section 'zoo {name}': make reference"
    assert section[1] == call(*words, "--help").stdout, "make reference writes it anew"
