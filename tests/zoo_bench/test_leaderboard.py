"""What a leaderboard shows of stored results, in every format."""

import csv
import dataclasses
import gc
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from fake_runs import SCOPED, TASK, make_baseline_spec, make_predictions, make_result, make_spec

from zoo.recipe import Recipe
from zoo_bench import exports, latex, leaderboard, statements, tables
from zoo_bench.commands import leaderboard as command_module
from zoo_bench.commands.leaderboard import FILES, command
from zoo_bench.reading import Contents
from zoo_bench.records import CertificateRecord, Component, Failure, Protocol, TokensRecord
from zoo_bench.store import Store

OURS = {"distribution": "intentzoo", "version": "0.1.0", "target": "some.where:Thing"}


def results_of(*accuracies, **spec):
    """One result per accuracy, seeds from 0."""
    return [
        make_result(make_spec(seed=seed, **spec), accuracy)
        for seed, accuracy in enumerate(accuracies)
    ]


def right_rows(result):
    """So many of the 18 clean rows are right as fits the accuracy, the first ones."""
    accuracy = result.metrics["test_clean"]["accuracy"]
    return np.arange(TASK.n_test_clean) < round(TASK.n_test_clean * accuracy)


def failure_of(spec, message="boom", kind="error"):
    failure = Failure.model_validate_json(
        json.dumps(
            {
                "run_id": spec.run_id,
                "kind": kind,
                "message": message,
                "traceback": "",
                "failed_at": "2024-01-01T00:00:00Z",
            }
        )
    )
    return spec, failure


@pytest.fixture
def contents():
    """Two encoders by two heads, three seeds, baselines, one failure."""
    results = (
        *results_of(0.7, 0.8, 0.9),
        *results_of(0.81, 0.82, 0.83, head="bilstm"),
        *results_of(0.6, 0.6, encoder="koelectra-nano"),
        make_result(make_spec("koelectra-nano", "bilstm", 0), 0.95),
        make_result(make_baseline_spec(), 0.4),
        make_result(make_baseline_spec("tfidf-svm"), 0.85),
    )
    return Contents(
        results=results,
        failures=(failure_of(make_spec("koelectra-nano", seed=2)),),
        correct={result.run_id: right_rows(result) for result in results},
    )


@pytest.fixture
def board(contents):
    return leaderboard.build(contents)


def entries(board):
    [one] = board.boards
    [task_board] = one.tasks
    return {entry.name: entry for entry in task_board.entries}


# the data


def test_a_cell_is_the_mean_over_seeds_with_its_t_interval(board):
    accuracy = entries(board)["bert-nano+mlp"].accuracy
    assert accuracy.mean == pytest.approx(0.8)
    assert accuracy.half_width == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-3)
    assert accuracy.n == 3


def test_entries_are_sorted_by_clean_accuracy_with_baselines_among_them(board):
    assert list(entries(board)) == [
        "koelectra-nano+bilstm",
        "tfidf-svm",
        "bert-nano+bilstm",
        "bert-nano+mlp",
        "koelectra-nano+mlp",
        "majority-class",
    ]


def test_a_pair_knows_how_many_seeds_it_lacks(board):
    mlp = entries(board)["koelectra-nano+mlp"]
    assert (mlp.n, mlp.failed, mlp.expected) == (2, 1, 3)
    assert entries(board)["koelectra-nano+bilstm"].n == 1
    assert entries(board)["tfidf-svm"].expected == 1


def test_diverged_runs_are_counted_but_not_averaged():
    tokens = TokensRecord(max_length=64, unknown_share=0.5, truncated_share=0.0)
    diverged = make_result(
        make_spec(seed=1),
        verdict="diverged",
        metrics={"validation": None, "test": None},
        tokens=tokens,
    )
    alone = entries(leaderboard.build(Contents((diverged,))))["bert-nano+mlp"]
    # what may be why is told, and what it has to do with no score
    assert (alone.unknown_share, alone.parameters_total) == (0.5, 6_400_000)
    entry = entries(leaderboard.build(Contents((*results_of(0.5), diverged))))["bert-nano+mlp"]
    assert (entry.n, entry.diverged, entry.accuracy.mean) == (1, 1, 0.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": {"epochs": 9, "encoder_learning_rate": 0.0005}},
        {"threads": 2},
        {"protocol": make_spec().protocol.model_copy(update={"version": 2})},
    ],
    ids=["recipe", "threads", "protocol"],
)
def test_what_may_not_be_compared_is_on_separate_boards(changes):
    other = make_result(make_spec(seed=1, **changes))
    assert len(leaderboard.build(Contents((*results_of(0.5), other))).boards) == 2


def test_an_encoder_may_bring_its_own_learning_rate_onto_a_board():
    other = make_spec("bert", recipe={"epochs": 1, "encoder_learning_rate": 0.00005})
    assert len(leaderboard.build(Contents((*results_of(0.5), make_result(other)))).boards) == 1


def test_a_board_leaves_out_what_a_recipe_leaves_to_the_encoder():
    pretrained, fresh = (
        Recipe(epochs=1, precision="fp32").resolved(is_pretrained=is_pretrained).model_dump()
        for is_pretrained in (True, False)
    )
    different = {key for key in pretrained if pretrained[key] != fresh[key]}
    assert different == set(leaderboard.LEFT_TO_THE_ENCODER)


