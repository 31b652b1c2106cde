"""From a suite to runs: names, patterns, identities, and a hub that is out of reach."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from fake_runs import make_result, make_spec
from huggingface_hub.errors import GatedRepoError

from zoo.data import DataWarning
from zoo.errors import CheckpointError, OptionError, UnknownEncoder
from zoo.hub import Place, cached_commit
from zoo.strict_yaml import load_yaml
from zoo_bench import checkpoints, leaderboard
from zoo_bench.plan import plan
from zoo_bench.reading import Contents
from zoo_bench.run import check_weights
from zoo_bench.suite import Suite, SuiteError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


SUITE = """\
name: mine
protocol: {{name: mine, version: 1}}
recipe: {{epochs: 1, precision: fp32}}
encoders: {encoders}
heads: {heads}
tasks: {tasks}
seeds: {seeds}
baselines: {baselines}
pretrained: {pretrained}
exclude: {exclude}
"""
FIELDS = {
    "encoders": "[bert-nano]",
    "heads": "[linear, mlp]",
    "tasks": "[ko-intents]",
    "seeds": "[0, 1]",
    "baselines": "true",
    "pretrained": "true",
    "exclude": "[]",
}


def suite_of(**changes):
    return Suite.from_document(load_yaml(SUITE.format(**(FIELDS | changes))))


@pytest.fixture
def no_hub(monkeypatch):
    """A hub that cannot be reached, and an empty cache."""

    def refuse(*_, **__):
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", refuse)
    monkeypatch.setattr("zoo.hub.cached_commit", lambda *_: None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")  # put back afterwards


def test_baselines_come_first_and_pairs_grow_seed_by_seed():
    assert [run.label for run in plan(suite_of())] == [
        "majority-class/ko-intents/0",
        "tfidf-svm/ko-intents/0",
        "bert-nano+linear/ko-intents/0",
        "bert-nano+mlp/ko-intents/0",
        "bert-nano+linear/ko-intents/1",
        "bert-nano+mlp/ko-intents/1",
    ]


def test_the_same_suite_gives_the_same_runs():
    assert plan(suite_of()) == plan(suite_of())


def test_a_run_knows_task_components_and_whole_recipe():
    run = plan(suite_of(), only="bert-nano+mlp/*/1")[0]
    assert (run.task.n_train, run.task.n_validation, run.task.n_test) == (1120, 224, 448)
    assert len(run.task.labels) == 16
    assert run.head.distribution == "intentzoo"
    assert run.head.target == "zoo_heads.mlp:MLP"
    assert run.encoder.pretrained
    assert run.encoder.checkpoint == "zoo_encoders:weights/bert-nano"
    # what the recipe left to the encoder is filled in
    assert run.recipe["encoder_learning_rate"] > 0
    assert run.recipe["batch_size"] == 32


def test_patterns_mean_what_they_fit_and_each_component_counts_once():
    runs = plan(suite_of(encoders="['*-nano', bert-nano]", seeds="[0]", baselines="false"))
    assert {run.encoder.name for run in runs} == {"bert-nano", "koelectra-nano"}
    assert len(runs) == 4


def test_a_component_with_options_is_another_run():
    heads = "[mlp, {name: mlp, options: {dropout: 0.5}}]"
    runs = plan(suite_of(heads=heads, seeds="[0]", baselines="false"))
    assert [run.who for run in runs] == ["bert-nano+mlp", "bert-nano+mlp[dropout=0.5]"]
    assert len({run.run_id for run in runs}) == 2
    assert plan(suite_of(heads=heads, seeds="[0]"), only="bert-nano+mlp[dropout=0.5]") == [runs[1]]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"encoders": "[bert-nan]"}, UnknownEncoder, "did you mean 'bert-nano'"),
        ({"heads": "['x*']"}, SuiteError, r"no head fits the pattern 'x\*'"),
        ({"heads": "[{name: mlp, options: {width: 1}}]"}, OptionError, "width"),
        ({"encoders": "['hf:a/b']", "pretrained": "false"}, SuiteError, "cannot start from random"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_runs(changes, error, words):
    with pytest.raises(error, match=words):
        plan(suite_of(**changes))


def test_only_chooses_pairs_tasks_or_single_runs():
    assert len(plan(suite_of(), only="*+mlp")) == 2
    assert len(plan(suite_of(), only="ko-intents")) == 6
    assert [run.seed for run in plan(suite_of(), only="bert-nano+mlp/ko-intents/1")] == [1]
    with pytest.raises(SuiteError, match="--only 'nothing' fits no run of suite 'mine'"):
        plan(suite_of(), only="nothing")


def test_excluded_runs_are_left_out():
    suite = suite_of(exclude="['*+mlp/*/1', majority-class]")
    assert [run.label for run in plan(suite)] == [
        "tfidf-svm/ko-intents/0",
        "bert-nano+linear/ko-intents/0",
        "bert-nano+mlp/ko-intents/0",
        "bert-nano+linear/ko-intents/1",
    ]


@pytest.mark.parametrize(
    ("exclude", "words"),
    [("['*+mpl']", "exclude: '*+mpl' fits no run"), ("['*']", "exclude leaves no run")],
)
def test_an_exclude_that_cannot_be_meant_is_refused(exclude, words):
    with pytest.raises(SuiteError) as caught:
        plan(suite_of(exclude=exclude))
    assert words in str(caught.value)


def test_a_hub_out_of_reach_does_not_matter_to_excluded_encoders(no_hub):
    suite = suite_of(encoders="[bert, bert-nano]", exclude="['bert+*']")
    assert {run.who for run in plan(suite) if run.kind == "pair"} == {
        "bert-nano+linear",
        "bert-nano+mlp",
    }


def rates(suite):
    return {
        run.who: (run.recipe["encoder_learning_rate"], run.recipe["head_learning_rate"])
        for run in plan(suite)
        if run.kind == "pair"
    }


def test_an_encoder_and_a_head_may_have_recipe_values_of_their_own():
    suite = suite_of(
        encoders="[bert-nano, {name: koelectra-nano, recipe: {encoder_learning_rate: 2e-4}}]",
        heads="['*', {name: mlp, recipe: {head_learning_rate: 3e-3}}]",
        exclude="['*+bilstm', '*+textcnn']",
        seeds="[0]",
    )
    assert rates(suite) == {
        "bert-nano+linear": (5e-4, 1e-3),
        "bert-nano+mlp": (5e-4, 3e-3),
        "koelectra-nano+linear": (2e-4, 1e-3),
        "koelectra-nano+mlp": (2e-4, 3e-3),
    }
    overridden = {run.who: run.overridden for run in plan(suite)}
    assert overridden["bert-nano+linear"] == {}
    assert overridden["koelectra-nano+mlp"] == {
        "encoder_learning_rate": 5e-4,
        "head_learning_rate": 1e-3,
    }


def test_an_encoder_may_stand_beside_itself_from_random_weights():
    encoders = "['*-nano', {name: bert-nano, pretrained: false}]"
    runs = plan(suite_of(encoders=encoders, heads="[mlp]", seeds="[0]", baselines="false"))
    assert [run.who for run in runs] == [
        "bert-nano+mlp",
        "koelectra-nano+mlp",
        "bert-nano[scratch]+mlp",
    ]
    pretrained, _, scratch = runs
    assert (scratch.encoder.pretrained, scratch.encoder.weights_sha256) == (False, None)
    assert pretrained.encoder.weights_sha256 is not None
    # what the recipe leaves to the encoder follows the weights, and one board holds both
    assert rates(suite_of(encoders=encoders, heads="[mlp]", seeds="[0]")) == {
        "bert-nano+mlp": (5e-4, 1e-3),
        "koelectra-nano+mlp": (5e-4, 1e-3),
        "bert-nano[scratch]+mlp": (5e-4, 1e-3),
    }
    (board,) = leaderboard.build(Contents(tuple(make_result(run) for run in runs))).boards
    assert len(board.tasks[0].entries) == 3
    assert plan(suite_of(encoders=encoders), only="bert-nano[scratch]+mlp/ko-intents/0") == [
        scratch
    ]


def test_a_suite_from_random_weights_may_have_one_encoder_that_is_pretrained():
    encoders = "[koelectra-nano, {name: bert-nano, pretrained: true}]"
    runs = plan(suite_of(encoders=encoders, pretrained="false", heads="[mlp]", baselines="false"))
    assert {run.encoder.label for run in runs} == {"koelectra-nano[scratch]", "bert-nano"}


def test_every_pair_on_a_task_has_the_recipe_values_of_the_task():
    tasks = "[ko-intents, {name: ko-intents@100, recipe: {epochs: 9, batch_size: 16}}]"
    runs = [run for run in plan(suite_of(tasks=tasks)) if run.kind == "pair"]
    assert {(run.task.name, run.recipe["epochs"], run.recipe["batch_size"]) for run in runs} == {
        ("ko-intents", 1, 32),
        ("ko-intents@100", 9, 16),
    }
    contents = Contents(tuple(make_result(run) for run in runs))
    (board,) = leaderboard.build(contents).boards
    assert [one.task.name for one in board.tasks] == ["ko-intents", "ko-intents@100"]


def test_a_drawn_task_keeps_the_test_split_of_the_whole_and_its_hash():
    whole, drawn = (
        next(iter(plan(suite_of(tasks=tasks), only="*+mlp/*/1"))).task
        for tasks in ("[ko-intents]", "[ko-intents@100]")
    )
    assert (drawn.n_train, drawn.n_validation) == (100, 100)
    assert (drawn.n_test, drawn.n_test_clean) == (whole.n_test, whole.n_test_clean)
    assert drawn.content_sha256 == whole.content_sha256
    assert drawn.key != whole.key


def test_a_draw_that_training_would_refuse_is_told_before_anything_runs():
    suite = suite_of(tasks="[ko-intents, ko-intents@3, ko-intents@100]", seeds="[1]")
    with pytest.warns(DataWarning) as caught:
        assert len(plan(suite)) == 12
    assert len(caught) == 1
    first, *faults = str(caught[0].message).splitlines()
    assert first == "training will refuse these draws, and their runs will fail:"
    assert len(faults) == 1
    assert faults[0].startswith(
        "ko-intents@3, seed 1: the 3 examples that seed 1 drew of ko-intents lack the label"
    )


def test_where_the_seed_draws_the_examples_baselines_have_every_seed():
    runs = plan(suite_of(tasks="[ko-intents, ko-intents@100]"))
    assert [run.label for run in runs if run.kind == "baseline"] == [
        "majority-class/ko-intents/0",
        "tfidf-svm/ko-intents/0",
        "majority-class/ko-intents@100/0",
        "tfidf-svm/ko-intents@100/0",
        "majority-class/ko-intents@100/1",
        "tfidf-svm/ko-intents@100/1",
    ]
    (board,) = leaderboard.build(Contents(tuple(map(make_result, runs)))).boards
    expected = {
        (one.task.name, entry.name): (entry.n, entry.expected)
        for one in board.tasks
        for entry in one.entries
        if entry.kind == "baseline"
    }
    assert expected["ko-intents", "tfidf-svm"] == (1, 1)
    assert expected["ko-intents@100", "tfidf-svm"] == (2, 2)


def test_own_recipe_values_keep_a_pair_on_the_board_of_the_others():
    suite = suite_of(heads="[linear, {name: mlp, recipe: {head_learning_rate: 3e-3}}]")
    contents = Contents(tuple(make_result(run) for run in plan(suite)))
    assert len(leaderboard.build(contents).boards) == 1


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        (
            "[{name: mlp, recipe: {head_learning_rate: 1e-2}}, "
            "{name: mlp, recipe: {head_learning_rate: 1e-3}}]",
            "'mlp' is named twice",
        ),
        (
            "[{name: mlp, recipe: {weight_decay: 0.2}}]",
            "weight_decay is 0.1 for encoder 'bert-nano' and 0.2 for head 'mlp'",
        ),
    ],
)
def test_contradicting_recipe_values_are_refused(heads, words):
    suite = suite_of(heads=heads, encoders="[{name: bert-nano, recipe: {weight_decay: 0.1}}]")
    with pytest.raises(SuiteError) as caught:
        plan(suite)
    assert words in str(caught.value)


def test_a_hub_out_of_reach_is_one_error_that_names_every_checkpoint_and_the_ways_out(no_hub):
    with pytest.raises(CheckpointError) as caught:
        plan(suite_of(encoders="[bert, koelectra, bert-nano]"))
    text = str(caught.value)
    assert text.startswith("no run was started")
    assert (
        "  bert: klue/bert-base is not in the local cache, and the hub cannot be reached (Name or "
        "service not known)\n"
    ) in text
    assert "  koelectra: monologg/koelectra-base-v3-discriminator is not in the local" in text
    for way in ("bert-nano, koelectra-nano", "hf:/path", "hf download", "pretrained: false"):
        assert way in text


def test_a_hub_out_of_reach_does_not_matter_to_runs_that_need_none(no_hub):
    assert plan(suite_of(encoders="[bert, bert-nano]"), only="bert-nano+*")
    assert plan(suite_of(encoders="[bert]", pretrained="false"))


def test_a_cached_checkpoint_needs_no_hub(no_hub, monkeypatch):
    monkeypatch.setattr("zoo.hub.cached_commit", lambda *_: COMMIT)
    run = plan(suite_of(encoders="[bert]"), only="bert+mlp/*/0")[0]
    assert (run.encoder.checkpoint, run.encoder.revision) == ("klue/bert-base", COMMIT)
    assert run.encoder.pretrained


@pytest.mark.parametrize(("cached", "flag"), [({"klue/bert-base"}, "0"), (None, "1")])
def test_workers_are_offline_only_if_no_encoder_of_the_suite_needs_the_hub(
    no_hub, monkeypatch, cached, flag
):
    def locate(checkpoint, revision):
        return Place(COMMIT, is_local=cached is None or checkpoint in cached)

    monkeypatch.setattr(checkpoints, "locate", locate)
    assert plan(suite_of(encoders="[bert, koelectra]"))
    assert os.environ["HF_HUB_OFFLINE"] == flag


def test_what_the_hub_refuses_is_told_although_there_is_an_old_copy(no_hub, monkeypatch):
    def refuse(*_, **__):
        raise GatedRepoError("401", response=SimpleNamespace(headers={}, request=None))

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", refuse)
    monkeypatch.setattr("zoo.hub.cached_commit", lambda *_: COMMIT)
    with pytest.raises(CheckpointError) as caught:
        plan(suite_of(encoders="[bert, bert-nano]"))
    assert str(caught.value) == (
        "no run was started, for there are checkpoints that cannot be had:\n"
        "  bert: klue/bert-base: the hub gives it to those who were let in; ask on its page, then "
        "`hf auth login`"
    )
    assert os.environ["HF_HUB_OFFLINE"] == "0"


def test_a_checkpoint_that_moved_is_another_run(monkeypatch):
    ids = set()
    for commit in (COMMIT, COMMIT[::-1]):
        monkeypatch.setattr(checkpoints, "locate", lambda *_, at=commit: Place(at, is_local=False))
        ids.add(plan(suite_of(encoders="[bert]"), only="bert+mlp/*/0")[0].run_id)
    assert len(ids) == 2


def test_the_commit_in_the_cache_is_read_from_its_layout(tmp_path, monkeypatch):
    snapshot = tmp_path / "models--a--b" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    refs = tmp_path / "models--a--b" / "refs"
    refs.mkdir()
    (refs / "main").write_text(COMMIT)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert cached_commit("a/b", None) == COMMIT
    assert cached_commit("a/c", None) is None


def test_weights_of_a_folder_are_known_by_their_hash(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    first = plan(suite_of(encoders=f"['hf:{tmp_path}']"), only="hf:*+mlp/*/0")
    (tmp_path / "model.safetensors").write_bytes(b"Weights")
    second = plan(suite_of(encoders=f"['hf:{tmp_path}']"), only="hf:*+mlp/*/0")
    assert first[0].encoder.weights_sha256 != second[0].encoder.weights_sha256
    assert first[0].run_id != second[0].run_id


def test_a_folder_with_another_tokenizer_is_another_checkpoint(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "README.md").write_text("as it was")
    suite = suite_of(encoders=f"['hf:{tmp_path}']")
    hashes = []
    for name in ("README.md", "config.json", "vocab.txt"):
        (tmp_path / name).write_text("changed")
        hashes.append(plan(suite, only="hf:*+mlp/*/0")[0].encoder.weights_sha256)
    assert len(set(hashes)) == 3


def test_a_run_refuses_weights_that_are_not_those_of_the_plan(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    [spec] = plan(suite_of(encoders=f"['hf:{tmp_path}']"), only="hf:*+mlp/*/0")
    check_weights(spec)
    (tmp_path / "model.safetensors").write_bytes(b"Weights")
    with pytest.raises(CheckpointError, match=r"planned was \w{12}; give this machine the same"):
        check_weights(spec)


def test_planning_with_a_fixed_precision_loads_no_torch(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(SUITE.format(**FIELDS))
    program = (
        "import sys; from zoo_bench.plan import plan; from zoo_bench.suite import load_suite\n"
        "plan(load_suite(sys.argv[1])); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True
    )
    assert done.stdout == "False\n", done.stderr


def test_names_of_fake_and_real_runs_have_one_form():
    assert make_spec().label == "bert-nano+mlp/toy/0"
