"""Any encoder of transformers, without its pooler, from safetensors only."""

import json
import shutil

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from zoo.errors import CheckpointError, OptionError
from zoo.positions import longest_input
from zoo.transformers_encoder import TransformersEncoder

SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
# one small architecture of each family that people put heads on
FAMILIES = {
    "albert": {**SIZES, "embedding_size": 8, "intermediate_size": 32},
    "bert": {**SIZES, "intermediate_size": 32},
    "camembert": {**SIZES, "intermediate_size": 32, "max_position_embeddings": 66},
    "deberta-v2": {
        **SIZES,
        "intermediate_size": 32,
        "relative_attention": True,
        "pos_att_type": ["p2c", "c2p"],
    },
    "distilbert": {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32},
    "electra": {**SIZES, "embedding_size": 8, "intermediate_size": 32},
    "modernbert": {**SIZES, "intermediate_size": 32, "pad_token_id": 0, "attn_dropout": 0.0},
    "roberta": {**SIZES, "intermediate_size": 32, "max_position_embeddings": 66},
    "xlm-roberta": {**SIZES, "intermediate_size": 32, "max_position_embeddings": 66},
}


def refusal(folder):
    with pytest.raises(CheckpointError) as error:
        TransformersEncoder.from_pretrained(str(folder))
    return str(error.value)


