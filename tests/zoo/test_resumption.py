"""A training that was killed goes on at the last complete epoch, and ends where it would have."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

import zoo
from zoo.errors import CheckpointError, RecipeError, TrainingError
from zoo.recipe import Recipe

VALUES = {"epochs": 4, "batch_size": 16, "precision": "fp32", "head_learning_rate": 3e-3}


class Killed(Exception):
    pass


def kill_in(epoch):
    def on_progress(now):
        if now.epoch == epoch and now.step % 4 == 2:
            raise Killed

    return on_progress


def comparable(report):
    history = [
        {name: value for name, value in one.items() if name != "seconds"} for one in report.history
    ]
    return history, report.best_epoch, report.steps


@pytest.fixture
def full_disk(monkeypatch):
    """Says to which file a write fails from now on, each library in its own way."""

    def no_room(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def no_room_for_torch(*_, **__):
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")

    def no_room_for_weights(*_, **__):
        raise SafetensorError("Error while serializing: I/O error: No space left on device")

    def fill(write):
        target, failure = {
            "weights": ("transformers.modeling_utils.safe_save_file", no_room_for_weights),
            "optimizer": ("torch.save", no_room_for_torch),
            "state of the Trainer": ("transformers.TrainerState.save_to_json", no_room),
            "state of zoo": ("zoo.resumption.durable.write", no_room),
        }[write]
        monkeypatch.setattr(target, failure)

    return fill


@pytest.mark.parametrize("write", ["weights", "optimizer", "state of the Trainer", "state of zoo"])
@pytest.mark.parametrize("epoch", [1, 2])
def test_a_full_disk_is_one_error_and_the_checkpoint_before_stays(
    make_classifier, toy, tmp_path, full_disk, write, epoch
):
    def fill(now):
        if now.epoch == epoch:
            full_disk(write)

    end = {1: "it will begin afresh", 2: r"it will go on from checkpoint-4 \(zoo train: --resume\)"}
    message = (
        rf"^the checkpoint of step {4 * epoch} cannot be written in .+ \([\d,]+ bytes free\): "
        rf".+\. Make room, or mend that, and train again: {end[epoch]}$"
    )
    with pytest.raises(TrainingError, match=message):
        zoo.train(
            make_classifier("linear"),
            toy,
            toy[:20],
            Recipe(**VALUES),
            checkpoints=tmp_path,
            on_progress=fill,
        )
    assert [one.name for one in tmp_path.iterdir()] == ["checkpoint-4"][: epoch - 1]


def test_checkpoints_of_somebody_else_stay(make_classifier, toy, tmp_path):
    theirs = [tmp_path / name for name in ("checkpoint-1", "checkpoint-500", "checkpoint-best")]
    for one in theirs:
        one.mkdir()
        (one / "trainer_state.json").write_text("{}")
    zoo.train(make_classifier(), toy, None, Recipe(**VALUES), checkpoints=tmp_path)
    assert all((one / "trainer_state.json").exists() for one in theirs)
    kept = {one.name for one in tmp_path.iterdir()} - {one.name for one in theirs}
    assert kept == {"checkpoint-12", "checkpoint-16"}


@pytest.mark.parametrize("epoch", [3, None], ids=["killed", "finished"])
def test_other_weights_than_those_it_began_with_are_told(make_classifier, toy, tmp_path, epoch):
    def train(seed, on_progress=None):
        classifier = make_classifier("linear", seed=seed)
        return zoo.train(
            classifier, toy, None, Recipe(**VALUES), checkpoints=tmp_path, on_progress=on_progress
        )

    with pytest.raises(Killed) if epoch else contextlib.nullcontext():
        train(0, epoch and kill_in(epoch))
    with pytest.warns(
        UserWarning, match=r"began with other weights than this classifier has; it goes on with .*-"
    ):
        measured = train(1).measurements
    expected = zoo.train(make_classifier("linear"), toy, None, Recipe(**VALUES)).measurements
    assert measured.head == expected.head


def test_a_folder_for_checkpoints_that_cannot_be_made_is_one_error(make_classifier, toy, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=r"checkpoints cannot be kept in .+; name another fo"):
        zoo.train(
            make_classifier("linear"), toy, None, Recipe(**VALUES), checkpoints=tmp_path / "file/a"
        )


def as_cudnn_keeps_them(classifier):
    """Put the weights of the head's LSTM into one storage, as moving it to a GPU does."""
    weights = classifier.head.lstm._flat_weights
    flat, at = torch.cat([one.detach().flatten() for one in weights]), 0
    with torch.no_grad():
        for one in weights:
            one.set_(flat[at : at + one.numel()].view_as(one))
            at += one.numel()
    return classifier


