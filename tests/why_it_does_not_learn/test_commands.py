"""The commands of the experiment: what is half done goes on, and is not reported as whole."""

import json

import pytest
from click.testing import CliRunner

from why_it_does_not_learn import __main__ as commands
from why_it_does_not_learn.report import read_runs


def entry(training, seed):
    return {"training": training, "seed": seed, "accuracy": 0.5, "losses": [1.0], "causes": []}


@pytest.fixture
def path(tmp_path):
    """One finished training, and one whose line a kill cut off."""
    path = tmp_path / "runs.jsonl"
    path.write_text(json.dumps(entry("as posted", 0)) + '\n{"training": "al', "utf-8")
    return path


def test_a_line_that_a_kill_cut_off_is_trained_again(path, monkeypatch):
    class Now:
        def __init__(self, *_, **__):
            pass

        __enter__ = __exit__ = lambda self, *_: None

        def submit(self, _, name, seed):
            return (name, seed)

    class Done:
        def __init__(self, given):
            self.result = lambda: entry(*given)

    monkeypatch.setattr(commands, "ProcessPoolExecutor", Now)
    monkeypatch.setattr(commands, "as_completed", lambda given: map(Done, given))
    done = CliRunner().invoke(commands.main, ["train", str(path)])
    assert done.exit_code == 0, done.output
    runs = read_runs(path)
    assert len(runs) == len({(run.training, run.seed) for run in runs}) == 70


def test_what_is_not_trained_yet_is_named(path):
    done = CliRunner().invoke(commands.main, ["report", str(path)])
    assert done.exit_code == 1
    assert "not trained yet: only whole_optimizer, only second_layer" in done.output
    assert "python -m why_it_does_not_learn train" in done.output
