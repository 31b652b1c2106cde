"""Plugins written by hand: packages with a `.dist-info`, without pip and without a network."""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import settings

from zoo.plugins import PluginHost, host

# the first example pays for imports, and a busy machine for everything: no test is about speed
settings.register_profile("zoo", deadline=None)
settings.load_profile("zoo")

MANIFEST = """
import zoo

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="{name}", target="{module}.parts:Part", description="a head")
"""


@pytest.fixture(autouse=True)
def no_certificates_of_this_machine(tmp_path, monkeypatch):
    """Certificates go to an empty folder: what was checked here before has no say in a test."""
    monkeypatch.setenv("ZOO_CERTIFICATES", str(tmp_path / "certificates"))


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An empty folder on `sys.path`; what was imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def write_distribution(site):
    """Install a distribution into `site`, or into another folder: its modules and its metadata.

    `modules` maps file paths to source text; `entry_points` maps names to module names, or is the
    text of the whole file. Without either, a plugin `main` that brings one head named `name`.
    """

    def write(
        name: str,
        version: str = "1.0",
        *,
        modules: dict[str, str] | None = None,
        entry_points: dict[str, str] | str | None = None,
        requires: tuple[str, ...] = (),
        folder: Path = site,
    ) -> Path:
        module = name.replace("-", "_")
        if modules is None:
            modules = {f"{module}/__init__.py": MANIFEST.format(name=name, module=module)}
        if entry_points is None:
            entry_points = {"main": module}
        for path, text in modules.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text), encoding="utf-8")
        if not isinstance(entry_points, str):
            lines = [f"{key} = {value}" for key, value in entry_points.items()]
            entry_points = "\n".join(["[zoo]", *lines])
        metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
        metadata += [f"Requires-Dist: {one}" for one in requires]
        info = folder / f"{module}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("\n".join(metadata) + "\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(entry_points + "\n", encoding="utf-8")
        importlib.invalidate_caches()
        return info

    return write


@pytest.fixture
def only_site(site, monkeypatch):
    """The plugins of this process are those in `site`, and not those of this machine."""
    monkeypatch.setenv("ZOO_BLOCK", "")
    monkeypatch.setattr(
        sys.modules["zoo.plugins"], "PluginHost", functools.partial(PluginHost, [str(site)])
    )
    host.cache_clear()
    yield site
    host.cache_clear()


@pytest.fixture
def call(monkeypatch):
    """`zoo` with these arguments in this process, with the plugins that are installed."""
    from click.testing import CliRunner

    from zoo.cli.group import zoo

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments, **options: CliRunner().invoke(
        zoo, [str(one) for one in arguments], prog_name="zoo", **options
    )
