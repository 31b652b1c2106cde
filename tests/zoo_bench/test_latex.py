"""The leaderboard as tables for a paper."""

import json
import re

import pytest
from fake_runs import TASK, make_baseline_spec, make_predictions, make_result, make_spec

from zoo_bench import latex, leaderboard
from zoo_bench.correctness import rows_of
from zoo_bench.reading import Contents
from zoo_bench.records import Component, Failure

OURS = {"distribution": "intentzoo", "version": "0.1.0", "target": "some.where:Thing"}
# what LaTeX does not print as itself, from its own list (The LaTeX Companion, 2.1)
SPECIAL = "_%&#$~^\\{}"


def table_of(*results, tmp_path=None):
    correct = {}
    if tmp_path is not None:
        for result in results:
            folder = tmp_path / result.run_id
            folder.mkdir()
            (folder / "predictions.safetensors").write_bytes(make_predictions(result.seed))
            correct[result.run_id] = rows_of(result, folder)
    return latex.to_latex(leaderboard.build(Contents(results, correct=correct)))


def unescaped_specials(text):
    """Every special letter that no backslash makes harmless, commands taken away."""
    text = re.sub(r"\\text\w+\{\}", "", text)
    text = re.sub(r"\\[_%&#${}]", "", text)
    return [letter for letter in text if letter in SPECIAL]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b", r"a\_b"),
        ("5%", r"5\%"),
        ("a&b", r"a\&b"),
        ("#1", r"\#1"),
        ("$x$", r"\$x\$"),
        ("~", r"\textasciitilde{}"),
        ("^", r"\textasciicircum{}"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("한국어", "한국어"),
        ("a--b", "a-{}-b"),
        ("---", "-{}-{}-"),
        ("koelectra-nano", "koelectra-nano"),
        ("[2em]*", "{[}2em{]}{*}"),
    ],
)
def test_every_letter_is_printed_as_itself(text, expected):
    assert latex.escaped(text) == expected


@pytest.mark.parametrize("letter", [*SPECIAL, "\n", "\x1b", "\u202e"])
def test_no_name_can_command_latex(letter):
    name = f"{letter}{letter}x{letter}"
    assert set(unescaped_specials(latex.escaped(name))) <= set("{}")
    assert "\n" not in latex.escaped(name)


def test_a_table_is_closed_and_has_the_same_number_of_columns_in_every_row():
    nasty = Component(name=r"\end{tabular} & % # $ _ ~ ^ \\ {", **OURS)
    text = table_of(
        make_result(make_spec(head=nasty), 0.8),
        make_result(make_spec("koelectra-nano"), 0.7),
        make_result(make_baseline_spec("tfidf_svm"), 0.6),
    )
    rows = [line for line in text.splitlines() if line.endswith(r" \\")]
    cells = [len(re.findall(r"(?<!\\)&", row)) for row in rows]
    assert cells == [2, 2, 2, 1]  # the last is the baseline, over all columns
    assert r"tfidf\_svm & \multicolumn{2}{c}{60.00} \\" in text
    assert text.count(r"\begin{") == text.count(r"\end{")
    harmless = re.sub(r"\\[{}\\]", "", text)
    assert harmless.count("{") == harmless.count("}")


def test_the_best_is_bold_and_ties_with_it_are_underlined(tmp_path):
    scores = {"linear": (0.90, 0.91, 0.92), "mlp": (0.89, 0.91, 0.9), "crf": (0.1, 0.11, 0.12)}
    results = [
        make_result(make_spec(head=head, seed=seed), score, content=make_predictions(seed))
        for head, of_seeds in scores.items()
        for seed, score in enumerate(of_seeds)
    ]
    # every pair has the same predictions, so no difference over rows is real: all are ties
    text = table_of(*results, tmp_path=tmp_path)
    assert text.count(r"\textbf{91.00 $\pm$ 2.48}") == 1
    assert text.count(r"\underline{") == 2
    assert "The best is bold, and underlined is what it could not be told from." in text


def test_a_single_seed_is_neither_best_nor_tied():
    text = table_of(make_result(make_spec(), 0.8))
    assert "80.00" in text
    assert r"\textbf" not in text
    assert "bold" not in text


def test_how_many_seeds_is_told_once_where_it_is_the_same_and_else_in_every_cell():
    three = [make_result(make_spec(seed=seed), 0.8) for seed in range(3)]
    text = table_of(*three)
    assert "interval over 3 seeds (" in text
    assert r"80.00 $\pm$ 0.00 (3)" not in text
    text = table_of(*three, make_result(make_spec(head="crf"), 0.7))
    assert "interval over the seeds in brackets (" in text
    assert r"80.00 $\pm$ 0.00 (3)" in text
    assert "70.00 (1)" in text
    assert "interval over seeds, of which there is one (" in table_of(three[0])


def test_what_has_no_score_says_why():
    diverged = [
        make_result(make_spec(seed=seed), verdict="diverged", metrics={}, predictions=None)
        for seed in range(2)
    ]
    failed = make_spec(head="crf")
    failure = Failure.model_validate_json(
        json.dumps(
            {"run_id": failed.run_id, "kind": "error", "message": "boom", "traceback": ""}
            | {"failed_at": "2024-01-01T00:00:00Z"}
        )
    )
    never_run = make_spec("koelectra-nano", "crf")
    contents = Contents(
        (*diverged, make_result(make_spec("koelectra-nano"), 0.8)),
        failures=((failed, failure),),
        unfinished=(never_run,),
    )
    text = latex.to_latex(leaderboard.build(contents))
    assert r"bert-nano & \textit{failed 1/2} & \textit{diverged 2/2} \\" in text
    assert r"koelectra-nano & -- & 80.00 \\" in text


def test_no_results_are_a_comment():
    assert "There are no results" in table_of()


def test_the_caption_says_when_rows_were_left_out():
    assert TASK.n_test != TASK.n_test_clean
    assert "also occur in train or validation are left out" in table_of(
        make_result(make_spec(), 0.8)
    )


def test_the_caption_leaves_no_rows_out_where_none_is_clean():
    none_is_clean = TASK.model_copy(update={"n_test_clean": 0})
    table = table_of(make_result(make_spec(task=none_is_clean), 0.8))
    assert "All test rows also occur in train or validation." in table
    assert "left out" not in table


def test_a_verdict_stands_beside_the_score_and_the_change_below_the_table():
    result = make_result(
        make_spec(), verdict="undertrained", suggestion="train longer: epochs 2 → 4"
    )
    table = table_of(result)
    assert r"90.00 \textit{undertrained}" in table
    assert r"bert-nano+mlp: undertrained 1/1; train longer: epochs 2 $\rightarrow$ 4\par" in table
