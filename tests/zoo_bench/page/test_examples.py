"""Which texts may be shown, and which rows were wrong with most confidence."""

import numpy as np
import pytest
from fake_boards import make_predictions
from fake_runs import TASK, make_result, make_spec

from zoo import load_task
from zoo_bench import leaderboard, predictions
from zoo_bench.page.build import build_page
from zoo_bench.page.data import page_fields
from zoo_bench.page.examples import MOST_EXAMPLES, Texts, most_wrong, texts_of
from zoo_bench.predictions import Predictions
from zoo_bench.reading import Contents

MANIFEST = """
import zoo

@zoo.hookimpl
def zoo_tasks():
    yield zoo.TaskSpec(
        name="toy", target="zoo_toys:load", description="a task", licence={spec!r}
    )

def load():
    {prepare}
    one = zoo.Examples(("켜", "꺼"), ("on", "off"))
    return zoo.Task(
        name="toy", train=one, validation=one, test=one, labels=("on", "off"), licence={task!r},
        source="https://example.org/toy",
    )
"""
SCORES = {"accuracy": 0.5, "macro_f1": 0.5, "nll": 0.4}


@pytest.fixture
def toy(write_distribution, only_site):
    """Install the task `toy` with these licences; gives its record."""

    def install(spec="CC0-1.0", task="CC0-1.0", prepare="pass"):
        source = MANIFEST.format(spec=spec, task=task, prepare=prepare)
        write_distribution(
            "zoo-toys", modules={"zoo_toys/__init__.py": source}, entry_points={"toys": "zoo_toys"}
        )
        return TASK.model_copy(update={"labels": ("on", "off")})

    return install


def with_content(record):
    return record.model_copy(update={"content_sha256": load_task("toy").content_sha256})


@pytest.mark.parametrize("licence", ["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0"])
def test_an_open_licence_lets_texts_be_shown_with_their_source(toy, licence):
    found = texts_of(with_content(toy(licence, licence)))
    assert found == Texts(("켜", "꺼"), licence, "https://example.org/toy")


@pytest.mark.parametrize("licence", ["CC-BY-NC-4.0", "CC-BY-ND-4.0", "proprietary", "cc0?"])
def test_other_licences_keep_texts_back_and_nothing_is_loaded(toy, licence):
    found = texts_of(toy(licence, prepare="raise SystemExit('it was loaded')"))
    assert found.texts is None
    assert found.reason == f"The licence of the task, {licence}, does not let its texts be shown."


def test_no_licence_is_no_permission(toy):
    assert texts_of(toy(None)).reason == "The task names no licence, so its texts are not shown."


def test_the_loaded_task_must_have_the_licence_too(toy):
    record = toy("CC0-1.0", "CC-BY-NC-4.0")
    assert texts_of(with_content(record)).texts is None


def test_other_content_is_never_shown_as_that_of_the_runs(toy):
    reason = texts_of(toy()).reason
    assert reason.startswith("The task toy has other content here (")
    assert reason.endswith("than these runs saw (cccccccccccc…).")


def test_a_task_that_cannot_be_loaded_is_a_sentence(toy):
    reason = texts_of(toy(prepare="raise OSError('no such disk')")).reason
    assert reason.startswith("The texts cannot be had here: ")
    assert "no such disk" in reason


def test_an_unknown_task_is_a_sentence(only_site):
    assert "no task is called 'toy'" in texts_of(TASK).reason


def result_of(tmp_path, seed, content, metrics=SCORES):
    result = make_result(make_spec(seed=seed), metrics={"test": metrics, "test_clean": metrics})
    folder = tmp_path / result.run_id
    folder.mkdir()
    (folder / "predictions.safetensors").write_bytes(content)
    return result, folder


def test_the_surest_mistakes_come_first(tmp_path):
    logits = np.array([[0, 1], [0, 3], [5, 0], [0, 2]], dtype=np.float32)
    content = predictions.to_bytes(
        Predictions(logits, np.zeros(4, dtype=int), np.arange(4), logits, np.zeros(4, dtype=int))
    )
    result, folder = result_of(tmp_path, 0, content)
    found = most_wrong([result], {result.run_id: folder})
    assert [one.row for one in found] == [1, 3, 0]
    # the softmax of 0 and 3 by hand: 1 / (1 + exp(-3))
    assert found[0].probability == pytest.approx(0.95257, abs=1e-5)
    assert (found[0].label, found[0].predicted, found[0].wrong) == (0, 1, 1)


def test_seeds_are_averaged_and_counted(tmp_path):
    runs = [
        result_of(tmp_path, seed, make_predictions(make_spec(seed=seed), 0.2)) for seed in (0, 1)
    ]
    found = most_wrong([run for run, _ in runs], {run.run_id: folder for run, folder in runs})
    assert len(found) <= MOST_EXAMPLES
    assert {one.wrong for one in found} == {2}


def test_margins_are_no_probabilities(tmp_path):
    content = make_predictions(make_spec(), 0.2)
    result, folder = result_of(tmp_path, 0, content, metrics=SCORES | {"nll": None})
    assert most_wrong([result], {result.run_id: folder}) == []


def test_texts_reach_the_page_as_they_are_and_escaped(tmp_path):
    text = "</script>눌러\u2028줘"
    result, folder = result_of(tmp_path, 0, make_predictions(make_spec(), 0.0))
    contents = Contents((result,), folders={result.run_id: folder})
    board = leaderboard.build(contents)
    texts = {(TASK.name, TASK.content_sha256): Texts((text,) * 20, "CC0-1.0")}
    fields = page_fields(board, contents, texts)
    [entry] = fields["boards"][0]["tasks"][0]["entries"]
    assert {one["text"] for one in entry["examples"]} == {text}


def test_without_examples_no_task_is_looked_for(only_site, tmp_path, monkeypatch):
    monkeypatch.setattr("zoo_bench.page.build.texts_of", lambda task: pytest.fail("looked for"))
    contents = Contents((make_result(make_spec()),))
    html = build_page(leaderboard.build(contents), contents, with_examples=False)
    assert "This page was built without examples." in html
