"""Stored results verified, joined and packed."""

import gzip
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fake_runs import SCOPED, TASK, make_baseline_spec, make_result, make_spec

from zoo_bench import predictions
from zoo_bench.commands import leaderboard
from zoo_bench.commands.results import command
from zoo_bench.outcomes import score_predictions
from zoo_bench.predictions import Predictions
from zoo_bench.records import Failure, PredictionsRecord
from zoo_bench.store import DiskError, ResultsError, Store


def honest_result(spec, draw_from=0, *, has_probabilities=True):
    """A result that follows from its predictions, and their bytes."""
    draw = np.random.default_rng([spec.seed, draw_from])
    found = Predictions(
        logits=draw.normal(size=(20, 2)).astype(np.float32),
        labels=draw.integers(0, 2, 20),
        clean_rows=np.arange(TASK.n_test_clean),
        validation_logits=draw.normal(size=(20, 2)).astype(np.float32),
        validation_labels=draw.integers(0, 2, 20),
        out_of_scope_logits=(
            None
            if spec.task.n_out_of_scope is None
            else draw.normal(size=(spec.task.n_out_of_scope, 2)).astype(np.float32)
        ),
    )
    content = predictions.to_bytes(found)
    scores = score_predictions(found, TASK.labels, has_probabilities=has_probabilities)
    return make_result(
        spec,
        content=content,
        metrics=scores.metrics,
        undefined=scores.undefined,
        per_class=scores.per_class,
        confusion=scores.confusion,
    ), content


def fill(root, *specs, draw_from=0):
    store = Store.open(root)
    for spec in specs:
        store.claim(spec).release()
        store.write_spec(spec)
        result, content = honest_result(spec, draw_from, has_probabilities=spec.kind == "pair")
        store.write_result(result, content, "a log\n")
    return store


def write_failure(store, spec):
    store.claim(spec).release()
    store.write_spec(spec)
    fields = {"run_id": spec.run_id, "kind": "error", "message": "boom", "traceback": ""}
    failure = Failure.model_validate_json(
        json.dumps(fields | {"failed_at": "2024-01-01T00:00:00Z"})
    )
    store.write_failure(spec, failure, "")


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def files(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


# verify


def test_honest_results_pass_and_stay_as_they_are(tmp_path):
    fill(tmp_path, make_spec(), make_spec(seed=1), make_baseline_spec("tfidf-svm"))
    before = files(tmp_path)
    done = run("verify", tmp_path)
    assert done.exit_code == 0, done.output
    assert done.stdout == "3 results verified: every metric follows from its predictions\n"
    assert files(tmp_path) == before


def test_an_out_of_scope_split_is_verified_with_the_others(tmp_path):
    fill(tmp_path, make_spec(task=SCOPED), make_spec(seed=1))
    done = run("verify", tmp_path)
    assert done.exit_code == 0, done.output


def improved(result):
    metrics = {**result.metrics, "test": {**result.metrics["test"], "accuracy": 0.99}}
    return result.model_copy(update={"metrics": metrics})


def surer(result):
    metrics = {**result.metrics, "out_of_scope": {"auroc": 0.99, "fpr_at_95_tpr": 1.0}}
    return result.model_copy(update={"metrics": metrics})


def of_more_out_of_scope(result):
    task = result.task.model_copy(update={"n_out_of_scope": 11})
    return result.model_copy(update={"task": task})


def of_other_predictions(result):
    record = PredictionsRecord(sha256="0" * 64, n=20)
    return result.model_copy(update={"predictions": record})


def of_other_counts(result):
    return result.model_copy(update={"confusion": ((20, 0), (0, 0))})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (improved, "metrics.test.accuracy is 0.99, from the predictions comes 0."),
        (of_other_predictions, "the result says 000000000000…"),
        (of_other_counts, "confusion[0][0] is 20, from the predictions comes "),
        (surer, "metrics.out_of_scope.auroc is 0.99, from the predictions comes 0."),
        (of_more_out_of_scope, "task.n_out_of_scope is 11, from the predictions comes 10"),
    ],
)
def test_a_result_that_does_not_follow_is_named(tmp_path, change, fault):
    faulty = make_spec(seed=1, task=SCOPED)
    store = fill(tmp_path, make_spec(task=SCOPED), faulty)
    result, content = honest_result(faulty)
    store.write_result(change(result), content, "")
    done = run("verify", tmp_path)
    assert done.exit_code == 1
    assert str(store.folder(faulty)) in done.stdout
    assert fault in done.stdout
    assert done.stdout.endswith("2 results verified: 1 at fault\n")
    found = json.loads(run("verify", tmp_path, "--json").stdout)
    assert found["verified"] == 2 and len(found["failed"]) == 1


