"""`zoo show FOLDER`: a saved classifier tells of itself, its plugins installed or not."""

from __future__ import annotations

import json

import pytest

MANIFEST = """
import zoo

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="mean", target="zoo_mean.parts:Mean", description="a head")
"""
PARTS = "class Mean: pass\n"
# of PARTS, by sha256sum over "zoo_mean.parts\n17\nclass Mean: pass\n\n"
PARTS_SHA256 = "a982e05ef4dfb944b46d87c6bfb9c496673fe59c6a07bd7940ef8496d1ed2a2b"
ENCODER = {
    "name": "hf:klue/bert-base",
    "distribution": "intentzoo",
    "version": "0.1.0",
    "target": "parts:Encoder",
    "options": {},
    "source_sha256": None,
    "configuration": {"hidden_size": 8},
    "checkpoint": "klue/bert-base",
    "revision": "0123abc",
    "is_pretrained": True,
}
HEAD = {
    "name": "mean",
    "distribution": "zoo-mean",
    "version": "1.0",
    "target": "zoo_mean.parts:Mean",
    "options": {"scale": 3.0, "kernel_sizes": [2, 3]},
    "source_sha256": PARTS_SHA256,
}
CONFIGURATION = {
    "model_type": "zoo",
    "encoder": ENCODER,
    "head": HEAD,
    "id2label": {"0": "질문", "1": "명령", "2": "진술"},
    "max_length": 128,
}


def with_length(header):
    return len(header).to_bytes(8, "little") + header