def test_two_versions_of_a_strangers_head_are_told_apart_and_never_averaged():
    theirs = OURS | {"distribution": "zoo-mine"}
    runs = [
        make_result(make_spec(head=Component(name="crf", **(theirs | {"version": version}))))
        for version in ("1.0", "1.1")
    ]
    found = entries(leaderboard.build(Contents(tuple(runs))))
    assert [entry.n for entry in found.values()] == [1, 1]
    assert all(name.startswith("bert-nano+crf#") for name in found)


OTHER = TASK.model_copy(update={"name": "other", "content_sha256": "d" * 64})


def head_of(version):
    """A stranger's head of this version: ours are told apart by the protocol."""
    return Component(name="crf", **(OURS | {"distribution": "zoo-mine", "version": version}))


def ranked_on(*results):
    """By name over all tasks, on how many tasks a pair was ranked."""
    [board] = board_of(*results).boards
    return {one.name: one.tasks for one in board.across.standings}


def test_a_pair_that_has_a_namesake_on_one_task_keeps_its_mark_on_the_others():
    results = [
        *results_of(0.5, 0.6, head=head_of("1.0")),
        *(
            result
            for task in (TASK, OTHER)
            for head in (head_of("2.0"), "mlp")
            for result in results_of(0.6, 0.7, head=head, task=task)
        ),
    ]
    ranked = ranked_on(*results)
    assert ranked.pop("bert-nano+mlp") == 2
    assert sorted(ranked.values()) == [1, 2]
    assert all(name.startswith("bert-nano+crf#") for name in ranked)


def test_two_versions_of_a_head_on_a_task_each_are_no_one_pair():
    results = [
        result
        for task, version in ((TASK, "1.0"), (OTHER, "2.0"))
        for head in (head_of(version), "mlp")
        for result in results_of(0.6, 0.7, head=head, task=task)
    ]
    ranked = ranked_on(*results)
    assert ranked.pop("bert-nano+mlp") == 2
    assert list(ranked.values()) == [1, 1]


def own_recipe(**own):
    """A recipe with values of its own in place of the suite's."""
    suites = {"epochs": 1, "encoder_learning_rate": 0.0005, "weight_decay": 0.0}
    return {"recipe": suites | own, "overridden": {key: suites[key] for key in own}}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"head": head_of("1.0")}, {"head": head_of("2.0")}),
        ({"own": {}}, {"own": {"encoder_learning_rate": 0.1}}),
    ],
    ids=["version", "rate"],
)
def test_what_a_task_has_of_its_own_is_not_in_the_mark_of_a_pair(one, other):
    results = [
        result
        for task, of_task in ((TASK, {}), (OTHER, {"epochs": 9, "weight_decay": 0.1}))
        for pair in (one, other)
        for result in results_of(
            0.6,
            0.7,
            task=task,
            head=pair.get("head", "mlp"),
            **own_recipe(**of_task, **pair.get("own", {})),
        )
    ]
    assert list(ranked_on(*results).values()) == [2, 2]


def test_a_task_whose_content_changed_is_another_task():
    changed = TASK.model_copy(update={"content_sha256": "d" * 64})
    results = (*results_of(0.5), *results_of(0.6, task=changed))
    [board] = leaderboard.build(Contents(results)).boards
    assert len(board.tasks) == 2


def test_standings_over_tasks_are_in_every_format_for_people():
    other = TASK.model_copy(update={"name": "other", "content_sha256": "d" * 64})
    results = [
        *results_of(0.5, 0.6),
        *results_of(0.6, 0.5, task=other),
        *results_of(0.6, 0.7, head="crf"),
    ]
    found = leaderboard.build(Contents(tuple(results)))
    assert "| bert-nano+crf | incomplete 0/2 |  |  |  |" in exports.to_markdown(found)
    assert "## Over 2 tasks (protocol toy 1)" in exports.to_markdown(found)
    assert r"bert-nano+crf & incomplete 0/2 &  &  &  \\" in latex.to_latex(found)
    assert "Over 2 tasks: 1 is the best rank" in tables.render(found)


def test_costs_of_two_machines_are_not_averaged():
    here, there = results_of(0.5, 0.6)
    cost = there.cost.model_copy(update={"hardware": "H100", "train_seconds": 1000.0})
    mixed = [here, there.model_copy(update={"cost": cost}), *results_of(0.5, 0.6, head="crf")]
    found = leaderboard.build(Contents(tuple(mixed)))
    costs = {one.name: one.train_seconds for one in entries(found).values()}
    assert costs == {"bert-nano+mlp": None, "bert-nano+crf": 12.5}
    told = "Seconds and ms come from different machines, and are left out where the seeds of one"
    for text in (tables.render(found), exports.to_markdown(found)):
        assert told in text.replace("\n", " ")
    [row, *_] = csv.DictReader(io.StringIO(exports.to_csv(found)))
    assert row["hardware"] in ("Some CPU, 2 cores", "H100; Some CPU, 2 cores")