@pytest.mark.parametrize("is_frozen", [False, True])
def test_an_lstm_whose_weights_share_a_storage_goes_on(make_classifier, toy, tmp_path, is_frozen):
    recipe = Recipe(frozen=is_frozen, **VALUES)
    with pytest.raises(Killed):
        zoo.train(
            as_cudnn_keeps_them(make_classifier("bilstm")),
            toy,
            toy[:20],
            recipe,
            checkpoints=tmp_path,
            on_progress=kill_in(epoch=3),
        )
    continued = as_cudnn_keeps_them(make_classifier("bilstm"))
    report = zoo.train(continued, toy, toy[:20], recipe, checkpoints=tmp_path)
    assert [one["epoch"] for one in report.history] == [1, 2, 3, 4]
    assert report.samples_per_second == pytest.approx(2 * len(toy) / report.train_seconds)


@pytest.mark.usefixtures("on_cpu")
@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_killed_training_ends_bit_for_bit_where_it_would_have(
    make_classifier, toy, weights, tmp_path, is_frozen
):
    recipe = Recipe(frozen=is_frozen, **VALUES)
    undisturbed = make_classifier("bilstm")
    expected = zoo.train(undisturbed, toy, toy[:20], recipe, seed=1)

    with pytest.raises(Killed):
        zoo.train(
            make_classifier("bilstm"),
            toy,
            toy[:20],
            recipe,
            seed=1,
            checkpoints=tmp_path,
            on_progress=kill_in(epoch=3),
        )
    continued = make_classifier("bilstm")
    told = []
    report = zoo.train(
        continued, toy, toy[:20], recipe, seed=1, checkpoints=tmp_path, on_progress=told.append
    )
    assert told[0].epoch == 3
    assert comparable(report) == comparable(expected)
    assert torch.equal(weights(continued), weights(undisturbed))


def test_keeping_checkpoints_changes_nothing(make_classifier, toy, weights, tmp_path):
    plain, kept = make_classifier(), make_classifier()
    zoo.train(plain, toy, None, Recipe(**VALUES))
    zoo.train(kept, toy, None, Recipe(**VALUES), checkpoints=tmp_path)
    assert torch.equal(weights(plain), weights(kept))


def test_two_checkpoints_are_kept(make_classifier, toy, tmp_path):
    zoo.train(make_classifier(), toy, None, Recipe(**VALUES), checkpoints=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-12", "checkpoint-16"]


def test_a_colleague_may_read_the_weights_of_a_checkpoint(make_classifier, toy, tmp_path):
    before = os.umask(0o022)
    try:
        zoo.train(make_classifier(), toy, toy[:20], Recipe(**VALUES), checkpoints=tmp_path)
    finally:
        os.umask(before)
    weights = list(tmp_path.glob("checkpoint-16/*.safetensors"))
    assert {file.name for file in weights} == {
        "model.safetensors",
        "zoo-beginning.safetensors",
        "zoo-best.safetensors",
    }
    assert {file.stat().st_mode & 0o777 for file in weights} == {0o644}


def test_a_half_written_checkpoint_does_not_count(make_classifier, toy, weights, tmp_path):
    expected = make_classifier()
    zoo.train(expected, toy, None, Recipe(**VALUES), checkpoints=tmp_path)
    (tmp_path / "checkpoint-16" / "zoo-state.json").unlink()
    (tmp_path / "checkpoint-16" / "model.safetensors").write_bytes(b"half")
    continued = make_classifier()
    told = []
    zoo.train(continued, toy, None, Recipe(**VALUES), checkpoints=tmp_path, on_progress=told.append)
    assert told[0].epoch == 4
    assert torch.equal(weights(continued), weights(expected))


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-20])


def flip_a_byte(file):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


DAMAGES = [
    (cut_short, "zoo-state.json", "zoo-state.json cannot be read ("),
    (cut_short, "optimizer.pt", "optimizer.pt is not what was saved: its sha256 is another"),
    (flip_a_byte, "model.safetensors", "model.safetensors is not what was saved: its sha256 is"),
    (Path.unlink, "zoo-best.safetensors", "zoo-best.safetensors cannot be read (No such file"),
]


@pytest.mark.parametrize(("damage", "name", "named"), DAMAGES)
def test_of_a_damaged_checkpoint_the_one_before_is_taken_aloud(
    make_classifier, toy, weights, tmp_path, damage, name, named
):
    expected, continued = make_classifier(), make_classifier()
    recipe = Recipe(**VALUES)
    zoo.train(expected, toy, toy[:20], recipe, checkpoints=tmp_path)
    damage(tmp_path / "checkpoint-16" / name)
    told = []
    with pytest.warns(UserWarning, match="training goes on from checkpoint-12") as warned:
        zoo.train(continued, toy, toy[:20], recipe, checkpoints=tmp_path, on_progress=told.append)
    assert str(warned[0].message).startswith(f"{tmp_path}/checkpoint-16/{named}")
    assert told[0].epoch == 4
    assert torch.equal(weights(continued), weights(expected))
    # the damaged one was made anew
    told.clear()
    zoo.train(
        make_classifier(), toy, toy[:20], recipe, checkpoints=tmp_path, on_progress=told.append
    )
    assert told == []


