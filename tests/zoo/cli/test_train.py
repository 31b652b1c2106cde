"""`zoo train`: labelled texts in, a saved classifier out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import zoo

FAST = ["--set", "batch_size=16", "--set", "epochs=2", "--set", "precision=fp32"]


@pytest.fixture
def train(call, toy_file, tiny_bert, tmp_path):
    """Train `hf:tiny+mlp` on the toy file, with further arguments."""
    columns = ["--data", toy_file, "--text", "request", "--label", "intent"]

    def train(*arguments, output=tmp_path / "out"):
        return call("train", f"hf:{tiny_bert}+mlp", *columns, "--output", output, *arguments)

    return train


def test_a_file_becomes_a_saved_classifier(train, toy_file, tmp_path):
    done = train(*FAST)
    assert done.exit_code == 0
    assert f"{toy_file}: 45 examples to train on, 5 held out to validate" in done.stderr
    assert "epoch 2/2  train loss " in done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("validation accuracy ")
    assert first.endswith(" s, cpu)")
    assert last == f"saved to {tmp_path / 'out'}"
    assert zoo.load(tmp_path / "out").labels == ("아니오", "예")
    assert not (tmp_path / "out" / "checkpoints").exists()


def test_json_holds_all_that_was_done(train, tiny_bert, tmp_path):
    report = json.loads(train(*FAST, "--seed", "7", "--json").stdout)
    assert report["pair"] == f"hf:{tiny_bert}+mlp"
    assert (report["seed"], report["recipe"]["epochs"], len(report["history"])) == (7, 2, 2)
    assert report["steps"] == 2 * 3
    assert report["validation"].keys() >= {"accuracy", "macro_f1", "ece"}
    assert report["output"] == str(tmp_path / "out")


def test_validation_may_have_a_file_of_its_own(train, toy_file):
    done = train(*FAST, "--validation", toy_file, "--json")
    assert "held out" not in done.stderr
    assert json.loads(done.stdout)["steps"] == 2 * 4


def test_a_recipe_file_and_settings_work_together(train, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("epochs: 3\nbatch_size: 8\n")
    done = train("--recipe", recipe, "--set", "epochs=1", "--json")
    report = json.loads(done.stdout)["recipe"]
    assert (report["epochs"], report["batch_size"]) == (1, 8)


def test_the_same_command_gives_the_same_classifier(train, tmp_path):
    for name in ("first", "second"):
        train(*FAST, output=tmp_path / name)
    first, second = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("first", "second")
    )
    assert first == second


def test_an_interrupted_training_is_continued(train, tmp_path, monkeypatch):
    from zoo.watcher import Watcher

    undisturbed = train(*FAST, "--json", output=tmp_path / "undisturbed")
    original = Watcher.on_step_end

    def interrupt(self, args, state, control, **options):
        if state.global_step == 5:
            raise KeyboardInterrupt
        original(self, args, state, control, **options)

    monkeypatch.setattr(Watcher, "on_step_end", interrupt)
    interrupted = train(*FAST)
    assert interrupted.exit_code == 130
    assert interrupted.stderr.endswith(
        f"\nInterrupted: the same command with --resume continues in {tmp_path / 'out'}.\n"
    )
    monkeypatch.undo()

    out = tmp_path / "out"
    refused = train(*FAST)
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"Error: CheckpointError: {out} holds an interrupted training: continue it with --resume, "
        "or remove the folder\n"
    )
    done = train(*FAST, "--resume", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["validation"] == json.loads(undisturbed.stdout)["validation"]
    weights = (tmp_path / "undisturbed" / "model.safetensors").read_bytes()
    assert (out / "model.safetensors").read_bytes() == weights
    assert not (out / "checkpoints").exists()


def test_a_training_that_failed_before_its_first_checkpoint_blocks_nothing(train, tmp_path):
    failed = train(*FAST, "--set", "head_learning_rate=1e30", "--set", "encoder_learning_rate=1e30")
    assert failed.exit_code == 1
    assert "Error: Diverged: " in failed.stderr
    assert (tmp_path / "out" / "checkpoints").is_dir()
    mended = train(*FAST)
    assert mended.exit_code == 0
    assert not (tmp_path / "out" / "checkpoints").exists()


def test_a_half_written_checkpoint_is_nothing_to_continue(train, tmp_path):
    (tmp_path / "out" / "checkpoints" / "checkpoint-3").mkdir(parents=True)
    assert train(*FAST).exit_code == 0


@pytest.mark.parametrize("theirs", ["my-experiment.pt", "checkpoint-500/trainer_state.json"])
def test_what_somebody_keeps_where_the_checkpoints_go_is_not_lost(train, tmp_path, theirs):
    folder = tmp_path / "out" / "checkpoints"
    (folder / theirs).parent.mkdir(parents=True)
    (folder / theirs).touch()
    refused = train(*FAST)
    assert refused.exit_code == 2
    assert refused.stderr == (
        f"Error: CheckpointError: {folder} is where zoo train keeps its checkpoints, and holds "
        f"{Path(theirs).parts[0]}, which is none of them: move it away, or name another --output\n"
    )
    assert (folder / theirs).exists()


def test_a_training_without_a_checkpoint_has_nothing_to_continue(train, monkeypatch):
    from zoo.watcher import Watcher

    def interrupt(self, args, state, control, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(Watcher, "on_step_end", interrupt)
    interrupted = train(*FAST)
    assert interrupted.exit_code == 130
    assert interrupted.stderr.endswith("\nInterrupted.\n")


def test_an_interrupted_saving_is_continued(train, tmp_path):
    train(*FAST)
    (tmp_path / "out" / "checkpoints").mkdir()
    assert train(*FAST, "--resume").exit_code == 0


def test_a_saved_classifier_is_not_written_over(train, tmp_path):
    train(*FAST)
    before = (tmp_path / "out" / "model.safetensors").read_bytes()
    for arguments in ([], ["--resume"]):
        again = train(*FAST, *arguments)
        assert again.exit_code == 2
        assert again.stderr == (
            f"Error: CheckpointError: {tmp_path / 'out'} holds a saved classifier already; name "
            "another folder\n"
        )
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == before


def test_a_training_that_diverges_ends_with_1(train, monkeypatch):
    from zoo.errors import Diverged

    def diverge(*arguments, **options):
        raise Diverged("the loss is nan at step 1")

    monkeypatch.setattr("zoo.training.train", diverge)
    done = train()
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith("Error: Diverged: the loss is nan at step 1\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--set", "epoch=2"], "--set: a recipe has no 'epoch'; did you mean 'epochs'?"),
        (["--set", "epochs"], "--set epochs: write it as key=value"),
        (["--seed", "-1"], "seed must be a whole number from 0 to 4294967295, got -1"),
        (["--resume"], "holds no interrupted training; leave --resume out to begin one"),
        (["--task", "ko-intents"], "give either --task NAME or --data FILE"),
        (["--label", "label"], "no column is called 'label'"),
        (["--weights", "nowhere"], "weights='nowhere' is no folder"),
        (["--scratch"], "cannot be built without weights: leave pretrained=True"),
    ],
)
def test_wrong_usage_is_explained_and_leaves_nothing_behind(train, tmp_path, arguments, text):
    done = train(*arguments)
    assert done.exit_code == 2
    assert text in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["bert-nano", "--output", "o"], "PAIR is written encoder+head, as in bert-nano+mlp; got "),
        (["bert-nano+mlp"], "Missing option '--output'"),
        (["bert-nano+mlp", "--output", "o"], "give either --task NAME or --data FILE"),
        (
            ["bert-nano+mlp", "--output", "o", "--task", "ko-intents", "--validation", "v.csv"],
            "--validation goes with --data and has no use with --task",
        ),
    ],
)
def test_what_is_missing_is_named(call, arguments, text):
    done = call("train", *arguments)
    assert done.exit_code == 2
    assert text in done.stderr


def test_an_output_that_is_a_file_is_refused(train, tmp_path):
    (tmp_path / "out").write_text("")
    done = train()
    assert done.stderr == (
        f"Error: CheckpointError: --output {tmp_path / 'out'} is a file; name a folder\n"
    )


def test_an_output_that_cannot_be_written_is_refused_before_training(train, tmp_path):
    (tmp_path / "file").write_text("")
    done = train(output=tmp_path / "file" / "out")
    assert done.exit_code == 2
    assert done.stderr.endswith(
        f"Error: CheckpointError: --output {tmp_path / 'file' / 'out'} cannot be written: Not a "
        "directory\n"
    )


@pytest.mark.slow
def test_from_a_file_to_predictions_in_processes_of_their_own(toy, toy_file, tmp_path):
    """The nano encoder, as a user would: train, evaluate, predict; nothing but results on stdout."""

    def run(*arguments, stdin=""):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", "from zoo.cli import main; main()", *arguments],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    out = str(tmp_path / "out")
    columns = ["--data", str(toy_file), "--text", "request", "--label", "intent"]
    trained = run("train", "koelectra-nano+mlp", *columns, *FAST, "--output", out)
    noise = [
        line
        for line in trained.stderr.splitlines()
        if not line.startswith(("epoch ", f"{toy_file}: "))
    ]
    assert noise == []
    evaluated = run("evaluate", out, *columns, "--json")
    assert json.loads(evaluated.stdout)["examples"] == len(toy)
    assert evaluated.stderr == ""
    predicted = run("predict", out, stdin="".join(f"{text}\n" for text, _ in toy))
    assert [line.split("\t")[2] for line in predicted.stdout.splitlines()] == [t for t, _ in toy]
    assert predicted.stderr == ""


def test_the_verdict_stands_above_the_folder_with_one_change_to_try(train):
    tiny = ["--set", "encoder_learning_rate=1e-9", "--set", "head_learning_rate=1e-9"]
    lines = train(*FAST, *tiny).stdout.splitlines()
    assert lines[1].startswith("not learned: validation accuracy ")
    assert lines[2].startswith("to try: raise encoder_learning_rate: 1e-09 → ")


def test_json_has_the_verdict_and_what_was_measured(train):
    report = json.loads(train(*FAST, "--json").stdout)
    assert set(report["verdict"]) == {"verdict", "reason", "suggestion"}
    assert report["measurements"]["answers"]["n"] == 5
