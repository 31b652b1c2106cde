"""A few dozen steps at several learning rates: does the model learn at all, and at which?

After the range test of Smith 2017 (https://arxiv.org/abs/1506.01186), with steps counted: an
optimizer such as Adam goes about as far in few steps at a high rate as in many at a low one. So
the rate is scaled by the planned steps over the tried ones before it is called too low.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from zoo.doctor.batches import Batch
from zoo.doctor.findings import Finding
from zoo.doctor.patient import Patient
from zoo.doctor.schedules import trajectory

STEPS, FEWEST_STEPS = 40, 12
TRIALS = 9
LONGEST_SCALE = 300.0
# of what guessing by the labels' shares costs
LEARNED, HARDLY, WELL, STILL = 0.15, 0.04, 0.3, 1e-3
# in words: the planned rate, and the highest that were tried
MOST_TOLD = 4
MAXIMAL_NORM = 1.0
# of an AdamW of our own
OWN_RATE = 1e-3
TOO_LOW = "The learning rate is too low"


@dataclass(frozen=True, slots=True)
class Trial:
    """`steps` steps at `scale` times the planned rate; losses in evaluation, in nats."""

    scale: float
    before: float
    after: float

    @property
    def gain(self) -> float:
        """Nats learned; minus infinity where the loss is not finite any more."""
        return self.before - self.after if math.isfinite(self.after) else -math.inf


def examine(patient: Patient, seconds: float) -> Iterator[Finding]:
    """Trials until the answer is clear, within about so many seconds."""
    # few enough examples that some dozen steps see each of them several times
    # and no more than the training has: what only more steps would learn, it does not
    most = STEPS if patient.planned_steps is None else min(STEPS, patient.planned_steps)
    trials = Trials(patient, patient.sample, peak_rates(patient), max(most, FEWEST_STEPS))
    steps = affordable_steps(trials, seconds)
    if steps < FEWEST_STEPS:
        patient.left_out.append(
            f"learning rate: {FEWEST_STEPS} steps of this model take too long for {seconds:.0f} s"
        )
        return
    trials = dataclasses.replace(trials, steps=steps)
    if trials.rates is None:
        patient.left_out.append("learning rate: no optimizer was given")
        yield from cannot_overfit(trials, [trials.at(scale) for scale in (1.0, 10.0, 0.1)])
        return
    yield from judge_rate(trials)


@dataclass(slots=True)
class Trials:
    """Trials of one patient on the same batches; `rates` are None for an AdamW of our own."""

    patient: Patient
    batches: Sequence[Batch]
    rates: list[float] | None
    steps: int

    @property
    def unit(self) -> float:
        """Nats: the loss of guessing by the labels' shares."""
        return max(self.patient.label_entropy, 1e-3)

    def at(self, scale: float) -> Trial:
        """The gain at a multiple of the rate, which rises over the first half of the steps."""
        patient = self.patient
        patient.kept.restore()
        trained = [each for each in patient.model.parameters() if each.requires_grad]
        given = patient.optimizer if self.rates else None
        optimizer = given or torch.optim.AdamW(trained)
        rates = self.rates or [OWN_RATE]
        before = patient.mean_loss(self.batches)
        after = math.nan
        for step in range(self.steps):
            rise = min(1.0, 2 * (step + 1) / self.steps)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = scale * rise * rate
            if not self.learn(optimizer, self.batches[step % len(self.batches)], step):
                break
        else:
            after = patient.mean_loss(self.batches)
        patient.kept.restore()
        return Trial(scale, before, after)

    def learn(self, optimizer: torch.optim.Optimizer, batch: Batch, step: int) -> bool:
        """One step; False where the loss is not finite."""
        patient = self.patient
        patient.model.zero_grad()
        with patient.mode(training=True, seed=step), torch.enable_grad():
            loss = patient.loss_of(batch, patient.call(batch))
            if not loss.isfinite():
                return False
            loss.backward()
        nn.utils.clip_grad_norm_(patient.model.parameters(), MAXIMAL_NORM)
        optimizer.step()
        return True


def affordable_steps(trials: Trials, seconds: float) -> int:
    """How many steps each trial may have."""
    patient = trials.patient
    trained = [each for each in patient.model.parameters() if each.requires_grad]
    optimizer = patient.optimizer or torch.optim.SGD(trained, lr=0.0)
    times = []
    for step in range(2):
        started = time.perf_counter()
        trials.learn(optimizer, trials.batches[step % len(trials.batches)], step)
        times.append(time.perf_counter() - started)
    patient.kept.restore()
    return min(trials.steps, int(seconds / TRIALS / max(min(times), 1e-6)))


def peak_rates(patient: Patient) -> list[float] | None:
    """The highest rate of each group over the planned training."""
    if patient.optimizer is None:
        return None
    groups = patient.optimizer.param_groups
    now = [float(group["lr"]) for group in groups]
    schedule = trajectory(patient, is_told=False)
    if schedule is None or not len(schedule) or schedule.max() <= 0:
        return now
    begun = [float(group.get("initial_lr", rate)) for group, rate in zip(groups, now, strict=True)]
    # one factor for all groups: the schedule's peak over the highest of the rates it began with
    factor = float(schedule.max()) / max(begun)
    return [factor * rate for rate in begun]


