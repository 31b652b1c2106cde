"""The list of tasks is light, and says of each task what its data says."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections import Counter

import pytest

from zoo_bench.tasks import TASK_SPECS, about, published

RAW = "https://raw.githubusercontent.com"
URLS = {
    "banking77": [
        f"{RAW}/PolyAI-LDN/task-specific-datasets/master/banking_data/{name}.csv"
        for name in ("train", "test")
    ],
    "clinc150": [f"{RAW}/clinc/oos-eval/master/data/data_full.json"],
    "3i4k": [
        f"{RAW}/warnikchow/3i4k/master/data/train_val_test/{name}.txt"
        for name in ("fci_train_val", "fci_test")
    ],
    "nsmc": [f"{RAW}/e9t/nsmc/master/ratings_{name}.txt" for name in ("train", "test")],
}


def test_listing_tasks_imports_nothing_heavy():
    heavy = ("torch", "numpy", "yaml", "rich", "zoo.data")
    code = f"import sys, zoo_bench.tasks; print([one for one in {heavy} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_five_tasks_are_listed_by_name():
    assert [spec.name for spec in TASK_SPECS] == [
        "3i4k",
        "banking77",
        "clinc150",
        "ko-intents",
        "nsmc",
    ]


@pytest.mark.parametrize("spec", TASK_SPECS, ids=lambda spec: spec.name)
def test_every_target_is_a_function_without_arguments(spec):
    module, name = spec.target.split(":")

    assert getattr(importlib.import_module(module), name).__code__.co_argcount == 0


@pytest.mark.parametrize("spec", TASK_SPECS, ids=lambda spec: spec.name)
def test_every_task_names_licence_source_and_language(spec):
    assert spec.licence
    assert spec.source
    assert spec.languages


@pytest.mark.parametrize("name", URLS)
def test_files_come_from_the_publisher_and_have_a_checksum(name):
    spec = next(spec for spec in TASK_SPECS if spec.name == name)
    module = importlib.import_module(spec.target.partition(":")[0])
    files = [one for one in vars(module).values() if isinstance(one, published.PublishedFile)]

    assert Counter(file.url for file in files) == Counter(URLS[name])
    assert all(file.url.endswith(f"/{file.name}") and file.folder == name for file in files)
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in files)


def test_a_task_takes_over_what_its_spec_says():
    assert about("nsmc") == {
        "name": "nsmc",
        "languages": ("ko",),
        "licence": "CC0-1.0",
        "source": "https://github.com/e9t/nsmc",
    }
