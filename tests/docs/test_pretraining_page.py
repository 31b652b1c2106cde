"""What the page on pretraining shows is what the stored scores say."""

import re

from pages import DOCS

from learning_curves import scores
from learning_curves.agreement import agreements
from learning_curves.curves import curves_of, table

CURVES = DOCS.parent / "benchmarks/learning_curves"
PAGE = (DOCS / "explanation/pretraining.md").read_text("utf-8")


def test_the_tables_are_those_of_the_scores():
    curves = curves_of(scores.read(CURVES / "scores.jsonl"))
    assert len(curves) >= 2
    for task, of_task in curves.items():
        assert table(of_task, "en") in PAGE, f"{task}: python -m learning_curves report prints it"


def test_the_agreement_is_that_of_the_scores():
    found = agreements(*(scores.read(CURVES / f"{name}.jsonl") for name in ("frozen", "scores")))
    assert len(found) >= 2
    for each in found:
        row = f"| {each.task} | {each.pairs} | {each.kendall:.2f} | {each.spearman:.2f} |"
        assert row in PAGE


def test_the_figures_exist():
    for figure in re.findall(r"\]\(([\w.-]+\.svg)\)", PAGE):
        assert (DOCS / "explanation" / figure).exists()