def safetensors(**shapes):
    """A file of zeros: eight bytes of length, a header of JSON, the numbers."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        size = 4
        for extent in shape:
            size *= extent
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    return with_length(json.dumps(header).encode()) + bytes(end)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A saved classifier, in the working folder as `saved`."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "saved"
    place.mkdir()
    (place / "config.json").write_text(json.dumps(CONFIGURATION), "utf-8")
    (place / "model.safetensors").write_bytes(safetensors(a=[3, 5], b=[2]))
    return place


def configure(folder, **changes):
    values = CONFIGURATION | changes
    (folder / "config.json").write_text(json.dumps(values), "utf-8")


def here(result):
    """What is said of both plugins."""
    told = " ".join(result.stdout.split())
    return [part.partition(" head mean")[0] for part in told.split(" here ")[1:]]


def refusal(result):
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_a_classifier_is_shown_without_its_plugins(run, folder):
    result = run("show", "saved")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "classifier saved\n"
        "  pair        hf:klue/bert-base+mean\n"
        "  labels      3: 질문, 명령, 진술\n"
        "  max length  128\n"
        "  began with  klue/bert-base, revision 0123abc\n"
        "  parameters  17\n"
        "\n"
        "encoder hf:klue/bert-base\n"
        "  from     intentzoo 0.1.0\n"
        "  target   parts:Encoder\n"
        "  options  -\n"
        "  here     not installed: pip install 'intentzoo==0.1.0'\n"
        "\n"
        "head mean\n"
        "  from     zoo-mean 1.0\n"
        "  target   zoo_mean.parts:Mean\n"
        "  options  scale = 3.0\n"
        "           kernel_sizes = [2, 3]\n"
        "  here     not installed: pip install 'zoo-mean==1.0'\n"
    )


@pytest.mark.parametrize(
    ("version", "manifest", "parts", "words"),
    [
        ("1.0", MANIFEST, PARTS, "installed"),
        ("1.0", MANIFEST, "# another\n" + PARTS, "installed, its source has changed since"),
        ("2.0", MANIFEST, PARTS, "zoo-mean 2.0 is installed"),
        (
            "2.0",
            "import zoo",
            PARTS,
            "zoo-mean 2.0 is installed, which lacks it: pip install 'zoo-mean==1.0'",
        ),
        (
            "1.0",
            "import nobody_has_this",
            PARTS,
            "head 'zoo-mean:mean' may come from plugin 'main' (zoo-mean 1.0), which was left out: "
            "No module named 'nobody_has_this'; see `zoo plugins`",
        ),
    ],
)
def test_whether_the_plugin_is_here_is_told(
    run, folder, zoo_mine, write_distribution, version, manifest, parts, words
):
    modules = {"zoo_mean/__init__.py": manifest, "zoo_mean/parts.py": parts}
    write_distribution("zoo-mean", version, modules=modules)

    assert here(run("show", "saved")) == ["installed", words]


def test_a_broken_plugin_of_a_like_name_does_not_hide_what_to_install(
    run, folder, zoo_mine, write_distribution
):
    write_distribution("zoo", modules={"broken.py": "1 / 0"}, entry_points={"mean": "broken"})

    words = "not installed: pip install 'zoo-mean==1.0'"
    assert here(run("show", "saved")) == ["installed", words]


def test_json_holds_the_records_and_where_they_stand(run, folder, zoo_mine):
    (shown,) = json.loads(run("show", "saved", "--json").stdout)

    assert shown["kind"] == "classifier"
    assert (shown["folder"], shown["pair"]) == ("saved", "hf:klue/bert-base+mean")
    assert shown["labels"] == ["질문", "명령", "진술"]
    assert (shown["max_length"], shown["parameters"]) == (128, 17)
    assert (shown["checkpoint"], shown["revision"]) == ("klue/bert-base", "0123abc")
    assert shown["encoder"]["status"] == "installed"
    assert shown["head"] == HEAD | {
        "kind": "head",
        "status": "missing",
        "here": "not installed: pip install 'zoo-mean==1.0'",
        "install": "pip install 'zoo-mean==1.0'",
    }


def test_a_component_comes_before_a_folder_of_its_name(run, folder, zoo_mine):
    folder.rename(folder.with_name("mlp"))

    assert run("show", "mlp").stdout.startswith("head mlp\n")
    assert run("show", "./mlp").stdout.startswith("classifier mlp\n")


def test_random_weights_and_the_tokenizers_length_are_told(run, folder):
    configure(folder, encoder=ENCODER | {"checkpoint": None, "revision": None}, max_length=None)

    told = run("show", "saved").stdout

    assert "  max length  the tokenizer's\n  began with  random weights\n" in told


def test_parameters_of_shards_are_added_up(run, folder):
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    (folder / "model-2.safetensors").write_bytes(safetensors(c=[100, 10]))
    names = {"a": "model-1.safetensors", "b": "model-1.safetensors", "c": "model-2.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": names}), "utf-8")

    assert "  parameters  1,017\n" in run("show", "saved").stdout


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"\xff" * 20,
        safetensors(a=[1])[:20],
        with_length(b"[" * 100_000),
        with_length(b"[]"),
        with_length(b'{"a": {"shape": [NaN]}}'),
        with_length(b'{"a": {"shape": [-3]}}'),
        with_length(b'{"a": {"shape": [1.5]}}'),
    ],
    ids=["none", "empty", "noise", "cut", "deep", "list", "nan", "negative", "fraction"],
)
def test_weights_that_cannot_be_read_do_not_hide_the_rest(run, folder, content):
    (folder / "model.safetensors").unlink()
    if content is not None:
        (folder / "model.safetensors").write_bytes(content)

    result = run("show", "saved")

    assert result.exit_code == 0
    assert "  parameters  unknown: the weights are missing or damaged\n" in result.stdout


def test_labels_that_transformers_left_out_are_its_own(run, folder):
    values = {key: value for key, value in CONFIGURATION.items() if key != "id2label"}
    (folder / "config.json").write_text(json.dumps(values), "utf-8")

    assert "  labels      2: LABEL_0, LABEL_1\n" in run("show", "saved").stdout


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "saved: no saved classifier is there (config.json is missing)"),
        ("", "saved: no saved classifier is there (saved/config.json is empty)"),
        ("[]", "saved: no saved classifier is there (config.json names no model_type)"),
        ('{"name": "x"}', "saved: no saved classifier is there (config.json names no model_type)"),
        (
            '{"model_type": "bert"}',
            "saved: this is a 'bert' checkpoint, not a classifier saved by zoo; to put a head on "
            "it: zoo.build('hf:saved', HEAD, labels=[…])",
        ),
        ('{"model_type": "zoo"}', "config.json: there is no record of the encoder"),
        (
            '{"model_type": "zoo", "encoder": {"name": "x"}}',
            "config.json: the record of the encoder lacks 'distribution'",
        ),
    ],
)
def test_a_folder_that_holds_no_classifier_is_refused(run, folder, content, text):
    (folder / "config.json").unlink()
    if content is not None:
        (folder / "config.json").write_text(content, "utf-8")

    assert refusal(run("show", "saved")) == f"Error: CheckpointError: {text}\n"


@pytest.mark.parametrize("labels", [[], {}, {"1": "a"}, {"0": 1}, 3, None])
def test_labels_with_a_gap_are_refused(run, folder, labels):
    configure(folder, id2label=labels)

    assert refusal(run("show", "saved")) == (
        "Error: CheckpointError: config.json: id2label must name every label from 0 on, got "
        f"{labels}\n"
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("./nowhere", "nowhere is no folder; give the one that a classifier was saved in"),
        (
            "me/intents",
            "me/intents is no folder; give the one that a classifier was saved in, for one on the "
            "hub after: hf download me/intents --local-dir FOLDER",
        ),
        (
            "saved/config.json",
            "saved/config.json is a file; a saved classifier is a folder: zoo show saved",
        ),
    ],
)
def test_a_path_that_is_no_folder_is_refused(run, folder, path, text):
    assert refusal(run("show", path)) == f"Error: CheckpointError: {text}\n"


def test_a_very_long_name_is_only_unknown(run, zoo_mine):
    assert "is called" in refusal(run("show", "x" * 300))


def test_a_file_cannot_steer_the_terminal(run, folder):
    configure(folder, id2label={"0": "\x1b[2J", "1": "b"}, encoder=ENCODER | {"checkpoint": "\x07"})

    told = run("show", "saved").stdout

    assert "\x1b" not in told and "\x07" not in told
    assert "\\x1b[2J" in told
