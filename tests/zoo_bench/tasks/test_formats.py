"""Every task reads its publisher's format: delimiter, header, line ends, quoting, label numbers."""

from __future__ import annotations

import json

import pytest

from zoo.errors import DataError, JsonError
from zoo_bench.tasks import banking77, clinc150, ko_intents, korean_3i4k, nsmc

WORDS = ("하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열하나", "열둘")


def rows_of(examples):
    return sorted(zip(examples.texts, examples.labels, strict=True))


def both_learned_from(task):
    """The published train: what became train and what became validation."""
    return rows_of(task.train) + rows_of(task.validation)


def test_3i4k_is_label_tab_text_with_crlf_and_no_last_newline(zoo_data):
    lines = [f"{number}\t{word} {number}" for number in range(7) for word in WORDS]
    zoo_data("3i4k/fci_train_val.txt", "\r\n".join(lines))
    zoo_data("3i4k/fci_test.txt", '6\t"그래요\r\n5\t누가 몰라')

    task = korean_3i4k.load()

    assert rows_of(task.test) == [
        ('"그래요', "intonation-dependent"),
        ("누가 몰라", "rhetorical command"),
    ]
    assert task.labels == (
        "command",
        "fragment",
        "intonation-dependent",
        "question",
        "rhetorical command",
        "rhetorical question",
        "statement",
    )
    assert sorted(both_learned_from(task)) == sorted(
        (f"{word} {number}", korean_3i4k.LABELS[str(number)])
        for number in range(7)
        for word in WORDS
    )


def test_a_tenth_of_train_is_validation_the_same_every_time(zoo_data):
    lines = [f"{number}\t{word} {number}" for number in range(7) for word in WORDS]
    zoo_data("3i4k/fci_test.txt", "0\t끝")
    zoo_data("3i4k/fci_train_val.txt", "\r\n".join(lines))
    first = korean_3i4k.load()
    # the order of rows has no say
    zoo_data("3i4k/fci_train_val.txt", "\r\n".join(reversed(lines)))
    second = korean_3i4k.load()

    assert len(first.validation) == 8  # 84 rows
    assert rows_of(first.validation) == rows_of(second.validation)


def test_a_label_that_3i4k_does_not_have_is_refused(zoo_data):
    path = zoo_data("3i4k/fci_train_val.txt", "0\t하나\r\n7\t둘")
    zoo_data("3i4k/fci_test.txt", "0\t셋")

    with pytest.raises(DataError) as caught:
        korean_3i4k.load()

    assert str(caught.value) == (
        f"{path}: there is no label '7'; the labels are 0, 1, 2, 3, 4, 5, 6"
    )


def nsmc_lines(*rows):
    return "\n".join(["id\tdocument\tlabel", *("\t".join(row) for row in rows)]) + "\n"


def test_nsmc_has_a_header_bare_quotes_and_empty_documents_that_are_counted(zoo_data):
    train = [
        (str(index), f'"{word}" {index}', str(index % 2)) for index, word in enumerate(WORDS * 2)
    ]
    zoo_data("nsmc/ratings_train.txt", nsmc_lines(*train, ("99", "", "1")))
    zoo_data(
        "nsmc/ratings_test.txt",
        nsmc_lines(("1", "NA", "0"), ("2", '최고다"', "1"), ("3", " ", "1")),
    )

    task = nsmc.load()

    assert rows_of(task.test) == [("NA", "negative"), ('최고다"', "positive")]
    assert len(both_learned_from(task)) == 24
    assert task.labels == ("negative", "positive")
    assert not task.is_verified
    assert task.notes == (
        "unverified copy: ratings_train.txt",
        "unverified copy: ratings_test.txt",
        "ratings_train.txt: 1 row without a text dropped",
        "ratings_test.txt: 1 row without a text dropped",
    )


def test_banking77_is_csv_whose_texts_hold_commas_quotes_and_newlines(zoo_data):
    train = "".join(f"{word},card_arrival\n{word}?,lost_card\n" for word in WORDS)
    zoo_data("banking77/train.csv", f"text,category\n{train}")
    zoo_data(
        "banking77/test.csv",
        'text,category\n"Where, pray,\nis my ""card""?",card_arrival\nLost,lost_card\n',
    )

    task = banking77.load()

    assert rows_of(task.test) == [
        ("Lost", "lost_card"),
        ('Where, pray,\nis my "card"?', "card_arrival"),
    ]
    assert task.labels == ("card_arrival", "lost_card")
    assert len(both_learned_from(task)) == 24


CLINC = {
    "oos_val": [["a show on broadway", "oos"]],
    "val": [["say hi", "greeting"], ["so long", "goodbye"]],
    "train": [["hello", "greeting"], ["bye", "goodbye"]],
    "oos_test": [["how much has the dow changed", "oos"]],
    "test": [["good day", "greeting"]],
    "oos_train": [["what size wipers does this car take", "oos"]],
}


def test_clinc150_keeps_its_published_splits_and_the_out_of_scope_rows_of_test(zoo_data):
    path = zoo_data("clinc150/data_full.json", json.dumps(CLINC))

    task = clinc150.load()

    assert {split: list(examples) for split, examples in task.splits.items()} == {
        "train": [("hello", "greeting"), ("bye", "goodbye")],
        "validation": [("say hi", "greeting"), ("so long", "goodbye")],
        "test": [("good day", "greeting")],
        "out_of_scope": [("how much has the dow changed", "oos")],
    }
    assert task.labels == ("goodbye", "greeting")
    assert task.test.source == f"{path}: test"


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ([], DataError, ": there is no split 'train'"),
        ({**CLINC, "oos_test": 3}, DataError, ": there is no split 'oos_test'"),
        (
            {**CLINC, "val": [["one", "a"], ["two"]]},
            DataError,
            ": val: row 1 (counted from 0) is no pair of text and label: ['two']; ",
        ),
        ("{", JsonError, ", line 1, column 2: expecting property name enclosed in double quotes"),
    ],
)
def test_a_broken_clinc150_is_refused_with_its_place(zoo_data, content, error, message):
    text = content if isinstance(content, str) else json.dumps(content)
    path = zoo_data("clinc150/data_full.json", text)

    with pytest.raises(error) as caught:
        clinc150.load()

    assert str(caught.value).startswith(f"{path}{message}")


def test_ko_intents_is_text_tab_label_with_a_header(tmp_path):
    for split, rows in {
        "train": "불 켜 줘\t켜기\n불 꺼 줘\t끄기\n",
        "validation": "불 켜라\t켜기\n",
        "test": '"불" 꺼라\t끄기\n',
        "out_of_scope": "배고프다\tout_of_scope\n",
    }.items():
        (tmp_path / f"{split}.tsv").write_text(f"text\tlabel\n{rows}", encoding="utf-8")

    task = ko_intents.read_folder(tmp_path)

    assert list(task.test) == [('"불" 꺼라', "끄기")]
    assert list(task.out_of_scope) == [("배고프다", "out_of_scope")]
    assert task.labels == ("끄기", "켜기")
    assert task.is_verified
