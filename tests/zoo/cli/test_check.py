"""`zoo check`: a contract held to, told in lines, and certified."""

from __future__ import annotations

import json

import pytest

HEADS = """
import torch
from torch import nn


class Mean(nn.Module):
    def __init__(self, hidden_size, num_labels, *, dropout=0.1):
        super().__init__()
        self.layers = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden_size, num_labels))

    def forward(self, hidden, attention_mask):
        total = hidden.masked_fill(attention_mask.eq(0).unsqueeze(-1), 0).sum(dim=1)
        return self.layers(total / attention_mask.sum(dim=1, keepdim=True).clamp(min=1))


class Last(Mean):
    def forward(self, hidden, attention_mask):
        return self.layers(hidden[:, -1])


class Other:
    def __init__(self, size):
        pass
"""


@pytest.fixture
def heads(write_distribution, tmp_path):
    """The classes above as `strange_heads`, in no plugin."""
    write_distribution("strange-heads", "2.0", modules={"strange_heads.py": HEADS}, entry_points="")
    return tmp_path / "certificates"


FEW = ("--only", "padding_further", "--only", "batch_equals_one_by_one")


def test_a_fault_is_told_with_what_came_why_and_what_mends_it(call, heads):
    result = call("check", "strange_heads:Last", *FEW)

    assert result.exit_code == 1
    first, *lines = result.stdout.splitlines()
    assert first == "head strange_heads:Last (strange-heads 2.0), strange_heads:Last"
    assert lines[0] == "✗ Padding a batch further changes nothing"
    assert lines[1] == "    check: padding_further"
    assert lines[2] == "    expected: the same logits, within 1e-05"
    assert lines[3].startswith(
        "    got: sentence 0 padded to 27 tokens instead of 9: logits moved by up to "
    )
    assert lines[4].startswith("    why: A batch is as long as its longest sentence")
    assert "    usual cause: [:, -1] is the last position of the batch, not the last token" in lines
    assert "✓ Sentences of one length give the same together as one by one" in lines
    assert lines[-1].startswith("1 passed, 1 failed in ")


def test_no_line_is_wider_than_a_terminal(call, heads):
    result = call("check", "strange_heads:Last", *FEW)

    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_class_in_no_plugin_is_certified(call, heads):
    result = call("check", "strange_heads:Mean", "--option", "dropout=0.0", "--json")

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    certificate = json.loads(
        (heads / "head-strange-heads-strange-heads-mean-dropout-0-0.json").read_text()
    )
    assert told["certificate"] == certificate
    assert {one["status"] for one in certificate["checks"]} == {"passed", "skipped"}
    kept = ("kind", "name", "target", "distribution", "version", "options")
    assert [certificate[key] for key in kept] == [
        "head",
        "strange_heads.mean",
        "strange_heads:Mean",
        "strange-heads",
        "2.0",
        {"dropout": 0.0},
    ]
    assert len(certificate["source_sha256"]) == 64


def test_single_checks_make_no_certificate(call, heads):
    result = call("check", "strange_heads:Mean", *FEW)

    assert (result.exit_code, heads.exists()) == (0, False)
    assert "certificate" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["nobody.heads:Head"],
            "PluginError: head 'nobody.heads:Head' of unknown 0: its target 'nobody.heads:Head' "
            "cannot be imported: No module named 'nobody'",
        ),
        (["bilstn"], "UnknownHead: no head is called 'bilstn'; did you mean 'bilstm'?"),
        (
            ["strange_heads:Other"],
            "PluginError: strange_heads:Other takes size; a head takes hidden_size and "
            "num_labels, an encoder configuration and tokenizer. Say --kind head or --kind "
            "encoder to have it checked all the same",
        ),
        (
            ["mlp", "--only", "padding_futher"],
            "UnknownName: no check of heads is called 'padding_futher'; did you mean "
            "'padding_further'?",
        ),
        (["mlp", "--option", "dropout"], "OptionError: --option dropout: write it as key=value"),
        (["mlp", "--option", "depth=2"], "OptionError: head 'zoo_heads.mlp:MLP' takes no option"),
        (
            ["hf"],
            "CheckpointError: encoder 'hf' is made from a checkpoint and has no configuration of "
            "its own: check it in Python with one, zoo.checks.check_encoder('hf', configuration="
            "{'model_type': …})",
        ),
        (
            ["hf:klue/roberta-small"],
            "CheckpointError: encoder 'hf' is made from a checkpoint and has no configuration of ",
        ),
        (
            ["zoo.transformers_encoder:TransformersEncoder"],
            "PluginError: 'zoo.transformers_encoder:TransformersEncoder' is several components: "
            "encoder intentzoo:bert, ",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_checked_is_refused(call, heads, arguments, message):
    result = call("check", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {message}")
