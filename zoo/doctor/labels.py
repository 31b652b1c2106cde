"""The labels and the order in which examples are served."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from zoo.doctor.bag_of_words import skill_of
from zoo.doctor.findings import Finding
from zoo.doctor.patient import Patient, class_indices, known_labels
from zoo.doctor.tokens import token_rows

# standard deviations; a shuffled order gets there once in millions
FEWER_RUNS = 5.0
RUNS_SHARE = 0.5
ONE_CLASS_SHARE = 0.8
MAJORITY_SHARE = 0.9
# examples of a class that were to be expected, if there were any
SURELY_SEEN = 20


def examine(patient: Patient) -> Iterator[Finding]:
    """Range, order, balance, and whether they have anything to do with the texts."""
    labels = known_labels(patient.all_batches)
    if not len(labels):
        patient.left_out.append("labels: they are not one class for each example")
        return
    yield from out_of_range(patient, labels)
    if len(np.unique(labels)) == 1:
        yield Finding(
            "labels_constant",
            "All labels are the same",
            f"all {len(labels):,} examples looked at have {told(patient, labels[0])}",
            "look at how labels are read and mapped to numbers",
        )
        return
    ordered = list(in_order(patient))
    yield from ordered
    skewed = [] if ordered else list(imbalanced(patient, labels))
    yield from skewed
    if skewed:
        patient.left_out.append("labels against texts: nearly all labels are the same")
    else:
        yield from unrelated(patient)


def out_of_range(patient: Patient, labels: np.ndarray) -> Iterator[Finding]:
    """Labels that no logit stands for, and a first label that never occurs."""
    width = patient.num_labels
    if width is None or width < 2:
        return
    least, largest = int(labels.min()), int(labels.max())
    shift = "labels count from 0: subtract 1, or map names to 0, 1, 2, …"
    if least < 0 or largest >= width:
        is_shifted = least == 1 and largest == width
        yield Finding(
            "labels_out_of_range",
            "Labels lie outside of the logits",
            f"labels run from {least} to {largest}, the {width} logits stand for 0 to {width - 1}",
            shift if is_shifted else f"num_labels={largest + 1}, or look at how labels are mapped",
        )
    elif least == 1 and len(labels) / width > SURELY_SEEN:
        yield Finding(
            "labels_shifted",
            "The first class never occurs",
            f"labels run from 1 to {largest} in {len(labels):,} examples, logits stand for 0 to "
            f"{width - 1}",
            shift,
        )


def in_order(patient: Patient) -> Iterator[Finding]:
    """Examples served by label: fewer changes of label from one to the next than chance gives."""
    first = [each for each in map(class_indices, patient.served.first) if each is not None]
    labels = np.concatenate(first)
    fix = "DataLoader(dataset, batch_size=…, shuffle=True)"
    if len(np.unique(labels)) == 1:
        yield Finding(
            "labels_in_order",
            "The data are served in the order of their labels",
            f"the first {len(labels):,} examples all have {told(patient, labels[0])}, further on "
            "there are others",
            fix,
        )
        return
    runs, expected, deviation = run_statistics(labels)
    if runs > expected - FEWER_RUNS * deviation or runs > RUNS_SHARE * expected:
        return
    batches = [each for each in first if len(each) > 2]
    pure = sum(len(np.unique(each)) == 1 for each in batches)
    changes = 1 + sum(a[-1] != b[0] for a, b in itertools.pairwise(batches))
    is_pure = len(batches) > 3 and pure > ONE_CLASS_SHARE * len(batches)
    if is_pure and changes > 1.5 * len(np.unique(labels)):
        yield Finding(
            "one_class_per_batch",
            "Each batch holds one class alone",
            f"{pure} of {len(batches)} batches have a single label",
            "draw batches across classes: shuffle=True, and no sampler that groups by label",
        )
        return
    yield Finding(
        "labels_in_order",
        "The data are served in the order of their labels",
        f"the label changes {runs - 1:,} times in {len(labels):,} examples; shuffled it would "
        f"change about {expected - 1:,.0f} times",
        fix,
    )


def run_statistics(labels: np.ndarray) -> tuple[int, float, float]:
    """Runs of equal labels, how many a random order has, and their standard deviation.

    Barton & David 1957, "Multiple runs", Biometrika 44.
    """
    n = len(labels)
    counts = np.unique(labels, return_counts=True)[1].astype(float)
    squares, cubes = (counts**2).sum(), (counts**3).sum()
    runs = 1 + int((labels[1:] != labels[:-1]).sum())
    expected = 1 + n - squares / n
    variance = squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3
    return runs, expected, float(np.sqrt(max(variance, 0) / (n**2 * (n - 1))))


def imbalanced(patient: Patient, labels: np.ndarray) -> Iterator[Finding]:
    """One class that nearly all examples have, and a loss that does not know it."""
    classes, counts = np.unique(labels, return_counts=True)
    share = counts.max() / len(labels)
    weighs = getattr(patient.loss, "weight", None) is not None
    if share > MAJORITY_SHARE and not weighs:
        yield Finding(
            "class_imbalance",
            "One class is nearly everything",
            f"{share:.1%} of the examples have {told(patient, classes[counts.argmax()])}: always "
            f"saying so gives an accuracy of {share:.1%}",
            "weigh the classes, CrossEntropyLoss(weight=…), or draw them evenly; watch macro F1",
        )


def told(patient: Patient, index: int) -> str:
    """A label by its own name, where the configuration of the model has one; or by its number."""
    names = getattr(getattr(patient.model, "config", None), "id2label", None)
    name = names.get(int(index)) if isinstance(names, Mapping) else None
    # what transformers writes where nobody named any
    is_own = name is not None and name != f"LABEL_{index}"
    return f"label {name!r}" if is_own else f"label {index}"


def unrelated(patient: Patient) -> Iterator[Finding]:
    """Labels of which the words of the texts tell nothing."""
    rows = token_rows(patient)
    indices = [class_indices(batch) for batch in patient.all_batches if batch.ids is not None]
    if not rows or any(each is None for each in indices):
        return
    labels = np.concatenate([each for each in indices if each is not None])
    known = labels >= 0
    skill = skill_of([row for row, one in zip(rows, known, strict=True) if one], labels[known])
    if skill is None:
        patient.left_out.append("labels against texts: too few examples to tell")
    elif skill.is_none:
        yield Finding(
            "labels_unrelated",
            "The labels have nothing to do with the texts",
            f"a bag of words finds {skill.recall:.0%} of a class in {skill.examples:,} examples, "
            f"guessing {skill.chance:.0%}",
            "look whether texts and labels were shuffled, filtered or joined apart from each other",
        )
