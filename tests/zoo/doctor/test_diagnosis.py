"""What is found in a small classifier with one fault at a time; `doctor_proof` has the many."""

import itertools
import json
import math

import numpy as np
import pytest
import torch
from torch import nn

from zoo.doctor import CAUSES, diagnose
from zoo.doctor.diagnosis import CONSEQUENCES
from zoo.doctor.labels import run_statistics
from zoo.doctor.losses import kind_of
from zoo.doctor.parts import whole_parts
from zoo.doctor.schedules import count_restarts
from zoo.errors import DiagnosisError


def test_a_healthy_training_has_no_findings(model, optimizer, batches):
    found = diagnose(model, optimizer, batches)
    assert found.is_healthy
    assert str(found).startswith("nothing found, 320 examples looked at")


def test_the_report_tells_cause_evidence_and_fix(model, batches):
    optimizer = torch.optim.AdamW(model.words.parameters(), lr=1e-2)
    found = diagnose(model, optimizer, batches)
    assert str(found).splitlines()[1:8] == [
        "",
        "1. The optimizer does not hold all that should learn (not_in_optimizer)",
        "   evidence  'hidden', 'out' (676 of 1,316 parameters) get gradients and are in",
        "             no group of AdamW",
        "   fix       AdamW(model.parameters(), lr=…); to freeze a part on purpose,",
        "             part.requires_grad_(False)",
        "",
    ]
    fields = json.loads(json.dumps(found.as_fields()))
    assert fields["is_healthy"] is False
    assert fields["findings"][0]["cause"] == "not_in_optimizer"


def test_a_first_look_says_what_could_not_be_examined(model, batches):
    found = diagnose(model, batches=batches, seconds=0)
    assert "optimizer: none was given" in found.left_out
    assert "loop: no step was given" in found.left_out


def test_several_faults_are_told_in_the_order_of_mending(model, causes, examples):
    order = examples[1].argsort()
    sorted_batches = list(
        zip(examples[0][order].split(16), examples[1][order].split(16), strict=True)
    )
    optimizer = torch.optim.AdamW(model.words.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=10)
    assert causes(model, optimizer, sorted_batches, scheduler=schedule) == [
        "not_in_optimizer",
        "labels_in_order",
        "schedule_restarts",
    ]


def test_a_model_that_cannot_be_called_is_told_with_its_arguments(model):
    batches = [(torch.randn(4, 3), torch.zeros(4, dtype=torch.long))]
    with pytest.raises(DiagnosisError, match=r"the model cannot be called as model\(\(4, 3\)\): "):
        diagnose(model, batches=batches)


@pytest.mark.parametrize(
    ("loss", "evidence"),
    [
        (
            nn.BCEWithLogitsLoss(),
            "loss (BCEWithLogitsLoss), given logits (16, 4) of float32 and labels (16,) of int64, "
            "raises ValueError: Target size (torch.Size([16])) must be the same as input size",
        ),
        (
            nn.CrossEntropyLoss(reduction="none"),
            "loss (CrossEntropyLoss), given logits (16, 4) of float32 and labels (16,) of int64, "
            "returns a tensor (16,) of float32: backward() wants one number",
        ),
        (
            lambda logits, labels: nn.functional.cross_entropy(logits, labels).item(),
            "returns a float, which has no backward()",
        ),
    ],
    ids=["shapes", "no reduction", "float"],
)
def test_a_loss_with_which_training_would_stop_is_not_healthy(
    model, optimizer, batches, loss, evidence
):
    (finding,) = diagnose(model, optimizer, batches, loss).findings
    assert finding.cause == "training_raises"
    assert evidence in finding.evidence


def test_a_step_that_raises_is_not_healthy(model, optimizer, batches):
    def step(batch):
        return 1 / 0

    (finding,) = diagnose(model, optimizer, batches, step=step).findings
    assert finding.cause == "training_raises"
    assert finding.evidence.endswith(
        "step), given a batch of training, raises ZeroDivisionError: division by zero"
    )


def test_a_model_that_raises_over_its_labels_is_not_healthy(batches):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(40, 4)

        def forward(self, ids, labels):
            logits = self.words(ids).mean(1)
            if labels.any():
                raise TypeError("labels must be 0")
            return nn.functional.cross_entropy(logits, labels), logits

    (finding,) = diagnose(Own(), batches=batches).findings
    assert finding.evidence == (
        "model, given a batch of training and its labels, raises TypeError: labels must be 0"
    )


