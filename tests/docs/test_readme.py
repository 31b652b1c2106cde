"""What the README shows is what happens."""

import json
import re
import tomllib

import pytest
from pages import DOCS, blocks, run

from zoo_bench import leaderboard, tables
from zoo_bench.page.data import page_fields
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


@pytest.fixture(scope="module")
def committed():
    return read_all(find_roots(ROOT / "benchmarks/results"))


def test_the_table_of_real_input_is_that_of_the_committed_results(committed):
    table = shown("README.md", "text")[1]
    assert table.startswith("3i4k@1000: test accuracy in %")
    assert table in tables.render(leaderboard.build(committed))


def test_the_committed_page_shows_the_committed_results(committed):
    page = (ROOT / "benchmarks/results/leaderboard/index.html").read_text("utf-8")
    stored = json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', page)[1])
    due = page_fields(leaderboard.build(committed), committed, {})
    for board, other in zip(stored["boards"], due["boards"], strict=True):
        for task, same in zip(board["tasks"], other["tasks"], strict=True):
            # read from the task, which is not here
            for name in ("audit", "texts"):
                del task[name], same[name]
            for entry in task["entries"]:
                entry.pop("examples", None)
    assert stored == json.loads(json.dumps(due))


def test_every_committed_pair_has_learned_with_every_seed(committed):
    pairs = [result for result in committed.results if result.kind == "pair"]
    # four with all of 3i4K, two with 10,000 examples and eight with 1,000
    assert len(pairs) == 5 * (4 + 2 + 8)
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
