"""Stored results as curves over the number of examples, and the agreement of two boards."""

import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner
from fake_runs import TASK, make_baseline_spec, make_result, make_spec

from learning_curves.__main__ import main
from learning_curves.agreement import agreements
from learning_curves.curves import curves_of, table
from learning_curves.scores import read, scores_of, write
from zoo_bench.records import EncoderRecord, Protocol, RunSpec
from zoo_bench.store import Store

SCRATCH = EncoderRecord(
    name="bert-nano",
    distribution="intentzoo",
    version="0.1.0",
    target="some.where:Thing",
    pretrained=False,
)


def on(examples, accuracy, *, validation=None, **pair):
    """A run on the toy task with so many of its examples."""
    name = "toy" if examples == TASK.n_train else f"toy@{examples}"
    task = TASK.model_copy(update={"name": name, "n_train": examples})
    result = make_result(make_spec(task=task, **pair), accuracy)
    scores = {**result.metrics["validation"], "accuracy": validation or accuracy}
    return result.model_copy(update={"metrics": result.metrics | {"validation": scores}})


@pytest.fixture
def results():
    return [
        on(10, 0.50, seed=0),
        on(10, 0.60, seed=1),
        on(100, 0.90, seed=0),
        # better on test, but not on validation, which is what chooses
        on(100, 0.95, validation=0.1, head="linear"),
        on(10, 0.30, encoder=SCRATCH),
        make_result(make_baseline_spec("tfidf-svm"), 0.7),
        make_result(make_baseline_spec("majority-class"), 0.2),
    ]


def test_a_curve_has_the_best_head_by_validation_and_the_mean_over_seeds(results):
    curves = curves_of(scores_of(results))["toy"]
    assert set(curves) == {"bert-nano", "bert-nano[scratch]", "tfidf-svm"}
    ten, hundred = curves["bert-nano"]
    assert (ten.examples, ten.accuracy.n, ten.head) == (10, 2, "mlp")
    assert ten.accuracy.mean == pytest.approx(55)
    assert (hundred.accuracy.mean, hundred.head) == (pytest.approx(90), "mlp")


def test_the_table_has_a_row_for_each_method_and_a_column_for_each_size(results):
    assert table(curves_of(scores_of(results))["toy"], "en").splitlines() == [
        "| encoder | 10 | 100 |",
        "|---|--:|--:|",
        "| bert-nano | 55.0 ± 63.5 mlp | 90.0 mlp (n=1) |",
        "| bert-nano, from scratch | 30.0 mlp (n=1) |  |",
        "| tfidf-svm |  | 70.0 (n=1) |",
    ]


def stored(folder, results):
    store = Store.open(folder)
    for result in results:
        spec = RunSpec(**{name: getattr(result, name) for name in RunSpec.model_fields})
        store.claim(spec).release()
        store.write_spec(spec)
        store.write_result(result, None, "")
    return str(folder)


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def test_the_report_prints_a_table_and_draws_each_method(results, tmp_path):
    file, figure = str(tmp_path / "scores.jsonl"), str(tmp_path / "it.svg")
    assert run("collect", stored(tmp_path / "results", results), "--output", file).exit_code == 0
    done = run("report", file, "--figure", figure)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("toy\n\n| encoder | 10 | 100 |\n")
    words = {element.text for element in ET.parse(figure).iter()}
    assert {"toy", "training examples", "bert-nano, from scratch", "tfidf-svm"} <= words


def test_scores_are_read_as_they_were_written(results, tmp_path):
    write(scores_of(results), tmp_path / "scores.jsonl")
    assert read(tmp_path / "scores.jsonl") == scores_of(results)


def test_scores_of_other_runs_stay_in_the_file(results, tmp_path):
    file = tmp_path / "scores.jsonl"
    worse = on(10, 0.40, seed=0)
    for name, some in (("first", [worse, *results[1:3]]), ("second", [results[0], *results[3:]])):
        run("collect", stored(tmp_path / name, some), "--output", str(file))
    assert read(file) == scores_of(results)