def test_what_a_step_raises_for_want_of_a_graph_is_told_by_its_cause(model, optimizer, batches):
    def loss(logits, labels):
        return nn.functional.cross_entropy(logits.detach(), labels)

    def step(batch):
        ids, labels = batch
        optimizer.zero_grad()
        loss(model(ids), labels).backward()
        optimizer.step()

    found = diagnose(model, optimizer, batches, loss, step=step)
    assert [one.cause for one in found.findings] == ["detached"]


def test_labels_beyond_the_logits_are_told_before_torch_stops(model, causes, batches):
    shifted = [(ids, labels + 1) for ids, labels in batches]
    found = diagnose(model, batches=shifted, seconds=0)
    assert [one.cause for one in found.findings] == ["labels_out_of_range"]
    assert found.findings[0].evidence == ("labels run from 1 to 4, the 4 logits stand for 0 to 3")
    assert found.findings[0].fix.startswith("labels count from 0: subtract 1")


def test_a_loss_of_the_models_own_is_used(causes, model, batches):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, ids, labels):
            logits = self.inner(ids)
            return nn.functional.cross_entropy(logits, labels, reduction="sum"), logits

    assert causes(Own(), batches=batches) == ["loss_scale"]


def test_rates_are_tried(model, causes, batches):
    low = torch.optim.AdamW(model.parameters(), lr=1e-7)
    high = torch.optim.SGD(model.parameters(), lr=1e4)
    assert causes(model, low, batches, seconds=60) == ["learning_rate_too_low"]
    assert causes(model, high, batches, seconds=60) == ["learning_rate_too_high"]


def test_adam_at_a_hopeless_rate_is_told_a_rate_and_not_to_take_adam(model, batches):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-13)
    (finding,) = diagnose(model, optimizer, batches).findings
    assert finding.cause == "learning_rate_too_low"
    assert finding.title == "The learning rate is too low"
    assert finding.fix.startswith("a rate of about 1e-02; pretrained encoders want 1e-5 to 5e-5")


def test_no_rate_is_tried_in_more_steps_than_the_training_has(model, batches):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-7)
    (finding,) = diagnose(model, optimizer, batches, steps=20).findings
    assert finding.evidence.startswith("20 steps on 64 examples")
    assert finding.evidence.endswith("; the training has 20 steps")


def test_the_same_question_has_the_same_answer(model, batches):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-7)
    first, second = (diagnose(model, optimizer, batches).findings for _ in range(2))
    assert first == second


def test_every_consequence_is_a_cause():
    named = {*CONSEQUENCES, *itertools.chain.from_iterable(CONSEQUENCES.values())}
    assert named <= set(CAUSES)
    assert len(set(CAUSES)) == len(CAUSES)


def test_run_statistics_equal_those_of_all_orders():
    """Mean and standard deviation over every order of eight labels."""
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    runs = [
        1 + sum(a != b for a, b in itertools.pairwise(order))
        for order in set(itertools.permutations(labels.tolist()))
    ]
    seen, expected, deviation = run_statistics(labels)
    assert seen == 3
    assert expected == pytest.approx(np.mean(runs))
    assert deviation == pytest.approx(np.std(runs))


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["a.x", "a.y"], ["a"]),
        (["a.x"], ["a.x"]),
        (["a.x", "a.y", "b.c.z"], ["a", "b"]),
        (["b.c.z"], ["b"]),
    ],
)
def test_parameters_are_told_by_their_largest_parts(names, parts):
    assert whole_parts(names, ["a.x", "a.y", "b.c.z", "d"]) == parts


@pytest.mark.parametrize(
    ("rates", "restarts"),
    [
        ([1, 0.8, 0.6, 0.4, 0.2, 0], 0),
        ([0, 0.5, 1, 0.5, 0], 0),
        ([1, 0.3, 1, 0.3, 1], 2),
        ([1, 0.7, 1, 0.7], 0),
    ],
)
def test_restarts_are_rises_after_a_fall(rates, restarts):
    assert count_restarts(np.array(rates, dtype=float), 1.0) == restarts


def test_outputs_are_told_apart_by_their_sums():
    logits = torch.tensor([[1.0, -2.0], [0.5, 3.0], [2.0, 1.0], [0.1, -0.3]])
    assert kind_of(logits) == "logits"
    assert kind_of(logits.softmax(1)) == "probabilities"
    assert kind_of(logits.log_softmax(1)) == "log-probabilities"


def test_softmax_twice_names_the_least_possible_loss(model, batches):
    class Probabilities(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, ids):
            return self.inner(ids).softmax(1)

    (finding,) = diagnose(Probabilities(), batches=batches, seconds=0).findings
    assert finding.cause == "loss_on_probabilities"
    # the best that can be: 1 for the true class, 0 for three others
    lowest = -math.log(math.e / (math.e + 3))
    assert f"it cannot fall below {lowest:.2f}, however right" in finding.evidence