def test_a_tokenizer_that_does_not_know_the_texts_is_told():
    known = TokensRecord(max_length=64, unknown_share=0.002, truncated_share=0.0099)
    unknown = TokensRecord(max_length=64, unknown_share=0.152, truncated_share=0.031)
    fewer = TokensRecord(max_length=64, unknown_share=0.12, truncated_share=0.031)
    results = [
        *(one.model_copy(update={"tokens": known}) for one in results_of(0.5, 0.6)),
        *(
            one.model_copy(update={"tokens": fewer if head == "mlp" else unknown})
            for head in ("mlp", "crf")
            for one in results_of(0.5, 0.4, encoder="bert-english", head=head)
        ),
    ]
    found = leaderboard.build(Contents(tuple(results)))
    texts = (tables.render(found), exports.to_markdown(found), latex.to_latex(found))
    for text in (text.replace("\\", "") for text in texts):
        assert text.count("bert-english: 15.2 % of the tokens are unknown to its tokenizer.") == 1
        assert text.count("bert-english: 3.1 % of the texts are cut at its max_length.") == 1
        assert "bert-nano: " not in text
    rows = csv.DictReader(io.StringIO(exports.to_csv(found)))
    shares = {row["name"]: (row["unknown_share"], row["truncated_share"]) for row in rows}
    assert shares["bert-nano+mlp"] == ("0.002", "0.0099")
    assert shares["bert-english+crf"] == ("0.152", "0.031")


def test_the_garbage_collector_rests_for_a_board_and_no_longer(monkeypatch, tmp_path):
    was_on = []
    monkeypatch.setattr(command_module, "leaderboard_of", lambda _: was_on.append(gc.isenabled()))
    with pytest.raises(AttributeError):  # of the board that is none
        CliRunner().invoke(command, [str(tmp_path)], catch_exceptions=False)
    assert was_on == [False]
    assert gc.isenabled()


def test_draws_of_a_task_are_told_to_be_of_one_data_set():
    drawn = TASK.model_copy(update={"name": "toy@10", "n_train": 10})
    other = TASK.model_copy(update={"name": "other", "content_sha256": "d" * 64})
    results = (*results_of(0.5, 0.6), *results_of(0.6, 0.5, task=drawn))
    assert "Over 2 tasks of one data set: 1 is the best rank;" in tables.render(
        leaderboard.build(Contents(results))
    )
    results = (*results, *results_of(0.6, 0.5, task=other))
    assert "Over 3 tasks of 2 data sets, which count alike: 1 is the best rank;" in tables.render(
        leaderboard.build(Contents(results))
    ).replace("\n", " ")


def test_the_newest_version_of_a_protocol_comes_first_and_the_older_say_so():
    results = [
        make_result(make_spec(protocol=Protocol(name="toy", version=version), seed=seed), 0.5)
        for version in (2, 1, 3)
        for seed in range(2)
    ]
    found = leaderboard.build(Contents(tuple(results)))
    assert [board.protocol.version for board in found.boards] == [3, 2, 1]
    assert [bool(board.outdated) for board in found.boards] == [False, True, True]
    for text in (tables.render(found), exports.to_markdown(found), latex.to_latex(found)):
        assert text.count("version 3 has a board of its own here") == 2


@pytest.mark.parametrize(
    ("recipes", "told"),
    [
        ({("bert", "mlp"): 1e-3, ("bert", "crf"): 1e-3}, None),
        (
            {("bert", "mlp"): 1e-3, ("bert", "crf"): 1e-3, ("electra", "mlp"): 5e-5},
            "Recipes differ in encoder_learning_rate: 0.001 (bert), 5e-05 (electra).",
        ),
        (
            {("bert", "mlp"): 1e-3, ("bert", "crf"): 2e-3, ("electra", "mlp"): 1e-3},
            "Recipes differ in encoder_learning_rate: 0.001 (mlp), 0.002 (crf).",
        ),
        (
            {("a", "mlp"): 1.0, ("a", "crf"): 2.0, ("b", "mlp"): 2.0},
            "Recipes differ in encoder_learning_rate: 1 (a+mlp), 2 (a+crf, b+mlp).",
        ),
    ],
)
def test_what_was_tuned_for_some_pairs_alone_is_told(recipes, told):
    results = [
        make_result(make_spec(*pair, recipe={"epochs": 1, "encoder_learning_rate": rate}), 0.5)
        for pair, rate in recipes.items()
    ]
    [board] = leaderboard.build(Contents(tuple(results))).boards
    assert board.tasks[0].recipe_differences == ((told,) if told else ())
    shown = leaderboard.build(Contents(tuple(results)))
    for text in (tables.render(shown), exports.to_markdown(shown), latex.to_latex(shown)):
        assert ("Recipes differ" in text) == bool(told)


def test_one_pair_with_two_rates_is_told_by_the_marks_that_tell_them_apart():
    results = [
        make_result(make_spec(recipe={"epochs": 1, "encoder_learning_rate": rate}), 0.5)
        for rate in (1e-3, 5e-5)
    ]
    [board] = leaderboard.build(Contents(tuple(results))).boards
    one, other = (entry.name for entry in board.tasks[0].entries)
    [told] = board.tasks[0].recipe_differences
    assert one in told and other in told and one != other


