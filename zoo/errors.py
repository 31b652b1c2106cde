"""Every error that `zoo` raises on purpose.

    ZooError (a ValueError)
    ├── UnknownName           a name that nobody registered, with the nearest known one
    │   ├── UnknownEncoder
    │   ├── UnknownHead
    │   └── UnknownTask
    ├── AmbiguousName         a name that two plugins claim
    ├── PluginError           a plugin that was left out, asked for by name
    ├── OptionError           an option that a component does not take, or not with this value
    ├── PairError             an encoder and a head that cannot work together, or break the contract
    ├── DataError             texts, labels or files that cannot be used as they are
    ├── RecipeError           a recipe that cannot be followed
    ├── YamlError             a YAML file that cannot be read as written
    ├── JsonError             a JSON file that cannot be read as written
    ├── CheckpointError       weights or a saved classifier that cannot be loaded
    │   └── OutOfReach        neither on the hub, as far as it can be reached, nor in its cache
    ├── TrainingError         training that cannot go on
    │   ├── Diverged          a loss, a gradient or a logit that is NaN or infinite
    │   └── OutOfMemory       a batch that the GPU's memory does not hold
    ├── EvaluationError       logits or examples that no metric may be computed from
    ├── DiagnosisError        a model or batches that cannot be examined as they were given
    └── MissingExtra          an optional dependency that is not installed

Each message says what happened, where, and how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class ZooError(ValueError):
    """Anything that a user of `zoo` can mend."""


class UnknownName(ZooError):
    """A name that nobody registered."""


class UnknownEncoder(UnknownName):
    """No encoder has this name."""


class UnknownHead(UnknownName):
    """No head has this name."""


class UnknownTask(UnknownName):
    """No task has this name."""


class AmbiguousName(ZooError):
    """Two plugins claim the same name."""


class PluginError(ZooError):
    """A plugin was left out, and one of its names was asked for."""


class OptionError(ZooError):
    """A component does not take this option, or not with this value."""


class PairError(ZooError):
    """The encoder and the head cannot work together, or one of them breaks the contract."""


class DataError(ZooError):
    """Texts, labels or files cannot be used as they are."""


class RecipeError(ZooError):
    """A recipe cannot be followed."""


class YamlError(ZooError):
    """A YAML file cannot be read as written."""


class JsonError(ZooError):
    """A JSON file cannot be read as written."""


class CheckpointError(ZooError):
    """Weights or a saved classifier cannot be loaded."""


class OutOfReach(CheckpointError):
    """Weights are neither on the hub, as far as it can be reached, nor in its local cache."""


class TrainingError(ZooError):
    """Training cannot go on."""

    # a run that failed, and not wrong usage
    exit_code = 1


class Diverged(TrainingError):
    """A loss, a gradient or a logit is NaN or infinite; the weights are the last finite ones.

    `history` has what `TrainingReport.history` has of the epochs that came to their end before.
    """

    history: tuple[dict[str, Any], ...] = ()


class OutOfMemory(TrainingError):
    """The GPU's memory does not hold a batch with what training it takes."""


class EvaluationError(ZooError):
    """No metric may be computed from these logits or examples."""


class DiagnosisError(ZooError):
    """A model or its batches cannot be examined as they were given."""


class MissingExtra(ZooError):
    """An optional dependency is not installed."""

    def __init__(self, module: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs '{module}', which is not installed: pip install 'intentzoo[{extra}]'"
        )


def listed(words: Iterable[str], conjunction: str) -> str:
    """`a`, `a and b`, `a, b and c`; an empty text for none."""
    parts = list(words)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {conjunction} {parts[-1]}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The words `; did you mean 'x'?`, or an empty text where nothing is near."""
    near = nearest(name, known)
    return "" if near is None else f"; did you mean {near!r}?"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, None where none is like it."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return near[0] if near else None
