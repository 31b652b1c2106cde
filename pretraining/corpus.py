"""The texts that are pretrained on, as one array of token ids."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from transformers import PreTrainedTokenizerBase

import zoo
from pretraining.build_vocabulary import read_lines
from zoo.data.duplicates import normalised

# one text of so many is held out: some 3,000 of 634,265
HELD_OUT_SHARE = 200
MAX_LENGTH = 128
TEXTS_AT_A_TIME = 20_000
KOREAN_TASKS = ("ko-intents", "3i4k", "nsmc")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Token ids of all texts in a row; text `i` is `ids[starts[i]:starts[i + 1]]`."""

    ids: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, special ones too."""
        return np.diff(self.starts)

    def text(self, index: int) -> np.ndarray:
        """The token ids of one text."""
        return self.ids[self.starts[index] : self.starts[index + 1]]


def read_texts(reviews: Path) -> list[str]:
    """The reviews and the training texts of `ko-intents`, without any task's test texts.

    A test text is left out in every spelling that differs in case, punctuation and spaces alone.
    """
    tested = set(test_texts())
    texts = [*read_lines(reviews), *zoo.load_task("ko-intents").train.texts]
    kept = [text for text in texts if normalised(text) not in tested]
    click.echo(
        f"{len(kept):,} texts; {len(texts) - len(kept):,} left out, as they are test texts of a "
        "task",
        err=True,
    )
    return kept


def test_texts() -> Iterator[str]:
    """Every Korean task's test texts, normalised; raises `ZooError` where one cannot be had."""
    for name in KOREAN_TASKS:
        yield from map(normalised, zoo.load_task(name).test.texts)


def is_held_out(text: str) -> bool:
    """Whether a text measures the loss and is never trained on; depends on the text alone."""
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_SHARE == 0


def tokenise(texts: Iterable[str], tokenizer: PreTrainedTokenizerBase) -> Corpus:
    """The texts as token ids, cut after `MAX_LENGTH` tokens."""
    waiting = list(texts)
    ids: list[np.ndarray] = []
    lengths = [0]
    for start in range(0, len(waiting), TEXTS_AT_A_TIME):
        batch = waiting[start : start + TEXTS_AT_A_TIME]
        encoded = tokenizer(batch, truncation=True, max_length=MAX_LENGTH)["input_ids"]
        ids.extend(np.asarray(one, dtype=np.uint16) for one in encoded)
        lengths.extend(len(one) for one in encoded)
    return Corpus(np.concatenate(ids), np.cumsum(lengths))


def write_json(path: Path, value: object) -> None:
    """Write a file that is there whole or not at all, whenever the program is killed."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(f"{json.dumps(value, indent=2)}\n", encoding="utf-8")
    partial.replace(path)


def load_corpus(
    folder: Path, reviews: Path, tokenizer: PreTrainedTokenizerBase
) -> tuple[Corpus, Corpus]:
    """Training and held-out texts; tokenised once, and kept in `folder`.

    Raises `click.ClickException` where the folder keeps those of other reviews or another
    vocabulary.
    """
    stored, made_of = folder / "corpus.npz", folder / "corpus.json"
    vocabulary = json.dumps(tokenizer.get_vocab(), sort_keys=True)
    sources = {
        "reviews_sha256": hashlib.sha256(reviews.read_bytes()).hexdigest(),
        "vocabulary_sha256": hashlib.sha256(vocabulary.encode()).hexdigest(),
    }
    if stored.exists() and json.loads(made_of.read_text("utf-8")) != sources:
        raise click.ClickException(
            f"{stored} was made of other reviews or with another vocabulary: give an --output in "
            "another folder"
        )
    if not stored.exists():
        texts = read_texts(reviews)
        if len({is_held_out(text) for text in texts}) < 2:
            raise click.ClickException(
                f"{reviews}: of {len(texts):,} texts one in {HELD_OUT_SHARE} is held out to "
                "measure the loss on, and that left none; give some thousands"
            )
        training = tokenise((text for text in texts if not is_held_out(text)), tokenizer)
        held_out = tokenise((text for text in texts if is_held_out(text)), tokenizer)
        partial = folder / "corpus.partial.npz"
        np.savez(partial, *(part for one in (training, held_out) for part in (one.ids, one.starts)))
        write_json(made_of, sources)
        partial.replace(stored)
    arrays = np.load(stored)
    training = Corpus(arrays["arr_0"], arrays["arr_1"])
    held_out = Corpus(arrays["arr_2"], arrays["arr_3"])
    return training, held_out
