"""`zoo doctor`: why a pair does not learn, before it is trained."""

import json

import pytest

SMALL = ["--scratch", "--task", "ko-intents", "--seconds", "0"]


def test_what_is_wrong_is_told_with_exit_1(call):
    done = call("doctor", "bert-nano+linear", *SMALL, "--set", "max_gradient_norm=1e-9")
    assert done.exit_code == 1
    assert done.stdout.startswith("bert-nano+linear on ko-intents: 1 cause found, 1,120 examples")
    assert "1. Clipping leaves nothing of the gradients (clipped_to_nothing)" in done.stdout
    assert done.stderr == "examining bert-nano+linear on ko-intents …\n"


@pytest.mark.parametrize("max_length", [2, 3])
def test_json_has_the_findings(call, max_length):
    """Of two tokens both are the tokenizer's own: every text is the same."""
    length = f"max_length={max_length}"
    done = call("doctor", "koelectra-nano+mlp", *SMALL, "--set", length, "--json")
    found = json.loads(done.stdout)
    assert (found["pair"], found["data"], found["is_healthy"]) == (
        "koelectra-nano+mlp",
        "ko-intents",
        False,
    )
    assert [one["cause"] for one in found["findings"]] == ["truncated"]
    assert found["findings"][0].keys() == {"cause", "title", "evidence", "fix"}


def test_a_file_in_the_order_of_its_labels_is_served_shuffled(call, tmp_path):
    """zoo trains in an order of its own, so a sorted file is no fault."""
    rows = [f"{kind} {number} 번,{kind}" for kind in ("질문", "명령") for number in range(100)]
    file = tmp_path / "sorted.csv"
    file.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    done = call("doctor", "bert-nano+linear", "--scratch", "--data", file, "--seconds", "0")
    assert done.exit_code == 0, done.stdout
    assert "nothing found, 200 examples looked at" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["bert-nano"], "PAIR is written encoder+head, as in bert-nano+mlp; got 'bert-nano'"),
        (["bert-nano+mlp"], "give either --task NAME or --data FILE"),
        (["bert-nano+mlp", "--seconds", "-3"], "-3.0 is not in the range x>=0"),
    ],
)
def test_wrong_usage_is_told(call, arguments, text):
    done = call("doctor", *arguments)
    assert done.exit_code == 2
    assert text in done.stderr
