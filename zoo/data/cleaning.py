"""Columns → examples: what can be repaired is repaired and counted, the rest is refused by row."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Literal, get_args

from zoo.data.columns import Columns
from zoo.data.examples import Examples
from zoo.data.faults import warn
from zoo.errors import DataError, did_you_mean

Empty = Literal["error", "drop"]

# everything str.strip() takes away, and what nobody sees: the byte-order mark, zero-width marks
_SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\xad"
# letters by category, but blank: the fillers of Hangul
_FILLERS = "\u115f\u1160\u3164\uffa0"
_BLANK_CATEGORIES = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))
_FEWEST_ROWS_TO_JUDGE = 4


def check_policy(empty: str, max_characters: int) -> None:
    """Raise `DataError` unless both have a value that means something."""
    if empty not in get_args(Empty):
        near = did_you_mean(str(empty), get_args(Empty))
        raise DataError(f"empty must be 'error' or 'drop', got {empty!r}{near}")
    if isinstance(max_characters, bool) or not isinstance(max_characters, int):
        raise DataError(f"max_characters must be a whole number, got {max_characters!r}")
    if max_characters < 1:
        raise DataError(f"max_characters must be at least 1, got {max_characters}")


def clean(columns: Columns, empty: Empty, max_characters: int) -> Examples:
    """The examples: NFC, without surrounding spaces, cut to `max_characters`.

    Rows without a text or a label are refused, or left out with `empty="drop"`. Raises one
    `DataError` that names the first rows of every fault.
    """
    texts, labels = [], []
    notes: Counter[str] = Counter()
    faults = columns.faults
    rows = zip(columns.texts, columns.labels, columns.places, strict=True)
    for raw_text, raw_label, place in rows:
        if place in faults:
            continue
        text = (raw_text or "").strip(_SPACES)
        label = (raw_label or "").strip(_SPACES + _INVISIBLE)
        missing = missing_part(raw_text, raw_label)
        if missing and empty == "error":
            faults.add(_missing(missing, columns.missing_hint), place)
        elif missing:
            notes[f"rows without a {missing} dropped"] += 1
        elif broken := [role for role, one in (("text", text), ("label", label)) if is_broken(one)]:
            faults.add(_surrogate(" and the ".join(broken)), place)
        else:
            notes["texts freed of surrounding space"] += text != raw_text
            notes["labels freed of surrounding space"] += label != raw_label
            text = _composed(text, "texts", notes)
            if len(text) > max_characters:
                # the beginning of a text in NFC is in NFC
                text = text[:max_characters].rstrip(_SPACES)
                notes[f"texts cut to {max_characters:,} characters"] += 1
            texts.append(text)
            labels.append(_composed(label, "labels", notes))
    faults.check()
    if not texts:
        dropped = f" left, {len(columns.texts):,} were dropped" if columns.texts else ""
        raise DataError(f"{columns.source}: there are no examples{dropped}")
    examples = Examples(tuple(texts), tuple(labels), columns.source, _counted(notes))
    _warn_if_swapped(examples)
    return examples


def missing_part(text: str | None, label: str | None) -> Literal["text", "label", ""]:
    """Which of the two a row lacks, the text if both, as a column holds them."""
    if is_blank((text or "").strip(_SPACES)):
        return "text"
    return "" if (label or "").strip(_SPACES + _INVISIBLE) else "label"


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing at all."""
    return all(
        letter in _FILLERS or unicodedata.category(letter) in _BLANK_CATEGORIES for letter in text
    )


def is_broken(text: str) -> bool:
    """Whether the text holds half of a surrogate pair, which no encoding can write."""
    if text.isascii():
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _composed(value: str, kind: str, notes: Counter[str]) -> str:
    if value.isascii() or unicodedata.is_normalized("NFC", value):
        return value
    notes[f"{kind} turned into NFC"] += 1
    return unicodedata.normalize("NFC", value)


def _counted(notes: Counter[str]) -> dict[str, int]:
    return {note: count for note, count in sorted(notes.items()) if count}


def _missing(role: str, hint: str) -> str:
    return (
        f"no {role} {{where}}; fill it in, or leave such rows out with empty='drop' (--empty drop)"
        f"{hint}"
    )


def _surrogate(role: str) -> str:
    return (
        f"half of a surrogate pair in the {role} {{where}}; it was decoded or cut wrongly before, "
        "and no tokenizer takes it"
    )


def _warn_if_swapped(examples: Examples) -> None:
    texts, labels = len(set(examples.texts)), len(set(examples.labels))
    if (
        len(examples) >= _FEWEST_ROWS_TO_JUDGE
        and 2 * labels > len(examples)
        and 2 * texts <= labels
    ):
        warn(
            f"{examples.source}: {labels:,} different labels but only {texts:,} different texts in "
            f"{len(examples):,} rows; are the text and label columns swapped?"
        )
