"""What is trained on, and what is not."""

import click
import pytest

import zoo
from pretraining import corpus
from pretraining.corpus import is_held_out, load_corpus, read_texts
from zoo.vocabularies import tokenizer_of

TRAINED_ON, TESTED = "불 켜 줘", "이 영화, 정말 좋았다!"
# so many that some are held out
OTHERS = [f"{number} 번 봤다" for number in range(2, 1000)]


@pytest.fixture
def reviews(tmp_path, monkeypatch):
    """A file of reviews, one of which is a test text of a task in another spelling."""
    rows = zoo.Examples((TRAINED_ON,), ("명령",))
    tested, others = (zoo.Examples((text,), ("명령",)) for text in (TESTED, "어디에도 없다"))
    asked = []

    def load_task(name):
        asked.append(name)
        test = tested if name == "nsmc" else others
        return zoo.Task(name=name, train=rows, validation=rows, test=test, labels=("명령", "질문"))

    monkeypatch.setattr(zoo, "load_task", load_task)
    file = tmp_path / "reviews.txt"
    file.write_text("\n".join(["이 영화 정말 좋았다", *OTHERS]), "utf-8")
    yield file
    assert set(asked) <= {"ko-intents", "3i4k", "nsmc"}


@pytest.fixture
def tokenizer():
    return tokenizer_of("bert-nano", pretrained=True)


def test_a_test_text_of_any_task_is_left_out_in_every_spelling(reviews):
    assert read_texts(reviews) == [*OTHERS, TRAINED_ON]


def test_a_task_that_cannot_be_had_stops_it(reviews, monkeypatch):
    def out_of_reach(name):
        raise zoo.errors.DataError(f"{name} cannot be had")

    monkeypatch.setattr(zoo, "load_task", out_of_reach)
    with pytest.raises(zoo.errors.DataError, match="ko-intents cannot be had"):
        read_texts(reviews)


def test_texts_are_tokenised_once_and_known_again(reviews, tmp_path, tokenizer, monkeypatch):
    training, held_out = load_corpus(tmp_path, reviews, tokenizer)
    texts = [*OTHERS, TRAINED_ON]
    assert len(held_out) == sum(map(is_held_out, texts)) > 0
    assert len(training) + len(held_out) == len(texts)
    assert tokenizer.decode(training.text(0), skip_special_tokens=True) == OTHERS[0]
    monkeypatch.setattr(corpus, "read_texts", lambda path: pytest.fail("read again"))
    again, _ = load_corpus(tmp_path, reviews, tokenizer)
    assert again.ids.tolist() == training.ids.tolist()


def test_another_corpus_does_not_pass_for_the_first(reviews, tmp_path, tokenizer):
    load_corpus(tmp_path, reviews, tokenizer)
    reviews.write_text("다시 보고 싶다\n", "utf-8")
    with pytest.raises(click.ClickException, match=r"corpus\.npz was made of other reviews or"):
        load_corpus(tmp_path, reviews, tokenizer)


def test_too_few_reviews_are_told(reviews, tmp_path, tokenizer):
    reviews.write_text("다시 보고 싶다\n", "utf-8")
    with pytest.raises(click.ClickException, match="of 2 texts one in 200 is held out to measure"):
        load_corpus(tmp_path, reviews, tokenizer)
