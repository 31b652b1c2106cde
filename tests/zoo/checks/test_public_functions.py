"""`check_head`, `check_encoder` and `parametrize_with_checks`, as an author uses them."""

import subprocess
import sys
from pathlib import Path

import pytest
import right_heads
import wrong_heads

import zoo
import zoo.checks
from zoo.checks import CheckFailed, check_encoder, check_head
from zoo.checks.report import CHECKS
from zoo.errors import OptionError, PluginError, UnknownName

SPECIMENS = str(Path(right_heads.__file__).parent)


def test_a_failure_raises_with_every_check_that_failed():
    with pytest.raises(CheckFailed) as caught:
        check_head(wrong_heads.LastPosition, only=["padding_further", "longer_neighbours"])
    text = str(caught.value)
    assert text.startswith(
        "expected: head wrong_heads:LastPosition keeps its contract\ngot: 2 of 2 checks failed\n\n"
        "✗ padding_further: Padding a batch further changes nothing\n"
        "expected: the same logits, within 1e-05\n"
    )
    assert "✗ longer_neighbours: " in text
    assert "attention_mask.sum(dim=1) - 1" in text


def test_whoever_watches_hears_of_every_check():
    heard = []
    report = check_head(right_heads.Mean, only=["options", "float32"], on_result=heard.append)
    assert heard == list(report.results)
    assert [one.status for one in heard] == ["passed", "passed"]


def test_a_name_a_class_and_a_target_mean_the_same():
    from zoo_heads.mlp import MLP

    for target in ("mlp", "intentzoo:mlp", "zoo_heads.mlp:MLP", MLP):
        report = check_head(target, only=["options"])
        assert (report.name, report.target) == ("mlp", "zoo_heads.mlp:MLP")


def test_options_and_claims_are_those_that_were_given():
    report = check_head(
        "bilstm", options={"pooling": "max"}, claims=(), only=["float32", "compiles"]
    )
    assert [one.status for one in report.results] == ["passed", "skipped"]


def test_what_is_claimed_is_checked():
    report = check_head("linear", claims=("compile", "export"), only=["compiles", "exports"])
    assert [one.status for one in report.results] == ["passed", "passed"]


def test_an_exception_of_the_component_says_where_it_was_raised():
    report = check_head(wrong_heads.ShortTable, only=["long_input"], raise_on_failure=False)
    (result,) = report.failed
    assert result.got.startswith("IndexError: index out of range in self, raised at ")
    assert "wrong_heads.py:" in result.got


def test_a_class_that_no_other_process_finds_is_refused():
    class Local(right_heads.Mean):
        pass

    with pytest.raises(PluginError, match="cannot be imported by another process: move the class"):
        check_head(Local)


def test_an_unknown_option_is_refused_before_any_check():
    with pytest.raises(OptionError, match="takes no option 'droput'; did you mean 'dropout'"):
        check_head(right_heads.Mean, options={"droput": 0.5})


def test_an_unknown_check_is_refused():
    with pytest.raises(UnknownName, match="no check of encoders is called 'one_logit_per_label'"):
        check_encoder("bert-nano", only=["one_logit_per_label"])


def test_a_claim_that_does_not_exist_is_refused():
    with pytest.raises(PluginError, match="there is no claim 'exports'; did you mean 'export'"):
        zoo.HeadSpec(name="mine", target="mine:Mine", description="", claims=("exports",))


@pytest.mark.parametrize("kind", ["head", "encoder"])
def test_every_check_has_a_claim_of_one_line_and_a_reason(kind):
    for check in CHECKS[kind]:
        assert check.claim[0].isupper() or check.claim.startswith(("torch", "hidden")), check.name
        assert len(check.claim) <= 78, check.name
        assert check.reason.endswith("."), check.name
    names = [check.name for check in CHECKS[kind]]
    assert len(set(names)) == len(names)


def test_the_public_names_are_what_can_be_imported():
    assert list(zoo.checks.__all__) == sorted(zoo.checks.__all__)
    assert all(hasattr(zoo.checks, name) for name in zoo.checks.__all__)


AUTHORS_TEST = """
from zoo.checks import parametrize_with_checks

@parametrize_with_checks(heads=["right_heads:Mean", "wrong_heads:DeadParameter"])
def test_keeps_the_contract(check):
    check()
"""


@pytest.mark.slow
def test_an_author_gets_one_test_per_component_and_check(tmp_path):
    (tmp_path / "test_mine.py").write_text(AUTHORS_TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]
    command += ["-k", "not survives_saving", "-o", f"pythonpath={SPECIMENS}", "test_mine.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    count = len(CHECKS["head"]) - 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"1 failed, {2 * count - 5} passed, 4 skipped"), done.stdout
    assert "[DeadParameter-every_parameter_gets_a_gradient]" in done.stdout
    assert "none for dense.weight, dense.bias" in done.stdout
