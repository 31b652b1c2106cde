"""The command line, in this process and in a fresh one."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

import pytest
from click.testing import CliRunner

MANIFEST = """
import zoo

@zoo.hookimpl
def zoo_encoders():
    yield zoo.EncoderSpec(
        name="kobert", target="parts:Encoder", description="Korean BERT", checkpoint="me/kobert",
        revision="abc", parameters=92_186_880, languages=("ko", "en"), licence="MIT",
        paper="https://example.org/kobert",
    )
    yield zoo.EncoderSpec(
        name="hf", target="parts:Encoder", description="any checkpoint", takes_checkpoint=True,
    )
    yield zoo.EncoderSpec(
        name="nano", target="parts:Encoder", description="tiny", parameters=1000,
        configuration={"hidden_size": 8}, vocabulary="parts:vocab.txt",
    )

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="mlp", target="parts:Head", description="two layers", parameters=1538)

@zoo.hookimpl
def zoo_tasks():
    yield zoo.TaskSpec(
        name="mail", target="parts:mail", description="mail by department", num_labels=7,
        languages=("ko",), source="https://example.org/mail", licence="CC0-1.0",
    )
"""

PARTS = """
import torch_of_nobody

class Encoder(torch_of_nobody.Module):
    def __init__(self, configuration, tokenizer, *, dropout: float | None = None): pass

class Head(torch_of_nobody.Module):
    def __init__(self, hidden_size, num_labels, *, dropout: float = 0.3, size: int): pass
"""


@pytest.fixture
def run(only_site, monkeypatch):
    """`zoo` with these arguments in this process, with the plugins in `site` alone, 80 columns."""
    from zoo.cli.group import zoo

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: CliRunner().invoke(zoo, arguments, prog_name="zoo")


@pytest.fixture
def run_process(site):
    """`zoo` with these arguments in a fresh process that sees `site`, besides what is installed."""

    def run_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-c", "from zoo.cli import main; main()", *arguments],
            env={**os.environ, "PYTHONPATH": str(site), "ZOO_BLOCK": "", **environment},
            capture_output=True,
            check=False,
        )

    return run_process


@pytest.fixture
def zoo_mine(write_distribution):
    """The distribution `intentzoo 0.1.0` with one plugin: three encoders, a head and a task."""
    write_distribution(
        "intentzoo",
        "0.1.0",
        modules={"mine.py": MANIFEST, "parts.py": PARTS},
        entry_points={"mine": "mine"},
    )


@pytest.fixture
def broken(write_distribution):
    """The distribution `zoo-fast 0.2`, whose only plugin cannot be imported."""
    write_distribution("zoo-fast", "0.2", modules={"zoo_fast.py": "import fasttext_of_nobody"})


@pytest.fixture
def add_command(write_distribution):
    """A distribution whose plugin brings one command; its target module has this source."""

    def add_command(distribution: str, name: str, source: str, description: str = "Do it.") -> None:
        module = distribution.replace("-", "_")
        manifest = f"""
            import zoo

            @zoo.hookimpl
            def zoo_commands():
                yield zoo.CommandSpec(
                    name={name!r}, target="{module}.command:command", description={description!r}
                )
        """
        modules = {f"{module}/__init__.py": manifest, f"{module}/command.py": dedent(source)}
        write_distribution(distribution, modules=modules)

    return add_command