def test_checkpoints_that_are_all_damaged_are_one_error(make_classifier, toy, tmp_path):
    zoo.train(make_classifier(), toy, None, Recipe(**VALUES), checkpoints=tmp_path)
    for step in (12, 16):
        cut_short(tmp_path / f"checkpoint-{step}" / "model.safetensors")
    with pytest.raises(CheckpointError) as error:
        zoo.train(make_classifier(), toy, None, Recipe(**VALUES), checkpoints=tmp_path)
    assert str(error.value) == (
        f"no checkpoint in {tmp_path} can be taken up: {tmp_path}/checkpoint-16/model.safetensors "
        "is not what was saved: its sha256 is another; put an undamaged copy there, or remove the "
        "folder to begin afresh"
    )


def test_a_checkpoint_counts_once_the_rest_of_it_outlives_a_power_cut(
    make_classifier, toy, tmp_path, monkeypatch
):
    synced = []
    real = os.fsync

    def record(handle):
        synced.append(Path(f"/proc/self/fd/{handle}").resolve())
        real(handle)

    monkeypatch.setattr(os, "fsync", record)
    recipe = Recipe(**{**VALUES, "epochs": 1})
    folder = tmp_path / "deep/checkpoints"
    zoo.train(make_classifier(), toy, toy[:20], recipe, checkpoints=folder)
    checkpoint = folder / "checkpoint-4"
    [place] = [at for at, path in enumerate(synced) if path.name.startswith(".zoo-state.json.")]
    others = {path for path in checkpoint.iterdir() if path.name != "zoo-state.json"}
    assert len(others) > 4
    assert {*others, checkpoint, folder, tmp_path / "deep", tmp_path} <= set(synced[:place])
    assert checkpoint in synced[place:]


@pytest.mark.parametrize("patience", [None, 1])
def test_a_finished_training_is_not_trained_further(
    make_classifier, toy, weights, tmp_path, patience
):
    recipe = Recipe(**{**VALUES, "epochs": 6}, patience=patience)
    first, again = make_classifier(), make_classifier()
    expected = zoo.train(first, toy, toy[:20], recipe, checkpoints=tmp_path)
    told = []
    report = zoo.train(again, toy, toy[:20], recipe, checkpoints=tmp_path, on_progress=told.append)
    assert told == []
    assert comparable(report) == comparable(expected)
    assert torch.equal(weights(again), weights(first))


def test_checkpoints_for_other_labels_are_refused(make_classifier, tiny_bert, toy, tmp_path):
    zoo.train(make_classifier(), toy, None, Recipe(**VALUES), seed=1, checkpoints=tmp_path)
    other = zoo.build(f"hf:{tiny_bert}", "mlp", labels=["예", "아니오"], seed=0)
    with pytest.raises(RecipeError, match="of another training: its labels differ; remove them"):
        zoo.train(other, toy, None, Recipe(**VALUES), seed=1, checkpoints=tmp_path)


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"recipe": Recipe(**{**VALUES, "head_learning_rate": 1e-3})}, "recipe"),
        ({"seed": 2}, "seed"),
        ({"head": "linear"}, "head"),
        ({"other_labels": True}, "examples_sha256"),
    ],
)
def test_checkpoints_of_another_training_are_refused(
    make_classifier, toy, tmp_path, change, difference
):
    zoo.train(make_classifier(), toy, None, Recipe(**VALUES), seed=1, checkpoints=tmp_path)
    flipped = [(toy[0][0], toy[1][1]), *toy[1:]]
    with pytest.raises(RecipeError) as error:
        zoo.train(
            make_classifier(change.get("head", "mlp")),
            flipped if change.get("other_labels") else toy,
            None,
            change.get("recipe", Recipe(**VALUES)),
            seed=change.get("seed", 1),
            checkpoints=tmp_path,
        )
    assert str(error.value) == (
        f"{tmp_path} holds checkpoints of another training: its {difference} differs; remove them, "
        "or choose another folder"
    )


def test_checkpoints_of_other_trained_parameters_are_refused(make_classifier, toy, tmp_path):
    zoo.train(make_classifier(), toy, None, Recipe(**VALUES), checkpoints=tmp_path)
    classifier = make_classifier()
    classifier.encoder.requires_grad_(False)
    with pytest.raises(RecipeError, match=r"of another training: its trained_parameters differ; "):
        zoo.train(classifier, toy, None, Recipe(**VALUES), checkpoints=tmp_path)


def test_an_empty_folder_begins_afresh(make_classifier, toy, tmp_path):
    shutil.rmtree(tmp_path)
    report = zoo.train(
        make_classifier(), toy, None, Recipe(**{**VALUES, "epochs": 1}), checkpoints=tmp_path
    )
    assert len(report.history) == 1
