"""What the page on pretraining shows is what the stored scores say."""

import re

import pytest
from pages import DOCS

from learning_curves import scores
from learning_curves.agreement import agreements
from learning_curves.curves import curves_of, table

CURVES = DOCS.parent / "benchmarks/learning_curves"
PAGE = (DOCS / "explanation/pretraining.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["scores", "frozen"])
def test_the_tables_are_those_of_the_scores(name):
    curves = curves_of(scores.read(CURVES / f"{name}.jsonl"))
    assert len(curves) >= 2
    for task, of_task in curves.items():
        assert table(of_task, "en") in PAGE, f"{task}: python -m learning_curves report prints it"


@pytest.mark.parametrize("encoder", ["bert-nano", "koelectra-nano"])
@pytest.mark.parametrize("name", ["scores", "frozen"])
def test_the_cards_say_what_the_scores_say(name, encoder):
    card = (DOCS.parent / f"plugins/zoo_encoders/weights/{encoder}/README.md").read_text("utf-8")
    curves = curves_of(scores.read(CURVES / f"{name}.jsonl"))
    told = [("3i4k", 1000), ("ko-intents", 1120)]
    if name == "scores":
        told += [("nsmc", examples) for examples in (100, 1000, 10_000, 134_995)]
    for task, examples in told:
        [accuracy] = [one.accuracy for one in curves[task][encoder] if one.examples == examples]
        assert f"{accuracy.mean:.1f} ± {accuracy.half_width:.1f}" in card


def test_the_agreement_is_that_of_the_scores():
    found = agreements(*(scores.read(CURVES / f"{name}.jsonl") for name in ("frozen", "scores")))
    assert len(found) >= 2
    for each in found:
        row = f"| {each.task} | {each.pairs} | {each.kendall:.2f} | {each.spearman:.2f} |"
        assert row in PAGE


def test_the_figures_exist():
    for figure in re.findall(r"\]\(([\w.-]+\.svg)\)", PAGE):
        assert (DOCS / "explanation" / figure).exists()
