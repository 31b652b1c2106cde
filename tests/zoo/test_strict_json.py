"""JSON is read as it is written, and what Python alone lets pass is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoo.errors import JsonError
from zoo.strict_json import load_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@settings(deadline=None)
@given(VALUES, st.booleans())
def test_what_json_writes_is_read_back(value, ensure_ascii):
    text = json.dumps(value, ensure_ascii=ensure_ascii)

    assert load_json(text, "a.json") == value
    assert load_json(text.encode(), "a.json") == value


@pytest.mark.parametrize("text", ['\ufeff{"a": 1}', b'\xef\xbb\xbf{"a": 1}'])
def test_a_byte_order_mark_is_passed_over(text):
    assert load_json(text, "a.json") == {"a": 1}


FAULTS = {
    "duplicate key": (
        '{"a": {"seed": 0, "b": 1, "seed": 0}}',
        ": the key 'seed' stands there twice",
    ),
    "duplicate key, escaped": (
        r'{"a": 0, "\u0061": 1}',
        ": the key 'a' stands there twice",
    ),
    "not a number": ("[NaN]", ": NaN is no JSON number"),
    "infinity": ("[Infinity]", ": Infinity is no JSON number"),
    "negative infinity": ("-Infinity", ": -Infinity is no JSON number"),
    "overflow": ("[-1e999]", ": the number -1e999 is too large"),
    "too many digits": ("9" * 5000, ": a number of too many digits"),
    "101 levels": ("[" * 101 + "]" * 101, ": nested too deeply, more than 100 levels"),
    "depth bomb": ("[" * 100_000 + "]" * 100_000, ": nested too deeply, more than 100 levels"),
    "depth bomb, open": ('{"a":' * 100_000, ": nested too deeply, more than 100 levels"),
    "half a character": (r'["\ud83d"]', r": the escape '\ud83d' is half a character"),
    "half a character, raw": ('["\ud83d"]', r": the escape '\ud83d' is half a character"),
    "half a character, key": (r'{"\udc00": 1}', r": the escape '\udc00' is half a character"),
    "empty": ("", " is empty"),
    "blank": (b" \r\n", " is empty"),
    "mark only": (b"\xef\xbb\xbf", " is empty"),
    "two marks": (
        "\ufeff\ufeff1",
        ", line 1, column 1: unexpected UTF-8 BOM (decode using utf-8-sig)",
    ),
    "missing comma": ('{\n "a": 1\n "b": 2}', ", line 3, column 2: expecting ',' delimiter"),
    "two values": ("1 2", ", line 1, column 3: extra data"),
    "single quotes": (
        "{'a': 1}",
        ", line 1, column 2: expecting property name enclosed in double quotes",
    ),
    "control character": ('["\n"]', ", line 1, column 3: invalid control character at"),
    "other encoding": (b'{\n"a": "\xc0\xc7"}', ", line 2: byte 0xc0 is not UTF-8"),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_are_refused(text, message):
    with pytest.raises(JsonError) as caught:
        load_json(text, "a.json")

    assert str(caught.value) == f"a.json{message}"


def test_a_hundred_levels_are_accepted():
    text = "[" * 100 + "]" * 100

    assert json.dumps(load_json(text, "a.json")) == text


def test_a_surrogate_pair_is_one_character():
    assert load_json(r'"\ud83d\ude00"', "a.json") == "😀"


@settings(max_examples=500, deadline=None)
@given(
    st.text(max_size=20)
    | st.lists(
        st.sampled_from(
            ['"', "{", "}", "[", "]", ":", ",", "1", "e9", "-", ".", "\\", "\\ud800", "a"]
        )
    ).map("".join)
    | st.binary(max_size=20)
)
@example("1e999")
def test_any_text_is_read_or_refused(text):
    try:
        value = load_json(text, "a.json")
    except JsonError as error:
        assert str(error).startswith("a.json")
    else:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
