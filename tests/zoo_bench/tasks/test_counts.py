"""The real data, counted. Needs `ZOO_DATA`; the bundled task needs nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import zoo
from zoo.data import load_task
from zoo_bench.tasks import TASK_SPECS

# before any fixture takes it away
DATA = os.environ.get("ZOO_DATA")

# publishers' counts; where train and validation are one file, a tenth of it is validation
COUNTS = {
    "3i4k": {"train": 55_134 - 5_513, "validation": 5_513, "test": 6_121},
    "banking77": {"train": 9_003, "validation": 1_000, "test": 3_080},
    "clinc150": {"train": 15_000, "validation": 3_000, "test": 4_500, "out_of_scope": 1_000},
}
# all counted by the README of the data, not by this code
CLEAN_TEST_ROWS = {"3i4k": 5_504, "banking77": 3_080 - 6}


def real_task(name, monkeypatch):
    if not DATA or not (Path(DATA) / name).is_dir():
        pytest.skip(f"ZOO_DATA does not hold {name}: set it to a folder of the publishers' files")
    monkeypatch.setenv("ZOO_DATA", DATA)
    return load_task(name)


@pytest.mark.parametrize("name", COUNTS)
def test_splits_have_the_published_sizes(name, monkeypatch):
    task = real_task(name, monkeypatch)
    spec = next(spec for spec in TASK_SPECS if spec.name == name)

    assert {split: len(examples) for split, examples in task.splits.items()} == COUNTS[name]
    assert len(task.labels) == spec.num_labels
    assert task.is_verified


@pytest.mark.parametrize("name", CLEAN_TEST_ROWS)
def test_known_leaks_between_train_and_test_are_found(name, monkeypatch):
    assert len(real_task(name, monkeypatch).clean_test_rows) == CLEAN_TEST_ROWS[name]


def test_the_audit_of_3i4k_counts_as_the_readme_of_the_data_does(monkeypatch):
    report = zoo.audit(real_task("3i4k", monkeypatch), encoders=())

    seen = report.within[0]
    (overlap,) = (one for one in report.overlaps if one.split == "test")
    assert (len(overlap.exact), len(overlap.relabelled)) == (617, 28)
    assert (seen.rows, seen.repeats, seen.conflicts) == (55_134, 3_339, 186)
    # 43.5 % of the test rows of class 5
    test_counts = report.split("test").label_counts
    label = "rhetorical command"
    assert round(100 * overlap.by_label[label] / test_counts[label], 1) == 43.5
    assert report.findings[0].cause == "shared_texts"
    assert not report.is_healthy


@pytest.mark.slow
def test_nsmc_shares_what_the_readme_counts_but_for_three_blank_documents(monkeypatch):
    report = zoo.audit(real_task("nsmc", monkeypatch), encoders=(), near=None)

    (overlap,) = (one for one in report.overlaps if one.split == "test")
    # the README's 1,655 has the three blank documents of test, which the task leaves out
    assert len(overlap.exact) == 1_655 - 3


@pytest.mark.slow
def test_nsmc_loses_its_empty_documents_only(monkeypatch):
    task = real_task("nsmc", monkeypatch)
    dropped = sum(
        int(note.split()[1].replace(",", "")) for note in task.notes if note.endswith("dropped")
    )

    assert len(task.train) + len(task.validation) + len(task.test) + dropped == 200_000
    assert 0 < dropped < 20
    assert set(task.train.label_counts) == {"negative", "positive"}


def test_the_bundled_task_is_as_its_spec_says():
    task = load_task("ko-intents")
    spec = next(spec for spec in TASK_SPECS if spec.name == "ko-intents")

    assert spec.num_labels in (None, len(task.labels))
    assert task.out_of_scope is not None
    assert len(task.clean_test_rows) == len(task.test)
