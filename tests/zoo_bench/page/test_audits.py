"""What the page says of a task's data, and when it says why it does not."""

from __future__ import annotations

import json

import platformdirs
import pytest
from fake_runs import TASK, make_result, make_spec

import zoo
from zoo_bench import leaderboard
from zoo_bench.page import audits
from zoo_bench.page.data import page_fields
from zoo_bench.page.examples import Texts
from zoo_bench.reading import Contents
from zoo_bench.records import EncoderRecord


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda app: tmp_path / "cache" / app)
    return tmp_path / "cache" / "intentzoo" / "audits"


@pytest.fixture
def found():
    task = zoo.Task(
        name="toy",
        train=zoo.Examples(("불 켜 줘", "불 꺼 줘", "켜"), ("질문", "명령", "명령")),
        validation=zoo.Examples(("켜", "🦓"), ("질문", "명령")),
        test=zoo.Examples(("불 켜 줘", "새 말"), ("명령", "질문")),
        labels=("질문", "명령"),
        licence="CC0-1.0",
    )
    return Texts(task.test.texts, "CC0-1.0", task=task)


def encoder(name, **changes):
    ours = {"distribution": "intentzoo", "version": "0.1.0", "target": "some.where:Thing"}
    return EncoderRecord(name=name, **ours, **({"pretrained": False} | changes))


def test_counts_are_those_by_hand(found):
    fields = audits.audit_fields(found, [make_spec("bert-nano"), make_spec("koelectra-nano")])

    assert fields["splits"] == [["train", 3], ["validation", 2], ["test", 2]]
    # 켜 again, under another label
    assert fields["within"][0] == [["train", "validation"], 5, 1, 1, 1]
    assert fields["across"] == [
        ["validation", ["train"], 2, 1, 1, 1],
        ["test", ["train", "validation"], 2, 1, 1, 1],
    ]
    assert fields["conflicts"] == [2, 4]
    [[names, length, unknown, cut]] = fields["encoders"]
    assert (names, length, cut) == (["bert-nano", "koelectra-nano"], 128, 0)
    assert 0 < unknown < 1
    assert fields["missing"] == []


def test_no_text_is_among_them(found):
    text = json.dumps(audits.audit_fields(found, [make_spec()]), ensure_ascii=False)

    assert not any(one in text for one in found.texts)


def test_a_tokenizer_that_is_not_here_is_a_sentence_and_no_hub_is_asked(found, cache, monkeypatch):
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", lambda *a, **k: pytest.fail("asked"))
    spec = make_spec(encoder("hf:nobody/nothing", pretrained=True))

    fields = audits.audit_fields(found, [spec])

    [[name, reason]] = fields["missing"]
    assert name == "hf:nobody/nothing"
    assert "nobody/nothing is not in the local cache" in reason
    assert fields["encoders"] == []
    assert not cache.exists()


def test_the_second_time_nothing_is_counted(found, monkeypatch):
    first = audits.audit_fields(found, [make_spec()])
    monkeypatch.setattr(audits, "_audit", lambda *a: pytest.fail("counted again"))

    assert audits.audit_fields(found, [make_spec()]) == first


def test_another_length_is_another_audit(found, cache):
    for length in (64, 128):
        audits.audit_fields(found, [make_spec(recipe={"max_length": length})])

    assert len(list(cache.iterdir())) == 2


def test_without_the_task_the_reason_is_told():
    contents = Contents((make_result(make_spec()),))
    texts = {(TASK.name, TASK.content_sha256): Texts(None, reason="It is secret.")}
    fields = page_fields(leaderboard.build(contents), contents, texts)

    assert fields["boards"][0]["tasks"][0]["audit"] == {"reason": "It is secret."}
