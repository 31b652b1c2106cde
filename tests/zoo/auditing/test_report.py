"""An audit counts what is there, by hand, and tells it worst first."""

from __future__ import annotations

import json
import unicodedata

import pytest

import zoo
from zoo.auditing import Conflict, DataFinding, Quantiles
from zoo.errors import DataError


def examples(*rows):
    return zoo.Examples(*zip(*rows, strict=True))


TRAIN = examples(
    ("불 켜 줘", "on"),
    ("불 켜 줘", "on"),  # again
    ("불 꺼 줘", "off"),
    ("끄지 마", "on"),
    ("끄지 마", "off"),  # under another label
    ("거실 불을 모두 켜 주세요", "on"),
)
VALIDATION = examples(("켜", "on"), ("불꺼줘!", "off"))  # the second but for spaces and "!"
TEST = examples(
    ("불 켜 줘", "off"),  # of train, where it is always "on"
    ("끄지 마", "on"),  # of train, where it is that too
    ("켜!", "on"),  # of validation but for "!"
    ("거실 불을 모두 켜 주세요 응", "on"),  # near the last of train
    ("아주 새로운 말", "on"),
)


@pytest.fixture(scope="module")
def report():
    return zoo.audit(TRAIN, validation=VALIDATION, test=TEST, encoders=["bert-nano"])


def causes(report):
    return [one.cause for one in report.findings]


def test_duplicates_within_are_counted_by_hand(report):
    seen, test = report.within

    assert seen.splits == ("train", "validation")
    assert (seen.rows, seen.repeats, seen.normalised_repeats) == (8, 2, 3)
    assert (seen.near, seen.conflicts) == (0, 1)
    assert (test.rows, test.repeats, test.conflicts) == (5, 0, 0)


def test_duplicates_across_are_counted_by_hand(report):
    validation, test = report.overlaps

    assert (validation.seen, validation.exact, validation.normalised) == (("train",), (), (1,))
    assert test.seen == ("train", "validation")
    assert (test.exact, test.normalised, test.near) == ((0, 1), (2,), (3,))
    assert test.relabelled == (0,)
    assert test.by_label == {"off": 1, "on": 1}
    assert test.near_texts == (("거실 불을 모두 켜 주세요 응", "거실 불을 모두 켜 주세요"),)


def test_conflicts_are_over_all_splits_with_their_places(report):
    assert report.conflicts == (
        Conflict("불 켜 줘", {"off": 1, "on": 2}, (("train", 0), ("train", 1), ("test", 0))),
        Conflict("끄지 마", {"off": 1, "on": 2}, (("train", 3), ("train", 4), ("test", 1))),
    )


def test_sizes_labels_and_lengths(report):
    train = report.split("train")

    assert (train.rows, train.label_counts) == (6, {"off": 2, "on": 4})
    # lengths 4, 4, 5, 5, 5, 14 by hand
    assert train.characters == Quantiles(minimum=4, median=5, p95=14, p99=14, maximum=14)


def test_serious_findings_come_first_and_of_these_what_concerns_most(report):
    order = [(not one.is_serious, -one.share) for one in report.findings]

    assert order == sorted(order)
    # 3 of 5 rows, 1 of 2, 6 of 13
    assert causes(report)[:2] == ["shared_texts", "conflicting_labels"]
    assert not report.is_healthy


def test_clean_data_have_nothing_to_mend():
    seasons = [
        (f"{word} 날씨가 좋다", "ab"[row % 2]) for row, word in enumerate("봄여름가을겨울" * 3)
    ]
    rows = list({text: (text, label) for text, label in seasons}.values())
    rows = [(f"{text} {row} {text[:2] * row}", label) for row, (text, label) in enumerate(rows * 4)]
    report = zoo.audit(
        examples(*rows[:24]), test=examples(("딴 말", "a"), ("새 말", "b")), encoders=()
    )

    assert report.findings == ()
    assert report.is_healthy
    assert "Nothing was found that ought to be mended." in str(report)


def test_labels_that_train_lacks_are_serious():
    report = zoo.audit(TRAIN, test=examples(("하나", "on"), ("둘", "dim")), encoders=())
    (found,) = (one for one in report.findings if one.cause == "unseen_labels")

    assert found.title == "test has 1 label that train lacks: 'dim'"
    assert (found.is_serious, found.share) == (True, 0.5)


@pytest.mark.parametrize(
    ("labels", "difference"),
    [
        (("On", "on"), "in case"),
        (("turn on", "turnon"), "in spaces"),
        (("ON", "ＯＮ"), "in Unicode"),
    ],
)
def test_labels_that_are_alike_are_named(labels, difference):
    rows = [("하나", labels[0]), ("둘", labels[1]), ("셋", labels[1])]
    (found,) = (
        one
        for one in zoo.audit(examples(*rows), encoders=()).findings
        if one.cause == "alike_labels"
    )

    assert found.title.startswith(f"{labels[0]!r} and {labels[1]!r} differ only {difference}")
    assert found.share == pytest.approx(1 / 3)


def test_one_label_is_nothing_to_learn():
    assert causes(zoo.audit(examples(("하나", "x"), ("둘", "x")), encoders=())) == ["one_label"]


