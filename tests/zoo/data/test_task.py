"""A task: its splits fit its labels, its content has a hash, and it is found by name."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace

import pytest

from zoo.data import Examples, Task, load_task
from zoo.errors import DataError, PluginError, UnknownTask


def make_task(**changes):
    splits = {
        "train": Examples(("a", "b", "c"), ("x", "y", "x")),
        "validation": Examples(("d",), ("y",)),
        "test": Examples(("a", "e", "d", "B!"), ("x", "x", "y", "y")),
    }
    return Task(**{"name": "mine", "labels": ("x", "y"), **splits, **changes})


def message(**changes):
    with pytest.raises(DataError) as caught:
        make_task(**changes)
    return str(caught.value)


def test_rows_of_test_are_clean_if_neither_train_nor_validation_holds_their_text():
    task = make_task()

    assert task.clean_test_rows == (1, 3)


def test_the_hash_is_that_of_json_lines_anybody_can_write():
    lines = (
        '["x","y"]\n'
        '["train",["a","b","c"],["x","y","x"]]\n'
        '["validation",["d"],["y"]]\n'
        '["test",["a","e","d","B!"],["x","x","y","y"]]\n'
    )

    assert make_task().content_sha256 == hashlib.sha256(lines.encode("ascii")).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ("y", "x")},
        {"train": Examples(("a", "c", "b"), ("x", "x", "y"))},
        {"validation": Examples(("d",), ("x",))},
        {"test": Examples(("a",), ("x",))},
        {"out_of_scope": Examples(("z",), ("oos",))},
    ],
)
def test_every_change_of_content_changes_the_hash(changes):
    assert make_task(**changes).content_sha256 != make_task().content_sha256


def test_names_and_remarks_do_not_change_the_hash():
    task = make_task()
    other = replace(task, name="other", licence="CC0-1.0", notes=("a note",), is_verified=False)

    assert other.content_sha256 == task.content_sha256


def test_a_task_survives_pickling():
    task = make_task()
    digest = task.content_sha256

    assert pickle.loads(pickle.dumps(task)).content_sha256 == digest


def test_out_of_scope_may_have_any_label():
    assert list(make_task(out_of_scope=Examples(("z",), ("oos",))).splits) == [
        "train",
        "validation",
        "test",
        "out_of_scope",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"labels": ("x",)},
            "task 'mine': labels must be two or more different names, got ('x',)",
        ),
        (
            {"labels": ("x", "y", "x")},
            "task 'mine': labels must be two or more different names, got ('x', 'y', 'x')",
        ),
        ({"test": Examples((), ())}, "task 'mine': the test split is empty"),
        ({"out_of_scope": Examples((), ())}, "task 'mine': the out_of_scope split is empty"),
        (
            {"test": Examples(("a", "b"), ("X", "y"))},
            "task 'mine': the test split has labels that the task lacks: 'X'",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, said):
    assert message(**changes) == said


# by name

MANIFEST = """
import zoo

@zoo.hookimpl
def zoo_tasks():
    for name in ("mine", "none", "fails", "offline", "misnamed"):
        yield zoo.TaskSpec(name=name, target=f"mail_tasks.{name}:load", description="-")
"""
SPLITS = """
from zoo.data import Examples, Task

def load(name="{name}"):
    print("loading")
    split = Examples(("a", "b"), ("x", "y"))
    return Task(name=name, train=split, validation=split, test=split, labels=("x", "y"))
"""


@pytest.fixture
def plugin(only_site, write_distribution):
    write_distribution(
        "mail-tasks",
        "0.2",
        modules={
            "mail_tasks/__init__.py": MANIFEST,
            "mail_tasks/mine.py": SPLITS.format(name="mine"),
            "mail_tasks/misnamed.py": SPLITS.format(name="mine"),
            "mail_tasks/none.py": "def load():\n    return None\n",
            "mail_tasks/fails.py": "def load():\n    raise KeyError('text')\n",
            "mail_tasks/offline.py": (
                "from zoo.errors import DataError\n"
                "def load():\n    raise DataError('mail.csv is empty')\n"
            ),
        },
        entry_points={"main": "mail_tasks"},
    )


@pytest.mark.parametrize("name", ["mine", "mail-tasks:mine"])
def test_a_task_is_loaded_by_its_name(plugin, name, capsys):
    task = load_task(name)

    assert (task.name, len(task.train)) == ("mine", 2)
    # results alone belong on stdout
    assert capsys.readouterr() == ("", "loading\n")


@pytest.mark.parametrize(
    ("name", "error_type", "said"),
    [
        (
            "none",
            PluginError,
            "task 'none' of mail-tasks 0.2: its target 'mail_tasks.none:load' must return a "
            "zoo.Task, it returned NoneType",
        ),
        (
            "fails",
            PluginError,
            "task 'fails' of mail-tasks 0.2: its target 'mail_tasks.fails:load' failed: "
            "KeyError: 'text'",
        ),
        (
            "misnamed",
            PluginError,
            "task 'misnamed' of mail-tasks 0.2: its target 'mail_tasks.misnamed:load' returned a "
            "task of another name, 'mine'",
        ),
        ("offline", DataError, "mail.csv is empty"),
    ],
)
def test_a_task_that_cannot_be_loaded_names_the_guilty(plugin, name, error_type, said):
    with pytest.raises(error_type) as caught:
        load_task(name)

    assert str(caught.value) == said


def test_an_unknown_task_gets_the_nearest(plugin):
    with pytest.raises(UnknownTask, match="no task is called 'mien'; did you mean 'mine'"):
        load_task("mien")
