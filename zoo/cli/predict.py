"""`zoo predict`: one text a line in, one label a line out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import click

from zoo.errors import DataError


@click.command("predict")
@click.argument("folder", metavar="FOLDER")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the texts.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, with every score.")
def command(folder: str, file: BinaryIO, encoding: str, is_json: bool) -> None:
    """Label the texts in FILE, or on standard input, one a line.

    Prints label, score and text, separated by tabs, in the order of the input, as it is read.
    """
    from zoo.building import load

    classifier = load(folder)
    kept: list[str] = []
    texts = remember(decoded(file, encoding), kept)
    for prediction in classifier.predict(texts):
        text = kept.pop(0)
        if is_json:
            fields = {"text": text, "label": prediction.label, "score": prediction.score}
            click.echo(json.dumps({**fields, "scores": dict(prediction.scores)}))
        else:
            click.echo(f"{prediction.label}\t{prediction.score:.4f}\t{text}")


def decoded(lines: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Each line as text without its end; raises `DataError` with the line that is not `encoding`."""
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode(encoding).removeprefix("\ufeff").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"line {number} is not {encoding} (byte 0x{line[error.start]:02x}); name its real "
                "encoding with --encoding, for example cp949"
            ) from error
        except LookupError as error:
            raise DataError(f"no encoding is called {encoding!r}") from error


def remember(texts: Iterable[str], kept: list[str]) -> Iterator[str]:
    """The texts, each put into `kept` until its prediction comes out."""
    for text in texts:
        kept.append(text)
        yield text
