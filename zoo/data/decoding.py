"""Bytes → text in the encoding that was asked for. Never guessed: a guess is only ever a hint."""

from __future__ import annotations

import codecs
import re
import unicodedata
from itertools import islice

from zoo.errors import DataError, did_you_mean

_COMMON = ("utf-8", "cp949", "euc-kr", "utf-16", "cp932", "shift_jis", "gb18030", "cp1252")
# UTF-32 first: its little-endian mark begins with that of UTF-16
_MARKS = (
    (codecs.BOM_UTF8, ("utf-8", "utf-8")),
    (codecs.BOM_UTF32_LE, ("utf-32", "utf-32-le")),
    (codecs.BOM_UTF32_BE, ("utf-32", "utf-32-be")),
    (codecs.BOM_UTF16_LE, ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, ("utf-16", "utf-16-be")),
)
_NEWLINE = re.compile(r"\r\n|\r|\n")
_SAMPLE = 100_000
# what UTF-8 would make of U+D800 to U+DFFF if it might
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


def decode(content: bytes, encoding: str, source: str) -> str:
    """The text of a file, without its byte-order mark.

    Raises `DataError` for an unknown encoding, for a byte-order mark that says otherwise, and for
    bytes that are not in this encoding, with byte, line and the encoding that the file looks like.
    """
    codec = codec_of(encoding, source)
    _check_mark(content, codec, encoding, source)
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(codec, "ignore")
        line = len(_NEWLINE.findall(before)) + 1
        raise DataError(
            f"{source}: byte 0x{content[error.start]:02x} at line {line:,} is not {encoding}"
            + _advice(content, error.start, codec)
        ) from error
    if codec == "utf-8" and (real := _utf_16_without_mark(content)):
        raise DataError(f"{source}: every other byte is 0x00; looks like {real}: {_pass(real)}")
    return text.removeprefix("\ufeff")


def codec_of(encoding: str, source: str) -> str:
    """Python's name of an encoding of text; raises `DataError` where there is none."""
    try:
        codec = codecs.lookup(encoding).name
        # refuses what is a codec but no encoding of text, such as base64
        b"a".decode(codec, "ignore")
    except (LookupError, UnicodeError, TypeError, ValueError):
        raise DataError(
            f"{source}: there is no encoding {encoding!r}{did_you_mean(str(encoding), _COMMON)}"
        ) from None
    return "utf-8" if codec == "utf-8-sig" else codec


def _check_mark(content: bytes, codec: str, encoding: str, source: str) -> None:
    """Raise `DataError` where the byte-order mark contradicts the encoding that was asked for."""
    marked = next((names for mark, names in _MARKS if content.startswith(mark)), ())
    if marked and codec not in marked:
        raise DataError(
            f"{source} begins with the byte-order mark of {marked[0]}, so it is not {encoding}: "
            + _pass(marked[0])
        )
    if codec in ("utf-16", "utf-32") and not marked and content:
        # without a mark Python takes the byte order of this machine, and CP949 becomes garbage
        raise DataError(
            f"{source} has no byte-order mark, so {encoding} leaves its byte order open: "
            f"{_pass(_utf_16_without_mark(content) or codec + '-le')} or '{codec}-be', if it is "
            f"{codec} at all"
        )


def _pass(encoding: str) -> str:
    return f"pass encoding='{encoding}' (--encoding {encoding})"


def _advice(content: bytes, start: int, refused: str) -> str:
    looks_like = _looks_like(content, refused)
    if looks_like is None and refused == "utf-8" and _SURROGATE.match(content, start):
        return (
            ", but half of a surrogate pair; it was decoded or cut wrongly before: write it again"
        )
    if looks_like is None:
        return ": pass the encoding that it was written in, encoding='cp949' say (--encoding cp949)"
    return f"; looks like {looks_like}: {_pass(looks_like)}"


def _looks_like(content: bytes, refused: str) -> str | None:
    """The encoding that a file probably has; good enough for a hint, and for nothing else."""
    if 0 in content:
        # no other encoding of text has such bytes; and CP949 would be taken for it, were it none
        utf_16 = _utf_16_by_zeros(content)
        return utf_16 if utf_16 != refused else None
    for encoding, fits in (
        ("utf-8", lambda letter: True),
        ("cp949", _is_hangul),
        ("cp932", _is_kana),
        ("cp1252", lambda letter: unicodedata.category(letter) in ("Ll", "Lu", "Pi", "Pf", "Pd")),
    ):
        if encoding == refused:
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = list(islice((one for one in text if not one.isascii()), _SAMPLE))
        if foreign and 2 * sum(map(fits, foreign)) >= len(foreign):
            return encoding
    return None


def _is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣" or "ㄱ" <= letter <= "ㆎ"


def _is_kana(letter: str) -> bool:
    return "ぁ" <= letter <= "ヿ"


def _utf_16_by_zeros(content: bytes) -> str | None:
    """The byte order in which spaces and line ends, the commonest letters that hold a zero, fit."""
    in_upper_half, in_lower_half = content[1::2].count(0), content[0::2].count(0)
    encoding = "utf-16-le" if in_upper_half > in_lower_half else "utf-16-be"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else encoding


def _utf_16_without_mark(content: bytes) -> str | None:
    """`utf-16-le` or `utf-16-be` where most of one half of the bytes is zero, as in Latin text."""
    sample = content[:_SAMPLE]
    half = len(sample) // 2
    if half and 2 * sample[1::2].count(0) > half and 8 * sample[0::2].count(0) < half:
        return "utf-16-le"
    if half and 2 * sample[0::2].count(0) > half and 8 * sample[1::2].count(0) < half:
        return "utf-16-be"
    return None
