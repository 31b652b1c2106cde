"""`zoo evaluate`: a saved classifier on labelled texts."""

import json

import pytest

import zoo


@pytest.fixture
def saved(tiny_bert, tmp_path):
    classifier = zoo.build(f"hf:{tiny_bert}", "mlp", labels=["아니오", "예"], seed=0)
    classifier.save_pretrained(tmp_path / "saved")
    return tmp_path / "saved"


COLUMNS = ["--text", "request", "--label", "intent"]


def test_metrics_and_one_line_per_label(call, saved, toy_file):
    done = call("evaluate", saved, "--data", toy_file, *COLUMNS)
    lines = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert lines[0] == "50 examples"
    assert lines[1].split()[0] == "accuracy"
    assert lines[1].endswith(" %")
    assert lines[-3].split() == ["label", "precision", "%", "recall", "%", "F1", "%", "support"]
    assert [line.split()[0] for line in lines[-2:]] == ["아니오", "예"]
    assert [line.split()[-1] for line in lines[-2:]] == ["25", "25"]


def test_json_is_what_evaluate_gives_unrounded(call, saved, toy, toy_file):
    done = call("evaluate", saved, "--data", toy_file, *COLUMNS, "--json")
    expected = zoo.evaluate(zoo.load(saved), toy)
    assert json.loads(done.stdout) == {
        "examples": 50,
        "metrics": expected.metrics,
        "per_class": expected.per_class,
        "labels": ["아니오", "예"],
        "confusion": expected.confusion,
    }


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "give either --task NAME or --data FILE"),
        (["--task", "ko-intents", "--data", "a.csv"], "give either --task NAME or --data FILE"),
        (
            ["--task", "ko-intents", "--text", "text"],
            "--text goes with --data and has no use with --task: leave it out",
        ),
        (
            ["--data", "a.csv", "--split", "train"],
            "--split goes with --task and has no use with --data: leave it out",
        ),
        (["--data", "nowhere.csv"], "there is no file nowhere.csv"),
        (["--task", "ko-intent"], "no task is called 'ko-intent'; did you mean 'ko-intents'?"),
        (["--task", "ko-intents"], "labels are not among the classifier's: "),
        (["--task", "ko-intents", "--split", "dev"], "'dev' is not one of "),
    ],
)
def test_wrong_usage_is_explained(call, saved, arguments, text):
    done = call("evaluate", saved, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert text in done.stderr


def test_a_folder_that_holds_no_classifier_is_refused(call, tmp_path, toy_file):
    done = call("evaluate", tmp_path, "--data", toy_file)
    assert done.exit_code == 2
    assert done.stderr == (
        f"Error: CheckpointError: {tmp_path}: no saved classifier is there (config.json is "
        "missing)\n"
    )


def test_a_row_that_was_dropped_is_one_row(call, saved, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("request,intent\n네,예\n아뇨,아니오\n응,\n", "utf-8")
    done = call("evaluate", saved, "--data", file, *COLUMNS, "--empty", "drop")
    assert done.stderr == f"{file}: 1 row without a label dropped\n"


def test_a_file_with_another_delimiter_is_read_as_the_error_says(call, saved, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("request;intent\n네;예\n아뇨;아니오\n", "utf-8")
    done = call("evaluate", saved, "--data", file, *COLUMNS)
    assert done.exit_code == 2
    assert "it seems to be ';': pass delimiter=';' (--delimiter ';')" in done.stderr
    done = call("evaluate", saved, "--data", file, *COLUMNS, "--delimiter", ";")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("2 examples")