def test_a_board_that_verifies_leaves_out_what_does_not_follow(tmp_path):
    faulty = make_spec(seed=2)
    store = fill(tmp_path / "mine", make_spec(), make_spec(seed=1), faulty)
    result, content = honest_result(faulty)
    store.write_result(improved(result), content, "")

    def board(*options):
        done = CliRunner().invoke(leaderboard.command, [str(tmp_path / "mine"), *options])
        [entry] = json.loads(done.stdout)["boards"][0]["tasks"][0]["entries"]
        return done, entry["accuracy"]["n"], json.loads(done.stdout)["unreadable"]

    done, seeds, unreadable = board("--json")
    assert (done.exit_code, seeds, unreadable) == (0, 3, [])
    done, seeds, [reason] = board("--json", "--verify")
    assert (done.exit_code, seeds) == (1, 2)
    assert done.stderr.endswith("3 results verified: 1 at fault, left out\n")
    assert "metrics.test.accuracy is 0.99, from the predictions comes" in reason
    store.write_result(result, content, "")
    done, seeds, unreadable = board("--json", "--verify")
    assert (done.exit_code, seeds, unreadable) == (0, 3, [])
    assert done.stderr.endswith("3 results verified: every metric follows from its predictions\n")
    (store.folder(faulty) / "result.json").write_text("{")
    done, seeds, [reason] = board("--json", "--verify")
    assert (done.exit_code, seeds) == (1, 2)
    assert done.stderr.endswith("follows from its predictions, 1 more cannot be read\n")
    files = ["--format", "all", "-o", str(tmp_path / "board"), "--verify", "--no-examples"]
    assert CliRunner().invoke(leaderboard.command, [str(tmp_path / "mine"), *files]).exit_code == 1
    assert reason in json.loads((tmp_path / "board/leaderboard.json").read_text())["unreadable"]


