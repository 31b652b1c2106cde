"""A task: its splits fit its labels, its content has a hash, and it is found by name."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace

import pytest

from zoo.data import Examples, Task, load_task, parse_name
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
        (
            {"train": [("a", "x"), ("b", "y")]},
            "task 'mine': the train split is list, not Examples; zoo.data.as_examples makes them "
            "of pairs, frames and files",
        ),
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


@pytest.mark.parametrize(
    ("name", "parts"),
    [("3i4k", ("3i4k", None)), ("3i4k@1000", ("3i4k", 1000)), ("zoo-x:a@7", ("zoo-x:a", 7))],
)
def test_a_name_says_how_many_examples_are_drawn(name, parts):
    assert parse_name(name) == parts


@pytest.mark.parametrize("count", ["", "1k", "1,000", "-5", "1.5", "٣"])
def test_a_count_that_is_none_is_refused(count):
    with pytest.raises(DataError) as caught:
        load_task(f"mine@{count}")
    assert str(caught.value) == (
        f"task 'mine@{count}': after the @ stands how many training examples to draw, mine@1000; "
        f"got {count!r}"
    )


@pytest.fixture
def hundred():
    def split(name, size):
        rows = range(size)
        return Examples([f"{name} {row}" for row in rows], ["xy"[row % 2] for row in rows])

    test = Examples(["train 3", "new"], ["x", "y"])
    return Task(
        name="hundred",
        train=split("train", 100),
        validation=split("validation", 30),
        test=test,
        labels=("x", "y"),
    )


def test_what_is_drawn_follows_the_seed_alone(hundred):
    drawn = hundred.drawn(40, seed=1)
    assert (drawn.name, len(drawn.train), len(drawn.validation)) == ("hundred@40", 40, 30)
    assert drawn.train == hundred.drawn(40, seed=1).train
    assert drawn.train != hundred.drawn(40, seed=2).train
    assert set(drawn.train) <= set(hundred.train)
    assert drawn.validation == hundred.validation
    # a pinned draw: what was drawn for stored results is drawn again by every later version
    assert hundred.drawn(3, seed=0).train.texts == ("train 21", "train 49", "train 64")


def test_what_is_drawn_knows_by_which_seed_and_a_part_of_it_does_not(hundred):
    drawn = hundred.drawn(40, seed=1).train
    assert drawn.draw == "40 examples that seed 1 drew of hundred"
    assert (hundred.train.draw, drawn[:3].draw) == (None, None)
    assert hundred.drawn(1, seed=1).train.draw == "1 example that seed 1 drew of hundred"


def test_a_larger_draw_holds_the_smaller(hundred):
    few, many = hundred.drawn(10, seed=5), hundred.drawn(20, seed=5)
    assert set(few.train) < set(many.train)
    assert set(few.validation) < set(many.validation)


def test_a_drawn_task_is_tested_as_the_whole(hundred):
    drawn = hundred.drawn(2, seed=0)
    assert drawn.test == hundred.test
    assert drawn.content_sha256 == hundred.content_sha256
    # "train 3" is not clean, whether it was drawn or not
    assert drawn.clean_test_rows == hundred.clean_test_rows == (1,)


@pytest.mark.parametrize("count", [0, 101])
def test_no_more_is_drawn_than_there_is(hundred, count):
    with pytest.raises(DataError) as caught:
        hundred.drawn(count, seed=0)
    assert str(caught.value) == (
        f"hundred@{count}: hundred has 100 training examples; draw 1 to all of them"
    )


def test_a_task_of_a_plugin_is_drawn_by_its_name(plugin):
    task = load_task("mail-tasks:mine@1", seed=3)
    assert (task.name, len(task.train), len(task.test)) == ("mine@1", 1, 2)
