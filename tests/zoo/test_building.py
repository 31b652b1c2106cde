"""`zoo.build`: from two names to a classifier."""

import json
import shutil
import unicodedata

import pytest
import torch

import zoo
from zoo import components
from zoo.building import label_names
from zoo.errors import (
    CheckpointError,
    DataError,
    OptionError,
    PairError,
    RecipeError,
    UnknownEncoder,
    UnknownHead,
)


@pytest.fixture
def tiny(tiny_bert):
    return f"hf:{tiny_bert}"


def text_of(kind, function, *arguments, **options):
    with pytest.raises(kind) as error:
        function(*arguments, **options)
    return str(error.value)


def weights(module):
    return torch.cat([each.detach().flatten() for each in module.parameters()])


@pytest.mark.parametrize("options", [{}, {"pretrained": False}])
def test_a_revision_of_what_is_on_no_hub_is_refused(options):
    text = text_of(
        CheckpointError, zoo.build, "bert-nano", "mlp", num_labels=2, revision="v2", **options
    )
    assert text == (
        "revision='v2': what encoder 'bert-nano' begins with here is no checkpoint of a hub; leave "
        "revision out"
    )


@pytest.mark.parametrize("encoder", ["bert-nano", "koelectra-nano"])
def test_an_encoder_that_needs_no_network_joins_a_head(encoder):
    classifier = zoo.build(encoder, "linear", num_labels=3, seed=0)
    assert classifier.labels == ("label-0", "label-1", "label-2")
    assert not classifier.training


def test_labels_keep_their_order(tiny):
    assert zoo.build(tiny, "linear", labels=["b", "a"]).labels == ("b", "a")


def test_one_seed_gives_one_set_of_weights():
    first, second = (zoo.build("koelectra-nano", "bilstm", num_labels=2, seed=7) for _ in "12")
    assert torch.equal(weights(first), weights(second))


def test_another_seed_gives_other_weights():
    first, second = (
        zoo.build("koelectra-nano", "mlp", num_labels=2, pretrained=False, seed=s) for s in (1, 2)
    )
    assert not torch.equal(weights(first.encoder), weights(second.encoder))
    assert not torch.equal(weights(first.head), weights(second.head))


def test_the_weights_of_a_head_do_not_depend_on_the_encoder():
    on_bert, on_electra = (
        zoo.build(encoder, "textcnn", num_labels=2, seed=3).head
        for encoder in ("bert-nano", "koelectra-nano")
    )
    assert torch.equal(weights(on_bert), weights(on_electra))


def test_a_seed_leaves_the_global_generator_alone(tiny):
    torch.manual_seed(1)
    undisturbed = torch.rand(1)
    torch.manual_seed(1)
    zoo.build(tiny, "mlp", num_labels=2, seed=0)
    assert torch.rand(1) == undisturbed


def test_without_a_seed_the_global_generator_decides(tiny):
    heads = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        heads.append(weights(zoo.build(tiny, "mlp", num_labels=2).head))
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_pretrained_weights_are_those_of_the_checkpoint(tiny, tiny_bert):
    from transformers import AutoModel

    expected = AutoModel.from_pretrained(tiny_bert, add_pooling_layer=False)
    built = zoo.build(tiny, "linear", num_labels=2, seed=0).encoder.model
    assert torch.equal(weights(built), weights(expected))


def test_weights_may_come_from_a_folder(tiny_bert):
    classifier = zoo.build("bert", "linear", num_labels=2, weights=tiny_bert)
    assert classifier.encoder.hidden_size == 16
    assert classifier.config.encoder["name"] == "bert"
    assert classifier.config.encoder["checkpoint"] == str(tiny_bert)


def test_options_reach_both_components(tiny):
    classifier = zoo.build(
        tiny,
        "mlp",
        num_labels=2,
        encoder_options={"dropout": 0.25},
        head_options={"hidden_units": 5},
    )
    assert classifier.encoder.model.config.hidden_dropout_prob == 0.25
    assert classifier.head.layers[1].out_features == 5
    assert classifier.config.head["options"] == {"hidden_units": 5}