def test_a_frozen_encoder_has_no_rate():
    recipes = [
        {"epochs": 1, "frozen": True, "encoder_learning_rate": rate} for rate in (1e-3, 5e-5)
    ]
    results = [
        make_result(make_spec(name, recipe=recipe), 0.5)
        for name, recipe in zip(("bert", "electra"), recipes, strict=True)
    ]
    [board] = leaderboard.build(Contents(tuple(results))).boards
    assert board.tasks[0].recipe_differences == ()


def test_failures_are_grouped_by_cause():
    failures = tuple(failure_of(make_spec(seed=seed), f"m{seed % 2}") for seed in range(3))
    causes = leaderboard.build(Contents(failures=failures)).causes
    assert [(cause.message, len(cause.runs)) for cause in causes] == [("m0", 2), ("m1", 1)]


def test_a_message_of_several_lines_is_one_line_of_the_board():
    failures = (failure_of(make_spec(), "two labels differ:\n  'a'\n  'b'"),)
    board = leaderboard.build(Contents(failures=failures))
    assert "1 x error: two labels differ: 'a' 'b' (" in tables.render(board)


# the table


def test_the_table(board):
    assert tables.render(board) == TABLE


TABLE = """\
toy: test accuracy in %, mean ± half of the 95 % t interval over n seeds
(in brackets: ± half of the 95 % interval over resampled test rows)
protocol toy 1, 100 train, 20 test rows, 2 labels
2 test rows also occur in the training or validation data: this table and the
order of the list go by the other, clean ones

encoder                 bilstm             mlp
──────────────────────────────────────────────
bert-nano         82.00 ± 2.48   80.00 ± 24.84
                 n=3 (± 16.67)   n=3 (± 15.74)
koelectra-nano           95.00    60.00 ± 0.00
                  n=1 (± 8.33)   n=2 (± 22.22)

Pairs that share a letter are tied: no difference between them could be shown.
Smallest difference that 2 seeds on these test rows would have shown (80 %
power): 62.39 points.
Better than tfidf-svm: none of 3 pairs; tied with it 2, worse 1.
Better than majority-class: all 3 pairs.

                                              macro   clean   para-  train   p50
   pair                       accuracy % (n)   F1 %  acc. %  meters      s    ms
────────────────────────────────────────────────────────────────────────────────
   koelectra-nano+bilstm           95.00 (1)  94.00   95.00   6.40M   12.5  3.25
   tfidf-svm                       85.00 (1)  84.00   85.00   6.40M   12.5  3.25
a  bert-nano+bilstm         82.00 ± 2.48 (3)  81.00   82.00   6.40M   12.5  3.25
ab bert-nano+mlp           80.00 ± 24.84 (3)  79.00   80.00   6.40M   12.5  3.25
b  koelectra-nano+mlp       60.00 ± 0.00 (2)  59.00   60.00   6.40M   12.5  3.25
   majority-class                  40.00 (1)  39.00   40.00   6.40M   12.5  3.25

koelectra-nano+bilstm: incomplete 1/3
koelectra-nano+mlp: failed 1/3, not in the mean
1 run failed, by cause:
  1 x error: boom (koelectra-nano+mlp/toy/2)
"""


def test_the_table_fits_80_columns_and_loses_no_number():
    names = ["koelectra-nano", "a-rather-long-encoder-name-by-a-stranger"]
    heads = ["linear", "mlp", "textcnn", "bilstm", "attention-pooling", "capsule", "gru"]
    results = [
        make_result(make_spec(name, head, seed), 0.9123 + seed / 100)
        for name in names
        for head in heads
        for seed in range(3)
    ]
    text = tables.render(leaderboard.build(Contents(tuple(results))))
    assert max(map(len, text.splitlines())) <= 80
    # once in a paper's table and once in the list
    assert text.count("92.23 ± 2.48") == 2 * len(names) * len(heads)


def test_where_no_test_row_is_clean_the_table_says_that_ranks_go_by_all():
    none_is_clean = TASK.model_copy(update={"n_test_clean": 0})
    text = tables.render(leaderboard.build(Contents(tuple(results_of(0.5, task=none_is_clean)))))
    flat = " ".join(text.split())
    assert (
        "all test rows also occur in the training or validation data: this table and the order of "
        "the list go by them encoder"
    ) in flat
    assert "acc. %" not in flat


def test_a_name_too_long_beside_many_letters_breaks_within_its_column():
    scratch = make_spec("koelectra-nano", "textcnn").encoder.model_copy(
        update={"pretrained": False}
    )
    one = leaderboard.build(Contents(tuple(results_of(0.5, 0.6, encoder=scratch))))
    [board] = one.boards
    [task] = board.tasks
    entries = tuple(dataclasses.replace(entry, rank="abcde") for entry in task.entries)
    task = dataclasses.replace(task, entries=entries)
    one = dataclasses.replace(one, boards=(dataclasses.replace(board, tasks=(task,)),))
    text = tables.render(one)
    assert "abcde koelectra-nano       55.00 ± 63.53 (2)" in text
    assert "\n      [scratch]+mlp\n" in text


