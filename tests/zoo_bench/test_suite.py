"""Suites: read as written, refused with the line, every fault at once."""

import pytest

from zoo.strict_yaml import load_yaml
from zoo_bench.resources import Resources
from zoo_bench.suite import Suite, SuiteError, load_suite, shipped_suites

GOOD = """\
name: mine
protocol: {name: mine, version: 1}
encoders: [bert-nano]
heads:
  - linear
  - name: mlp
    options: {hidden_size: 64}
tasks: [ko-intents]
seeds: [0, 1]
recipe:
  epochs: 1
  head_learning_rate: 1e-3
"""


@pytest.fixture
def write(tmp_path):
    def write_suite(text):
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write_suite


def faults_of(path):
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    return [line.removeprefix(path).removeprefix(", ") for line in str(caught.value).splitlines()]


def test_a_suite_reads_as_written(write):
    suite = load_suite(write(GOOD))
    assert suite.seeds == (0, 1)
    assert [head.name for head in suite.heads] == ["linear", "mlp"]
    assert suite.heads[1].options == {"hidden_size": 64}
    assert (suite.training.epochs, suite.training.head_learning_rate) == (1, 0.001)
    assert (suite.baselines, suite.threads, suite.pretrained) == (True, 1, True)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("tasks:", "task:", "line 8: there is no 'task'; did you mean 'tasks'?"),
        ("version: 1", "versoin: 1", "line 2: there is no 'protocol.versoin'; did you mean"),
        ("    options", "    option", "line 7: there is no 'heads.1.option'; did you mean"),
        ("seeds: [0, 1]", "seeds: [0, -1]", "line 9: seeds.1: write 0 or more; got -1"),
        (
            "seeds: [0, 1]",
            "seeds: [0, 4294967296]",
            "line 9: seeds.1: write 4294967295 or less; got",
        ),
        ("seeds: [0, 1]", "seeds: [0, 1.5]", "line 9: seeds.1: write a whole number; got 1.5"),
        ("seeds: [0, 1]", "seeds: [0, true]", "line 9: seeds.1: write a whole number; got true"),
        ("seeds: [0, 1]", "seeds: [0, null]", "line 9: seeds.1: write a whole number; got null"),
        ("seeds: [0, 1]", "seeds: [1, 1]", "line 9: seeds: 1 stands there twice"),
        (
            "seeds: [0, 1]",
            "seeds: []",
            "line 9: seeds: write one at least, such as [0, 1, 2]; got []",
        ),
        (
            "seeds: [0, 1]",
            "seeds: 3",
            "line 9: seeds: write a list of whole numbers, such as [0, 1, 2]; got 3",
        ),
        (
            "name: mine\np",
            "name: ../x\np",
            "line 1: name: write small letters a to z, digits, '.', '_' and '-', a letter or a digit "
            'first, such as my-suite: the folder of the results is called so; got "../x"',
        ),
        (
            "name: mine\np",
            "name: 3\np",
            "line 1: name: write text; what looks like a number goes in",
        ),
        (
            "tasks: [ko-intents]",
            "tasks: []",
            "line 8: tasks: write one at least, such as [ko-intents]",
        ),
        ("  - linear\n", "  - 3\n", "line 5: heads.0: write a name, or a mapping of name and"),
        (
            "{name: mine, version: 1}",
            "mine",
            "line 2: protocol: write a mapping of names to values",
        ),
        ("tasks:", "baselines: 3\ntasks:", "line 8: baselines: write true or false; got 3"),
        ("  epochs: 1\n", "  epochs: 0\n", "line 11: epochs must be at least 1, got 0"),
        ("  epochs: 1\n", "  epoch: 1\n", "line 11: a recipe has no 'epoch'; did you mean"),
        ("  epochs: 1\n", "  patience: 2\n", "line 10: a suite fixes epochs, so that every pair"),
        ("1e-3", "-0.001", "line 12: head_learning_rate must be above 0"),
        (
            "tasks: [ko-intents]",
            "tasks: [ko-intents, {name: ko-intents}]",
            "line 8: tasks: 'ko-intents' stands there twice",
        ),
        (
            "tasks: [ko-intents]",
            "tasks: [{name: ko-intents, options: {}}]",
            "line 8: there is no 'tasks.0.options'; known: name, recipe",
        ),
        (
            "tasks: [ko-intents]",
            "tasks: [{name: ko-intents, recipe: {epochs: null}}]",
            "line 8: a suite fixes epochs, so that every pair takes the same steps; write epochs: 5",
        ),
        (
            "tasks: [ko-intents]",
            "tasks: [{name: ko-intents, recipe: {epoch: 2}}]",
            "line 8: a recipe has no 'epoch'; did you mean 'epochs'?",
        ),
        (
            "  - linear\n",
            "  - {name: linear, pretrained: false}\n",
            "line 5: there is no 'heads.0.pretrained'; known: name, options, recipe",
        ),
        (
            "tasks:",
            "resources: {gpu: 1}\ntasks:",
            "line 8: there is no 'resources.gpu'; did you mean",
        ),
        (
            "tasks:",
            "resources: {gpus: 2}\ntasks:",
            "line 8: resources.gpus: write 1 or less; got 2",
        ),
        (
            "tasks:",
            "resources: {cpus: 0}\ntasks:",
            "line 8: resources.cpus: write a number above 0; got 0",
        ),
        (
            "    options: {hidden_size: 64}",
            "    recipe: {head_learning_rate: -1}",
            "line 7: head_learning_rate must be above 0, got -1",
        ),
        (
            "    options: {hidden_size: 64}",
            "    recipe: {epochs: 3}",
            "line 7: epochs is the same for every pair of a suite; an encoder or a head may have",
        ),
        (
            "    options: {hidden_size: 64}",
            "    recipe: {learning_rate: 3}",
            "line 7: a recipe has no 'learning_rate'; there are encoder_learning_rate and head_",
        ),
        ("seeds: [0, 1]", "seeds: [0, 1]\nexclude: 3", "line 10: exclude: write a name, or a list"),
    ],
)
def test_a_fault_is_named_with_its_line(write, old, new, fault):
    assert old in GOOD
    faults = faults_of(write(GOOD.replace(old, new)))
    assert any(one.startswith(fault) for one in faults), faults


