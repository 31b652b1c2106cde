"""What is shipped is what was trained, in half precision, and it is noticed when it was damaged."""

import json

import pytest
import torch
from click.testing import CliRunner

import zoo
from pretraining.__main__ import fresh_encoder, main
from zoo.errors import CheckpointError

LARGEST_FOLDER_BYTES = 12_000_000


@pytest.fixture(scope="module", params=["bert-nano", "koelectra-nano"])
def exported(request, tmp_path_factory):
    """The name of an encoder, the weights of a run of it, and the folder they were exported to."""
    run, folder = (tmp_path_factory.mktemp(name) for name in ("run", "shipped"))
    encoder = fresh_encoder(request.param)
    model = {f"encoder.{key}": value for key, value in encoder.state_dict().items()}
    torch.save({"model": model | {"token_predictor.bias": torch.zeros(3)}}, run / "checkpoint.pt")
    (run / "run.json").write_text(json.dumps({"encoder": request.param}))
    done = CliRunner().invoke(main, ["export", str(run), "--output", str(folder)])
    assert done.exit_code == 0, done.output
    return request.param, encoder.state_dict(), folder


def test_the_shipped_encoder_is_the_trained_one_in_half_precision(exported):
    name, weights, folder = exported
    shipped = zoo.build(name, "linear", num_labels=2, weights=folder).encoder
    for key, weight in shipped.state_dict().items():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, weights[key].half().float())


# what saving adds
MAY_DIFFER = {"_name_or_path", "architectures", "dtype"}


def test_the_configuration_is_that_of_the_encoder(exported):
    name, _, folder = exported
    shipped, usual = (
        zoo.build(name, "linear", num_labels=2, **how).encoder.model.config.to_dict()
        for how in ({"weights": folder}, {"pretrained": False})
    )
    assert {key for key in usual if shipped.get(key) != usual[key]} <= MAY_DIFFER


def test_texts_become_the_same_tokens(exported):
    name, _, folder = exported
    text = "거실 불 좀 꺼 줄래? ㅋㅋ Wi-Fi"
    shipped = zoo.build(name, "linear", num_labels=2, weights=folder).encoder.tokenizer
    usual = zoo.build(name, "linear", num_labels=2, pretrained=False).encoder.tokenizer
    assert shipped(text)["input_ids"] == usual(text)["input_ids"]


def test_it_is_small_enough_for_a_package(exported):
    assert sum(file.stat().st_size for file in exported[2].iterdir()) < LARGEST_FOLDER_BYTES


def test_a_flipped_byte_is_noticed(exported, tmp_path):
    name, _, folder = exported
    for file in folder.iterdir():
        content = bytearray(file.read_bytes())
        if file.suffix == ".safetensors":
            content[-100] ^= 1
        (tmp_path / file.name).write_bytes(content)
    with pytest.raises(CheckpointError, match="its sha256 is not the one in SHA256SUMS"):
        zoo.build(name, "linear", num_labels=2, weights=tmp_path)