def test_two_recipes_of_a_pair_are_no_one_score(tmp_path):
    file = tmp_path / "scores.jsonl"
    both = [on(10, 0.5, recipe={"epochs": epochs}) for epochs in (3, 9)]
    done = run("collect", stored(tmp_path / "results", both), "--output", str(file))
    assert done.exit_code == 1
    first, second = sorted(result.folder_name for result in both)
    assert (
        f"bert-nano+mlp/toy@10/0 is there as two runs, {first} and {second}, which differ in "
        "what a score does not tell, as the recipe or a version"
    ) in done.stderr
    assert not file.exists()


def test_another_file_is_named_with_its_line(tmp_path):
    (tmp_path / "other.jsonl").write_text('{"epochs": 3}\n')
    done = run("report", str(tmp_path / "other.jsonl"))
    assert done.exit_code == 1
    assert "other.jsonl, line 1: this is no score; python -m learning_curves collect" in done.stderr


def test_two_versions_of_a_protocol_are_no_one_mean(results, tmp_path):
    file = tmp_path / "scores.jsonl"
    write(scores_of(results), file)
    newer = stored(tmp_path / "newer", [on(10, 0.7, protocol=Protocol(name="toy", version=2))])
    done = run("collect", newer, "--output", str(file))
    assert done.exit_code == 1
    assert f"{file} is left as it is: there are scores of toy 1 and toy 2, which" in done.stderr
    assert read(file) == scores_of(results)
    write(
        [*scores_of(results), *scores_of([on(10, 0.7, protocol=Protocol(name="x", version=1))])],
        file,
    )
    done = run("report", str(file))
    assert done.exit_code == 1
    assert "there are scores of toy 1 and x 1, which may not be averaged" in done.stderr


def test_one_size_is_no_curve(results, tmp_path):
    write(scores_of(results[:2]), tmp_path / "scores.jsonl")
    done = run("report", str(tmp_path / "scores.jsonl"), "--figure", str(tmp_path / "it.svg"))
    assert done.exit_code == 1
    assert "no task has results for two numbers of examples" in done.stderr


def test_agreement_of_boards_on_disk(tmp_path):
    heads = ("linear", "mlp", "textcnn")
    board = [make_result(make_spec(head=head), 0.5 + len(head) / 100) for head in heads]
    write(scores_of(board), tmp_path / "all.jsonl")
    write(scores_of(board[:2]), tmp_path / "few.jsonl")
    whole, few = (str(tmp_path / name) for name in ("all.jsonl", "few.jsonl"))
    assert "| toy | 3 | 1.00 | 1.00 |" in run("agreement", whole, whole).stdout
    assert "share no task with three pairs or more" in run("agreement", whole, few).stderr


def test_a_folder_without_results_is_named(tmp_path):
    done = run("collect", str(tmp_path), "--output", str(tmp_path / "scores.jsonl"))
    assert done.exit_code == 1
    assert f"no results in {tmp_path}" in done.stderr


def test_a_run_that_diverged_has_no_say(results):
    diverged = on(10, 0.0, seed=2).model_copy(update={"verdict": "diverged"})
    assert scores_of([*results, diverged]) == scores_of(results)


@pytest.mark.parametrize(
    ("orders", "expected"),
    [(([1, 2, 3, 4], [1, 2, 3, 4]), (1.0, 1.0)), (([1, 2, 3, 4], [4, 3, 2, 1]), (-1.0, -1.0))],
)
def test_agreement_is_one_for_the_same_order_and_minus_one_for_the_reverse(orders, expected):
    boards = [
        scores_of(
            make_result(make_spec(head=head), place / 10)
            for head, place in zip(("linear", "mlp", "textcnn", "bilstm"), order, strict=True)
        )
        for order in orders
    ]
    (found,) = agreements(*boards)
    assert (found.task, found.pairs) == ("toy", 4)
    assert (found.kendall, found.spearman) == pytest.approx(expected)


def test_two_pairs_are_no_order():
    board = scores_of(make_result(make_spec(head=head), 0.5) for head in ("linear", "mlp"))
    assert agreements(board, board) == []
