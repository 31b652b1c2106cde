"""Every built-in encoder: what its record says is what is built."""

import pytest
import torch
from safetensors.torch import load_file

import zoo
from zoo.checksums import check_checksums
from zoo.transformers_encoder import TransformersEncoder
from zoo.vocabularies import read_vocabulary, resource_path

# without `hf`, which is whatever one asks it for
ENCODERS = [one.name for one in zoo.encoders() if one.is_built_in and not one.spec.takes_checkpoint]
NANOS = [name for name in ENCODERS if name.endswith("-nano")]
# lines of vocab.txt at the checkpoints' pages on huggingface.co
PUBLISHED_TOKENS = {
    "bert": 32_000,
    "bert-multilingual": 119_547,
    "koelectra": 35_000,
    "koelectra-small": 35_000,
}


def spec_of(name):
    return zoo.registry.find_encoder(name).spec


def test_every_encoder_has_a_nano_brother_or_its_published_size_here():
    assert sorted(ENCODERS) == sorted([*NANOS, *PUBLISHED_TOKENS])


@pytest.mark.parametrize("name", ENCODERS)
def test_it_builds_without_its_weights(name):
    # on this device nothing takes memory or time
    with torch.device("meta"):
        classifier = zoo.build(name, "linear", num_labels=2, pretrained=False)
    assert classifier.encoder.hidden_size == spec_of(name).configuration["hidden_size"]
    assert len(classifier.tokenizer) == classifier.encoder.model.config.vocab_size


@pytest.mark.parametrize("name", ENCODERS)
def test_one_layer_of_it_gives_hidden_states(name):
    configuration = dict(spec_of(name).configuration)
    encoder = TransformersEncoder({**configuration, "num_hidden_layers": 1, "vocab_size": 9}, None)
    ids = torch.zeros(2, 5, dtype=torch.long)
    assert encoder(ids, torch.ones_like(ids)).shape == (2, 5, configuration["hidden_size"])


@pytest.mark.parametrize("name", ENCODERS)
def test_nothing_is_built_that_no_head_reads(name):
    with torch.device("meta"):
        encoder = zoo.build(name, "linear", num_labels=2, pretrained=False).encoder
    assert [each for each, _ in encoder.named_parameters() if "pooler" in each] == []


@pytest.mark.parametrize("name", ENCODERS)
def test_the_record_counts_the_parameters(name):
    spec = spec_of(name)
    tokens = PUBLISHED_TOKENS.get(name) or len(read_vocabulary(spec.vocabulary, None))
    with torch.device("meta"):
        encoder = TransformersEncoder({**spec.configuration, "vocab_size": tokens}, None)
    assert sum(each.numel() for each in encoder.parameters()) == spec.parameters


@pytest.mark.parametrize("name", ENCODERS)
def test_the_record_says_where_it_comes_from(name):
    spec = spec_of(name)
    assert spec.licence
    assert spec.paper.startswith("https://")
    assert spec.languages
    assert spec.has_pretrained_weights
    assert (spec.weights is not None) == (name in NANOS)


@pytest.mark.parametrize("name", NANOS)
def test_the_small_encoders_bring_weights_and_a_card(name):
    folder = resource_path(spec_of(name).weights)
    assert (folder / "model.safetensors").stat().st_size <= 12e6
    assert (folder / "README.md").read_text("utf-8").startswith("---\nlanguage: ko\nlicense: ")
    check_checksums([folder / "model.safetensors"])
    stored = load_file(folder / "model.safetensors")
    assert {weight.dtype for weight in stored.values()} == {torch.float16}
    encoder = zoo.build(name, "linear", num_labels=2).encoder
    assert {weight.dtype for weight in encoder.parameters()} == {torch.float32}
    fresh = zoo.build(name, "linear", num_labels=2, pretrained=False).encoder
    words, random_words = (one.model.get_input_embeddings().weight for one in (encoder, fresh))
    assert not torch.equal(words, random_words)


@pytest.mark.parametrize("name", NANOS)
def test_positions_go_as_far_as_the_tokenizer_cuts(name):
    encoder = zoo.build(name, "linear", num_labels=2, seed=0).encoder.eval()
    ids = torch.full((1, encoder.tokenizer.model_max_length), 7)
    assert ids.shape == (1, 512)
    assert encoder(ids, torch.ones_like(ids)).isfinite().all()


def test_the_vocabulary_ships_its_special_tokens_first():
    tokenizer = read_vocabulary("zoo_encoders:vocabularies/korean-12k.txt", None)
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert tokenizer.convert_tokens_to_ids(tokens) == [0, 1, 2, 3, 4]
    assert len(tokenizer) == 12_000


def test_korean_requests_are_known_to_the_vocabulary():
    tokenizer = read_vocabulary("zoo_encoders:vocabularies/korean-12k.txt", None)
    texts = [
        "거실 불 좀 꺼 줘",
        "내일 부산 날씨 어때?",
        "아침 7시에 깨워 줄래",
        "WiFi 비밀번호가 뭐야",
    ]
    ids = [token for text in texts for token in tokenizer(text)["input_ids"]]
    assert ids.count(tokenizer.unk_token_id) == 0
