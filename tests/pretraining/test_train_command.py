"""`python -m pretraining train`: what is refused before any work."""

import click
import pytest
from click.testing import CliRunner

from pretraining.__main__ import begin_or_go_on, main, read_record


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bert-nanoo"], "no encoder is called 'bert-nanoo'; did you mean 'bert-nano'?"),
        (
            ["bert-nano", "--objective", "replaced-tokens"],
            "--objective replaced-tokens needs a --generator",
        ),
    ],
)
def test_wrong_use_is_named_and_leaves_nothing(tmp_path, arguments, told):
    reviews, output = tmp_path / "reviews.txt", tmp_path / "run"
    reviews.write_text("정말 좋은 영화\n", "utf-8")
    command = ["train", *arguments, "--reviews", str(reviews), "--output", str(output)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code in (1, 2)
    assert told in done.output
    assert not output.exists()


def test_a_rate_that_blows_up_is_one_line_and_no_traceback(tmp_path, corpus, monkeypatch):
    monkeypatch.setattr("pretraining.__main__.load_corpus", lambda *_: (corpus, corpus))
    monkeypatch.setattr("pretraining.__main__.begin_with_counts", lambda *_: None)
    reviews = tmp_path / "reviews.txt"
    reviews.write_text("정말 좋은 영화\n", "utf-8")
    options = ["--tokens", "64", "--passes", "2", "--learning-rate", "1e30"]
    done = CliRunner().invoke(
        main,
        [
            "train",
            "bert-nano",
            *options,
            "--reviews",
            str(reviews),
            "--output",
            str(tmp_path / "a"),
        ],
    )
    assert done.exit_code == 1
    assert done.output.splitlines()[-1] == (
        "Error: a: a loss of the steps 1 to 50 is not finite; run it again with a lower "
        "--learning-rate and another --output"
    )


def test_a_run_goes_on_as_it_was_begun_and_not_as_another(tmp_path):
    record = {"encoder": "bert-nano", "objective": "masked-tokens", "learning_rate": 1e-3}
    begin_or_go_on(tmp_path, record)
    begin_or_go_on(tmp_path, record)
    assert read_record(tmp_path) == record
    with pytest.raises(click.ClickException) as error:
        begin_or_go_on(tmp_path, record | {"learning_rate": 5e-4})
    assert error.value.message.startswith(f"{tmp_path} holds a run whose learning_rate is 0.001, ")
    assert "and not 0.0005: go on as it was begun, or give another --output" in error.value.message
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]
