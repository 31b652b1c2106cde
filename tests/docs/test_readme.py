"""What the README shows is what happens."""

import re
import tomllib

import pytest
from pages import DOCS, blocks, run

from zoo_bench import leaderboard, tables
from zoo_bench.reading import find_roots, read_all

ROOT = DOCS.parent
READMES = ("README.md", "README.ko.md")


def shown(readme, language):
    """The fenced blocks of one language, in order."""
    return [block.text for block in blocks(ROOT / readme) if block.language == language]


def run_python(source, folder):
    return run(["-c", source], folder)


def test_both_readmes_show_the_same_code():
    english, korean = (
        [block for language in ("python", "toml", "yaml") for block in shown(readme, language)]
        for readme in READMES
    )
    assert english == korean


def test_both_readmes_show_the_same_tables():
    english, korean = (shown(readme, "text") for readme in READMES)
    assert english == korean
    assert len(english) == 2


def test_the_table_of_real_input_is_that_of_the_committed_results():
    contents = read_all(find_roots(ROOT / "benchmarks/results"))
    assert shown("README.md", "text")[1] == tables.render(leaderboard.build(contents))


def test_every_committed_pair_has_learned_with_every_seed():
    contents = read_all(find_roots(ROOT / "benchmarks/results"))
    pairs = [result for result in contents.results if result.kind == "pair"]
    assert len(pairs) == 60
    assert {pair.verdict for pair in pairs} == {"learned"}
    # the majority class has 0.3
    assert all(pair.metrics["test"]["accuracy"] > 0.7 for pair in pairs)


@pytest.mark.slow
def test_the_first_example_learns(tmp_path):
    source = shown("README.md", "python")[0]
    # one epoch, to be quick
    source = source.replace(
        "task.validation)", 'task.validation, zoo.Recipe(epochs=1, precision="fp32"))'
    )
    done = run_python(source, tmp_path)
    assert done.returncode == 0, done.stderr
    accuracy, label = done.stdout.split()
    assert 0 < float(accuracy) < 1
    assert (
        label
        in run_python(
            "import zoo; print(*zoo.load_task('ko-intents').labels)", tmp_path
        ).stdout.split()
    )


@pytest.fixture
def third_party_head(tmp_path):
    """The package of the section on a head of your own, as pip would install it."""
    for block in shown("README.md", "python"):
        if found := re.match(r"# (zoo_mean/\w+\.py)\n", block):
            file = tmp_path / found[1]
            file.parent.mkdir(exist_ok=True)
            file.write_text(block, encoding="utf-8")
    entry_points = tomllib.loads(shown("README.md", "toml")[0])["project"]["entry-points"]["zoo"]
    metadata = tmp_path / "zoo_mean-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: zoo-mean\nVersion: 1.0\n")
    lines = [f"{name} = {module}" for name, module in entry_points.items()]
    (metadata / "entry_points.txt").write_text("\n".join(["[zoo]", *lines, ""]))
    return tmp_path


def test_the_third_party_head_is_listed(third_party_head):
    done = run_python(
        "import zoo; print([one.name for one in zoo.heads()])",
        third_party_head,
    )
    assert "'mean'" in done.stdout, done.stderr


def test_the_third_party_head_keeps_the_mask_rule(third_party_head):
    source = """
import torch, zoo
classifier = zoo.build("bert-nano", "mean", num_labels=3, seed=0)
texts = ["네", "오늘 저녁에 뭐 먹지 고민이네"]
together = classifier.predict(texts)
alone = [classifier.predict(text) for text in texts]
assert all(abs(a.score - b.score) < 1e-5 for a, b in zip(together, alone))
"""
    done = run_python(source, third_party_head)
    assert done.returncode == 0, done.stderr


def test_the_suite_is_accepted(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(shown("README.md", "yaml")[0], encoding="utf-8")
    source = f"from zoo_bench.suite import load_suite\nprint(load_suite({str(file)!r}).name)"
    done = run_python(source, tmp_path)
    assert done.stdout.strip() == "mine", done.stderr
