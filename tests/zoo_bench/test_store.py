"""Records on disk: durable, locked, quarantined when broken, untouched when newer."""

import errno
import fcntl
import json
import os
import stat
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_runs import IS_NEWER, make_newer, make_predictions, make_result, make_spec

from zoo import durable
from zoo_bench.reading import NewerSchema, UnreadableRecord, read_contents, read_record
from zoo_bench.records import Failure, Result, RunSpec, to_json
from zoo_bench.store import DiskError, ResultsError, Store

FLOCK = fcntl.flock


@pytest.fixture
def store(tmp_path):
    return Store.open(tmp_path / "results")


def finish(store, spec, accuracy=0.9):
    """Write a complete run."""
    content = make_predictions(spec.seed)
    claim = store.claim(spec)
    store.write_spec(spec)
    result = make_result(spec, accuracy, content=content)
    store.write_result(result, content, "a log\n")
    claim.release()
    return result


def make_failure(spec):
    return Failure(
        run_id=spec.run_id,
        kind="error",
        message="KeyError: 'x'",
        traceback="",
        failed_at=datetime(2024, 1, 1, tzinfo=UTC),
    )


# what lies where


def test_a_finished_run_has_the_documented_files(store):
    spec = make_spec()
    finish(store, spec)
    assert (store.root / "zoo-results.json").is_file()
    assert sorted(path.name for path in store.folder(spec).iterdir()) == [
        "log.txt",
        "predictions.safetensors",
        "result.json",
        "spec.json",
    ]


def test_records_read_back_as_they_were_written(store):
    spec = make_spec()
    result = finish(store, spec)
    assert read_record(store.folder(spec) / "spec.json", RunSpec) == spec
    assert store.result(spec) == result


def test_a_record_is_ascii_with_sorted_keys_and_one_field_a_line():
    text = to_json(make_spec())
    assert text.isascii()
    keys = [line.split('"')[1] for line in text.splitlines()[1:-1]]
    assert keys == sorted(keys)
    assert json.loads(text)["task"]["labels"] == ["질문", "명령"]


def test_a_result_has_every_documented_field():
    documented = (
        "schema_version run_id protocol task encoder head recipe seed verdict metrics per_class "
        "confusion cost history predictions provenance"
    )
    assert set(documented.split()) <= set(Result.model_fields)


def test_a_run_that_succeeds_has_no_old_failure_left(store):
    spec = make_spec()
    claim = store.claim(spec)
    store.write_failure(spec, make_failure(spec), "")
    claim.release()
    assert store.failure(spec) is not None
    finish(store, spec)
    assert store.failure(spec) is None


# writing


