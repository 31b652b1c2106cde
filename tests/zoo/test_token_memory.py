"""Token ids that a process keeps from one run to the next."""

import pytest

from zoo.prediction import tokenize
from zoo.token_memory import TokenMemory, remembering
from zoo.vocabularies import read_vocabulary

TEXTS = ("불 꺼 줘", "내일 깨워 줘")


@pytest.fixture
def load():
    """A tokenizer as each run loads it: the same content, another object."""

    def load_again(**changes):
        tokenizer = read_vocabulary("zoo_encoders:vocabularies/korean-12k.txt", 512)
        for name, value in changes.items():
            setattr(tokenizer, name, value)
        return tokenizer

    return load_again


def test_a_tokenizer_loaded_anew_finds_what_was_made_and_makes_the_same(load):
    memory = TokenMemory(kept=4)
    fresh = tokenize(load(), TEXTS, 16)
    with remembering(memory):
        first = tokenize(load(), TEXTS, 16)
        again = tokenize(load(), list(TEXTS), 16)
    assert again is first
    assert first == fresh
    assert tokenize(load(), TEXTS, 16) is not first


def test_another_length_text_or_tokenizer_is_made_anew(load):
    with remembering(TokenMemory(kept=4)):
        first = tokenize(load(), TEXTS, 16)
        assert tokenize(load(), TEXTS, 3) != first
        assert tokenize(load(), TEXTS[::-1], 16) == first[::-1]
        other = load()
        other.add_tokens(["깨워"])
        assert tokenize(other, TEXTS, 16) != first


def test_a_tokenizer_that_was_used_is_the_same_one(load):
    tokenizer = load()
    with remembering(TokenMemory(kept=4)):
        first = tokenize(tokenizer, TEXTS, 16)
        tokenize(tokenizer, TEXTS, 5)  # leaves another limit behind
        assert tokenize(tokenizer, TEXTS, 16) is first


def test_the_oldest_go_first(load):
    with remembering(TokenMemory(kept=2)):
        first, second = (tokenize(load(), [text], 16) for text in TEXTS)
        assert tokenize(load(), TEXTS[:1], 16) is first
        tokenize(load(), ["셋"], 16)
        assert tokenize(load(), TEXTS[:1], 16) is first
        assert tokenize(load(), TEXTS[1:], 16) is not second


def test_a_tokenizer_without_a_fast_implementation_keeps_nothing():
    class Slow:
        model_max_length = 512

        def __call__(self, texts, **options):
            return {"input_ids": [[1]] * len(texts)}

    with remembering(TokenMemory(kept=2)):
        assert tokenize(Slow(), TEXTS, 16) is not tokenize(Slow(), TEXTS, 16)