def board_of(place, *options):
    done = CliRunner().invoke(leaderboard.command, [str(place), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def boards_of(place):
    found = json.loads(board_of(place, "--json"))
    entries = found["boards"][0]["tasks"][0]["entries"]
    return found, [(entry["accuracy"]["n"], entry["accuracy"]["mean"]) for entry in entries]


@pytest.mark.parametrize(("draw_from", "is_conflict"), [(0, False), (1, True)])
def test_a_board_counts_the_run_that_a_merge_keeps_and_names_the_other(
    tmp_path, draw_from, is_conflict
):
    first = fill(tmp_path / "all/a", make_spec())
    second = fill(tmp_path / "all/b", make_spec(), draw_from=draw_from)
    run("merge", tmp_path / "all", "-o", tmp_path / "merged")
    found, entries = boards_of(tmp_path / "all")
    assert entries == boards_of(tmp_path / "merged")[1] == boards_of(first.root)[1]
    named = (
        f"{second.folder(make_spec())}: bert-nano+mlp/toy/0, computed twice, with different "
        f"predictions; the one in {first.folder(make_spec())} counts"
    )
    assert found["repeated"] == ([named] if is_conflict else [])
    for form in ("table", "md"):
        words = board_of(tmp_path / "all", "--format", form).split()
        assert ("there twice: " in " ".join(words)) is is_conflict


def test_a_copied_run_folder_counts_once_and_is_named(tmp_path):
    store = fill(tmp_path / "ours", make_spec(), make_spec(seed=1))
    write_failure(store, make_spec(seed=2))
    for spec in (make_spec(), make_spec(seed=2)):
        folder = store.folder(spec)
        shutil.copytree(folder, folder.with_name(f"{folder.name}-copy"))
    found, [(seeds, _)] = boards_of(store.root)
    assert seeds == 2
    assert [len(cause["runs"]) for cause in found["causes"]] == [1]
    first = store.folder(make_spec())
    assert len(found["repeated"]) == 2
    assert (
        f"{first}-copy: bert-nano+mlp/toy/0, the same run twice; the one in {first} counts"
    ) in found["repeated"]
    verified = run("verify", store.root)
    assert verified.exit_code == 0
    assert f"left out, there twice: {first}-copy" in verified.stderr


def test_a_finished_run_counts_before_a_copy_of_it_that_had_failed(tmp_path):
    store = fill(tmp_path / "ours", make_spec())
    write_failure(Store.open(tmp_path / "failed"), make_spec())
    failed = store.root / "runs/a-backup"
    shutil.copytree(Store(tmp_path / "failed").folder(make_spec()), failed)
    found, [(seeds, _)] = boards_of(store.root)
    assert (seeds, found["causes"]) == (1, [])
    [named] = found["repeated"]
    assert named.startswith(f"{failed}: ")


def test_a_result_without_its_predictions_cannot_be_read_and_is_no_fault_of_the_others(tmp_path):
    store = fill(tmp_path, make_spec(), make_spec(seed=1))
    (store.folder(make_spec()) / "predictions.safetensors").unlink()
    done = run("verify", tmp_path)
    assert done.exit_code == 1
    assert "its predictions.safetensors is missing" in done.stdout
    assert done.stdout.endswith(
        "1 result verified: every metric follows from its predictions, 1 more cannot be read\n"
    )


def test_nothing_to_verify_is_said(tmp_path):
    done = run("verify", tmp_path)
    assert done.exit_code != 0
    assert f"{tmp_path} holds no results of zoo" in str(done.exception)


# merge


def test_two_roots_become_one_byte_for_byte(tmp_path):
    ours = fill(tmp_path / "ours", make_spec())
    theirs = fill(tmp_path / "theirs", make_spec(seed=1))
    done = run("merge", tmp_path / "ours", tmp_path / "theirs", "-o", tmp_path / "both")
    assert done.exit_code == 0, done.output
    assert "2 finished and 0 failed runs came in, 0 were there already" in done.stdout
    expected = files(ours.root) | files(theirs.root)
    assert files(tmp_path / "both") == expected


def test_a_result_takes_the_place_of_a_failure_and_never_the_reverse(tmp_path):
    failed = Store.open(tmp_path / "failed")
    write_failure(failed, make_spec())
    fill(tmp_path / "done", make_spec())
    for sources in (("failed", "done"), ("done", "failed")):
        target = tmp_path / "-".join(sources)
        run("merge", *(tmp_path / source for source in sources), "-o", target)
        store = Store.open(target)
        assert store.result(make_spec()) is not None
        assert store.failure(make_spec()) is None


def test_a_run_computed_twice_is_named_and_the_first_stays(tmp_path):
    fill(tmp_path / "ours", make_spec())
    fill(tmp_path / "theirs", make_spec(), draw_from=1)
    before = files(tmp_path / "ours")
    done = run("merge", tmp_path / "theirs", "-o", tmp_path / "ours")
    assert "bert-nano+mlp/toy/0: computed twice, with different predictions" in done.stdout
    assert files(tmp_path / "ours") == before


@pytest.mark.parametrize(("draw_from", "is_conflict"), [(0, False), (1, True)])
def test_only_one_having_predicted_what_is_out_of_scope_is_no_conflict(
    tmp_path, draw_from, is_conflict
):
    before_schema_4 = make_spec(task=SCOPED.model_copy(update={"n_out_of_scope": None}))
    fill(tmp_path / "ours", before_schema_4)
    fill(tmp_path / "theirs", make_spec(task=SCOPED), draw_from=draw_from)
    done = run("merge", tmp_path / "theirs", "-o", tmp_path / "ours")
    assert "0 finished and 0 failed runs came in, 1 were there already" in done.stdout
    assert ("computed twice" in done.stdout) is is_conflict


def test_a_broken_run_is_left_out_aloud(tmp_path):
    store = fill(tmp_path / "ours", make_spec(), make_spec(seed=1))
    (store.folder(make_spec()) / "result.json").write_text("{")
    done = run("merge", tmp_path / "ours", "-o", tmp_path / "both")
    assert done.exit_code == 1
    assert "left out, unreadable" in done.stdout
    assert run("merge", tmp_path / "ours", "-o", tmp_path / "both", "--json").exit_code == 1
    assert Store.open(tmp_path / "both").result(make_spec(seed=1)) is not None


def test_a_failed_run_without_its_spec_is_left_out_aloud(tmp_path):
    store = Store.open(tmp_path / "ours")
    write_failure(store, make_spec())
    missing = store.folder(make_spec()) / "spec.json"
    missing.unlink()
    reason = f"{missing}: is missing"
    assert json.loads(board_of(store.root, "--json"))["unreadable"] == [reason]
    done = run("merge", store.root, "-o", tmp_path / "both")
    assert f"  left out, unreadable: {reason}\n" in done.stdout


def truncated(folder):
    (folder / "result.json").write_text("{")


def without_predictions(folder):
    (folder / "predictions.safetensors").unlink()


@pytest.mark.parametrize("damage", [truncated, without_predictions])
def test_a_good_run_takes_the_place_of_a_broken_one(tmp_path, damage):
    good = fill(tmp_path / "good", make_spec())
    ours = fill(tmp_path / "ours", make_spec())
    folder = ours.folder(make_spec())
    damage(folder)
    broken = (folder / "result.json").read_bytes()
    done = run("merge", tmp_path / "good", "-o", tmp_path / "ours")
    assert done.exit_code == 0, done.output
    [moved] = (tmp_path / "ours/quarantine").iterdir()
    assert "1 finished and 0 failed runs came in, 0 were there already" in done.stdout
    assert f"  mended: {folder}/result.json: " in done.stdout
    assert f"moved to {moved}, a good one is in its place" in done.stdout
    assert (moved / "result.json").read_bytes() == broken
    assert files(ours.root / "runs") == files(good.root / "runs")


def test_a_failure_does_not_take_the_place_of_a_broken_run(tmp_path):
    write_failure(Store.open(tmp_path / "failed"), make_spec())
    ours = fill(tmp_path / "ours", make_spec())
    truncated(ours.folder(make_spec()))
    before = files(ours.root)
    done = run("merge", tmp_path / "failed", "-o", tmp_path / "ours")
    assert f"left out, unreadable: {ours.folder(make_spec())}/result.json: " in done.stdout
    assert files(ours.root) == before


def finish_when(monkeypatch, method, name, store):
    """Let a failed run finish once `method` of a path of this name in its folder was called."""
    real, folder = getattr(Path, method), store.folder(make_spec())

    def called(path):
        found = real(path)
        if path == folder / name and not store.has_result(make_spec()):
            store.write_result(*honest_result(make_spec()), "a log\n")
        return found

    monkeypatch.setattr(Path, method, called)


@pytest.mark.parametrize("taken_by", ["merge", "pack"])
@pytest.mark.parametrize(("method", "name"), [("read_bytes", "log.txt"), ("exists", "error.json")])
def test_a_run_that_finishes_while_it_is_taken_is_taken_whole(
    tmp_path, monkeypatch, taken_by, method, name
):
    theirs = Store.open(tmp_path / "theirs")
    write_failure(theirs, make_spec())
    with monkeypatch.context() as patched:
        finish_when(patched, method, name, theirs)
        if taken_by == "merge":
            run("merge", theirs.root, "-o", tmp_path / "ours")
        else:
            run("pack", theirs.root)
    if taken_by == "pack":
        run("merge", tmp_path / "theirs.tar.gz", "-o", tmp_path / "ours")
    assert files(tmp_path / "ours/runs") == files(theirs.root / "runs")
    assert Store(tmp_path / "ours").result(make_spec()) is not None


def test_a_stale_failure_beside_a_result_is_not_taken(tmp_path):
    theirs = fill(tmp_path / "theirs", make_spec())
    (theirs.folder(make_spec()) / "error.json").write_text("{}")
    run("pack", theirs.root)
    with tarfile.open(tmp_path / "theirs.tar.gz") as archive:
        assert not [name for name in archive.getnames() if name.endswith("error.json")]


@pytest.mark.parametrize("source", ["missing", "empty"])
def test_a_source_without_results_stops_before_anything_is_written(tmp_path, source):
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "ours", make_spec())
    done = run("merge", tmp_path / "ours", tmp_path / source, "-o", tmp_path / "both")
    assert done.exit_code != 0
    assert str(tmp_path / source) in str(done.exception)
    assert not (tmp_path / "both").exists()


def test_a_merge_that_cannot_write_names_its_own_option(tmp_path):
    fill(tmp_path / "ours", make_spec())
    (tmp_path / "file").write_text("")
    assert str(run("merge", tmp_path / "ours", "-o", tmp_path / "file").exception) == (
        f"results: {tmp_path / 'file'} is a file; name a folder with --output"
    )
    below = tmp_path / "file" / "both"
    assert str(run("merge", tmp_path / "ours", "-o", below).exception) == (
        f"results: cannot write in {below}: Not a directory; name another folder with --output"
    )


# pack


def test_a_pack_that_cannot_be_written_is_named(tmp_path):
    fill(tmp_path / "ours", make_spec())
    file = tmp_path / "nowhere" / "ours.tar.gz"
    done = run("pack", tmp_path / "ours", "-o", file)
    assert isinstance(done.exception, DiskError)
    assert str(done.exception) == (
        f"results: cannot write {file}: No such file or directory; name another file with --output"
    )


def test_what_a_merge_would_not_take_is_not_packed(tmp_path):
    fill(tmp_path / "ours", make_spec())
    done = run("pack", tmp_path / "ours", "-o", tmp_path / "ours.zip")
    assert isinstance(done.exception, ResultsError)
    assert str(done.exception) == (
        f"results: zoo results merge would not take {tmp_path / 'ours.zip'}; name a file that ends "
        "in .tar.gz or .tgz with --output"
    )
    assert not (tmp_path / "ours.zip").exists()


def test_a_packed_root_comes_out_as_it_went_in(tmp_path):
    store = fill(tmp_path / "ours", make_spec(), make_spec(seed=1))
    write_failure(store, make_spec(seed=2))
    done = run("pack", tmp_path / "ours")
    assert done.exit_code == 0, done.output
    packed = tmp_path / "ours.tar.gz"
    assert done.stdout == f"{packed}: 3 runs, {packed.stat().st_size:,} bytes\n"
    run("merge", packed, "-o", tmp_path / "again")
    assert files(tmp_path / "again") == files(tmp_path / "ours")


def test_the_same_runs_pack_to_the_same_bytes(tmp_path):
    fill(tmp_path / "ours", make_spec())
    for name in ("a.tar.gz", "b.tar.gz"):
        run("pack", tmp_path / "ours", "-o", tmp_path / name)
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_a_hostile_archive_writes_nothing_outside(tmp_path):
    hostile = tmp_path / "hostile.tar.gz"
    (tmp_path / "payload").write_text("x")
    with tarfile.open(hostile, "w:gz") as archive:
        archive.add(tmp_path / "payload", "../../escaped")
    done = run("merge", hostile, "-o", tmp_path / "both")
    assert done.exit_code != 0
    assert "cannot be unpacked" in str(done.exception)
    assert not (tmp_path / "both").exists()


def with_a_damaged_header(packed):
    # stored and not deflated: one byte of the file is one byte of the archive
    stored = gzip.compress(gzip.decompress(packed), compresslevel=0)
    last = stored.rindex(b"ustar")
    return stored[:last] + b"U" + stored[last + 1 :]


def with_a_flipped_bit(packed):
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]


def cut_short(packed):
    return packed[: len(packed) // 2]


def of_other_bytes(packed):
    return b"no archive"


@pytest.mark.parametrize(
    "damage", [with_a_damaged_header, with_a_flipped_bit, cut_short, of_other_bytes]
)
def test_nothing_is_merged_of_a_damaged_packed_file(tmp_path, damage):
    fill(tmp_path / "ours", make_spec(), make_spec(seed=1))
    fill(tmp_path / "theirs", make_spec(seed=2))
    run("pack", tmp_path / "ours")
    packed = tmp_path / "ours.tar.gz"
    packed.write_bytes(damage(packed.read_bytes()))
    done = run("merge", tmp_path / "theirs", packed, "-o", tmp_path / "both")
    assert isinstance(done.exception, ResultsError)
    assert str(done.exception).startswith(f"results: {packed} is damaged, and nothing was merged (")
    assert not (tmp_path / "both").exists()


def test_what_is_no_results_root_is_not_packed(tmp_path):
    done = run("pack", tmp_path)
    assert done.exit_code != 0
    assert "is no results root" in str(done.exception)