def test_a_record_keeps_where_each_component_came_from(tiny, tiny_bert):
    record = zoo.build(f"intentzoo:{tiny}", "linear", num_labels=2).config.encoder
    assert record["name"] == f"hf:{tiny_bert}"
    assert (record["distribution"], record["version"]) == ("intentzoo", zoo.__version__)
    assert record["target"] == "zoo.transformers_encoder:TransformersEncoder"
    assert record["is_pretrained"]
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize(
    ("kind", "pair", "options", "text"),
    [
        (UnknownEncoder, ("koelektra", "mlp"), {}, "no encoder is called 'koelektra'; did you "),
        (UnknownHead, ("bert-nano", "bilstn"), {}, "no head is called 'bilstn'; did you mean "),
        (
            OptionError,
            ("bert-nano", "mlp"),
            {"head_options": {"dropuot": 0.1}},
            "head 'mlp' takes no option 'dropuot'; did you mean 'dropout'?",
        ),
        (
            OptionError,
            ("bert-nano", "mlp"),
            {"encoder_options": {"dropout": 1.0}},
            "dropout must be at least 0 and below 1, got 1.0",
        ),
        (
            PairError,
            ("bert-nano", "bilstm"),
            {"head_options": {"pooling": "mean"}},
            "head 'bilstm' with 2 labels on 256 hidden units and the options {'pooling': 'mean'} "
            "cannot be built: ValueError: pooling must be 'final', 'max' or 'attention', got 'mean'",
        ),
        (
            PairError,
            ("bert-nano", "mlp"),
            {"head_options": {"hidden_units": -1}},
            "head 'mlp' with 2 labels on 256 hidden units and the options {'hidden_units': -1} "
            "cannot be built: ValueError: hidden_units must be 1 or more, got -1",
        ),
        (
            CheckpointError,
            ("hf:./nowhere", "mlp"),
            {},
            "./nowhere is no folder, and no hub id (OWNER/NAME)",
        ),
        (
            CheckpointError,
            ("bert", "mlp"),
            {"weights": "nowhere"},
            "weights='nowhere' is no folder",
        ),
        (
            CheckpointError,
            ("bert", "mlp"),
            {"weights": "nowhere", "pretrained": False},
            "weights='nowhere' and pretrained=False exclude each other",
        ),
        (RecipeError, ("bert-nano", "mlp"), {"seed": -1}, "seed must be a whole number from 0 to "),
    ],
)
def test_what_cannot_be_built_is_refused(kind, pair, options, text):
    assert text_of(kind, zoo.build, *pair, num_labels=2, **options).startswith(text)


def test_a_checkpoint_of_somebody_cannot_be_built_without_its_weights(tiny, tiny_bert):
    assert text_of(CheckpointError, zoo.build, tiny, "mlp", num_labels=2, pretrained=False) == (
        f"encoder 'hf:{tiny_bert}' has no configuration and vocabulary of its own, so it cannot be "
        "built without weights: leave pretrained=True"
    )


def test_packaged_weights_that_are_gone_are_named(monkeypatch):
    spec = zoo.EncoderSpec(
        name="gone",
        target="zoo.transformers_encoder:TransformersEncoder",
        description="its package lost a file",
        weights="zoo_encoders:nowhere/model",
    )
    found = components.registry.Registered("gone", "encoder", spec, "intentzoo", "1")
    monkeypatch.setattr("zoo.registry.find_encoder", lambda name: found)
    assert text_of(CheckpointError, zoo.build, "gone", "mlp", num_labels=2) == (
        "zoo_encoders:nowhere/model: the package holds no such file; install it again"
    )


@pytest.mark.parametrize(
    ("labels", "num_labels", "text"),
    [
        (None, None, "give the labels: labels=['질문', '명령', …], or num_labels=3"),
        ("질문", None, "labels must be a list of names, got the text '질문'"),
        (["a", "b"], 3, "num_labels is 3, but 2 labels are given"),
        (["a", 1], None, "labels must be text, got 1"),
        (["a", "b", "a"], None, "label 'a' is given more than once"),
        (["a"], None, "a classifier needs at least two labels, got 1"),
        (None, 1, "a classifier needs at least two labels, got 1"),
        (None, 0, "a classifier needs at least two labels, got 0"),
        (None, "3", "num_labels must be a whole number, got '3'"),
    ],
)
def test_labels_that_name_nothing_are_refused(labels, num_labels, text):
    assert text_of(DataError, label_names, labels, num_labels) == text


def test_a_label_in_another_unicode_form_is_the_same_label():
    assert label_names([unicodedata.normalize("NFD", "질문"), "명령"], None) == ["질문", "명령"]


def test_the_tokenizer_of_a_nano_encoder_keeps_hangul_syllables_whole():
    tokenizer = zoo.build("bert-nano", "linear", num_labels=2).tokenizer
    tokens = tokenizer.tokenize("영화 정말 좋았어요")
    assert "".join(tokens).replace("##", "") == "영화정말좋았어요"
    assert "[UNK]" not in tokens


