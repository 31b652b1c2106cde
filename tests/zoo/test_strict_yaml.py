"""YAML is read as it is written, and every fault has a line."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo.errors import YamlError
from zoo.strict_yaml import load_yaml

# https://yaml.org/spec/1.2.2/#103-core-schema
PLAIN_VALUES = [
    ("1e-5", 1e-5),
    ("5E+3", 5000.0),
    (".5", 0.5),
    ("-1.", -1.0),
    ("12", 12),
    ("-3", -3),
    ("+3", 3),
    ("012", 12),
    ("0o14", 12),
    ("0xC", 12),
    ("true", True),
    ("True", True),
    ("FALSE", False),
    ("null", None),
    ("~", None),
    ("", None),
]
PLAIN_TEXTS = [
    "no",
    "NO",
    "on",
    "yes",
    "off",
    "y",
    "tRUE",
    "nULL",
    "1:30",
    "12:30:45",
    "2020-01-01",
    "2020-01-01T10:00:00Z",
    "1_000",
    "0b11",
    "0o9",
    "-0x1",
    "1e",
    ".",
    "e5",
    "１２",
    "=",
    "nan",
    "inf",
    "몇 시야?",
    "한국 🇰🇷",
]


@pytest.mark.parametrize(("text", "value"), PLAIN_VALUES)
def test_plain_values_are_those_of_yaml_1_2(text, value):
    loaded = load_yaml(f"key: {text}").data["key"]

    assert loaded == value
    assert type(loaded) is type(value)


@pytest.mark.parametrize("text", PLAIN_TEXTS)
def test_everything_else_stays_text(text):
    assert load_yaml(f"key: {text}").data == {"key": text}


@pytest.mark.parametrize(
    "text", ["1e-5", "no", "true", "null", ".nan", "!x", "*x", "&x", "012", ""]
)
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_values_are_text(text, quote):
    assert load_yaml(f"key: {quote}{text}{quote}").data == {"key": text}


def test_block_texts_are_text_with_their_line_breaks():
    assert load_yaml("a: |\n  1\n  2\nb: >-\n  c\n  d\n").data == {"a": "1\n2\n", "b": "c d"}


def test_keys_are_text_as_written():
    # the labels 1 and 01 must not become one, and the label no must not become False
    document = load_yaml("class_weights: {1: 0.5, 01: 2, no: 3, true: 4, ~: 5, 1.0: 6}")

    assert document.data["class_weights"] == {
        "1": 0.5,
        "01": 2,
        "no": 3,
        "true": 4,
        "~": 5,
        "1.0": 6,
    }


def test_a_value_alone_is_a_document():
    assert load_yaml("5e-5").data == 5e-5
    assert load_yaml("[1, two]").data == [1, "two"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "---\n...\n"])
def test_an_empty_document_is_none(text):
    assert load_yaml(text).data is None


@pytest.mark.parametrize(
    "text", ["\ufeffa: 1", "---\na: 1\n...\n", "a: 1\r\n", "%YAML 1.2\n---\na: 1"]
)
def test_marks_of_a_document_are_no_content(text):
    assert load_yaml(text).data == {"a": 1}


def test_lines_are_those_of_keys_and_items():
    document = load_yaml(
        "# a comment\n"
        "name: quick\n"
        "recipe:\n"
        "  epochs: 5\n"
        "  class_weights: {a: 1,\n"
        "    b: 2}\n"
        "description: >-\n"
        "  two\n"
        "  lines\n"
        "heads:\n"
        "  - bilstm\n"
        "  - name: mlp\n"
        "    options: [[1]]\n"
    )

    assert document.lines == {
        ("name",): 2,
        ("recipe",): 3,
        ("recipe", "epochs"): 4,
        ("recipe", "class_weights"): 5,
        ("recipe", "class_weights", "a"): 5,
        ("recipe", "class_weights", "b"): 6,
        ("description",): 7,
        ("heads",): 10,
        ("heads", 0): 11,
        ("heads", 1): 12,
        ("heads", 1, "name"): 12,
        ("heads", 1, "options"): 13,
        ("heads", 1, "options", 0): 13,
        ("heads", 1, "options", 0, 0): 13,
    }


QUOTE = "put a text that contains ': ' or begins with a sign into quotes"
FAULTS = {
    "duplicate key": (
        "a: 1\nb: 2\na: 3",
        "line 3: the key 'a' stands here again, after line 1",
    ),
    "duplicate key, quoted": (
        "a:\n  1: x\n  '1': y",
        "line 3: the key '1' stands here again, after line 2",
    ),
    "not a number": ("a: .nan", "line 1: .nan is no number that can be computed with"),
    "infinity": ("a: [-.Inf]", "line 1: -.Inf is no number that can be computed with"),
    "overflow": ("\na: 1e999", "line 2: the number 1e999 is too large"),
    "too many digits": (
        "a: " + "9" * 5000,
        "line 1: a number of more digits than Python reads",
    ),
    "python tag": (
        "a: 1\nb: !!python/object/apply:os.system [ls]",
        "line 2: the tag '!!python/object/apply:os.system' is not followed; leave it out, and put "
        "text that begins with '!' or looks like a number into quotes",
    ),
    "own tag": (
        "a: !x {}",
        "line 1: the tag '!x' is not followed; leave it out, and put text that begins with '!' or "
        "looks like a number into quotes",
    ),
    "core tag": (
        "!!str 1",
        "line 1: the tag '!!str' is not followed; leave it out, and put text that begins with '!' "
        "or looks like a number into quotes",
    ),
    "tag of a key": (
        "!!str a: 1",
        "line 1: the tag '!!str' is not followed; leave it out, and put text that begins with '!' "
        "or looks like a number into quotes",
    ),
    "anchor": (
        "a: &b\n  c: 1",
        "line 1: &b is an anchor in YAML, which is not followed; put text into quotes, '&b', and "
        "write a repeated value out",
    ),
    "recursive alias": (
        "&a [*a]",
        "line 1: &a is an anchor in YAML, which is not followed; put text into quotes, '&a', and "
        "write a repeated value out",
    ),
    "pattern without quotes": (
        "encoders:\n  - *-nano",
        "line 2: *-nano is an alias in YAML, which is not followed; put text into quotes, "
        "'*-nano', and write a repeated value out",
    ),
    "star without quotes": (
        "heads: *",
        "line 1: * is an alias in YAML, which is not followed; put text into quotes, '*…', and "
        "write a repeated value out",
    ),
    "ampersand without quotes": (
        "a: &",
        "line 1: & is an anchor in YAML, which is not followed; put text into quotes, '&…', and "
        "write a repeated value out",
    ),
    "list as key": (
        "? [a, b]\n: 1",
        "line 1: a list or a mapping stands where a key should; put a key that begins with '[' or "
        "'{' into quotes",
    ),
    "no key": ("?\n: 1", "line 1: the key before ':' is missing"),
    "second document": (
        "a: 1\n---\nb: 2",
        "line 2: a second document begins here; keep one per file",
    ),
    "depth": ("[" * 51, "line 1: nested too deeply, more than 50 levels"),
    "tab": ("a:\n\tb: 1", "line 2: a tab stands where YAML wants spaces; indent with spaces"),
    "sign": ("a: 1\nb: @c", "line 2: no text may begin with '@' unless it is in quotes"),
    "percent": ("a: %c", "line 1: no text may begin with '%' unless it is in quotes"),
    "colon in a text": (
        "a: b: c",
        f"line 1: a ':' stands where no key can; look at the indentation, and {QUOTE}",
    ),
    "indentation": (
        "a: 1\n  b: 2",
        f"line 2: a ':' stands where no key can; look at the indentation, and {QUOTE}",
    ),
    "dedentation": (
        "a:\n    b: 1\n  c: 2",
        f"line 3: this line fits none of those above; look at the indentation, and {QUOTE}",
    ),
    "list, then key": (
        "- 1\nb: 2",
        f"line 2: this line fits none of those above; look at the indentation, and {QUOTE}",
    ),
    "missing colon": (
        "a: 1\nb\nc: 3",
        "line 2: this line should be 'key: value', but its ': ' is missing",
    ),
    "open quote": ("a: 1\nb: 'c\nd: 1", "line 2: the quote that opens here is never closed"),
    "open bracket": (
        "a: [1,\n  2\nb: 3",
        "line 3: '[' is not closed, or a ',' is missing (it opens in line 1)",
    ),
    "open brace": ("a: {b: 1 c", "line 1: '{' is not closed, or a ',' is missing"),
    "end in a list": (
        "a: [1,",
        "line 1: the text ends where a value should stand; is every '[' and '{' closed?",
    ),
    "closing bracket": ("a: ]", f"line 1: ']' stands where a value should; {QUOTE}"),
    "text after a quote": (
        "'a' b",
        f"line 1: this line follows a value that is complete already; {QUOTE}",
    ),
    "unknown escape": (
        r'a: "\d+"',
        "line 1: the backslash before 'd' means nothing in double quotes; use single quotes or "
        "write it twice",
    ),
    "half a character": (r'a: "\ud83d"', r"line 1: the escape '\ud83d' is half a character"),
    "no character": (
        'a: 1\nb: "\\UFFFFFFFF"',
        "line 2 or below: an escape such as \\UFFFFFFFF stands for no character",
    ),
    "control character": (
        "a: 1\nb: x\x00",
        "line 2: the character '\\x00' cannot stand in YAML; in double quotes it can, as an escape",
    ),
    "other version": (
        "%YAML 3.0\n---\na: 1",
        "line 1: found incompatible YAML document (version 1.* is required)",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_are_refused_with_their_line(text, message):
    with pytest.raises(YamlError) as caught:
        load_yaml(text)

    assert str(caught.value) == f"YAML text, {message}"


def test_fifty_levels_are_accepted():
    assert load_yaml("[" * 50 + "]" * 50).lines[(0,) * 49] == 1


def test_an_alias_bomb_is_refused_at_once():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{before}, *{before}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )

    with pytest.raises(YamlError, match="line 1: &a is an anchor"):
        load_yaml(bomb)


def test_a_merge_key_is_a_key_like_any_other():
    assert load_yaml("<<: {a: 1}").data == {"<<": {"a": 1}}


def test_a_file_is_read_as_utf_8_and_named_in_messages(tmp_path):
    path = tmp_path / "intent.yaml"
    path.write_bytes("\ufeffname: 의도\n".encode())

    document = load_yaml(path)

    assert document.data == {"name": "의도"}
    assert document.source == str(path)


def test_a_fault_in_a_file_names_file_and_line(tmp_path):
    path = tmp_path / "intent.yaml"
    path.write_text("a: 1\na: 2\n")

    with pytest.raises(YamlError) as caught:
        load_yaml(path)

    assert str(caught.value) == f"{path}, line 2: the key 'a' stands here again, after line 1"


def test_another_encoding_is_refused_with_its_line(tmp_path):
    path = tmp_path / "intent.yaml"
    path.write_bytes(b"a: 1\nb: " + "의도".encode("cp949"))

    with pytest.raises(YamlError) as caught:
        load_yaml(path)

    assert str(caught.value) == (f"{path}, line 2: byte 0xc0 is not UTF-8; save the file as UTF-8")


def test_files_that_cannot_be_read_are_named(tmp_path):
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * 1_000_001)

    for path, reason in (
        (tmp_path / "absent.yaml", "cannot be read: no such file or directory"),
        (tmp_path, "cannot be read: is a directory"),
        (large, "is larger than 1 MB; it seems to be another file than you meant"),
    ):
        with pytest.raises(YamlError) as caught:
            load_yaml(path)
        assert str(caught.value) == f"{path} {reason}"


JSON_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")))
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | JSON_TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(JSON_TEXTS, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(JSON_VALUES)
def test_json_is_read_as_the_yaml_it_is(value):
    loaded = load_yaml(json.dumps(value, ensure_ascii=False)).data

    # json.dumps tells 1 from 1.0 and from true
    assert json.dumps(loaded) == json.dumps(value)


SIGNS = st.sampled_from("ab1한:-[]{},?*&!|><'\"\\#%@`~.\n \t\r\x00\x85\u2028\ufeff")
WORDS = st.sampled_from(
    (
        ": ",
        "- ",
        "\n  ",
        "? ",
        " #",
        "*a",
        "&a ",
        "!!str ",
        "---",
        "...",
        "%YAML 1.2",
        "%TAG ! a",
        "<<",
        ".nan",
        "0o",
        "\\UFFFFFFFF",
        "\\x0",
        ">-",
        "\r\n",
    )
)
YAML_PIECES = st.lists(SIGNS | WORDS, max_size=12).map("".join)


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=30) | YAML_PIECES)
@example('"\\UFFFFFFFF"')
@example("%YAML 1." + "9" * 5000)
@example("\ud800")
def test_any_text_is_read_or_refused(text):
    try:
        document = load_yaml(text)
    except YamlError as error:
        assert str(error).startswith("YAML text, line ")
    else:
        json.dumps(document.data, allow_nan=False)
        assert all(1 <= line <= len(text) + 1 for line in document.lines.values())


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_nesting_without_end_does_not_exhaust_the_stack(opening):
    with pytest.raises(YamlError, match=r"nested too deeply|stands where a key should"):
        load_yaml(opening * sys.getrecursionlimit())