def test_resources_are_read_as_written(write):
    suite = load_suite(write(GOOD + "resources: {cpus: 2, gpus: 0.25, memory_gb: 4}\n"))
    assert suite.resources == Resources(cpus=2, gpus=0.25, memory_gb=4)


def test_all_faults_are_named_at_once(write):
    text = GOOD.replace("seeds: [0, 1]", "seeds: [-1]").replace("epochs: 1", "epochs: 0")
    faults = faults_of(write(text.replace("tasks:", "task:")))
    assert sorted(one.split(":")[0] for one in faults) == ["", "line 11", "line 8", "line 9"]
    assert ": tasks is missing" in faults


def test_one_name_alone_needs_no_list(write):
    text = GOOD.replace("tasks: [ko-intents]", "tasks: ko-intents\nexclude: '*+mlp'")
    suite = load_suite(write(text))
    assert [task.name for task in suite.tasks] == ["ko-intents"]
    assert suite.exclude == ("*+mlp",)
    text = GOOD.replace("tasks: [ko-intents]", "tasks: {name: ko-intents}")
    assert faults_of(write(text)) == [
        'line 8: tasks: write a name, or a list of names; got {"name": "ko-intents"}'
    ]


@pytest.mark.parametrize("text", ["", "- a list", "just text"])
def test_what_is_no_mapping_is_no_suite(write, text):
    [fault] = faults_of(write(text))
    assert fault.endswith("a suite is a mapping of names to values")


def test_a_name_too_long_for_a_file_is_an_unknown_one():
    with pytest.raises(SuiteError, match="there is no file 'xxx"):
        load_suite("x" * 300)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(SuiteError, match=r"no suite of this name; did you mean 'quick'\?"):
        load_suite("quik")


@pytest.mark.parametrize("name", ["korean", "korean-frozen", "paper", "quick"])
def test_every_shipped_suite_can_be_read(name):
    suite = load_suite(name)
    assert suite.name == name
    assert sorted(shipped_suites()) == ["korean", "korean-frozen", "paper", "quick"]


def test_a_suite_of_text_can_be_read():
    assert Suite.from_document(load_yaml(GOOD)).name == "mine"