PARTS = """
import torch

class Encoder(torch.nn.Module):
    def __init__(self, *arguments, **options):
        super().__init__()
        {init}

    @classmethod
    def from_pretrained(cls, checkpoint, *, revision=None):
        return cls()

class Head(torch.nn.Module):
    def __init__(self, hidden_size, num_labels):
        super().__init__()

    def forward(self, hidden, mask):
        return {result}
"""
MANIFEST = """
import zoo

@zoo.hookimpl
def zoo_encoders():
    yield zoo.EncoderSpec(name="odd", target="parts_of_odd:Encoder", description="-", checkpoint="x")

@zoo.hookimpl
def zoo_heads():
    yield zoo.HeadSpec(name="odd-head", target="parts_of_odd:{head}", description="-")
"""


@pytest.fixture
def odd_plugin(write_distribution, fresh_host):
    """A plugin with one encoder and one head, written to be wrong in one place."""

    def write(init="pass", result="None", head="Head"):
        write_distribution(
            "zoo-odd",
            modules={
                "zoo_odd.py": MANIFEST.format(head=head),
                "parts_of_odd.py": PARTS.format(init=init, result=result)
                + "\ndef function(*arguments):\n    return 1\n"
                + "\nclass NoModule:\n    def __init__(self, *arguments): pass\n",
            },
            entry_points={"odd": "zoo_odd"},
        )
        fresh_host()

    return write


@pytest.mark.parametrize(
    ("init", "text"),
    [
        (
            "pass",
            "encoder 'odd' must have an attribute hidden_size, a whole number above 0, got None",
        ),
        ("self.hidden_size = 4", "encoder 'odd' must have an attribute 'tokenizer'"),
        ("1 / 0", "encoder 'odd' cannot be built: ZeroDivisionError: division by zero"),
    ],
)
def test_an_encoder_that_breaks_the_contract_is_named(odd_plugin, init, text):
    odd_plugin(init=init)
    assert text_of(PairError, zoo.build, "odd", "linear", num_labels=2) == text


def test_a_head_that_is_no_module_is_named(odd_plugin, tiny):
    odd_plugin(head="NoModule")
    assert text_of(PairError, zoo.build, tiny, "odd-head", num_labels=2) == (
        "head 'odd-head' must be a torch.nn.Module, it is a NoModule"
    )


@pytest.mark.parametrize(
    ("result", "got"),
    [
        ("None", "NoneType"),
        ("hidden", "torch.float32 of shape (1, 4, 16)"),
        ("hidden[:, 0, :2].long()", "torch.int64 of shape (1, 2)"),
        ("(hidden[:, 0, :2],)", "tuple"),
    ],
)
def test_a_head_that_returns_anything_but_logits_is_named(odd_plugin, tiny, result, got):
    odd_plugin(result=result)
    classifier = zoo.build(tiny, "odd-head", num_labels=2)
    assert text_of(PairError, classifier.predict, "가 나") == (
        f"head 'odd-head' returned {got} where floating-point (batch, label) = (1, 2) is due"
    )


def test_a_head_that_leaves_the_device_is_named(odd_plugin, tiny):
    odd_plugin(result="hidden[:, 0, :2].to('meta')")
    classifier = zoo.build(tiny, "odd-head", num_labels=2)
    assert text_of(PairError, classifier.predict, "가 나") == (
        "head 'odd-head' returned a tensor on meta for an input on cpu; make every new tensor "
        "where the input is: torch.zeros(…, device=hidden.device)"
    )


def test_an_encoder_that_returns_another_size_is_named(tiny):
    classifier = zoo.build(tiny, "linear", num_labels=2)
    classifier.encoder.hidden_size = 8
    assert text_of(PairError, classifier.predict, "가 나").endswith(
        "returned torch.float32 of shape (1, 4, 16) where floating-point (batch, seq, hidden) = "
        "(1, 4, 8) is due"
    )


def test_loading_is_silent(tiny, capfd):
    zoo.build(tiny, "mlp", num_labels=2)
    assert capfd.readouterr() == ("", "")


def test_the_folder_may_move_after_building(tiny_bert, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_bert, copy)
    classifier = zoo.build(f"hf:{copy}", "mlp", num_labels=2)
    shutil.rmtree(copy)
    classifier.save_pretrained(tmp_path / "saved")
    assert zoo.load(tmp_path / "saved").predict("가") == classifier.predict("가")