def test_rows_without_text_are_told_by_their_lines(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("text,label\n하나,x\n  ,x\n둘,y\n셋,\n", "utf-8")
    report = zoo.audit(file, encoders=())
    found = {one.cause: one for one in report.findings}

    assert (report.split("train").blank, report.split("train").unlabelled) == ((3,), (5,))
    assert found["no_text"].evidence == f"{file}, in line 3"
    assert found["no_label"].is_serious


def test_places_of_a_file_are_its_lines(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('text,label\n"하나\n둘",x\n셋,y\n', "utf-8")
    (overlap,) = zoo.audit(examples(("셋", "y")), test=file, encoders=()).overlaps

    assert (overlap.unit, overlap.exact) == ("line", (4,))


def test_one_label_is_one_label():
    text = str(zoo.audit(examples(("하나", "x"), ("둘", "x")), encoders=()))

    assert "rows, 1 label\n" in text


def test_what_reading_repaired_is_told(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(unicodedata.normalize("NFD", "text,label\n하나,x\n둘 ,y\n"), "utf-8")
    (found,) = (one for one in zoo.audit(file, encoders=()).findings if one.cause == "repaired")

    assert found.evidence == (
        "train: 1 text freed of surrounding space; train: 2 texts turned into NFC"
    )


def many(make_text, make_label, rows=40):
    return examples(*[(make_text(row), make_label(row)) for row in range(rows)])


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (many(lambda i: f"question {'ab'[i % 2]}", lambda i: f"what is {i}"), "columns_swapped"),
        (many(lambda i: f"what is {i}", lambda i: f"because of {i}"), "labels_are_many"),
        (many(lambda i: f"user-{i:04}", lambda i: "xy"[i % 2]), "texts_are_ids"),
        (many(lambda i: f"{i}.50", lambda i: "xy"[i % 2]), "texts_are_numbers"),
    ],
)
def test_columns_that_were_meant_otherwise_are_serious(data, cause):
    found = zoo.audit(data, encoders=()).findings[0]

    assert (found.cause, found.is_serious) == (cause, True)


def test_unbalanced_labels_are_told_with_the_baseline():
    rows = [(f"말 {number}", "b" if number < 15 else "a") for number in range(200)]
    (found,) = (
        one for one in zoo.audit(examples(*rows), encoders=()).findings if one.cause == "imbalance"
    )

    assert found.title == "labels of train are unbalanced, 12 to 1"
    assert "always to say a would be right 92.5 % of the time" in found.evidence
    assert not found.is_serious


def test_texts_of_a_task_without_an_open_licence_stay_out():
    task = zoo.Task(
        name="secret", train=TRAIN, validation=VALIDATION, test=TEST, labels=("off", "on")
    )
    report = zoo.audit(task, encoders=["bert-nano"])

    assert len(report.overlaps[1].exact) == 2
    assert "불" not in json.dumps(report.as_fields(), ensure_ascii=False) + str(report)


def test_a_split_without_examples_is_refused():
    with pytest.raises(DataError, match="the test split is empty"):
        zoo.audit(TRAIN, test=zoo.Examples((), ()), encoders=())


def test_a_task_keeps_its_splits():
    task = zoo.Task(name="a", train=TRAIN, validation=VALIDATION, test=TEST, labels=("off", "on"))
    with pytest.raises(DataError, match="task 'a' has its splits already"):
        zoo.audit(task, test=TEST)


def test_out_of_scope_is_judged_by_its_duplicates_alone():
    task = zoo.Task(
        name="a",
        train=TRAIN,
        validation=VALIDATION,
        test=TEST,
        out_of_scope=examples(("불 켜 줘", "oos"), ("딴 말", "oos")),
        labels=("off", "on"),
    )
    report = zoo.audit(task, encoders=())

    assert report.overlaps[-1].exact == (0,)
    assert "unseen_labels" not in causes(report)
    assert all("oos" not in one.labels for one in report.conflicts)


def test_the_text_fits_80_columns_and_obeys_nothing(report):
    hostile = zoo.audit(
        examples(("\x1b[31m" + "가" * 300, "\x1b]0;x"), ("b" * 300, "y" * 90)), encoders=()
    )
    from rich.cells import cell_len

    for text in (str(report), str(hostile)):
        assert max(map(cell_len, text.splitlines())) <= 80
        assert "\x1b" not in text


def test_labels_without_end_are_shown_in_part_and_kept_whole():
    rows = [(f"reply {i % 2}", f"question {i:03}: " + "why? " * 2000) for i in range(300)]
    report = zoo.audit(examples(*rows), encoders=())
    text = str(report)

    assert len(text.splitlines()) < 100
    assert text.count("and 145 more") == 2
    assert "\nand 280 more (--json has them all)\n" in text
    assert (len(report.labels), len(report.conflicts[0].labels)) == (300, 150)
    assert len(report.as_fields()["conflicts"][0]["labels"]) == 150


def test_the_labels_of_a_real_task_are_all_shown():
    rows = [(f"text {i}", f"label-{i % 150:03}") for i in range(450)]
    text = str(zoo.audit(examples(*rows), encoders=()))

    assert all(f"\nlabel-{i:03} " in text for i in range(150))


def test_a_finding_is_its_five_parts(report):
    text = str(report)
    for one in report.findings:
        assert isinstance(one, DataFinding)
        assert f"{'✗' if one.is_serious else '!'} {one.title[:40]}" in text


@pytest.mark.parametrize(
    ("near", "max_length", "text"), [(0.1, 128, "from 0.5"), (0.8, 1, "least 2")]
)
def test_numbers_that_mean_nothing_are_refused(near, max_length, text):
    with pytest.raises(DataError, match=text):
        zoo.audit(TRAIN, near=near, max_length=max_length)