def test_standings_break_a_long_name_before_its_head():
    scratch = make_spec("koelectra-nano").encoder.model_copy(update={"pretrained": False})
    other = TASK.model_copy(update={"name": "other", "content_sha256": "d" * 64})
    results = [
        result
        for task in (TASK, other)
        for head in ("textcnn", "mlp")
        for result in results_of(0.5, 0.6, encoder=scratch, head=head, task=task)
    ]
    text = tables.render(leaderboard.build(Contents(tuple(results))))
    assert "\nkoelectra-nano[scratch]+mlp    incomplete 0/2\n" in text
    assert "\nkoelectra-nano[scratch]        incomplete 0/2\n+textcnn\n" in text


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "latin-1"])
def test_a_terminal_without_utf_8_still_gets_every_number(board, encoding):
    text = tables.render(board, encoding=encoding)
    text.encode(encoding)
    sign = "+/-" if encoding == "ascii" else "±"
    assert f"80.00 {sign} 24.84 (3)" in text


def certified(accuracy, of_encoder="passed", of_head="passed", **changes):
    """A result whose components had these certificates, `None` for none."""
    counts = {"passed": 22, "failed": 0, "skipped": 3, "source_sha256": "0" * 64}
    found = {
        role: CertificateRecord(status=status, zoo_version="0.1.0", **counts)
        for role, status in (("encoder", of_encoder), ("head", of_head))
        if status
    }
    result = make_result(make_spec(**changes), accuracy)
    provenance = result.provenance.model_copy(update={"certificates": found})
    return result.model_copy(update={"provenance": provenance})


@pytest.mark.parametrize(
    ("statuses", "is_certified"),
    [
        (("passed", "passed"), True),
        (("passed", "failed"), False),
        (("failed", None), False),
        (("passed", None), None),
        ((None, None), None),
    ],
)
def test_a_pair_is_certified_when_both_components_are(statuses, is_certified):
    board = leaderboard.build(Contents((certified(0.5, *statuses),)))
    assert entries(board)["bert-nano+mlp"].certified is is_certified


def test_one_run_without_a_certificate_takes_the_mark_from_its_pair():
    runs = (certified(0.5, seed=0), certified(0.6, None, None, seed=1))
    assert entries(leaderboard.build(Contents(runs)))["bert-nano+mlp"].certified is None


def test_the_table_marks_what_was_certified():
    unfit = Component(name="textcnn", **OURS)
    runs = (certified(0.9), certified(0.5, "passed", "failed", head=unfit))
    text = tables.render(leaderboard.build(Contents(runs)))
    assert "\nbert-nano+mlp ✓ " in text
    assert "\nbert-nano+textcnn ✗ " in text
    assert "✓ encoder and head had passed zoo check\n" in text
    assert "✗ one of them had failed zoo check: see zoo check NAME\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_names_cannot_command_the_terminal_nor_style_the_table():
    head = Component(name="\x1b[1m[bold]", **OURS)
    text = tables.render(leaderboard.build(Contents((make_result(make_spec(head=head)),))))
    assert "\x1b" not in text
    assert "[bold]" in text


def test_single_seeds_are_not_sold_as_a_ranking():
    board = leaderboard.build(Contents((*results_of(0.5), *results_of(0.9, head="bilstm"))))
    assert statements.TOO_FEW_SEEDS in tables.render(board)
    assert [entry.rank for entry in entries(board).values()] == [None, None]


# other formats


def test_a_file_of_every_format_at_once(tmp_path):
    Store.open(tmp_path / "results")
    done = CliRunner().invoke(command, [str(tmp_path / "results"), "--format", "all"])
    assert done.exit_code == 0, done.output
    written = {path.name for path in (tmp_path / "results/leaderboard").iterdir()}
    assert written == set(FILES.values())
    assert done.stdout.count("\n") == len(FILES)


