"""`train`: one classifier, its examples and a recipe."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from zoo.data import Examples, as_examples, check_splits
from zoo.errors import DataError, Diverged, RecipeError, TrainingError
from zoo.evaluation import label_indices
from zoo.limits import MAX_LENGTH
from zoo.prediction import tokenize
from zoo.recipe import Recipe, has_bf16
from zoo.seeds import check_seed
from zoo.trainer import Material, run_trainer
from zoo.unknown_tokens import count_tokens
from zoo.verdict import Judgement, judge

if TYPE_CHECKING:
    from zoo.classifier import TextClassifier
    from zoo.measurements import Measurements

__all__ = ["Diverged", "Progress", "TrainingReport", "train"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands: epoch and step of how many (both from 1), and the mean recent loss."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None
    validation: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What training did.

    `history` has one entry per epoch: `epoch`, `train_loss` (and `train_losses` of its quarters),
    `seconds`, the mean `encoder_gradient_norm` and `head_gradient_norm` before clipping and, with
    validation examples, `validation_loss`, their metrics, and `prediction_entropy`. `best_epoch` is
    the one whose weights the classifier has. `verdict` is None without validation examples. Seconds
    and samples are those of this call, which may have continued another.
    """

    recipe: Recipe
    seed: int
    history: list[dict[str, Any]]
    best_epoch: int
    measurements: Measurements
    verdict: Judgement | None
    steps: int
    train_seconds: float
    samples_per_second: float
    device: str


def train(
    classifier: TextClassifier,
    train: Any,
    validation: Any = None,
    recipe: Recipe | None = None,
    *,
    seed: int = 0,
    on_progress: Callable[[Progress], None] | None = None,
    checkpoints: str | Path | None = None,
) -> TrainingReport:
    """Train `classifier` in place on examples, a file, a frame or pairs of text and label.

    With `validation` examples, training stops early and the best epoch's weights are restored. With
    a `checkpoints` folder the state after each epoch is kept there, and the same call continues
    from it. The result depends on the examples, the recipe, the seed, and the classifier's weights.

    Raises `DataError` for examples that cannot be trained on, `RecipeError` for a recipe that
    cannot be followed, `OutOfMemory` where a batch does not fit onto the GPU, and `Diverged` at the
    step where a loss or a gradient is not finite; the classifier then has the last finite weights.
    """
    seed = check_seed(seed)
    if classifier.dtype != torch.float32:
        raise TrainingError(
            f"training needs weights in float32, these are {classifier.dtype}: call "
            "classifier.float() before, and choose the precision in the recipe"
        )
    recipe = resolved_for(classifier, recipe)
    refuse_nothing_to_train(classifier, recipe)
    refuse_no_words(classifier, recipe)
    warn_of_emulation(recipe)
    training_examples = as_examples(train)
    validation_examples = None if validation is None else as_examples(validation)
    check_splits(training_examples, validation_examples)
    material = prepare(classifier, training_examples, validation_examples, recipe)
    started = time.perf_counter()
    trained = run_trainer(
        classifier,
        material,
        recipe,
        seed,
        report=None if on_progress is None else lambda **now: on_progress(Progress(**now)),
        checkpoints=None if checkpoints is None else Path(checkpoints),
    )
    seconds = time.perf_counter() - started
    return TrainingReport(
        recipe=recipe,
        seed=seed,
        history=trained.history,
        best_epoch=trained.best_epoch,
        measurements=trained.measurements,
        verdict=judge(
            trained.history, trained.measurements, recipe, resolved_for(classifier, None)
        ),
        steps=trained.steps,
        train_seconds=seconds,
        samples_per_second=trained.samples / seconds,
        device=str(classifier.device),
    )


def resolved_for(classifier: TextClassifier, recipe: Recipe | None) -> Recipe:
    """The recipe, or the default one, with what it leaves open filled in for this encoder."""
    if recipe is not None and not isinstance(recipe, Recipe):
        raise RecipeError(
            f"recipe is of type {type(recipe).__name__}; give a zoo.Recipe, such as "
            "zoo.Recipe(epochs=3)"
        )
    encoder = classifier.config.encoder
    return (recipe or Recipe()).resolved(
        is_pretrained=bool(encoder.get("is_pretrained")),
        # a classifier saved by an earlier version does not say
        fine_tuning_rate=encoder.get("learning_rate"),
    )


def refuse_nothing_to_train(classifier: TextClassifier, recipe: Recipe) -> None:
    """Raise `RecipeError` or `TrainingError` where no parameter would be trained."""
    trained = classifier.head if recipe.frozen else classifier
    if any(parameter.requires_grad for parameter in trained.parameters()):
        return
    if recipe.frozen:
        raise RecipeError(
            "there is nothing to train: frozen is true, and the head "
            f"{classifier.config.head['name']!r} has no trainable parameters. Take frozen out of "
            "the recipe, or choose another head"
        )
    raise TrainingError(
        "there is nothing to train: no parameter requires a gradient; call "
        "classifier.requires_grad_(True) before"
    )


def warn_of_emulation(recipe: Recipe) -> None:
    """Warn of a precision that this machine only emulates."""
    if recipe.precision == "bf16" and not has_bf16():
        warnings.warn(
            "precision is bf16, which this machine emulates: training takes ten times as long and "
            "more. Leave it out of the recipe, or set it to fp32",
            stacklevel=3,
        )


def prepare(
    classifier: TextClassifier, train: Examples, validation: Examples | None, recipe: Recipe
) -> Material:
    """Tokenise once, map labels by name, and refuse a tokenizer that does not know the language."""
    labels = label_indices(train, classifier.labels)
    validated = Examples((), ()) if validation is None else validation
    validation_labels = label_indices(validated, classifier.labels)
    token_ids = tokenize(classifier.tokenizer, train.texts, recipe.max_length)
    refuse_unknown_language(classifier, token_ids, train, recipe.max_unknown_rate)
    return Material(
        token_ids=token_ids,
        labels=labels,
        # characters and not tokens: every pair shall see the same batches
        lengths=[len(text) for text in train.texts],
        validation_ids=tokenize(classifier.tokenizer, validated.texts, recipe.max_length),
        validation_labels=validation_labels,
        label_weights=recipe.weights_of(classifier.labels, train.label_counts),
    )


def refuse_no_words(classifier: TextClassifier, recipe: Recipe) -> None:
    """Raise `RecipeError` where nothing but the tokenizer's own tokens is left of a text."""
    tokenizer = classifier.tokenizer
    own = 0 if tokenizer is None else tokenizer.num_special_tokens_to_add()
    if recipe.max_length <= own:
        raise RecipeError(
            f"max_length is {recipe.max_length}, and the tokenizer of "
            f"{classifier.config.encoder['name']!r} adds {own} tokens of its own to every text: no "
            "word is left. Set it to the tokens of a long text; without it in the recipe it is "
            f"{MAX_LENGTH}"
        )


def refuse_unknown_language(
    classifier: TextClassifier, token_ids: list[list[int]], train: Examples, limit: float
) -> None:
    """Raise `DataError` where the tokenizer does not know too many of the training tokens."""
    share = count_tokens(classifier.tokenizer, token_ids).unknown_share
    if share > limit:
        raise DataError(
            f"{train.source}: the tokenizer of {classifier.config.encoder['name']!r} does not know "
            f"{share:.0%} of the tokens (limit {limit:.0%}). Choose an encoder of the "
            "texts' language, or raise max_unknown_rate in the recipe"
        )
