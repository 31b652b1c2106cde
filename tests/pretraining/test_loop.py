"""The loop: a step number decides everything, so that a killed run goes on as if undisturbed."""

import dataclasses
import json

import pytest
import torch

from pretraining.loop import Plan, Pretraining
from pretraining.objectives import MaskedLanguageModel, Vocabulary

PLAN = Plan(steps=100, tokens_per_batch=256, warmup_steps=5, learning_rate=1e-2)


@pytest.fixture
def make(corpus, make_encoder, tmp_path):
    def make(folder="run", plan=PLAN):
        (tmp_path / folder).mkdir(exist_ok=True)
        torch.manual_seed(0)
        vocabulary = Vocabulary(mask_id=4, first_word=5, size=40)
        model = MaskedLanguageModel(make_encoder(), vocabulary)
        return Pretraining(model, corpus, corpus, plan, tmp_path / folder)

    return make


def weights(pretraining):
    return torch.cat([one.detach().flatten() for one in pretraining.model.parameters()])


def interrupt_at(pretraining, step):
    learn = pretraining.learn

    def stop(number):
        if number == step:
            raise KeyboardInterrupt
        return learn(number)

    pretraining.learn = stop
    with pytest.raises(KeyboardInterrupt):
        pretraining.run()


def test_the_rate_rises_stays_and_falls():
    rates = [PLAN.rate(step) for step in range(PLAN.steps)]
    assert rates[0] == pytest.approx(0.002)
    assert rates[4:76] == [0.01] * 72
    # 1 - sqrt of the share that has passed: 1/25 after one step of the decay
    assert rates[76] == pytest.approx(0.01 * (1 - 0.2))
    assert 0 < rates[-1] < rates[-2]


def test_held_out_loss_falls(make):
    pretraining = make()
    before = pretraining.measure()["masked tokens"]
    pretraining.run()
    assert pretraining.history[-1]["held_out"]["masked tokens"] < before - 0.3


def test_a_killed_run_goes_on_as_if_undisturbed(make, monkeypatch):
    whole = make("whole")
    whole.run()
    monkeypatch.setattr("pretraining.loop.CHECKPOINT_SECONDS", 0)
    interrupt_at(make("killed"), 63)
    continued = make("killed")
    continued.run()
    assert torch.equal(weights(continued), weights(whole))
    measured = [
        [(entry["step"], entry["training"], entry.get("held_out")) for entry in one.history]
        for one in (continued, whole)
    ]
    assert measured[0] == measured[1]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_pretrains_in_bf16_and_keeps_weights_in_fp32(make):
    pretraining = make()
    before = pretraining.measure()["masked tokens"]
    with pretraining.precision():
        assert torch.is_autocast_enabled("cuda")
        assert torch.get_autocast_dtype("cuda") == torch.bfloat16
    pretraining.run()
    assert pretraining.history[-1]["held_out"]["masked tokens"] < before - 0.3
    assert weights(pretraining).device.type == "cuda"
    assert weights(pretraining).dtype == torch.float32


def test_a_longer_plan_goes_on_from_before_the_rate_fell(make):
    make().run()
    longer = dataclasses.replace(PLAN, steps=200)
    extended = make(plan=longer)
    extended.restore()
    assert extended.step == PLAN.decay_begins
    extended.run()
    whole = make("whole", longer)
    whole.run()
    assert torch.equal(weights(extended), weights(whole))


def test_history_is_written_as_json_lines(make, tmp_path):
    make().run()
    lines = (tmp_path / "run" / "history.jsonl").read_text("utf-8").splitlines()
    last = json.loads(lines[-1])
    assert last["step"] == 100
    assert set(last["held_out"]) == {"loss", "masked tokens", "words of a text"}


def test_a_loss_that_is_not_finite_stops_with_its_step(make):
    pretraining = make()
    torch.nn.init.constant_(pretraining.model.token_predictor.bias, float("nan"))
    with pytest.raises(FloatingPointError, match="run: a loss of the steps 1 to 50 is not finite"):
        pretraining.run()
    assert not list(pretraining.folder.iterdir())
