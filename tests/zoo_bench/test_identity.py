"""What decides a run's number is in its id, and nothing else is."""

import hashlib
import json

import pytest
from fake_runs import TASK, make_baseline_spec, make_spec

from zoo_bench.records import Component, EncoderRecord, Protocol, RunSpec

OURS = {"distribution": "intentzoo", "version": "0.1.0", "target": "some.where:Thing"}
THEIRS = {"distribution": "zoo-mine", "version": "1.0", "target": "some.where:Thing"}


def test_run_id_is_the_sha256_of_the_documented_fields_in_canonical_json():
    identity = {
        "kind": "pair",
        "protocol": {"name": "toy", "version": 1},
        "task": {"name": "toy", "content_sha256": "c" * 64},
        "encoder": {
            "name": "bert-nano",
            "distribution": "intentzoo",
            "target": "some.where:Thing",
            "options": {},
            "pretrained": True,
            "checkpoint": None,
            "revision": None,
            "weights_sha256": None,
        },
        "head": {
            "name": "mlp",
            "distribution": "intentzoo",
            "target": "some.where:Thing",
            "options": {},
        },
        "baseline": None,
        "recipe": {"epochs": 1, "encoder_learning_rate": 0.0005},
        "seed": 0,
        "threads": 1,
    }
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    assert make_spec().run_id == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"threads": 2},
        {"recipe": {"epochs": 2, "encoder_learning_rate": 0.0005}},
        {"protocol": Protocol(name="toy", version=2)},
        {"task": TASK.model_copy(update={"content_sha256": "d" * 64})},
        {"head": Component(name="mlp", **OURS, options={"hidden_size": 64})},
        {"head": Component(name="mlp", **THEIRS)},
        {"encoder": EncoderRecord(name="bert-nano", **OURS, pretrained=False)},
        {"encoder": EncoderRecord(name="bert-nano", **OURS, pretrained=True, revision="abc")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_decides_the_number_changes_the_run_id(changes):
    assert make_spec(**changes).run_id != make_spec().run_id


@pytest.mark.parametrize(
    "changes",
    [
        {"head": Component(name="mlp", **(OURS | {"version": "0.2.0"}))},
        {"task": TASK.model_copy(update={"n_train": 99})},
    ],
    ids=["our version, which the protocol stands for", "a count that follows from the content"],
)
def test_what_does_not_decide_the_number_leaves_the_run_id(changes):
    assert make_spec(**changes).run_id == make_spec().run_id


def test_the_version_of_a_strangers_component_decides():
    old = make_spec(head=Component(name="mlp", **THEIRS))
    new = make_spec(head=Component(name="mlp", **(THEIRS | {"version": "1.1"})))
    assert old.run_id != new.run_id


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs", "CON", "x" * 300, "가나다", "hf:a/b"])
def test_names_never_become_paths(name):
    spec = make_spec(head=Component(name=name, **OURS))
    folder = spec.folder_name
    assert set(folder) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(folder) <= 100
    assert folder.endswith(f"-{spec.run_id[:12]}")


def test_names_that_differ_in_case_alone_get_two_folders():
    lower = make_spec(head=Component(name="mlp", **OURS)).folder_name
    upper = make_spec(head=Component(name="MLP", **OURS)).folder_name
    assert lower.lower() != upper.lower()


def test_a_spec_whose_id_is_not_its_hash_is_refused():
    fields = dict(make_spec()) | {"seed": 5}
    with pytest.raises(ValueError, match="is not the run's hash"):
        RunSpec(**fields)


def test_a_run_is_a_pair_or_a_baseline_but_not_both():
    fields = dict(make_spec()) | {"baseline": make_baseline_spec().baseline}
    with pytest.raises(ValueError, match="either encoder, head and recipe, or a baseline"):
        RunSpec(**fields)


def test_the_label_shows_the_options():
    spec = make_spec(head=Component(name="mlp", **OURS, options={"hidden_size": 64}), seed=3)
    assert spec.label == "bert-nano+mlp[hidden_size=64]/toy/3"


def test_an_out_of_scope_split_moves_no_id_its_texts_are_in_the_hash_of_the_task():
    assert (
        make_spec(task=TASK.model_copy(update={"n_out_of_scope": 7})).run_id == make_spec().run_id
    )
