"""Records of every released schema can still be read: golden roots that no test ever writes.

To release a schema: run `python tests/zoo_bench/test_migrations.py`, which writes its golden root.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest
from fake_runs import SCOPED, make_baseline_spec, make_spec
from test_results_command import fill, honest_result, write_failure

from zoo.measurements import Answers, Measurements, Movement
from zoo_bench.migrations import migrate
from zoo_bench.reading import find_roots, read_contents
from zoo_bench.records import SCHEMA_VERSION, TokensRecord, to_json
from zoo_bench.store import Store
from zoo_bench.verification import faults

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = range(1, SCHEMA_VERSION + 1)


# by what came with schema 3: a run that was measured
MEASURED = {
    "verdict": "undertrained",
    "suggestion": "train longer: epochs 1 → 2",
    "measurements": Measurements(
        chance_loss=0.6931,
        least_loss=0.0,
        first_loss=0.7,
        steps=4,
        answers=Answers.of([[8, 2], [1, 9]]),
        encoder=Movement(moved_share=0.9, relative_change=0.01),
        head=None,
    ),
}
TOKENS = TokensRecord(max_length=128, unknown_share=0.02, truncated_share=0.001)


def golden_spec(**changes):
    """Of an encoder from random weights, as the first golden roots have it."""
    encoder = make_spec().encoder.model_copy(update={"pretrained": False})
    return make_spec(encoder, **changes)


def write_golden(root):
    # with schema 4 came the scores of an out-of-scope split
    scoped = golden_spec(head="textcnn", task=SCOPED)
    store = fill(root, golden_spec(), make_baseline_spec("tfidf-svm"), scoped)
    write_failure(store, golden_spec(seed=1))
    spec = golden_spec(head="bilstm")
    store.claim(spec).release()
    store.write_spec(spec)
    result, content = honest_result(spec)
    store.write_result(result.model_copy(update=MEASURED), content, "a log\n")
    # with schema 5 came how many tokens were unknown
    counted = golden_spec(head="linear")
    store.claim(counted).release()
    store.write_spec(counted)
    result, content = honest_result(counted)
    store.write_result(result.model_copy(update={"tokens": TOKENS}), content, "a log\n")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_golden_root_reads_whole_and_follows_from_its_predictions(schema):
    [root] = find_roots(GOLDEN / f"schema-{schema}")
    contents = read_contents(root)
    assert contents.unreadable == ()
    measured = ["bert-nano[scratch]+bilstm"] if schema >= 3 else []
    scoped = ["bert-nano[scratch]+textcnn"] if schema >= 4 else []
    counted = ["bert-nano[scratch]+linear"] if schema >= 5 else []
    expected = [*measured, *counted, "bert-nano[scratch]+mlp", *scoped, "tfidf-svm"]
    assert [result.who for result in contents.results] == expected
    assert [failure.message for _, failure in contents.failures] == ["boom"]
    for result in contents.results:
        assert result.schema_version == SCHEMA_VERSION
        assert faults(result, contents.folders[result.run_id]) == []


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_migrated_run_is_the_run_it_was(schema):
    contents = read_contents(GOLDEN / f"schema-{schema}")
    present = read_contents(GOLDEN / f"schema-{SCHEMA_VERSION}")
    assert set(map(to_json, contents.results)) <= set(map(to_json, present.results))
    assert contents.failures == present.failures


def test_measurements_are_read_as_they_were_written():
    [result] = [one for one in read_contents(GOLDEN / "schema-3").results if one.measurements]
    assert {name: getattr(result, name) for name in MEASURED} == MEASURED


def test_a_verdict_from_before_measurements_stays_what_was_recorded():
    [pair] = [one for one in read_contents(GOLDEN / "schema-2").results if one.kind == "pair"]
    assert (pair.verdict, pair.measurements, pair.suggestion) == ("learned", None, None)


def test_a_result_from_before_an_out_of_scope_split_was_scored_has_no_such_score():
    for result in read_contents(GOLDEN / "schema-3").results:
        assert result.task.n_out_of_scope is None
        assert "out_of_scope" not in result.metrics


def test_a_result_from_before_tokens_were_counted_has_no_such_shares():
    assert {result.tokens for result in read_contents(GOLDEN / "schema-4").results} == {None}
    present = read_contents(GOLDEN / "schema-5").results
    assert [one.tokens for one in present if one.tokens] == [TOKENS]


def test_the_present_schema_is_written_as_its_golden_records_are():
    contents = read_contents(GOLDEN / f"schema-{SCHEMA_VERSION}")
    for result in contents.results:
        stored = (contents.folders[result.run_id] / "result.json").read_text("ascii")
        assert to_json(result) == stored, "the schema changed: bump SCHEMA_VERSION, add a step"


def test_a_step_changes_the_version_and_no_file(tmp_path):
    root = tmp_path / "old"
    shutil.copytree(GOLDEN / "schema-1", root)
    before = {path: path.read_bytes() for path in root.rglob("*.json")}
    read_contents(root)
    assert {path: path.read_bytes() for path in root.rglob("*.json")} == before
    old = json.loads(next(root.glob("runs/*/result.json")).read_text())
    assert migrate(old)["schema_version"] == SCHEMA_VERSION
    assert old["schema_version"] == 1


def test_an_old_root_goes_on_and_its_mark_says_so(tmp_path):
    root = tmp_path / "old"
    shutil.copytree(GOLDEN / "schema-1", root)
    done = next(root.glob("runs/bert-nano-mlp-toy-s0-*/result.json"))
    before = done.read_bytes()
    store = Store.open(root)
    assert store.result(golden_spec()) is not None
    assert done.read_bytes() == before
    # an older zoo now refuses the root as a whole, and not record by record
    assert json.loads((root / "zoo-results.json").read_text())["schema_version"] == SCHEMA_VERSION


if __name__ == "__main__":
    write_golden(GOLDEN / f"schema-{SCHEMA_VERSION}")
    sys.exit(0)
