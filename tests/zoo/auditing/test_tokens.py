"""Tokens are counted as the encoder would have them, without the encoder."""

from __future__ import annotations

import subprocess
import sys

import pytest

import zoo
from zoo.auditing.tokens import token_ids, unknown_words
from zoo.errors import OutOfReach, UnknownEncoder
from zoo.vocabularies import tokenizer_of

TEXTS = ("불 켜 줘", "뷁뷁 불", "ㅋㅋ 🦓 zebra", "가 " * 200)
DATA = zoo.Examples(TEXTS, ("a", "b", "a", "b"))


@pytest.fixture(scope="module")
def tokenizer():
    return tokenizer_of("bert-nano")


def test_ids_are_those_that_calling_the_tokenizer_gives(tokenizer):
    assert token_ids(tokenizer, TEXTS) == tokenizer(list(TEXTS))["input_ids"]


def test_counts_are_those_of_the_ids(tokenizer):
    ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    unknown = [one.count(tokenizer.unk_token_id) for one in ids]
    (found,) = zoo.audit(DATA, encoders=["bert-nano"]).encoders
    (train,) = found.splits

    assert train.lengths.maximum == max(map(len, ids)) == 202  # 200 syllables, [CLS] and [SEP]
    assert train.tokens == sum(map(len, ids)) - 2 * len(ids)
    assert train.unknown_tokens == sum(unknown) > 0
    assert train.texts_with_unknown == sum(map(bool, unknown))
    assert (train.truncated, found.truncated_share) == (1, 0.25)
    assert found.unknown_share == sum(unknown) / train.tokens


def test_unknown_words_are_what_stands_there(tokenizer):
    assert unknown_words(tokenizer, ["🦓 불 🦓"]) == {"🦓": 2}


def test_truncation_goes_by_the_length_that_is_asked_for():
    (found,) = zoo.audit(DATA, encoders=["bert-nano"], max_length=300).encoders

    assert (found.max_length, found.truncated_share) == (300, 0.0)


@pytest.mark.parametrize(
    ("letters", "max_length", "fix"),
    [
        (60, 16, "--set max_length=62 reads more of them, and takes longer."),
        (600, 16, "--set max_length=512 reads more of them, and takes longer."),
        (600, 512, "It takes no more: split the texts, or take an encoder that takes more."),
    ],
)
def test_the_way_out_of_truncation_can_be_gone(letters, max_length, fix):
    examples = zoo.Examples(["🦓 " * letters, "불"], ["a", "b"])
    report = zoo.audit(examples, encoders=["bert-nano"], max_length=max_length)
    (found,) = (one for one in report.findings if one.cause == "truncated")
    assert found.fix == fix


def test_encoders_of_one_vocabulary_share_a_table():
    text = str(zoo.audit(DATA))

    assert "Tokens of bert-nano and koelectra-nano (12,000 in the vocabulary, cut at 128)" in text


def test_a_saved_tokenizer_is_read_without_its_model(tiny_bert, monkeypatch):
    monkeypatch.setattr("zoo.building.build", lambda *a, **k: pytest.fail("an encoder was built"))
    name = f"hf:{tiny_bert}"

    ids = token_ids(tokenizer_of(name), ["불 켜 줘"])

    assert ids == [
        zoo.TransformersEncoder.from_pretrained(str(tiny_bert)).tokenizer("불 켜 줘")["input_ids"]
    ]


def test_an_encoder_of_the_hub_needs_the_hub(monkeypatch):
    monkeypatch.setattr("zoo.vocabularies._saved_tokenizer", out_of_reach)
    with pytest.raises(OutOfReach) as caught:
        zoo.audit(DATA, encoders=["bert"])

    assert str(caught.value) == (
        "encoder 'bert': klue/bert-base is not there\n"
        "Without a network: bert-nano, koelectra-nano; or hf:FOLDER with a downloaded copy"
    )


def out_of_reach(checkpoint, *_):
    raise OutOfReach(f"{checkpoint} is not there")


def test_an_unknown_encoder_is_named():
    with pytest.raises(UnknownEncoder, match="did you mean 'bert-nano'"):
        zoo.audit(DATA, encoders=["bert-nanoo"])


def test_no_torch_is_loaded_for_it():
    program = (
        "import sys, zoo\n"
        "str(zoo.audit(zoo.Examples(('하나', '둘'), ('a', 'b'))))\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout == "False\n", done.stderr
