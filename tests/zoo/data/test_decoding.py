"""Encodings: asked for and kept to, with a hint where the bytes say something else."""

from __future__ import annotations

import codecs

import pytest

from zoo.data import read_examples
from zoo.errors import DataError

ROWS = "text,label\n불 켜 줘,명령\n몇 시야?,질문\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write bytes into `a.csv` of the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(content: bytes) -> str:
        (tmp_path / "a.csv").write_bytes(content)
        return "a.csv"

    return write


def message(path, **options):
    with pytest.raises(DataError) as caught:
        read_examples(path, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "UTF8", "utf-8-sig", "cp949", "euc-kr", "utf-16", "utf-32"]
)
def test_the_encoding_asked_for_is_used(write, encoding):
    examples = read_examples(write(ROWS.encode(encoding)), encoding=encoding)

    assert list(examples) == [("불 켜 줘", "명령"), ("몇 시야?", "질문")]


def test_cp949_is_recognised_but_not_guessed(write):
    # the first byte of '불' in CP949 is 0xba; it stands in the second line
    assert message(write(ROWS.encode("cp949"))) == (
        "a.csv: byte 0xba at line 2 is not utf-8; looks like cp949: "
        "pass encoding='cp949' (--encoding cp949)"
    )


def test_utf_8_is_recognised_where_another_encoding_was_asked_for(write):
    said = message(write(ROWS.encode("utf-8")), encoding="cp949")

    assert said.startswith("a.csv: byte 0x")
    assert said.endswith("is not cp949; looks like utf-8: pass encoding='utf-8' (--encoding utf-8)")


def test_western_letters_are_recognised(write):
    assert message(write("text,label\nüber Zürich,straße\n".encode("cp1252"))) == (
        "a.csv: byte 0xfc at line 2 is not utf-8; looks like cp1252: "
        "pass encoding='cp1252' (--encoding cp1252)"
    )


def test_bytes_of_no_known_encoding_get_an_example_and_no_guess(write):
    assert message(write(b"text,label\r\nok,a\r\n\x81\xff\xfe\x8d,b\r\n")) == (
        "a.csv: byte 0x81 at line 3 is not utf-8: pass the encoding that it was written in, "
        "encoding='cp949' say (--encoding cp949)"
    )


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
    ],
)
def test_a_byte_order_mark_says_how_to_read_the_file(write, mark, name):
    assert message(write(mark + b"\0a")) == (
        f"a.csv begins with the byte-order mark of {name}, so it is not utf-8: "
        f"pass encoding='{name}' (--encoding {name})"
    )


def test_a_mark_of_utf_8_contradicts_cp949(write):
    assert message(write(ROWS.encode("utf-8-sig")), encoding="cp949") == (
        "a.csv begins with the byte-order mark of utf-8, so it is not cp949: "
        "pass encoding='utf-8' (--encoding utf-8)"
    )


def test_a_mark_of_the_other_byte_order_is_noticed(write):
    content = codecs.BOM_UTF16_LE + ROWS.encode("utf-16-le")

    assert message(write(content), encoding="utf-16-be").startswith(
        "a.csv begins with the byte-order mark of utf-16, so it is not utf-16-be"
    )
    assert len(read_examples(write(content), encoding="utf-16-le")) == 2


def test_cp949_is_never_decoded_as_utf_16(write):
    content = "가나나가".encode("cp949")
    content.decode("utf-16")  # Python raises nothing and gives garbage

    assert message(write(content), encoding="utf-16") == (
        "a.csv has no byte-order mark, so utf-16 leaves its byte order open: "
        "pass encoding='utf-16-le' (--encoding utf-16-le) or 'utf-16-be', if it is utf-16 at all"
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_no_utf_8_though_it_decodes(write, encoding):
    assert message(write("text,label\nhi,a\nno,b\n".encode(encoding))) == (
        f"a.csv: every other byte is 0x00; looks like {encoding}: "
        f"pass encoding='{encoding}' (--encoding {encoding})"
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_korean_in_utf_16_without_a_mark_is_not_taken_for_western_letters(write, encoding):
    # '가' is U+AC00: its lower half is zero, as the upper half of a space is
    content = "text,label\n가장 안녕하세요 어디가,질문\n".encode(encoding)

    assert message(write(content)).endswith(
        f"is not utf-8; looks like {encoding}: pass encoding='{encoding}' (--encoding {encoding})"
    )


def test_zero_bytes_that_are_no_utf_16_get_no_guess(write):
    assert message(write(b"PK\x03\x04\0\0\0\xff\xff\0\xd8\0")).endswith(
        "is not utf-8: pass the encoding that it was written in, encoding='cp949' say "
        "(--encoding cp949)"
    )


def test_half_of_a_surrogate_pair_in_utf_8_is_called_so(write):
    assert message(write("text,label\nok,a\nhi \ud83d,b\n".encode("utf-8", "surrogatepass"))) == (
        "a.csv: byte 0xed at line 3 is not utf-8, but half of a surrogate pair; it was decoded or "
        "cut wrongly before: write it again"
    )


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("cp494", "a.csv: there is no encoding 'cp494'; did you mean 'cp949'?"),
        ("base64", "a.csv: there is no encoding 'base64'"),
        ("", "a.csv: there is no encoding ''"),
        (None, "a.csv: there is no encoding None"),
    ],
)
def test_what_is_no_encoding_is_refused(write, encoding, said):
    assert message(write(ROWS.encode()), encoding=encoding) == said
