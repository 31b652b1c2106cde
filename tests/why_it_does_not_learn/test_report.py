"""The table and the figure from stored runs."""

import json
import xml.etree.ElementTree as ET

import pytest

from why_it_does_not_learn.report import LANGUAGES, draw, read_runs, table
from why_it_does_not_learn.training import SEEDS, trainings


@pytest.fixture
def path(tmp_path):
    """Shuffling is worth 40 points, everything else nothing; a seed is worth one."""
    lines = []
    for seed in SEEDS:
        for name, training in trainings().items():
            accuracy = (30 + 40 * training.shuffled + seed) / 100
            entry = {
                "training": name,
                "seed": seed,
                "accuracy": accuracy,
                "losses": [2.0 - 0.01 * step for step in range(60)],
                "causes": (["not_in_optimizer"] if name == "as posted" else [])
                if not seed
                else None,
            }
            lines.append(json.dumps(entry))
    path = tmp_path / "runs.jsonl"
    path.write_text("\n".join([*lines, '{"training": "cut o']), "utf-8")
    return path


def test_the_table_has_means_intervals_and_differences_by_seed(path):
    lines = table(read_runs(path), "en").splitlines()
    assert lines[0] == "| training | accuracy % | difference | the doctor finds |"
    assert lines[2] == "| as posted | 32.0 ± 2.0 |  | `not_in_optimizer` |"
    # each seed moved by the same: no doubt about the difference
    assert "| only shuffling | 72.0 ± 2.0 | +40.0 ± 0.0 |  |" in lines
    assert "| all but shuffling | 32.0 ± 2.0 | −40.0 ± 0.0 |  |" in lines
    assert len(lines) == 2 + len(trainings()) == 16


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_figure_names_every_training_and_is_the_same_again(path, tmp_path, language):
    runs = read_runs(path)
    for name in ("a.svg", "b.svg"):
        draw(runs, language, tmp_path / name)
    source = (tmp_path / "a.svg").read_text("utf-8")
    assert source == (tmp_path / "b.svg").read_text("utf-8")
    words = {element.text for element in ET.fromstring(source).iter() if element.text}
    rows = table(runs, language).splitlines()[2:]
    assert {row.split(" | ")[0].removeprefix("| ") for row in rows} <= words