@pytest.fixture
def copy(tiny_bert, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(tiny_bert, folder)
    return folder


def change_config(folder, **values):
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


@pytest.fixture(params=FAMILIES)
def family(request):
    configuration = {"model_type": request.param, "vocab_size": 40, **FAMILIES[request.param]}
    torch.manual_seed(0)
    return TransformersEncoder(configuration, None)


IDS = torch.tensor([[2, 7, 8, 3], [2, 9, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])


def test_every_family_gives_hidden_states(family):
    assert family(IDS, MASK).shape == (2, 4, family.hidden_size)


def test_every_parameter_of_every_family_gets_a_gradient(family):
    weights = torch.randn(2, 4, family.hidden_size)
    (family.train()(IDS, MASK) * weights).sum().backward()
    without = [
        name
        for name, parameter in family.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    assert without == []


def test_padding_has_no_say_in_any_family(family):
    family.eval()
    alone = family(IDS[1:, :3], MASK[1:, :3])
    padded = torch.nn.functional.pad
    longer = family(padded(IDS[1:, :3], (0, 5)), padded(MASK[1:, :3], (0, 5)))[:, :3]
    torch.testing.assert_close(longer, alone, atol=1e-5, rtol=0)


def test_the_configuration_of_every_family_rebuilds_it(family):
    stored = json.loads(json.dumps(family.configuration))
    again = TransformersEncoder(stored, None).eval()
    again.load_state_dict(family.state_dict())
    torch.testing.assert_close(again(IDS, MASK), family.eval()(IDS, MASK))


@pytest.mark.parametrize(("model_type", "expected"), [("roberta", 64), ("bert", 512)])
def test_the_longest_input_counts_positions_that_are_used(model_type, expected):
    # RoBERTa's first position is padding_idx + 1 = 2
    configuration = {"model_type": model_type, "vocab_size": 40, **FAMILIES[model_type]}
    encoder = TransformersEncoder(configuration, None)
    assert longest_input(encoder.model) == expected
    encoder(*(torch.full((1, expected), 5), torch.ones(1, expected, dtype=torch.long)))


def test_a_tokenizer_learns_how_much_the_encoder_takes(tiny_bert):
    tokenizer = TransformersEncoder.from_pretrained(str(tiny_bert)).tokenizer
    assert tokenizer.model_max_length == 64


def test_token_types_reach_an_encoder_that_has_them(tiny_bert):
    encoder = TransformersEncoder.from_pretrained(str(tiny_bert)).eval()
    types = torch.tensor([[0, 0, 1, 1], [0, 1, 1, 0]])
    assert not torch.equal(encoder(IDS, MASK, types), encoder(IDS, MASK))


def test_token_types_are_left_out_where_there_are_none():
    configuration = {"model_type": "distilbert", "vocab_size": 40, **FAMILIES["distilbert"]}
    encoder = TransformersEncoder(configuration, None).eval()
    torch.testing.assert_close(encoder(IDS, MASK, torch.ones_like(IDS)), encoder(IDS, MASK))


def test_dropout_replaces_every_rate():
    configuration = {"model_type": "distilbert", "vocab_size": 40, **FAMILIES["distilbert"]}
    encoder = TransformersEncoder(configuration, None, dropout=0.5)
    rates = {each.p for each in encoder.modules() if isinstance(each, torch.nn.Dropout)}
    assert rates == {0.5}


@pytest.mark.parametrize("dropout", [-0.1, 1, "much"])
def test_dropout_out_of_range_is_refused(dropout):
    configuration = {"model_type": "bert", "vocab_size": 40, **FAMILIES["bert"]}
    with pytest.raises(OptionError) as error:
        TransformersEncoder(configuration, None, dropout=dropout)
    assert str(error.value) == f"dropout must be at least 0 and below 1, got {dropout!r}"


def test_weights_stored_in_half_precision_are_trained_in_full(copy):
    weights = {
        name: each.bfloat16() for name, each in load_file(copy / "model.safetensors").items()
    }
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    change_config(copy, dtype="bfloat16")
    encoder = TransformersEncoder.from_pretrained(str(copy))
    rebuilt = TransformersEncoder(encoder.configuration, None)
    assert {each.dtype for each in (*encoder.parameters(), *rebuilt.parameters())} == {
        torch.float32
    }


ENCODERS = "zoo puts heads on encoders such as BERT, ELECTRA, RoBERTa, DeBERTa or ModernBERT"


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (
            transformers.GPT2Config(),
            "not a masked-language-model encoder (decoder-only, or not made for text)",
        ),
        (
            transformers.ViTConfig(),
            "not a masked-language-model encoder (decoder-only, or not made for text)",
        ),
        (transformers.T5Config(), "an encoder-decoder"),
        (transformers.BartConfig(), "an encoder-decoder"),
        (transformers.BertConfig(is_decoder=True), "a decoder"),
        (
            transformers.FNetConfig(),
            "an encoder that takes no attention mask: padding would have a say",
        ),
    ],
    ids=lambda value: getattr(value, "model_type", ""),
)
def test_what_is_no_text_encoder_is_refused(config, kind, tmp_path):
    config.save_pretrained(tmp_path)
    expected = f"{tmp_path}: a '{config.model_type}' model is {kind}; {ENCODERS}"
    assert refusal(tmp_path) == expected


def test_pickled_weights_are_refused_with_the_way_to_convert_them(copy):
    torch.save(load_file(copy / "model.safetensors"), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    text = refusal(copy)
    assert text.startswith(f"{copy}: no safetensors weights (")
    assert text.endswith(
        "zoo never unpickles: convert the checkpoint once, where you trust it, with transformers' "
        "AutoModel.from_pretrained(...).save_pretrained(FOLDER)"
    )


def test_truncated_weights_are_refused(copy):
    content = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(content[: len(content) // 2])
    assert refusal(copy).startswith(
        f"{copy}: its safetensors weights are truncated or damaged (Error while deserializing "
    )


def test_a_missing_weight_is_not_left_random(copy):
    weights = load_file(copy / "model.safetensors")
    del weights["bert.encoder.layer.1.output.dense.weight"]
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    assert refusal(copy) == (
        f"{copy}: 1 weights of a bert are missing or of another shape (first: "
        "encoder.layer.1.output.dense.weight); they would stay random. Is this checkpoint really a "
        "bert?"
    )


def test_a_weight_of_another_shape_is_refused(copy):
    weights = load_file(copy / "model.safetensors")
    weights["bert.embeddings.token_type_embeddings.weight"] = torch.zeros(3, 16)
    save_file(weights, copy / "model.safetensors", {"format": "pt"})
    assert refusal(copy).startswith(
        f"{copy}: 1 weights of a bert are missing or of another shape (first: "
        "embeddings.token_type_embeddings.weight); "
    )


def test_code_from_a_checkpoint_is_never_run(copy, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked on stdin"))
    change_config(copy, model_type="wild", auto_map={"AutoConfig": "wild.Config"})
    (copy / "wild.py").write_text("raise SystemExit")
    assert refusal(copy) == f"{copy}: it needs code of its own from the hub, which zoo never runs"


def test_a_name_of_code_is_not_kept_in_the_configuration(copy):
    change_config(copy, auto_map={"AutoModel": "wild.Model"})
    encoder = TransformersEncoder.from_pretrained(str(copy))
    assert "auto_map" not in encoder.configuration


def test_a_missing_vocabulary_is_refused(copy):
    (copy / "tokenizer.json").unlink()
    assert refusal(copy) == (
        f"{copy}: there is no vocabulary; tokenizer.json, or the file of its family such as "
        "vocab.txt, is missing"
    )


def test_a_tokenizer_of_another_model_is_refused(copy):
    tokenizer = transformers.AutoTokenizer.from_pretrained(copy)
    tokenizer.add_tokens(["라면", "김밥"])
    tokenizer.save_pretrained(copy)
    assert refusal(copy) == (
        f"{copy}: the tokenizer has 21 tokens, the model embeds 19; they do not belong together"
    )


def test_an_empty_folder_is_refused(tmp_path):
    assert refusal(tmp_path).startswith(f"{tmp_path} cannot be loaded: Unrecognized model in ")
