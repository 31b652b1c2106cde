"""`zoo bench` from its arguments to its exit code, with runs that need no model."""

import functools
import json

import pytest
from click.testing import CliRunner
from fake_runs import IS_NEWER, make_newer

from zoo_bench import executors
from zoo_bench.commands import bench
from zoo_bench.reading import NewerSchema, read_contents
from zoo_bench.store import ResultsError

SUITE = """\
name: mine
protocol: {name: mine, version: 1}
encoders: [bert-nano]
heads: [linear, mlp]
tasks: [ko-intents]
seeds: [0, 1]
recipe: {epochs: 1, precision: fp32}
"""


@pytest.fixture
def zoo_bench(tmp_path, monkeypatch):
    """Run the command on SUITE with a fake target; gives click's result."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(SUITE)

    def run(*arguments, target="quick"):
        make = functools.partial(executors.make, target=f"fake_runs:{target}")
        monkeypatch.setattr(bench, "make", make)
        return CliRunner().invoke(
            bench.command, ["mine.yaml", *arguments], catch_exceptions=False, standalone_mode=True
        )

    return run


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_suite_is_run_and_ranked(zoo_bench, tmp_path, executor):
    done = zoo_bench("--executor", executor)
    assert done.exit_code == 0
    assert "6 runs in results/mine, 0 done before; 6 to do." in done.stderr
    assert "[6/6]" in done.stderr
    assert "90.00 ± 0.00" in done.stdout
    assert "tfidf-svm" in done.stdout
    assert len(read_contents(tmp_path / "results/mine").results) == 6


def test_the_first_line_names_the_suite(zoo_bench):
    done = zoo_bench("--executor", "inline", "--only", "*+mlp/ko-intents/0")
    assert done.stderr.startswith("suite mine: 1 run in results/mine, 0 done before; 1 to do.\n")


def test_the_help_names_the_suite_that_is_run_without_one():
    [suite] = [one for one in bench.command.params if one.name == "suite"]
    assert f" {suite.default} (the default)," in CliRunner().invoke(bench.command, "--help").output


def test_what_is_done_is_not_done_again(zoo_bench):
    zoo_bench("--executor", "inline", "--only", "*+mlp")
    done = zoo_bench("--executor", "inline")
    assert "6 runs in results/mine, 2 done before; 4 to do." in done.stderr


def test_failures_are_listed_by_cause_and_exit_1(zoo_bench):
    done = zoo_bench("--executor", "inline", target="refuses_seed_1")
    assert done.exit_code == 1
    assert "FAILED (refused): seed 1 is not welcome" in done.stderr
    assert "2 runs failed, by cause:" in done.stdout
    assert "2 x refused: seed 1 is not welcome (bert-nano+linear/ko-intents/1," in done.stdout
    again = zoo_bench("--executor", "inline")
    assert again.exit_code == 1
    assert "2 failed before, left alone without --retry-failed; 0 to do." in again.stderr
    assert zoo_bench("--executor", "inline", "--retry-failed").exit_code == 0


def test_a_dry_run_shows_the_grid_and_writes_nothing(zoo_bench, tmp_path):
    done = zoo_bench("--dry-run")
    assert done.exit_code == 0
    assert done.stdout == DRY_RUN
    assert not (tmp_path / "results").exists()


DRY_RUN = """\
ko-intents: runs done of runs planned, over all seeds

encoder    linear  mlp
──────────────────────
bert-nano     0/2  0/2
baselines: majority-class 0/1, tfidf-svm 0/1

6 runs: 0 done, 0 failed, 6 to do
time: unknown, nothing like these runs is done yet
not done:
  majority-class/ko-intents/0
  tfidf-svm/ko-intents/0
  bert-nano+linear/ko-intents/0
  bert-nano+mlp/ko-intents/0
  bert-nano+linear/ko-intents/1
  bert-nano+mlp/ko-intents/1
"""


def test_a_dry_run_counts_a_baseline_once_that_has_every_seed(zoo_bench, tmp_path):
    (tmp_path / "mine.yaml").write_text(SUITE.replace("[ko-intents]", "[ko-intents@100]"))
    assert "baselines: majority-class 0/2, tfidf-svm 0/2\n" in zoo_bench("--dry-run").stdout


def test_a_dry_run_knows_what_is_done_failed_and_left(zoo_bench):
    zoo_bench("--executor", "inline", "--only", "*+mlp", target="refuses_seed_1")
    done = zoo_bench("--dry-run", "--workers", "2")
    assert "bert-nano     0/2  1/2, 1 failed\n" in done.stdout
    assert "6 runs: 1 done, 1 failed, 4 to do\n" in done.stdout
    # three runs of 12.5 seconds, by two workers
    assert "time: about 0:19 with 2 at a time, and 2 runs of unknown length\n" in done.stdout
    fields = json.loads(zoo_bench("--dry-run", "--json").stdout)
    assert [run["state"] for run in fields["runs"]].count("done") == 1
    assert (fields["runs_of_unknown_length"], fields["estimated_worker_seconds"]) == (2, 37.5)


def test_after_so_many_failures_nothing_more_is_begun(zoo_bench):
    done = zoo_bench("--executor", "inline", "--max-failures", "1", target="refuses_seed_1")
    assert done.exit_code == 1
    assert (
        "Stopped by --max-failures. Failed: 1, not begun: 1; the same command goes on"
        in done.stderr
    )
    again = zoo_bench("--executor", "inline", "--retry-failed", "--json")
    assert json.loads(again.stdout)["not_begun"] == 0
    assert again.exit_code == 0


def test_json_says_what_became_of_the_runs(zoo_bench):
    outcome = json.loads(zoo_bench("--executor", "inline", "--json").stdout)
    assert (outcome["runs"], outcome["finished"], outcome["failed"]) == (6, 6, 0)
    assert outcome["leaderboard"]["boards"][0]["protocol"] == {"name": "mine", "version": 1}
    [first, *_] = json.loads(zoo_bench("--dry-run", "--json").stdout)["runs"]
    assert first["state"] == "done"


@pytest.mark.parametrize("name", ["file", "full"])
def test_a_folder_that_cannot_be_used_is_found_out_before_planning(
    zoo_bench, tmp_path, monkeypatch, name
):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.tex").touch()
    monkeypatch.setattr(bench, "plan", pytest.fail)
    with pytest.raises(ResultsError):
        zoo_bench("--results", name)


def test_results_of_a_newer_zoo_stay_untouched(zoo_bench, tmp_path):
    zoo_bench("--executor", "inline", "--only", "*+mlp")
    for path in tmp_path.glob("results/mine/runs/*/result.json"):
        make_newer(path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
    with pytest.raises(NewerSchema, match=IS_NEWER):
        zoo_bench("--executor", "inline")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.json")} == before


def test_a_timeout_needs_workers(zoo_bench):
    done = zoo_bench("--executor", "inline", "--run-timeout", "5")
    assert done.exit_code == 2
    assert "--run-timeout needs workers" in done.stderr


def test_an_address_needs_ray(zoo_bench):
    done = zoo_bench("--address", "auto")
    assert done.exit_code == 2
    assert "--address is the address of a Ray cluster: add --executor ray" in done.stderr


def test_resources_do_not_change_what_a_run_is(zoo_bench, tmp_path):
    zoo_bench("--executor", "inline")
    path = tmp_path / "mine.yaml"
    path.write_text(path.read_text() + "resources: {cpus: 2, gpus: 0.5}\n")
    assert "6 done before; 0 to do." in zoo_bench("--executor", "inline").stderr