def test_a_failing_write_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch):
    path = tmp_path / "record.json"
    durable.write(path, b"old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        durable.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def full_disk(handle):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_file_and_folder_are_synced_around_the_rename(tmp_path, monkeypatch):
    synced = []
    real = os.fsync

    def record(handle):
        synced.append(os.path.realpath(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", record)
    durable.write(tmp_path / "a", b"1")
    assert [path.startswith(str(tmp_path / ".a.")) for path in synced] == [True, False]
    assert synced[1] == str(tmp_path)


def test_a_full_disk_is_one_error_that_says_how_much_is_free(store, monkeypatch):
    spec = make_spec()
    store.claim(spec)
    store.write_spec(spec)
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(DiskError, match=r"no space left for .* bytes free\); make room") as caught:
        store.write_result(make_result(spec), None, "")
    assert caught.value.exit_code == 1
    assert store.result(spec) is None


def test_leftovers_of_a_killed_writer_are_removed(store):
    spec = make_spec()
    store.claim(spec).release()
    leftover = store.folder(spec) / ".result.json.999.tmp"
    leftover.write_bytes(b"half")
    store.claim(spec)
    assert not leftover.exists()


# the root


def test_a_file_is_no_results_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match=r"results: .*/file is a file; name a folder"):
        Store.open(tmp_path / "file")


def test_somebody_elses_folder_is_not_written_into(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ResultsError, match=r"holds other files and no zoo-results.json"):
        Store.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_empty_folder_and_a_missing_one_become_roots(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing/deep"):
        Store.open(tmp_path / name)
        assert (tmp_path / name / "zoo-results.json").is_file()


def test_a_read_only_folder_is_found_out_before_any_run(tmp_path, monkeypatch):
    def refuse(path, content):
        raise OSError(errno.EROFS, "Read-only file system")

    Store.open(tmp_path / "results")
    monkeypatch.setattr(durable, "write", refuse)
    with pytest.raises(DiskError, match=r"cannot write in .*: Read-only file system; name another"):
        Store.open(tmp_path / "results")


def test_a_newer_root_is_refused_and_untouched(store):
    marker = store.root / "zoo-results.json"
    make_newer(marker)
    before = marker.stat().st_mtime_ns
    with pytest.raises(NewerSchema, match=IS_NEWER):
        Store.open(store.root)
    assert marker.stat().st_mtime_ns == before


@pytest.mark.parametrize("damaged", ["", "{}", "[", '{"schema_version": "3"}'])
def test_a_broken_marker_is_mended_with_the_line_that_its_error_gives(store, damaged):
    finish(store, make_spec())
    marker = store.root / "zoo-results.json"
    marker.write_text(damaged)
    with pytest.raises(UnreadableRecord, match=r"no run beside it is lost: put a file") as caught:
        Store.open(store.root)
    assert str(caught.value).startswith(f"{marker}: ")
    marker.write_text(str(caught.value).split("in its place: ")[1])
    assert Store.open(store.root).result(make_spec()) is not None


# locks


def test_a_run_is_claimed_by_one_only(store):
    first = store.claim(make_spec())
    assert store.claim(make_spec()) is None
    assert store.claim(make_spec(seed=1)) is not None
    first.release()
    assert store.claim(make_spec()) is not None


def test_the_kernel_releases_the_claim_of_a_killed_process(store):
    program = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from fake_runs import make_spec
        from zoo_bench.store import Store
        claim = Store(Path(sys.argv[1])).claim(make_spec())
        print("claimed", flush=True)
        time.sleep(60)
    """)
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(store.root)], stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"claimed\n"
    assert store.claim(make_spec()) is None
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert store.claim(make_spec()) is not None


def over_nfs(handle, operation):
    """`flock` of Linux over NFS: refused without writing, and no folder is locked for others."""
    if stat.S_ISDIR(os.fstat(handle).st_mode):
        return
    if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    FLOCK(handle, operation)


def over_smb(handle, operation):
    """`flock` of Linux over SMB, which says EACCES of a lock that another process has."""
    if stat.S_ISDIR(os.fstat(handle).st_mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    try:
        FLOCK(handle, operation)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None


@pytest.mark.parametrize("flock", [over_nfs, over_smb])
def test_a_run_is_claimed_by_one_only_on_file_systems_of_a_network(store, monkeypatch, flock):
    monkeypatch.setattr(fcntl, "flock", flock)
    test_a_run_is_claimed_by_one_only(Store.open(store.root))


def open_handles():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_found_out_before_any_run(store, monkeypatch, code):
    def refuse(handle, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    before = open_handles()
    for attempt in (lambda: Store.open(store.root), lambda: store.claim(make_spec())):
        with pytest.raises(ResultsError) as caught:
            attempt()
        assert str(caught.value) == (
            f"results: the file system of {store.root} grants no locks ({os.strerror(code)}), and "
            "without them two commands could compute the same run at once; have it mounted with "
            "locks (over NFS: with its lock service running), or name a folder elsewhere with "
            "--results"
        )
    assert open_handles() == before


def test_a_claim_and_one_of_a_zoo_that_locks_the_folder_exclude_each_other(store):
    spec = make_spec()
    before = open_handles()
    store.claim(spec).release()
    older = os.open(store.folder(spec), os.O_RDONLY)
    fcntl.flock(older, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert store.claim(spec) is None
    fcntl.flock(older, fcntl.LOCK_UN)
    claim = store.claim(spec)
    with pytest.raises(BlockingIOError):
        fcntl.flock(older, fcntl.LOCK_EX | fcntl.LOCK_NB)
    claim.release()
    fcntl.flock(older, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(older)
    assert open_handles() == before


# broken records


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text[: len(text) // 2], "cannot be read"),
        (lambda text: "", "cannot be read"),
        (lambda text: "[]", "has no schema_version"),
        (lambda text: text.replace('"threads": 1', '"threads": "1"'), "threads: Input should be"),
        (lambda text: text.replace('"seed": 0', '"seed": 1'), "is not the run's hash"),
        (lambda text: text.replace("0.9,", "NaN,"), "NaN is no JSON number"),
        (lambda text: text.replace("0.9,", "1e999,"), "the number 1e999 is too large"),
        (
            lambda text: text.replace('"seed": 0', '"seed": 0, "seed": 0'),
            "'seed' stands there twice",
        ),
        (lambda text: "[" * 100_000, "nested too deeply"),
        (lambda text: text.replace('"seed": 0', '"seed": 0, "mood": 1'), "mood: Extra inputs"),
    ],
)
def test_a_broken_result_is_named_with_its_reason(store, damage, reason):
    spec = make_spec()
    finish(store, spec)
    path = store.folder(spec) / "result.json"
    path.write_text(damage(path.read_text()), encoding="utf-8")
    with pytest.raises(UnreadableRecord, match=r"result.json") as caught:
        store.result(spec)
    assert reason in str(caught.value)


def test_a_result_with_a_flipped_byte_in_its_predictions_is_unreadable(store):
    spec = make_spec()
    finish(store, spec)
    path = store.folder(spec) / "predictions.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UnreadableRecord, match=r"its predictions.safetensors has SHA-256"):
        store.result(spec)


def test_predictions_that_cannot_be_read_make_a_result_unreadable(store):
    spec = make_spec()
    finish(store, spec)
    path = store.folder(spec) / "predictions.safetensors"
    path.unlink()
    path.mkdir()
    with pytest.raises(UnreadableRecord, match=r"its predictions.safetensors cannot be read: Is a"):
        store.result(spec)
    moved = store.quarantine(spec, "a folder in its place")
    assert (moved.folder / path.name).is_dir()
    assert not path.exists()


def test_a_broken_spec_is_quarantined_and_written_anew(store):
    spec = make_spec()
    store.claim(spec)
    assert store.write_spec(spec) is None
    (store.folder(spec) / "spec.json").write_text('{"schema_version"')
    moved = store.write_spec(spec)
    assert (moved.folder / "spec.json").read_text() == '{"schema_version"'
    assert "spec.json: cannot be read" in (moved.folder / "reason.txt").read_text()
    assert read_record(store.folder(spec) / "spec.json", RunSpec) == spec


def test_quarantine_moves_the_record_with_its_reason_and_keeps_earlier_ones(store):
    spec = make_spec()
    for number in (1, 2):
        finish(store, spec)
        moved = store.quarantine(spec, "made up")
        assert moved.folder.name == f"{spec.folder_name}-{number}"
        assert sorted(path.name for path in moved.folder.iterdir()) == [
            "predictions.safetensors",
            "reason.txt",
            "result.json",
        ]
    assert (moved.folder / "reason.txt").read_text() == "made up\n"
    assert store.result(spec) is None


def test_a_newer_result_is_refused_and_untouched(store):
    spec = make_spec()
    finish(store, spec)
    path = store.folder(spec) / "result.json"
    make_newer(path)
    with pytest.raises(NewerSchema, match=IS_NEWER):
        store.result(spec)
    with pytest.raises(NewerSchema):
        read_contents(store.root)
    assert path.exists()


def test_one_broken_record_does_not_hide_the_others(store):
    specs = [make_spec(seed=seed) for seed in range(3)]
    for spec in specs:
        finish(store, spec)
    (store.folder(specs[1]) / "result.json").write_text("{")
    contents = read_contents(store.root)
    assert [result.seed for result in contents.results] == [0, 2]
    assert [error.path.parent for error in contents.unreadable] == [store.folder(specs[1])]
