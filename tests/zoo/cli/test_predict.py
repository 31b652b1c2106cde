"""`zoo predict`: one text a line in, one label a line out."""

import io
import json

import pytest

import zoo
from zoo.cli.predict import arriving_lines
from zoo.errors import DataError


@pytest.fixture
def saved(tiny_bert, tmp_path):
    classifier = zoo.build(f"hf:{tiny_bert}", "mlp", labels=["아니오", "예"], seed=0)
    classifier.save_pretrained(tmp_path / "saved")
    return tmp_path / "saved"


TEXTS = ["가 나", "", "다\t라", "마"]


def expected_lines(saved):
    predictions = zoo.load(saved).predict(TEXTS)
    return [f"{p.label}\t{p.score:.4f}\t{t}" for p, t in zip(predictions, TEXTS, strict=True)]


def test_standard_input_is_labelled_line_by_line(call, saved):
    done = call("predict", saved, input="".join(f"{text}\n" for text in TEXTS))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == expected_lines(saved)


def test_a_file_is_labelled_like_standard_input(call, saved, tmp_path):
    file = tmp_path / "texts.txt"
    file.write_bytes("\r\n".join(TEXTS).encode("utf-8-sig"))
    assert call("predict", saved, file).stdout.splitlines() == expected_lines(saved)


def test_another_encoding_is_read_when_it_is_named(call, saved):
    done = call("predict", saved, "--encoding", "cp949", input="\n".join(TEXTS).encode("cp949"))
    assert done.stdout.splitlines() == expected_lines(saved)


def test_json_has_every_score(call, saved):
    done = call("predict", saved, "--json", input="가 나\n마\n")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["가 나", "마"]
    for row in rows:
        assert row["scores"][row["label"]] == row["score"]
        assert sum(row["scores"].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("arguments", "content", "text"),
    [
        (
            [],
            "가\n나\n다".encode("cp949"),
            "line 1 is not utf-8 (byte 0xb0); name its real encoding with --encoding, for example "
            "cp949",
        ),
        (["--encoding", "utf-9"], b"", "there is no encoding 'utf-9'; did you mean 'utf-8'?"),
        (["--encoding", "base64"], b"", "there is no encoding 'base64'"),
        (
            ["--encoding", "utf-16"],
            "가\n나".encode("utf-16-le"),
            "UTF-16 stream does not start with BOM; say which byte order it is: --encoding "
            "utf-16-le or utf-16-be (utf-32-le, utf-32-be)",
        ),
        (["nowhere.txt"], b"", "No such file or directory"),
    ],
)
def test_what_cannot_be_read_is_refused(call, saved, arguments, content, text):
    done = call("predict", saved, *arguments, input=content)
    assert (done.exit_code, done.stdout) == (2, "")
    assert text in done.stderr


class Arriving(io.BytesIO):
    """Gives what arrived together together, as a pipe does."""

    def __init__(self, *chunks):
        super().__init__()
        self.chunks = list(chunks)

    def read1(self, size=-1):
        return self.chunks.pop(0) if self.chunks else b""


def test_lines_are_handed_on_as_they_arrive():
    pipe = Arriving(b"one\ntwo\n", b"three\n")
    groups = arriving_lines(pipe, "utf-8")
    assert next(groups) == ["one", "two"]
    assert pipe.chunks == [b"three\n"]
    assert list(groups) == [["three"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp949"])
def test_a_line_and_a_letter_may_arrive_in_pieces(encoding):
    content = "가나\n다라\r\n마".encode(encoding)
    pieces = [content[start : start + 1] for start in range(len(content))]
    lines = [line for group in arriving_lines(Arriving(*pieces), encoding) for line in group]
    assert lines == ["가나", "다라", "마"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_may_end_in_any_way_and_the_end_may_arrive_in_pieces(end):
    content = f"가{end}나{end}".encode()
    pieces = [content[start : start + 1] for start in range(len(content))]
    assert [line for group in arriving_lines(Arriving(*pieces), "utf-8") for line in group] == [
        "가",
        "나",
    ]


@pytest.mark.parametrize("content", [b"", b"\n", b"a", b"a\n", b"a\n\n"])
def test_lines_are_those_of_the_text(content):
    lines = [line for group in arriving_lines(Arriving(content), "utf-8") for line in group]
    assert lines == content.decode().splitlines()


def test_a_fault_is_counted_over_all_that_arrived():
    arrived = arriving_lines(Arriving(b"a\nb\n", b"c\n\xff\nd\n"), "utf-8")
    assert [next(arrived), next(arrived)] == [["a", "b"], ["c"]]
    with pytest.raises(DataError, match=r"^line 4 is not utf-8 \(byte 0xff\)"):
        next(arrived)


def test_what_stands_before_half_a_character_at_the_end_has_arrived():
    arrived = arriving_lines(Arriving(b"a\nb\xed", b"\x95"), "utf-8")
    assert next(arrived) == ["a"]
    with pytest.raises(DataError, match=r"^line 2 is not utf-8 \(byte 0xed\)"):
        next(arrived)
