"""Real pairs on a real task: the same bytes alone, in a grid, and after every kind of death."""

import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import sklearn.metrics
from fake_runs import make_spec

import zoo
from zoo.errors import DataError, Diverged
from zoo_bench import leaderboard, run, tables
from zoo_bench.plan import plan
from zoo_bench.predictions import from_bytes
from zoo_bench.reading import read_contents
from zoo_bench.store import Store
from zoo_bench.suite import load_suite
from zoo_bench.verification import faults

SUITE = """\
name: small
protocol: {name: small, version: 1}
encoders: [bert-nano]
heads: [linear, bilstm]
tasks: [ko-intents]
seeds: [0]
baselines: false
recipe: {epochs: 1, batch_size: 64, max_length: 8, precision: fp32}
"""
PAIRS = ["bert-nano+bilstm", "bert-nano+linear"]


def start(suite, root, *arguments, stdout=subprocess.DEVNULL):
    zoo = Path(sys.executable).with_name("zoo")
    return subprocess.Popen(
        [zoo, "bench", suite, "--results", root, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    _, errors = process.communicate(timeout=300)
    return process.returncode, errors


def predictions_in(root):
    return {
        result.who: (root / "runs" / result.folder_name / "predictions.safetensors").read_bytes()
        for result in read_contents(root).results
    }


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    path = tmp_path_factory.mktemp("suite") / "small.yaml"
    path.write_text(SUITE)
    return path


@pytest.fixture(scope="module")
def undisturbed(suite, tmp_path_factory):
    """The predictions of the grid, two runs at a time, with nothing in its way."""
    root = tmp_path_factory.mktemp("undisturbed") / "r"
    assert finish(start(suite, root, "--workers", "2"))[0] == 0
    assert sorted(predictions_in(root)) == PAIRS
    return root


@pytest.mark.slow
def test_a_result_has_every_measurement(undisturbed):
    for result in read_contents(undisturbed).results:
        assert set(result.metrics["test"]) >= {"accuracy", "macro_f1", "weighted_f1", "mcc", "ece"}
        assert result.metrics["validation"] and result.metrics["test_clean"]
        assert set(result.metrics["out_of_scope"]) == {"auroc", "fpr_at_95_tpr"}
        assert sum(map(sum, result.confusion)) == result.task.n_test == 448
        assert [row.label for row in result.per_class] == list(result.task.labels)
        assert result.cost.parameters_total > result.cost.parameters_head > 0
        assert result.cost.latency.calls >= 200
        assert result.cost.train_seconds > 0
        assert len(result.history) == 1
        assert result.provenance.threads == result.threads == 1


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_run_alone_equals_the_same_run_inside_a_grid_bit_for_bit(
    suite, undisturbed, tmp_path, executor
):
    only = ("--only", "*+bilstm", "--executor", executor, "--workers", "1")
    assert finish(start(suite, tmp_path / "r", *only))[0] == 0
    [(pair, alone)] = predictions_in(tmp_path / "r").items()
    assert alone == predictions_in(undisturbed)[pair]


@pytest.mark.slow
def test_on_ray_it_is_the_same_bit_for_bit_and_stdout_is_pure_json(
    suite, undisturbed, tmp_path, monkeypatch
):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'intentzoo[ray]'")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # leaves no token in the user's home
    arguments = ("--only", "*+bilstm", "--executor", "ray", "--json")
    driver = start(suite, tmp_path / "r", *arguments, stdout=subprocess.PIPE)
    output, errors = driver.communicate(timeout=300)
    assert driver.returncode == 0, errors
    assert json.loads(output)["finished"] == 1
    [(pair, alone)] = predictions_in(tmp_path / "r").items()
    assert alone == predictions_in(undisturbed)[pair]


@pytest.mark.slow
def test_kill_9_of_a_worker_and_of_the_driver_change_no_byte(suite, undisturbed, tmp_path):
    root = tmp_path / "r"
    first = start(suite, root, "--workers", "1")
    worker = wait_for_a_busy_worker(first, root)
    worker.kill()
    worker = wait_for_a_busy_worker(first, root, not_this=worker)
    first.send_signal(signal.SIGKILL)
    assert finish(first)[0] == -signal.SIGKILL
    _, alive = psutil.wait_procs([worker], timeout=5)
    assert alive == []
    assert finish(start(suite, root, "--workers", "2"))[0] == 0
    assert predictions_in(root) == predictions_in(undisturbed)


def wait_for_a_busy_worker(driver, root, not_this=None):
    """The driver's worker, once it has computed for a second."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for process in psutil.Process(driver.pid).children():
            # torch alone takes less to import
            if process != not_this and process.cpu_times().user > 6:
                return process
        time.sleep(0.05)
    raise AssertionError("no worker became busy")


def test_a_task_that_changed_since_it_was_planned_is_refused(monkeypatch):
    class Changed:
        content_sha256 = "d" * 64

    monkeypatch.setattr(run, "load_task_once", lambda name: Changed())
    with pytest.raises(DataError, match="its content is dddddddddddd, planned was cccccccccccc"):
        run.load_task_of(make_spec())


class Stopped(Exception):
    pass


def test_the_commit_that_was_planned_is_the_one_that_is_loaded(monkeypatch):
    asked_for = {}

    def build(*names, **options):
        asked_for.update(options)
        raise Stopped

    monkeypatch.setattr("zoo.building.build", build)
    spec = make_spec()
    on_hub = {"checkpoint": "klue/bert-base", "revision": "c" * 40, "weights_sha256": None}
    encoder = spec.encoder.model_copy(update=on_hub)
    with pytest.raises(Stopped):
        run._build(spec.model_copy(update={"encoder": encoder}), spec.task)
    assert asked_for["revision"] == "c" * 40


def test_every_seed_draws_its_own_examples_and_is_tested_on_all(suite):
    text = SUITE.replace("[ko-intents]", "[ko-intents@100]").replace("[0]", "[0, 1]")
    drawing = suite.with_name("drawing.yaml")
    drawing.write_text(text.replace("baselines: false", "baselines: true"))
    runs = plan(load_suite(str(drawing)), only="tfidf-svm")
    results = [run.execute(one, lambda progress: None).result for one in runs]
    assert [(one.seed, one.predictions.n) for one in results] == [(0, 448), (1, 448)]
    assert results[0].metrics["test"] != results[1].metrics["test"]


@pytest.fixture
def scoped_task(monkeypatch):
    """A task of two labels and of texts that belong to neither, found by its name."""
    on, off = (
        [f"불 {count} 개 켜 줘" for count in range(12)],
        [f"문 {count} 닫아" for count in range(12)],
    )
    labelled = zoo.Examples((*on, *off), ("on",) * 12 + ("off",) * 12)
    task = zoo.Task(
        name="scoped",
        train=labelled.select(range(0, 24, 2)),
        validation=labelled.select(range(1, 24, 4)),
        test=labelled.select(range(3, 24, 4)),
        labels=("on", "off"),
        out_of_scope=zoo.Examples(("비 오니", "배고프다", "불 9 개 꺼 줘"), ("oos",) * 3),
    )
    monkeypatch.setattr("zoo_bench.plan.load_task", lambda name: task)
    monkeypatch.setattr(run, "load_task_once", lambda name: task)
    return task


def test_what_is_out_of_scope_is_predicted_scored_stored_and_verified(suite, scoped_task, tmp_path):
    text = SUITE.replace("[ko-intents]", "[scoped]").replace("[linear, bilstm]", "[linear]")
    text = text.replace("[bert-nano]", "[{name: bert-nano, pretrained: false}]")
    scoped = suite.with_name("scoped.yaml")
    scoped.write_text(text.replace("baselines: false", "baselines: true"))
    store = Store.open(tmp_path / "r")
    for spec in plan(load_suite(str(scoped))):
        outcome = run.execute(spec, lambda progress: None)
        store.claim(spec).release()
        store.write_result(outcome.result, outcome.predictions, "")
    contents = read_contents(store.root)
    assert {result.who for result in contents.results} == {
        "bert-nano[scratch]+linear",
        "majority-class",
        "tfidf-svm",
    }
    for result in contents.results:
        found = from_bytes((store.folder(result) / "predictions.safetensors").read_bytes())
        assert found.out_of_scope_logits.shape == (3, 2)
        assert result.task.n_out_of_scope == 3
        both = np.concatenate([found.logits, found.out_of_scope_logits]).astype(np.float64)
        probabilities = np.exp(both) / np.exp(both).sum(axis=1, keepdims=True)
        confidence = (both if result.who == "tfidf-svm" else probabilities).max(axis=1)
        is_in_scope = np.repeat([1, 0], [len(found.logits), 3])
        false_positive, true_positive, _ = sklearn.metrics.roc_curve(is_in_scope, confidence)
        assert result.metrics["out_of_scope"] == pytest.approx(
            {
                "auroc": sklearn.metrics.roc_auc_score(is_in_scope, confidence),
                "fpr_at_95_tpr": false_positive[true_positive >= 0.95][0],
            },
            abs=1e-6,
        )
        assert faults(result, store.folder(result)) == []
    assert "Out of scope: how well confidence tells 3 other texts" in tables.render(
        leaderboard.build(contents)
    )


@pytest.mark.slow
def test_a_run_that_diverges_is_a_result_without_scores(suite, monkeypatch):
    recipe = SUITE.replace("precision: fp32", "precision: fp32, encoder_learning_rate: 1e30")
    suite.with_name("diverging.yaml").write_text(recipe)
    diverging = plan(load_suite(str(suite.with_name("diverging.yaml"))), only="*+linear")[0]
    outcome = run.execute(diverging, lambda progress: None)
    assert outcome.result.verdict == "diverged"
    assert outcome.result.metrics["test"] is None
    assert outcome.result.metrics["out_of_scope"] is None
    assert outcome.predictions is None
    assert "at step" in outcome.result.verdict_reason
    # what was known before it diverged is told all the same
    assert outcome.result.cost.parameters_total > outcome.result.cost.parameters_head > 0
    tokens = outcome.result.tokens
    assert tokens.max_length == 8
    assert 0 < tokens.unknown_share < 0.05 < tokens.truncated_share < 1
    assert outcome.result.history == ()

    def diverges(*_, **__):
        error = Diverged("the loss is nan at step 9")
        error.history = ({"epoch": 1, "train_loss": math.nan},)
        raise error

    monkeypatch.setattr("zoo.training.train", diverges)
    later = run.execute(diverging, lambda progress: None).result
    assert later.history == ({"epoch": 1, "train_loss": None},)
    assert later.tokens == tokens
