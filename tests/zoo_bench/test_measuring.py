"""Baselines, costs and predictions, each against numbers by hand."""

import time

import numpy as np
import pytest

from zoo_bench import costs, predictions
from zoo_bench.baselines import MajorityClass, TfidfSvm, baselines, make_baseline
from zoo_bench.predictions import Predictions

# baselines


def test_the_majority_class_is_always_predicted_with_the_log_shares():
    baseline = MajorityClass()
    baseline.fit(["a", "b", "c"], np.array([1, 1, 0]), 3)
    # one more of each: 2, 3 and 1 of 6
    assert baseline.logits(["x"]) == pytest.approx(np.log([[2 / 6, 3 / 6, 1 / 6]]), abs=1e-6)


def test_tfidf_and_svm_tell_words_apart_and_never_predict_an_absent_class():
    baseline = TfidfSvm(smallest_document_count=1)
    baseline.fit(["불 켜 줘", "불 꺼 줘", "비 오니", "비 올까"], np.array([0, 0, 2, 2]), 3)
    logits = baseline.logits(["불 켜", "비 와", "zzz"])
    assert logits.shape == (3, 3)
    assert logits.argmax(axis=1).tolist()[:2] == [0, 2]
    assert 1 not in logits.argmax(axis=1)
    assert np.isfinite(logits).all()


def test_baselines_are_made_from_their_records_and_repeat_themselves():
    texts = [f"{word} {number}" for word in ("가", "나", "다") for number in range(9)]
    labels = np.repeat([0, 1, 2], 9)
    for record in baselines():
        first, second = make_baseline(record), make_baseline(record)
        first.fit(texts, labels, 3)
        second.fit(texts, labels, 3)
        assert first.logits(texts).tobytes() == second.logits(texts).tobytes()


# costs


def test_latency_warms_up_and_takes_percentiles_over_all_calls(monkeypatch):
    calls = []
    # one call of 11 ms among 199 of 1 ms
    seconds = iter([0.011, *[0.001] * 199])
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def predict(text):
        calls.append(text)
        if len(calls) > costs.WARMUPS:
            clock[0] += next(seconds)

    latency = costs.measure_latency(predict, ["a", "b", "c"])
    assert len(calls) == costs.WARMUPS + costs.CALLS == 220
    assert latency.p50_ms == pytest.approx(1.0)
    assert latency.p99_ms == pytest.approx(1.0)
    assert set(calls) == {"a", "b", "c"}


def test_the_peak_of_an_earlier_run_does_not_count():
    block = bytearray(400_000_000)
    high = costs.peak_memory_bytes()
    del block
    costs.reset_peak_memory()
    assert costs.peak_memory_bytes() < high - 300_000_000


# predictions


def test_predictions_read_back_and_hold_no_text():
    written = Predictions(
        logits=np.array([[0.5, -1.5], [2.0, 3.0], [0.0, 1.0]], dtype=np.float32),
        labels=np.array([0, 1, 1]),
        clean_rows=np.array([0, 2]),
        validation_logits=np.array([[1.0, 0.0]], dtype=np.float32),
        validation_labels=np.array([0]),
    )
    content = predictions.to_bytes(written)
    assert content == predictions.to_bytes(written)
    read = predictions.from_bytes(content)
    for name in ("logits", "labels", "clean_rows", "validation_logits", "validation_labels"):
        assert np.array_equal(getattr(read, name), getattr(written, name))


def test_out_of_scope_logits_are_kept_where_there_are_any():
    nothing = np.zeros((0, 2), dtype=np.float32)
    rows = np.zeros(0, dtype=np.int64)
    outside = np.array([[0.5, -1.5]], dtype=np.float32)
    for logits in (None, outside):
        written = Predictions(nothing, rows, rows, nothing, rows, logits)
        read = predictions.from_bytes(predictions.to_bytes(written)).out_of_scope_logits
        assert read is None if logits is None else np.array_equal(read, logits)
