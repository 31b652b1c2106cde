"""The vocabulary that the nano encoders ship can be built again."""

import gzip
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

SCRIPT = Path(__file__).parents[2] / "pretraining" / "build_vocabulary.py"


@pytest.fixture
def build(tmp_path):
    """The lines of a vocabulary over a corpus."""

    def build(corpus, *options):
        output = tmp_path / "vocabulary.txt"
        command = runpy.run_path(str(SCRIPT))["main"]
        done = CliRunner().invoke(command, [str(corpus), str(output), *options])
        assert done.exit_code == 0, done.output
        return output.read_text("utf-8").splitlines()

    return build


@pytest.fixture
def corpus(tmp_path):
    file = tmp_path / "reviews.txt"
    file.write_text("영화 정말 좋았다\n영화 정말 별로였다\n이 Movie 정말\n" * 40, "utf-8")
    return file


def test_special_tokens_come_first_and_the_rest_is_sorted(build, corpus):
    tokens = build(corpus, "--size", "200", "--character-count", "10")
    assert tokens[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert tokens[5:] == sorted(tokens[5:])
    assert {"영화", "정말", "movie"} <= set(tokens)


def test_the_same_corpus_gives_the_same_vocabulary_packed_or_not(build, corpus, tmp_path):
    packed = tmp_path / "reviews.txt.gz"
    packed.write_bytes(gzip.compress(corpus.read_bytes()))
    assert build(packed, "--size", "200") == build(corpus, "--size", "200")


def test_rare_characters_stay_out(build, corpus):
    tokens = build(corpus, "--size", "200", "--character-count", "100")
    assert "정" in tokens
    assert "별" not in tokens
