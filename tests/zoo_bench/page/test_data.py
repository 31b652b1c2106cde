"""What the page is given: all of the leaderboard, and behind every row its runs."""

import dataclasses
import json
import shutil
from collections import Counter

import pytest
from fake_boards import HOSTILE, OUT_OF_SCOPE
from fake_runs import make_result, make_spec

from zoo.terminal import printable
from zoo_bench import leaderboard
from zoo_bench.entries import Entry
from zoo_bench.page.data import page_fields
from zoo_bench.reading import Contents, find_roots, read_all
from zoo_bench.records import Component, Provenance

OURS = {"distribution": "intentzoo", "version": "0.1.0", "target": "some.where:Thing"}


@pytest.fixture(scope="module")
def contents(board_root):
    return read_all(find_roots(board_root))


@pytest.fixture(scope="module")
def fields(contents):
    return page_fields(leaderboard.build(contents), contents, {})


def entries_of(fields, task="toy"):
    [found] = [one for one in fields["boards"][0]["tasks"] if one["id"] == task]
    return {entry["name"]: entry for entry in found["entries"]}


def test_every_run_is_behind_exactly_one_row(contents, fields):
    shown = Counter(
        run["run_id"]
        for board in fields["boards"]
        for task in board["tasks"]
        for entry in task["entries"]
        for run in entry["runs"]
    )
    stored = [*contents.results, *(spec for spec, _ in contents.failures), *contents.unfinished]
    assert shown == Counter(run.run_id for run in stored)


def test_a_row_has_every_field_of_its_entry(fields):
    for entry in entries_of(fields).values():
        assert {field.name for field in dataclasses.fields(Entry)} <= set(entry)


def test_a_run_says_where_its_numbers_come_from(fields):
    [run, *_] = entries_of(fields)["koelectra+linear"]["runs"]
    environment = fields["environments"][run["environment"]]
    assert set(run["provenance"]) | set(environment) == set(Provenance.model_fields)
    assert environment["git_sha"] == "4" * 40
    assert environment["certificates"]["head"]["passed"] == 22
    assert len(run["run_id"]) == len(run["predictions"]) == 64


def test_failed_diverged_and_unfinished_runs_say_so(fields):
    entry = entries_of(fields)["bert+crf"]
    assert [run["state"] for run in entry["runs"]] == ["failed", "diverged", "unfinished"]
    assert entry["runs"][0]["failure"]["kind"] == "out_of_memory"
    assert entry["runs"][1]["reason"] == "loss was nan in step 7"
    assert (entry["n"], entry["accuracy"]) == (0, None)


def test_confusions_are_sums_and_classes_means_over_the_seeds(fields):
    entry = entries_of(fields)["koelectra+linear"]
    assert entry["confusion"] == [[0, 0, 27], [0, 1, 3], [1, 0, 3], [1, 1, 27]]
    [first, _] = entry["per_class"]
    assert (first["recall"], first["f1"], first["support"]) == (0.9, None, 10)


def test_a_record_with_a_class_too_few_gets_no_row(board_root, tmp_path):
    root = shutil.copytree(board_root, tmp_path / "results")
    path = next(root.glob("runs/koelectra-linear-toy-s0-*/result.json"))
    record = json.loads(path.read_text())
    record["per_class"].pop()
    path.write_text(json.dumps(record))
    contents = read_all([root])
    fields = page_fields(leaderboard.build(contents), contents, {})
    assert entries_of(fields)["koelectra+linear"]["n"] == 2
    [reason] = fields["unreadable"]
    assert reason.endswith("per_class has 1 entries, the task has 2 labels")


def test_what_is_out_of_scope_stands_at_the_row_and_at_each_of_its_runs(fields):
    entry = entries_of(fields, "감정 분류")["koelectra+linear"]
    assert (entry["auroc"]["mean"], entry["fpr_at_95_tpr"]["n"]) == (0.8125, 2)
    assert [run["metrics"]["out_of_scope"] for run in entry["runs"]] == [OUT_OF_SCOPE] * 2
    assert entries_of(fields)["koelectra+linear"]["auroc"] is None


def test_comparisons_name_rows_by_their_place(fields):
    task = fields["boards"][0]["tasks"][0]
    for first, second, difference, *_ in task["comparisons"]:
        means = [task["entries"][place]["clean_accuracy"]["mean"] for place in (first, second)]
        assert difference == pytest.approx(means[0] - means[1], abs=2e-5)


def test_names_obey_nothing_and_numbers_are_finite(fields):
    text = json.dumps(fields, allow_nan=False, ensure_ascii=False)
    assert printable(text) == text
    assert f"{printable(HOSTILE[3])}+{printable(HOSTILE[3])}" in entries_of(fields)


def test_the_standings_over_tasks_are_there(fields):
    across = fields["boards"][0]["across"]
    assert across["tasks"] == 3
    assert across["standings"][0]["name"] == "koelectra+linear"


def test_rows_of_the_same_name_keep_their_own_runs():
    theirs = OURS | {"distribution": "zoo-mine"}
    runs = [
        make_result(make_spec(head=Component(name="crf", **(theirs | {"version": version}))))
        for version in ("1.0", "1.1")
    ]
    contents = Contents(tuple(runs))
    [first, second] = entries_of(page_fields(leaderboard.build(contents), contents, {})).values()
    assert {first["runs"][0]["run_id"], second["runs"][0]["run_id"]} == {run.run_id for run in runs}


def test_boards_share_no_runs():
    other = make_spec(seed=1, recipe={"epochs": 9, "encoder_learning_rate": 0.0005})
    contents = Contents((make_result(make_spec()), make_result(other)))
    boards = page_fields(leaderboard.build(contents), contents, {})["boards"]
    assert [len(board["tasks"][0]["entries"][0]["runs"]) for board in boards] == [1, 1]


def test_values_that_a_suite_gives_one_head_part_no_board_and_are_shown():
    own = make_spec(
        head="crf",
        recipe={"epochs": 3, "encoder_learning_rate": 0.0005},
        overridden={"epochs": 1},
    )
    contents = Contents((make_result(make_spec()), make_result(own)))
    found = entries_of(page_fields(leaderboard.build(contents), contents, {}))
    entry = found["bert-nano+crf"]
    assert (entry["recipe"]["epochs"], entry["overridden"]) == (3, {"epochs": 1})
    assert entry["runs"][0]["run_id"] == own.run_id


def test_a_task_whose_content_changed_has_another_address():
    changed = make_spec().task.model_copy(update={"content_sha256": "d" * 64})
    contents = Contents((make_result(make_spec()), make_result(make_spec(task=changed))))
    [board] = page_fields(leaderboard.build(contents), contents, {})["boards"]
    assert [task["id"] for task in board["tasks"]] == ["toy~cccccc", "toy~dddddd"]
