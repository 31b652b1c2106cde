"""The example package, installed by pip from its folder as a stranger's would be."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from pages import DOCS, run, zoo

PACKAGE = DOCS / "examples" / "zoo-attention-head"
SUITE = """
name: attention
protocol: {name: attention, version: 1}
encoders: [bert-nano]
heads: [linear, attention]
tasks: [ko-intents]
seeds: [0]
recipe: {epochs: 1, batch_size: 64, max_length: 8, precision: fp32}
"""
COUNT = """
import zoo
from zoo_attention_head.attention import Attention

(found,) = zoo.heads("attention")
print(found.spec.parameters - sum(one.numel() for one in Attention(768, 2).parameters()))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package's folder, without what this machine has left in it."""
    leftovers = shutil.ignore_patterns("__pycache__", ".*_cache", "dist")
    return shutil.copytree(
        PACKAGE, tmp_path_factory.mktemp("example") / "package", ignore=leftovers
    )


@pytest.fixture(scope="module")
def installed(package, tmp_path_factory):
    """The folder that pip installed the package into, without a network."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    offline = ["--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, *offline, "--target", target, package],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


def test_it_is_listed_with_where_it_comes_from(installed):
    listed = json.loads(zoo(["list", "heads", "attention", "--json"], installed).stdout)

    (head,) = listed["heads"]
    assert (head["name"], head["distribution"], head["version"]) == (
        "attention",
        "zoo-attention-head",
        "0.1.0",
    )
    assert "zoo-attention-head" in zoo(["list", "heads"], installed).stdout


def test_its_plugin_is_loaded(installed):
    done = zoo(["plugins"], installed)

    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(
        r"^attention +zoo-attention-head 0\.1\.0 +loaded +0 +1 +0 +0$", done.stdout, re.MULTILINE
    )


def test_its_spec_counts_its_parameters(installed):
    done = run(["-c", COUNT], installed)

    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


@pytest.mark.slow
def test_its_own_tests_pass(package, installed):
    own = ["-p", "no:cacheprovider", "--rootdir", package, package / "tests"]

    done = run(["-m", "pytest", "-q", *own], installed)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_suite_ranks_it_next_to_a_built_in(installed, tmp_path):
    (tmp_path / "suite.yaml").write_text(SUITE, "utf-8")
    results = tmp_path / "results"

    done = zoo(["bench", str(tmp_path / "suite.yaml"), "--results", str(results)], installed)

    assert done.returncode == 0, done.stderr
    board = json.loads(zoo(["leaderboard", str(results), "--json"], installed).stdout)
    (task,) = board["boards"][0]["tasks"]
    pairs = {one["name"]: one for one in task["entries"] if one["kind"] == "pair"}
    assert pairs.keys() == {"bert-nano+attention", "bert-nano+linear"}
    assert all((one["failed"], one["accuracy"]["n"]) == (0, 1) for one in pairs.values())
    (record,) = results.glob("runs/bert-nano-attention-*/result.json")
    head = json.loads(record.read_text("utf-8"))["head"]
    assert (head["distribution"], head["version"]) == ("zoo-attention-head", "0.1.0")
