"""What a classifier is worth on labelled examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data import as_examples
from zoo.errors import DataError, did_you_mean
from zoo.metrics import Scores, score
from zoo.prediction import logits_of, tokenize

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.data import Examples


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Logits `(example, label)`, label indices `(example,)`, and the scores computed from them."""

    logits: np.ndarray
    labels: np.ndarray
    scores: Scores

    @property
    def metrics(self) -> dict[str, float]:
        """Each metric's value; see `zoo.metrics.score`."""
        return self.scores.metrics

    @property
    def per_class(self) -> list[dict[str, Any]]:
        """Precision, recall, F1 and support of every label."""
        return self.scores.per_class

    @property
    def confusion(self) -> list[list[int]]:
        """Rows are true labels, columns predicted ones."""
        return self.scores.confusion


def evaluate(classifier: TextClassifier, examples: Any, **options: Any) -> Evaluation:
    """Scores of a classifier on `examples`: `Examples`, a file, a frame, pairs of text and label.

    `options` are those of `zoo.read_examples`. Raises `DataError` for a label that the classifier
    does not know, `EvaluationError` for logits that are not finite.
    """
    examples = as_examples(examples, **options)
    labels = label_indices(examples, classifier.labels)
    token_ids = tokenize(classifier.tokenizer, examples.texts, classifier.config.max_length)
    logits = logits_of(classifier, token_ids).numpy()
    return Evaluation(logits, labels, score(logits, labels, classifier.labels))


def label_indices(examples: Examples, labels: tuple[str, ...]) -> np.ndarray:
    """The index of each example's label among `labels`; by name, never by position."""
    index = {label: position for position, label in enumerate(labels)}
    unknown = [label for label in examples.label_names if label not in index]
    if unknown:
        named = ", ".join(repr(label) for label in unknown[:5])
        count = "1 label is" if len(unknown) == 1 else f"{len(unknown):,} labels are"
        raise DataError(
            f"{examples.source}: {count} not among the classifier's: {named}"
            f"{did_you_mean(unknown[0], labels)}\nThe classifier knows: {', '.join(labels[:20])}"
        )
    return np.array([index[label] for label in examples.labels], dtype=np.int64)
