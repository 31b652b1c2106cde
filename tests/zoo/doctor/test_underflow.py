"""Mixed precision in float16, with and without a scaler of the loss."""

import pytest
import torch
from torch import nn

from zoo.doctor import diagnose

# what the loss is multiplied by
WEIGHT = 1e-5


@pytest.fixture
def make_step(model, optimizer):
    """The body of a loop in mixed precision."""

    def make(dtype=torch.float16, scaler=None, weight=WEIGHT):
        def step(batch):
            ids, labels = batch
            with torch.autocast("cpu", dtype):
                loss = nn.functional.cross_entropy(model(ids), labels) * weight
            if scaler is None:
                loss.backward()
                optimizer.step()
            else:
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
            optimizer.zero_grad()

        return step

    return make


@pytest.fixture
def found(model, optimizer, batches):
    def found(step):
        return diagnose(model, optimizer, batches, step=step, seconds=0)

    return found


def test_float16_without_a_scaler_loses_what_is_small(found, make_step):
    (finding,) = found(make_step()).findings
    assert finding.cause == "gradient_underflow"
    assert (
        "values of the gradient are zero, and are not when the loss is multiplied by 1,024"
        in finding.evidence
    )
    assert "torch.amp.GradScaler()" in finding.fix


@pytest.mark.parametrize(
    "options",
    [
        {"scaler": torch.amp.GradScaler("cpu")},
        {"dtype": torch.bfloat16},
        {"weight": 1},
    ],
    ids=["scaled", "bfloat16", "large enough"],
)
def test_what_loses_nothing_is_not_told(found, make_step, options):
    step = make_step(**options)
    assert found(step).is_healthy
    # it looked, and computed in the type that was asked for
    assert not any(each.startswith("float16:") for each in found(step).left_out)


def test_without_the_step_it_is_only_told(model, optimizer, batches):
    def loss(logits, labels):
        return nn.functional.cross_entropy(logits, labels) * WEIGHT

    with torch.autocast("cpu", torch.float16):
        found = diagnose(model, optimizer, batches, loss, seconds=0)
    assert "gradient_underflow" not in [each.cause for each in found.findings]
    (told,) = [each for each in found.left_out if each.startswith("scaling of the loss: ")]
    assert told.endswith("; give step= to see if it is used")


def test_a_step_is_left_as_found(model, make_step, found):
    before = {name: each.clone() for name, each in model.state_dict().items()}
    found(make_step())
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())
    assert all(each.grad is None for each in model.parameters())
