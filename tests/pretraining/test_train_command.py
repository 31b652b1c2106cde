"""`python -m pretraining train`: what is refused before any work."""

import pytest
from click.testing import CliRunner

from pretraining.__main__ import main


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
