"""The baselines that stand on every board: no neural network, no seed, always the same result.

A transformer below TF-IDF with a linear SVM has not earned its cost on that task. Its verdict does
not say so: that rests on its own measurements (`docs/explanation/verdicts.md`).
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from zoo.entry_points import BUILT_IN, zoo_version
from zoo_bench.records import Component

if TYPE_CHECKING:
    import numpy as np


class Baseline(Protocol):
    """What a baseline can do. `has_probabilities`: the softmax of its scores means something."""

    has_probabilities: bool

    def fit(self, texts: Sequence[str], labels: np.ndarray, num_labels: int) -> None:
        """Learn from texts and their label indices `(text,)`."""

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Scores `(text, label)` in float32, finite; the largest is the prediction."""

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""


class MajorityClass:
    """Always the commonest class of train; its logits are the log shares of the classes."""

    has_probabilities = True

    def fit(self, texts: Sequence[str], labels: np.ndarray, num_labels: int) -> None:
        import numpy as np

        # one more of each (Laplace): the log of an absent class would not be finite
        counts = np.bincount(labels, minlength=num_labels) + 1
        self._log_shares = np.log(counts / counts.sum()).astype(np.float32)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        return np.tile(self._log_shares, (len(texts), 1))

    @property
    def parameters(self) -> int:
        return len(self._log_shares)


class TfidfSvm:
    """TF-IDF over character n-grams and a linear SVM, one class against the rest."""

    has_probabilities = False

    def __init__(
        self, *, largest_ngram: int = 4, smallest_document_count: int = 2, cost: float = 1.0
    ) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline
        from sklearn.svm import LinearSVC

        vectorizer = TfidfVectorizer(
            analyzer="char",
            ngram_range=(1, largest_ngram),
            min_df=smallest_document_count,
            sublinear_tf=True,
        )
        self._classifier = LinearSVC(C=cost, random_state=0)
        self._pipeline = make_pipeline(vectorizer, self._classifier)

    def fit(self, texts: Sequence[str], labels: np.ndarray, num_labels: int) -> None:
        self._num_labels = num_labels
        self._pipeline.fit(list(texts), labels)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        margins = self._pipeline.decision_function(list(texts))
        if margins.ndim == 1:  # two classes share one margin
            margins = np.stack([-margins, margins], axis=1)
        # a class that train does not have is never predicted
        logits = np.full((len(texts), self._num_labels), margins.min() - 1, dtype=np.float32)
        logits[:, self._classifier.classes_] = margins
        return logits

    @property
    def parameters(self) -> int:
        return int(self._classifier.coef_.size + self._classifier.intercept_.size)


def _component(name: str, target: str, **options: Any) -> Component:
    return Component(
        name=name, distribution=BUILT_IN, version=zoo_version(), target=target, options=options
    )


def baselines() -> tuple[Component, ...]:
    """The baselines of every board."""
    here = "zoo_bench.baselines"
    return (
        _component("majority-class", f"{here}:MajorityClass"),
        _component("tfidf-svm", f"{here}:TfidfSvm"),
    )


def make_baseline(component: Component) -> Baseline:
    """The baseline that a record describes, ready to be fitted."""
    module, _, name = component.target.partition(":")
    baseline: Baseline = getattr(importlib.import_module(module), name)(**component.options)
    return baseline