def judge_rate(trials: Trials) -> Iterator[Finding]:
    """Too high, too low, or no rate helps."""
    unit = trials.unit
    planned = trials.at(1.0)
    if planned.gain > WELL * unit:
        return
    done = [planned]
    is_still = abs(planned.gain) < STILL * unit
    for scale in () if is_still else (0.1, 0.01, 0.001):
        done.append(trials.at(scale))
        if done[-1].gain > max(planned.gain, 0.0) + WELL * unit:
            yield too_high(trials, done)
            return
        if 0 < planned.gain > done[-1].gain:
            break  # slower is worse
    longest = min(max(trials.patient.steps / trials.steps, 1.0), LONGEST_SCALE)
    for scale in sorted({math.sqrt(longest), longest} - {1.0}):
        done.append(trials.at(scale))
        if done[-1].gain > HARDLY * unit:
            return
    if planned.gain > HARDLY * unit:
        return
    for scale in (1e1, 1e2, 1e3, 1e4, 1e5):
        done.append(trials.at(scale * longest))
        if done[-1].gain > LEARNED * unit:
            yield too_low(trials, done)
            return
    yield from another_optimizer(trials, done)


def another_optimizer(trials: Trials, done: Sequence[Trial]) -> Iterator[Finding]:
    """Where no rate of the given optimizer helps: does AdamW?"""
    own = dataclasses.replace(trials, rates=None)
    adam = own.at(1.0)
    if adam.gain < LEARNED * trials.unit:
        adam = own.at(10.0)  # a small model of fresh weights
    if adam.gain < LEARNED * trials.unit:
        yield from cannot_overfit(trials, done)
        return
    rate = adam.scale * OWN_RATE
    kind = type(trials.patient.optimizer).__name__
    title = f"{kind} hardly moves this model"
    fix = f"AdamW(model.parameters(), lr={rate:.0e})"
    if "adam" not in kind.lower():
        fix += f", or {kind} with momentum and a higher rate"
    elif max(trial.scale for trial in done) * max(trials.rates or [OWN_RATE]) < rate:
        # so low that the trials did not get up to a rate that learns
        title, fix = TOO_LOW, advice(trials, rate)
    else:
        fix += ", with the betas and the eps that torch sets"
    yield Finding(
        "learning_rate_too_low",
        title,
        f"{listed(trials, done)}; AdamW at {rate:.0e} brings it to {adam.after:.2f}",
        fix,
    )


def listed(trials: Trials, done: Sequence[Trial]) -> str:
    """What the planned rate came to, and the best ones."""
    rate = max(trials.rates or [OWN_RATE])
    best = sorted(done[1:], key=lambda each: -each.gain)[: MOST_TOLD - 1]
    found = [
        f"{trial.after:.2f} at lr {trial.scale * rate:.1e}"
        if math.isfinite(trial.after)
        else f"not finite at lr {trial.scale * rate:.1e}"
        for trial in sorted([done[0], *best], key=lambda each: each.scale)
    ]
    return (
        f"{trials.steps} steps on {sum(map(len, trials.batches))} examples bring the loss from "
        f"{done[0].before:.2f} to {', '.join(found)}"
    )


def gentlest(done: Sequence[Trial]) -> Trial:
    """The lowest rate that learns nearly as much as the best."""
    best = max(trial.gain for trial in done)
    return min((one for one in done if one.gain > 0.5 * best), key=lambda each: each.scale)


def advice(trials: Trials, rate: float) -> str:
    """A rate that learned in the trials, and what is usual."""
    return f"a rate of about {rate:.0e}; {trials.patient.usual_rates}"


def too_high(trials: Trials, done: Sequence[Trial]) -> Finding:
    """The rate that throws the model about, and one that does not."""
    rate = max(trials.rates or [OWN_RATE])
    return Finding(
        "learning_rate_too_high",
        "The learning rate is too high",
        listed(trials, done),
        advice(trials, gentlest(done).scale * rate),
    )


def too_low(trials: Trials, done: Sequence[Trial]) -> Finding:
    """A rate at which the planned training is over before anything is learned."""
    rate = max(trials.rates or [OWN_RATE])
    planned = trials.patient.steps
    evidence = f"{listed(trials, done)}; the training has {planned:,} steps"
    if planned > trials.steps:
        evidence += (
            f", which at {rate:.1e} go as far as {trials.steps} at "
            f"{rate * min(planned / trials.steps, LONGEST_SCALE):.1e}"
        )
    return Finding(
        "learning_rate_too_low", TOO_LOW, evidence, advice(trials, gentlest(done).scale * rate)
    )


def cannot_overfit(trials: Trials, done: Sequence[Trial]) -> Iterator[Finding]:
    """A few examples that no rate can make the model learn by heart."""
    if max(trial.gain for trial in done) < LEARNED * trials.unit:
        yield Finding(
            "cannot_overfit",
            "The model cannot learn even a few examples by heart",
            listed(trials, done),
            "take one batch, no dropout, and follow states and gradients from input to loss",
        )
