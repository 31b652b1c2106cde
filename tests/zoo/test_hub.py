"""Checkpoints on a hub: this one is a thread of ours, and nothing leaves this machine."""

import json
import shutil

import pytest
import torch

from zoo.errors import CheckpointError, OutOfReach
from zoo.hub import locate

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NO_HUB = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9"}
BUILD = """
import json, sys
import zoo

for encoder in sys.stdin.read().split():
    try:
        classifier = zoo.build(encoder, "mlp", num_labels=2, seed=0)
        record = classifier.config.encoder
        answer = {"revision": record["revision"], "scores": classifier.predict("가 나").scores}
    except zoo.ZooError as error:
        answer = {"error": type(error).__name__, "text": str(error)}
    print(json.dumps(answer))
"""


@pytest.fixture
def build(run_python):
    """What `zoo.build` gave for each encoder, all in one fresh process; it must say nothing."""

    def build(*encoders, **environment):
        finished = run_python(BUILD, stdin="\n".join(encoders), **environment)
        assert (finished.stderr, finished.returncode) == ("", 0)
        return [json.loads(line) for line in finished.stdout.splitlines()]

    return build


REVISION = f"""
import zoo

for revision in (None, "{COMMIT}", None):
    classifier = zoo.build("hf:me/tiny", "mlp", num_labels=2, revision=revision)
    print(classifier.config.encoder["revision"])
"""


@pytest.mark.slow
def test_a_commit_is_loaded_although_the_branch_has_moved(run_python, hub, tiny_bert):
    hub.repositories["me/tiny"] = tiny_bert
    hub.heads["me/tiny"] = moved = "f" * len(COMMIT)
    finished = run_python(REVISION, hub=hub)
    assert finished.stderr == ""
    assert finished.stdout.split() == [moved, COMMIT, moved]


@pytest.mark.slow
def test_a_checkpoint_is_loaded_by_commit_and_kept_for_when_the_hub_is_gone(
    build, hub, tiny_bert, tmp_path
):
    pickled = tmp_path / "pickled"
    shutil.copytree(tiny_bert, pickled)
    torch.save({}, pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    hub.repositories |= {"me/tiny": tiny_bert, "me/pickled": pickled}

    built, absent, refused = build("hf:me/tiny", "hf:me/absent", "hf:me/pickled", hub=hub)
    assert built["revision"] == COMMIT
    assert absent == {
        "error": "CheckpointError",
        "text": "me/absent is no folder, and the hub has no such model, or it is private: check the "
        "name, or `hf auth login`",
    }
    assert refused["text"].startswith("me/pickled: no safetensors weights (")
    files = [line for line in hub.requests if "/me/tiny/resolve/" in line]
    asked_by_name = [line for line in files if f"/{COMMIT}/" not in line]
    assert {line.rpartition("/")[2] for line in asked_by_name} == {"config.json"}
    # neither the pickled weights nor a service that would convert them was asked for
    assert not [line for line in hub.requests if line.endswith("pytorch_model.bin")]

    later, unknown, offered = build("hf:me/tiny", "hf:me/other", "bert", **NO_HUB)
    assert later == built
    ways = (
        "\nWithout a network: bert-nano, koelectra-nano; weights=FOLDER with a downloaded copy; or "
        "pretrained=False for random weights"
    )
    for answer, encoder, checkpoint in (
        (unknown, "hf:me/other", "me/other"),
        (offered, "bert", "klue/bert-base"),
    ):
        assert answer["error"] == "OutOfReach"
        assert answer["text"].startswith(
            f"encoder {encoder!r}: {checkpoint} is not in the local cache, and the hub cannot be "
            "reached ("
        )
        assert answer["text"].endswith(ways)

    (offline,) = build("hf:me/tiny")  # HF_HUB_OFFLINE=1
    assert offline == built


LOAD = """
import zoo
from transformers import AutoModelForSequenceClassification
from zoo.hub import locate

classifier = zoo.load("me/saved")
theirs = AutoModelForSequenceClassification.from_pretrained("me/saved")
assert zoo.load("me/saved", local_files_only=True).predict("가") == classifier.predict("가")
assert theirs.predict("가") == classifier.predict("가")
print(locate("me/tiny", "refs/pr/1"), locate("me/tiny", "refs/pr/1", local_files_only=True))
for source in ("me/absent", "me/tiny"):
    try:
        zoo.load(source)
    except zoo.ZooError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_saved_classifier_is_loaded_from_the_hub(run_python, hub, tiny_bert, tmp_path):
    import zoo

    zoo.build(f"hf:{tiny_bert}", "mlp", num_labels=2, seed=0).save_pretrained(tmp_path / "saved")
    hub.repositories |= {"me/saved": tmp_path / "saved", "me/tiny": tiny_bert}
    finished = run_python(LOAD, hub=hub)
    assert finished.stderr == ""
    assert finished.stdout.splitlines() == [
        f"Place(commit='{COMMIT}', is_local=False) Place(commit='{COMMIT}', is_local=True)",
        "me/absent is no folder, and the hub has no such model, or it is private: check the name, "
        "or `hf auth login`",
        "me/tiny: this is a 'bert' checkpoint, not a classifier saved by zoo; to put a head on it: "
        "zoo.build('hf:me/tiny', HEAD, labels=[…])",
    ]


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A folder to work in, with a model in `my-classifier` and in `runs/first`, and no hub."""

    def refuse(*_, **__):
        raise ConnectionError("Name or service not known")

    for name in ("my-classifier", "runs/first"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", refuse)
    monkeypatch.setattr("zoo.hub.cached_commit", lambda *_: None)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (
            "my-clasifier",
            "there is no folder my-clasifier; did you mean 'my-classifier'? As a hub ",
        ),
        ("runs/frist", "there is no folder runs/frist; did you mean 'runs/first'? As a hub "),
        ("other", "there is no folder other. As a hub "),
        ("me/my-classifier", ""),
    ],
)
def test_a_mistyped_folder_is_told_before_the_network(name, folder, runs):
    subject = "id it" if folder else name
    with pytest.raises(OutOfReach) as error:
        locate(name)
    assert str(error.value) == (
        f"{folder}{subject} is not in the local cache, and the hub cannot be reached (Name or "
        "service not known)"
    )


def test_a_path_that_is_no_hub_id_is_answered_with_the_nearest_folder(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    with pytest.raises(CheckpointError) as error:
        locate(f"{tmp_path}/mime")
    assert str(error.value) == (
        f"{tmp_path}/mime is no folder, and no hub id (OWNER/NAME); did you mean '{tmp_path}/mine'?"
    )
