"""`zoo audit`: what it prints, and how it ends."""

from __future__ import annotations

import json

import pytest

import zoo


@pytest.fixture
def files(tmp_path):
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    rows = [
        f"{text},{'xy'[number % 2]}" for number, text in enumerate("가나다라마바사아자차카타파하")
    ]
    train.write_text("\n".join(["말,뜻", *rows * 2, ""]), "utf-8")
    test.write_text("말,뜻\n가,x\n새말,y\n", "utf-8")
    return train, test


COLUMNS = ["--text", "말", "--label", "뜻"]


def test_it_prints_the_report_and_says_by_its_status_that_something_is_serious(call, files):
    train, test = files
    done = call("audit", "--data", train, "--test", test, *COLUMNS)

    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout == f"{zoo.audit(train, test=test, text='말', label='뜻')}\n"
    assert "✗ 1 of 2 test texts (50.0 %) also occurs in train" in done.stdout
    assert "In line 2, such as “가”" in done.stdout


def test_what_is_worth_knowing_is_no_failure(call, files):
    done = call("audit", "--data", files[0], *COLUMNS)

    assert done.exit_code == 0
    assert "! 14 rows of train repeat an earlier text" in done.stdout


def test_json_has_every_number(call, files):
    train, test = files
    done = call("audit", "--data", train, "--test", test, *COLUMNS, "--json")

    fields = json.loads(done.stdout)
    assert done.exit_code == 1
    assert fields["is_healthy"] is False
    assert fields["overlaps"][0]["exact"] == [2]
    assert fields["encoders"][0]["splits"][0]["rows"] == 28


def test_a_task_is_audited_by_name(call):
    done = call("audit", "--task", "ko-intents", "--encoder", "bert-nano")

    assert done.stdout.startswith("ko-intents: ")
    assert "out of scope" in done.stdout
    assert "Tokens of bert-nano (12,000 in the vocabulary" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "give either --task NAME or --data FILE"),
        (
            ["--task", "ko-intents", "--test", "a.csv"],
            "--test goes with --data and has no use with --task: leave it out",
        ),
        (["--data", "nowhere.csv"], "there is no file nowhere.csv"),
        (["--task", "ko-intents", "--near", "0.1"], "must be from 0.5 to 1, got 0.1"),
        (["--task", "ko-intents", "--encoder", "brt"], "no encoder is called 'brt'"),
    ],
)
def test_wrong_usage_is_explained(call, arguments, text):
    done = call("audit", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert text in done.stderr


@pytest.mark.parametrize(
    ("name", "written", "given"), [("a.csv", ";", ";"), ("a.csv", "\t", r"\t"), ("a.tsv", "|", "|")]
)
def test_a_file_with_another_delimiter_says_how_it_is_read(call, tmp_path, name, written, given):
    file = tmp_path / name
    file.write_text("말,뜻\n가,x\n나,y\n".replace(",", written), "utf-8")

    assert "it seems to be" in call("audit", "--data", file, *COLUMNS).stderr
    done = call("audit", "--data", file, *COLUMNS, "--delimiter", given)

    assert (done.exit_code, done.stderr) == (0, "")
