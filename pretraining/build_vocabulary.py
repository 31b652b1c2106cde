"""Build the WordPiece vocabulary that the nano encoders ship.

    make vocabulary CORPUS=reviews.txt.gz

The corpus is one text a line, plain or gzip; the shipped file comes from 634,265 Korean film
reviews of NSMC's raw corpus (CC0-1.0, github.com/e9t/nsmc). The same corpus gives the same file.
"""

from __future__ import annotations

import gzip
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ASCII = [chr(code) for code in range(33, 127) if not chr(code).isupper()]


def read_lines(corpus: Path) -> Iterator[str]:
    """The corpus' texts, in NFC."""
    opened = gzip.open if corpus.suffix == ".gz" else open
    with opened(corpus, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield unicodedata.normalize("NFC", line.strip())


def frequent_characters(corpus: Path, at_least: int) -> list[str]:
    """Characters that occur `at_least` times, in code-point order, so that ties stay put."""
    counts = Counter(character for line in read_lines(corpus) for character in line.lower())
    return sorted(
        character
        for character, count in counts.items()
        if count >= at_least and not character.isspace()
    )


@click.command(help=__doc__)
@click.argument("corpus", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--size", default=12_000, show_default=True, help="Tokens, special ones included.")
@click.option("--character-count", default=100, show_default=True, help="Rarer ones are unknown.")
def main(corpus: Path, output: Path, size: int, character_count: int) -> None:
    """Train the vocabulary and write it, one token a line."""
    characters = frequent_characters(corpus, character_count)
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    alphabet = sorted({*characters, *ASCII})
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(read_lines(corpus), trainer)
    # sorted: the trainer chooses the same tokens every time, and numbers them differently
    learned = sorted(set(tokenizer.get_vocab(with_added_tokens=True)) - set(SPECIAL_TOKENS))
    tokens = [*SPECIAL_TOKENS, *learned]
    output.write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    click.echo(f"{output}: {len(tokens):,} tokens, {len(alphabet):,} of them characters", err=True)


if __name__ == "__main__":
    main()