def test_csv_is_unrounded_and_complete(board):
    rows = list(csv.DictReader(io.StringIO(exports.to_csv(board))))
    assert len(rows) == 6
    by_name = {row["name"]: row for row in rows}
    assert float(by_name["bert-nano+mlp"]["accuracy"]) == pytest.approx(0.8, abs=1e-15)
    assert by_name["koelectra-nano+mlp"]["failed"] == "1"
    assert by_name["tfidf-svm"]["encoder"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_name_is_a_formula_in_csv(name):
    spec = make_baseline_spec(name)
    [row] = csv.DictReader(
        io.StringIO(exports.to_csv(leaderboard.build(Contents((make_result(spec),)))))
    )
    assert row["name"] == f"'{name}"


@pytest.mark.parametrize("write", [exports.to_csv, exports.to_markdown, latex.to_latex])
def test_no_name_commands_a_terminal_that_shows_an_export(write):
    result = make_result(make_baseline_spec("\x1b]0;title\x07\t=1\r"))
    text = write(leaderboard.build(Contents((result,)))).replace("\r\n", "\n")
    assert not [letter for letter in text if not letter.isprintable() and letter != "\n"]


@pytest.mark.parametrize(
    "write", [tables.render, exports.to_markdown, latex.to_latex, exports.to_csv]
)
def test_no_name_commands_a_terminal_by_what_was_tuned_for_it(write):
    hostile = "\x1b[31m<img src=x>"
    results = [
        make_result(
            make_spec(head=head, recipe={"epochs": 1, hostile: value}, overridden={hostile: 0})
        )
        for head, value in (("mlp", hostile), (Component(name=hostile, **OURS), 0.1))
    ]
    text = write(leaderboard.build(Contents(tuple(results)))).replace("\r\n", "\n")
    assert not [letter for letter in text if not letter.isprintable() and letter != "\n"]
    assert write is not exports.to_markdown or "<img" not in text


def test_markdown_keeps_its_columns_whatever_the_names_hold():
    name = "a|b\nc `d` <b> [e](f)"
    result = make_result(make_baseline_spec(name))
    text = exports.to_markdown(leaderboard.build(Contents((result,))))
    [row] = [line for line in text.splitlines() if line.startswith("|  | a")]
    assert row.replace("\\|", "").count("|") == 10
    assert "<b>" not in text


def test_json_has_every_digit(board):
    fields = json.loads(exports.json_text(exports.to_fields(board)))
    found = {entry["name"]: entry for entry in fields["boards"][0]["tasks"][0]["entries"]}
    mean = entries(board)["bert-nano+bilstm"].accuracy.mean
    assert found["bert-nano+bilstm"]["accuracy"]["mean"] == mean
    assert fields["causes"][0]["message"] == "boom"


# the command


def fill(root, specs=(), failures=()):
    """A results root with a result of each spec, and these failures."""
    store = Store.open(root)
    for spec in specs:
        store.claim(spec).release()
        store.write_spec(spec)
        content = make_predictions(spec.seed)
        store.write_result(make_result(spec, content=content), content, "")
    for spec, failure in failures:
        store.claim(spec).release()
        store.write_spec(spec)
        store.write_failure(spec, failure, "")


@pytest.mark.parametrize("form", ["table", "md", "csv", "json"])
@pytest.mark.parametrize("what", ["zero", "one", "failed only", "incomplete"])
def test_the_command_copes_with_little(tmp_path, form, what):
    if what != "zero":
        fill(
            tmp_path / "r",
            specs=() if what == "failed only" else [make_spec()],
            failures=() if what == "one" else [failure_of(make_spec(seed=1))],
        )
    done = CliRunner().invoke(command, [str(tmp_path), "--format", form])
    assert done.exit_code == 0, done.output
    if what == "zero":
        assert "holds no results" in done.stderr


def test_the_command_reads_a_folder_of_results_folders(tmp_path):
    fill(tmp_path / "a", [make_spec(seed=0)])
    fill(tmp_path / "b", [make_spec(seed=0), make_spec(seed=1)])
    done = CliRunner().invoke(command, [str(tmp_path), "--json"])
    [entry] = json.loads(done.stdout)["boards"][0]["tasks"][0]["entries"]
    assert entry["accuracy"]["n"] == 2


def test_the_command_changes_nothing_and_names_what_it_cannot_read(tmp_path):
    fill(tmp_path / "r", [make_spec(seed=seed) for seed in range(2)])
    broken = next((tmp_path / "r/runs").glob("*s1*/result.json"))
    broken.write_text("{")
    done = CliRunner().invoke(command, [str(tmp_path / "r")])
    assert done.exit_code == 0
    assert "left out, unreadable" in done.stdout
    assert broken.read_text() == "{"
    assert not (tmp_path / "r/quarantine").exists()


def test_a_leaderboard_of_100_results_needs_no_torch(tmp_path):
    fill(
        tmp_path / "r",
        [
            make_spec(f"e{encoder}", f"h{head}", seed)
            for encoder in range(5)
            for head in range(4)
            for seed in range(5)
        ],
    )
    program = (
        "import sys; from zoo_bench.commands.leaderboard import command\n"
        f"command([{str(tmp_path / 'r')!r}], standalone_mode=False)\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "False False\n"
    assert "e4+h3" in done.stdout


def test_a_record_that_is_not_the_run_it_says_gets_no_row(tmp_path):
    fill(tmp_path, [make_spec()])
    path = next(tmp_path.glob("runs/*/result.json"))
    path.write_text(path.read_text().replace('"seed": 0', '"seed": 1'))
    done = CliRunner().invoke(command, [str(tmp_path)])
    assert "is not the run's hash" in " ".join(done.stdout.split())
    assert "90.00" not in done.stdout


# pairs that have not all learned


LONGER = "train longer: epochs 2 → 4 (accuracy still rose by 9 points in the last epoch)"


def judged(verdict, accuracy, seed, head="mlp", suggestion=LONGER):
    suggestion = None if verdict == "learned" else suggestion
    return make_result(
        make_spec(head=head, seed=seed), accuracy, verdict=verdict, suggestion=suggestion
    )


def board_of(*results):
    correct = {result.run_id: right_rows(result) for result in results}
    return leaderboard.build(Contents(results, correct=correct))


@pytest.fixture
def mixed():
    """Two pairs that learned, one that was stopped too early, one with a seed that collapsed."""
    return board_of(
        *(judged("learned", 0.9, seed, "linear") for seed in range(3)),
        *(judged("learned", 0.6, seed, "mlp") for seed in range(3)),
        *(judged("undertrained", 0.7, seed, "bilstm") for seed in range(3)),
        *(judged("learned", 0.8, seed, "textcnn") for seed in range(2)),
        judged("collapsed", 0.5, 2, "textcnn", "warm up longer: min_warmup_steps 20 → 200"),
        make_result(make_baseline_spec("tfidf-svm"), 0.75),
    )


def test_a_pair_that_has_not_learned_with_every_seed_has_no_rank_and_keeps_its_mean(mixed):
    found = entries(mixed)
    assert {entry.head: (entry.rank, entry.instead_of_rank) for entry in found.values()} == {
        "linear": ("a", None),
        "mlp": ("b", None),
        "bilstm": (None, "undertrained"),
        "textcnn": (None, "2/3 learned"),
        None: (None, None),
    }
    assert found["bert-nano+textcnn"].accuracy.mean == pytest.approx(0.7)  # all three seeds
    assert found["bert-nano+textcnn"].suggestion.startswith("warm up longer")


def test_no_shares_of_the_variance_are_told_where_a_pair_has_not_learned():
    results = [
        make_result(make_spec(encoder, head, seed), 0.7 + seed / 10)
        for encoder in ("bert-nano", "koelectra-nano")
        for head in ("linear", "mlp")
        for seed in range(3)
    ]
    for verdict, is_told in (("learned", True), ("undertrained", False)):
        last = make_result(make_spec("koelectra-nano", "mlp", 2), 0.9, verdict=verdict)
        [board] = board_of(*results[:-1], last).boards
        assert (board.tasks[0].variance is not None) is is_told


def test_the_table_has_the_verdict_below_the_name_and_the_change_below_the_table(mixed):
    text = tables.render(mixed)
    assert "\n  bert-nano+bilstm" in text
    assert "\n  (undertrained)" in text
    assert "\n  (2/3 learned)" in text
    flat = " ".join(text.split())
    assert statements.UNLEARNED in flat
    assert f"bert-nano+bilstm: undertrained 3/3; {LONGER}" in flat
    assert "bert-nano+textcnn: collapsed 1/3; warm up longer" in flat
    assert max(map(len, text.splitlines())) <= 80
    assert "epochs 2 -> 4" in tables.render(mixed, encoding="ascii")


def test_where_all_have_learned_nothing_of_verdicts_is_said(board):
    assert statements.UNLEARNED not in " ".join(tables.render(board).split())


def test_no_rank_at_all_is_said_to_be_for_want_of_learning_and_not_of_seeds():
    text = tables.render(
        board_of(
            *(judged("undertrained", 0.7, seed, head) for head in ("mlp", "gru") for seed in (0, 1))
        )
    )
    assert statements.FEW_LEARNED in text
    assert statements.TOO_FEW_SEEDS not in text


def test_no_rank_is_said_to_be_for_want_of_seeds_where_two_pairs_have_learned():
    text = tables.render(
        board_of(
            *(judged("learned", 0.9, seed, "linear") for seed in range(2)),
            judged("learned", 0.9, 0, "bilstm"),
            *(judged("not_learned", 0.5, seed, "mlp") for seed in range(2)),
        )
    )
    assert statements.TOO_FEW_SEEDS in text
    assert statements.FEW_LEARNED not in text


def test_a_run_that_diverged_with_scores_left_is_counted_and_not_averaged():
    entry = entries(board_of(judged("learned", 0.9, 0), judged("diverged", 0.1, 1)))[
        "bert-nano+mlp"
    ]
    assert (entry.n, entry.diverged, entry.accuracy.mean) == (1, 1, 0.9)
    assert entry.instead_of_rank == "1/2 learned"


def test_every_format_has_the_verdict_in_place_of_the_rank_and_the_change(mixed):
    markdown = exports.to_markdown(mixed)
    assert "\n| undertrained | bert-nano+bilstm |" in markdown
    assert f"bert-nano+bilstm: undertrained 3/3; {LONGER}" in markdown
    rows = {row["head"]: row for row in csv.DictReader(io.StringIO(exports.to_csv(mixed)))}
    assert rows["bilstm"]["rank"] == ""
    assert rows["bilstm"]["instead_of_rank"] == "undertrained"
    assert rows["bilstm"]["suggestion"] == LONGER
    assert rows["bilstm"]["undertrained"] == "3"
    fields = json.loads(exports.json_text(exports.to_fields(mixed)))
    [found] = [
        entry for entry in fields["boards"][0]["tasks"][0]["entries"] if entry["head"] == "textcnn"
    ]
    assert (found["rank"], found["instead_of_rank"]) == (None, "2/3 learned")
    assert found["suggestions"] == {"collapsed": "warm up longer: min_warmup_steps 20 → 200"}


def test_a_baseline_compares_with_the_pairs_that_have_learned(mixed):
    found = {entry.head: entry.against_baselines for entry in entries(mixed).values()}
    assert found == {
        "linear": {"tfidf-svm": "tied"},
        "textcnn": {},
        "bilstm": {},
        "mlp": {"tfidf-svm": "tied"},
        None: {},
    }


def test_the_claims_say_which_pairs_are_better_than_a_baseline():
    def told(*accuracies, baseline=0.5):
        runs = [
            make_result(make_spec(f"e{place}", seed=seed), accuracy)
            for place, accuracy in enumerate(accuracies)
            for seed in range(2)
        ]
        svm = make_result(make_baseline_spec("svm"), baseline)
        [line] = [
            line
            for line in statements.claims(board_of(*runs, svm).boards[0].tasks[0])
            if "svm" in line
        ]
        return line

    assert told(0.9, 0.95, 0.9, 0.5) == (
        "Better than svm: 3 of 4 pairs (e1+mlp, e0+mlp, e2+mlp); tied with it 1."
    )
    assert told(0.9, 0.95, 0.9, 0.85, 0.85, 0.1).endswith(
        "5 of 6 pairs (e1+mlp, e0+mlp, e2+mlp, e3+mlp and 1 more); worse 1."
    )
    assert told(0.5, 0.5) == "Better than svm: none of 2 pairs; tied with it 2."
    assert told(0.9, 0.9) == "Better than svm: both pairs."
    assert told(0.9, 0.9, 0.9) == "Better than svm: all 3 pairs."
    assert told(0.9) == "Better than svm: the one pair."


def test_a_baseline_of_drawn_examples_needs_two_seeds():
    drawn = TASK.model_copy(update={"name": "toy@50"})
    runs = [make_result(make_spec(seed=seed, task=drawn), 0.9) for seed in range(3)]
    for count, is_compared in ((1, False), (2, True)):
        baselines = [
            make_result(make_baseline_spec(seed=seed, task=drawn), 0.2) for seed in range(count)
        ]
        [pair] = [one for one in entries(board_of(*runs, *baselines)).values() if one.head]
        assert bool(pair.against_baselines) == is_compared


# out of scope


def scoped(auroc, seed=0, head="mlp"):
    """A result with scores of the out-of-scope split; without, as before schema 4, for None."""
    result = make_result(make_spec(head=head, seed=seed, task=SCOPED), 0.9)
    if auroc is None:
        task = SCOPED.model_copy(update={"n_out_of_scope": None})
        return result.model_copy(update={"task": task})
    found = {"auroc": auroc, "fpr_at_95_tpr": 1 - auroc}
    return result.model_copy(update={"metrics": {**result.metrics, "out_of_scope": found}})


@pytest.fixture
def partly_scoped():
    """One pair scored with two seeds, one with one of two, one with none; the old ones first."""
    return leaderboard.build(
        Contents(
            (
                *(scoped(None, seed, "bilstm") for seed in range(2)),
                scoped(None, 0, "textcnn"),
                scoped(0.8, 1, "textcnn"),
                *(scoped(0.7 + seed / 10, seed) for seed in range(2)),
            )
        )
    )


def test_the_table_has_a_list_of_what_was_scored_out_of_scope(partly_scoped):
    text = tables.render(partly_scoped)
    assert text[text.index("Out of scope") :] == OUT_OF_SCOPE


OUT_OF_SCOPE = """\
Out of scope: how well confidence tells 10 other texts from test rows

                                                                   FPR %,
pair                                           AUROC % (n)       95 % TPR
─────────────────────────────────────────────────────────────────────────
bert-nano+mlp                            75.00 ± 63.53 (2)  25.00 ± 63.53
bert-nano+textcnn                                80.00 (1)          20.00

Confidence is the largest probability; of scores that are no probabilities, the
largest score.
bert-nano+bilstm: out of scope not scored 2/2, results from before schema 4
bert-nano+textcnn: out of scope not scored 1/2, results from before schema 4

"""


def test_every_format_has_the_scores_out_of_scope(partly_scoped):
    rows = csv.DictReader(io.StringIO(exports.to_csv(partly_scoped)))
    by_name = {row["name"]: row for row in rows}
    assert float(by_name["bert-nano+mlp"]["auroc"]) == pytest.approx(0.75)
    assert float(by_name["bert-nano+mlp"]["fpr_at_95_tpr_half_width"]) > 0.5
    assert by_name["bert-nano+bilstm"]["auroc"] == ""
    fields = exports.to_fields(partly_scoped)["boards"][0]["tasks"][0]
    assert fields["task"]["n_out_of_scope"] == 10
    assert [entry["auroc"] and entry["auroc"]["n"] for entry in fields["entries"]] == [None, 2, 1]
    markdown = exports.to_markdown(partly_scoped)
    assert "| p50 ms | AUROC | FPR at 95 % TPR | notes |" in markdown
    assert "| 75.00 ± 63.53 | 25.00 ± 63.53 |  |" in markdown
    assert "|  |  | out of scope not scored 2/2 |" in markdown


def test_where_nothing_was_scored_out_of_scope_nothing_is_said_of_it(board):
    old = leaderboard.build(Contents((scoped(None),)))
    for one in (board, old):
        text = tables.render(one) + exports.to_markdown(one)
        assert "ut of scope" not in text and "AUROC" not in text
