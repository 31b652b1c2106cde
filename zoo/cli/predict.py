"""`zoo predict`: one text a line in, one label a line out."""

from __future__ import annotations

import codecs
import io
import json
import sys
from collections.abc import Iterator

import click

from zoo.errors import DataError
from zoo.terminal import printable

CHUNK_BYTES = 2**18


@click.command("predict")
@click.argument("folder", metavar="FOLDER")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--encoding", default="utf-8", show_default=True, help="Encoding of the texts.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line, with every score.")
def command(folder: str, file: io.BufferedReader, encoding: str, is_json: bool) -> None:
    """Label the texts in FILE, or on standard input, one a line.

    Prints label, score and text, separated by tabs, in the order of the input, as it arrives.
    """
    texts_in_groups = arriving_lines(file, encoding)

    from zoo.building import load

    classifier = load(folder)
    # a terminal obeys escape sequences; a file or a pipe gets the text as it is
    shown = printable if sys.stdout.isatty() else str
    for texts in texts_in_groups:
        for text, one in zip(texts, classifier.predict(texts), strict=True):
            if is_json:
                fields = {"text": text, "label": one.label, "score": one.score}
                click.echo(json.dumps({**fields, "scores": dict(one.scores)}))
            else:
                click.echo(f"{shown(one.label)}\t{one.score:.4f}\t{shown(text)}")


def arriving_lines(file: io.BufferedReader, encoding: str) -> Iterator[list[str]]:
    """The lines of a stream in groups, each of what has arrived by then, up to `CHUNK_BYTES`.

    Raises `DataError` for an encoding that is none, and with the line that is not written in it.
    """
    from zoo.data.decoding import codec_of

    codec = codecs.getincrementaldecoder(codec_of(encoding, "--encoding"))
    # every line end is a \n then, also one whose halves arrive apart
    return _arriving_lines(file, io.IncrementalNewlineDecoder(codec(), translate=True), encoding)


def _arriving_lines(
    file: io.BufferedReader, decoder: io.IncrementalNewlineDecoder, encoding: str
) -> Iterator[list[str]]:
    unfinished, lines_before = "", 0
    while True:
        # read1 waits for something, not for everything
        chunk = file.read1(CHUNK_BYTES)
        arrived, fault = _decoded(decoder, chunk)
        text = unfinished + arrived
        if not lines_before:
            text = text.removeprefix("\ufeff")
        *lines, unfinished = text.split("\n")
        if not chunk and unfinished and fault is None:
            lines.append(unfinished)
        if lines:
            yield lines
        lines_before += len(lines)
        if fault is not None:
            raise DataError(
                f"line {lines_before + 1} is not {encoding} (byte "
                f"0x{fault.object[fault.start]:02x}); name its real encoding with --encoding, for "
                "example cp949"
            ) from fault
        if not chunk:
            return


def _decoded(
    decoder: io.IncrementalNewlineDecoder, chunk: bytes
) -> tuple[str, UnicodeDecodeError | None]:
    """The text of a chunk, or of what comes before the first byte that is none, and why."""
    before = decoder.getstate()
    try:
        return decoder.decode(chunk, final=not chunk), None
    except UnicodeDecodeError as error:
        decoder.setstate(before)
        return decoder.decode(chunk[: max(error.start - len(before[0]), 0)]), error
    except UnicodeError as error:
        raise DataError(
            f"{error}; say which byte order it is: --encoding utf-16-le or utf-16-be (utf-32-le, "
            "utf-32-be)"
        ) from error
