"""How one classifier is trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from zoo.errors import RecipeError, did_you_mean
from zoo.limits import MAX_LENGTH

# Devlin et al. 2019 (appendix A.3) fine-tune at 2e-5 to 5e-5; a fresh encoder needs far more
PRETRAINED_ENCODER_RATE = 5e-5
FRESH_ENCODER_RATE = 5e-4
HEAD_RATE = 1e-3
# a fresh encoder that meets its full rate too early maps every text to the same states for good
FRESH_WARMUP_STEPS = 200
# of all steps: most of a training must be left to learn in
LARGEST_WARMUP = 0.4
PRETRAINED_EPOCHS = 5
FRESH_EPOCHS = 10


class Recipe(BaseModel):
    """How one classifier is trained; every field has a default that works.

    None for a learning rate, `min_warmup_steps` or `epochs` means: what suits the encoder, which
    depends on whether it comes with pretrained weights. `resolved` fills them in. Raises one
    `RecipeError` that names every fault.
    """

    # strict: "no" for a truth value or "3" for a number is refused and not guessed at
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    epochs: int | None = Field(default=None, ge=1, le=10_000)
    batch_size: int = Field(default=32, ge=1, description="examples per optimizer step")
    gradient_accumulation: int = Field(default=1, ge=1, description="parts of a batch, in turn")
    max_length: int = Field(
        default=MAX_LENGTH, ge=2, description="tokens of a text, special ones too"
    )
    encoder_learning_rate: float | None = Field(default=None, gt=0)
    head_learning_rate: float | None = Field(default=None, gt=0)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1, description="share of all steps")
    min_warmup_steps: int | None = Field(
        default=None, ge=0, description="at least so many, but at most 40 % of all"
    )
    weight_decay: float = Field(default=0.01, ge=0, description="none on biases and norms")
    max_gradient_norm: float = Field(default=1.0, gt=0)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    class_weights: Literal["balanced"] | dict[str, float] | None = None
    frozen: bool = Field(default=False, description="train the head alone")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="on a GPU torch lets convolutions and LSTMs be TF32 in fp32"
    )
    patience: int | None = Field(
        default=3, ge=1, description="epochs without a better validation score before stopping"
    )
    select_by: Literal["accuracy", "macro_f1", "loss"] = "accuracy"
    max_unknown_rate: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="share of unknown tokens; above it, training is refused",
    )

    @model_validator(mode="after")
    def _divides_evenly(self) -> Self:
        if self.batch_size % self.gradient_accumulation:
            raise ValueError(
                f"gradient_accumulation must divide batch_size ({self.batch_size}), "
                f"got {self.gradient_accumulation}"
            )
        return self

    if not TYPE_CHECKING:  # type checkers know the fields by themselves

        def __init__(self, /, **values: Any) -> None:
            self._fill(values, "Recipe", {})

    @classmethod
    def from_mapping(
        cls,
        values: Mapping[str, Any],
        *,
        source: str = "recipe",
        lines: Mapping[tuple[str | int, ...], int] | None = None,
    ) -> Self:
        """The recipe of a mapping; raises one `RecipeError` with every fault, and its line."""
        recipe = cls.__new__(cls)
        recipe._fill(values, source, lines or {})
        return recipe

    def _fill(
        self, values: Mapping[str, Any], source: str, lines: Mapping[tuple[str | int, ...], int]
    ) -> None:
        unnamed = [key for key in values if not isinstance(key, str)]
        if unnamed:
            raise RecipeError(f"{source}: a recipe has names for keys, got {unnamed[0]!r}")
        try:
            super().__init__(**values)
        except ValidationError as error:
            faults = dict(_explain(fault, type(self).model_fields) for fault in error.errors())
            texts = [
                f"{source}{f', line {lines[(key,)]}' if (key,) in lines else ''}: {text}"
                for key, text in faults.items()
            ]
            raise RecipeError("\n".join(texts)) from None

    @classmethod
    def from_file(cls, path: str | Path) -> Self:
        """The recipe of a YAML file."""
        from zoo.strict_yaml import load_yaml

        document = load_yaml(Path(path))
        if not isinstance(document.data, Mapping):
            raise RecipeError(f"{path}: a recipe is a mapping of names to values")
        return cls.from_mapping(document.data, source=str(path), lines=document.lines)

    def with_settings(self, settings: Iterable[str]) -> Self:
        """This recipe with `key=value` texts applied, values read as YAML."""
        from zoo.strict_yaml import load_yaml

        values = self.model_dump()
        for setting in settings:
            key, equals, text = setting.partition("=")
            if not equals:
                raise RecipeError(f"--set {setting}: write it as key=value")
            values[key.strip()] = load_yaml(text).data
        return self.from_mapping(values, source="--set")

    def resolved(self, *, is_pretrained: bool, fine_tuning_rate: float | None = None) -> Self:
        """This recipe with nothing left open, for an encoder with or without pretrained weights.

        `fine_tuning_rate` is the encoder's own (`EncoderSpec.learning_rate`), if it has one.
        """
        pretrained_rate = fine_tuning_rate or PRETRAINED_ENCODER_RATE
        encoder_rate = pretrained_rate if is_pretrained else FRESH_ENCODER_RATE
        return self.model_copy(
            update={
                "epochs": self.epochs or (PRETRAINED_EPOCHS if is_pretrained else FRESH_EPOCHS),
                "encoder_learning_rate": self.encoder_learning_rate or encoder_rate,
                "head_learning_rate": self.head_learning_rate or HEAD_RATE,
                "min_warmup_steps": (
                    (0 if is_pretrained else FRESH_WARMUP_STEPS)
                    if self.min_warmup_steps is None
                    else self.min_warmup_steps
                ),
                "precision": resolve_precision(self.precision),
            }
        )

    def weights_of(self, labels: tuple[str, ...], counts: Mapping[str, int]) -> list[float] | None:
        """The loss weight of each label, in order, or None where all weigh the same.

        `"balanced"` is examples / (labels × examples of the label), scikit-learn's rule; a label
        without examples weighs 1, which has a say only where label smoothing spreads.
        """
        if self.class_weights is None:
            return None
        if self.class_weights == "balanced":
            total = sum(counts.values())
            return [
                total / (len(labels) * counts[label]) if counts.get(label) else 1.0
                for label in labels
            ]
        unknown = sorted(set(self.class_weights) - set(labels))
        if unknown:
            raise RecipeError(
                f"class_weights: no label is called {unknown[0]!r}"
                f"{did_you_mean(unknown[0], labels)}"
            )
        bad = [name for name, weight in self.class_weights.items() if not 0 <= weight < math.inf]
        if bad:
            raise RecipeError(f"class_weights: the weight of {bad[0]!r} must be 0 or above")
        return [self.class_weights.get(label, 1.0) for label in labels]


def resolve_precision(precision: str) -> str:
    """`"auto"` as `"bf16"` where the hardware computes in it, else `"fp32"`."""
    if precision != "auto":
        return precision
    return "bf16" if has_bf16() else "fp32"


def has_bf16() -> bool:
    """Whether this machine's GPU, or else its CPU, computes in bfloat16 and not by emulation."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _explain(fault: Any, fields: Mapping[str, Any]) -> tuple[str, str]:
    """The key at fault and what is wrong with it, in the words of a recipe."""
    if not fault["loc"]:
        return "gradient_accumulation", str(fault["ctx"]["error"])
    key = str(fault["loc"][0])
    given = f"got {fault['input']!r}"
    if fault["type"] == "extra_forbidden":
        parts = sorted(name for name in fields if name.endswith(f"_{key}"))
        if len(parts) > 1:  # the rate of what?
            hint = f"; there are {' and '.join(parts)}"
        else:
            hint = did_you_mean(key, fields) or f"; known: {', '.join(sorted(fields))}"
        return key, f"a recipe has no {key!r}{hint}"
    if key == "class_weights":
        # one of two types, and pydantic complains of both
        return key, f"{key} must be 'balanced' or a number for each label, {given}"
    context = fault.get("ctx", {})
    bounds = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    for name, words in bounds.items():
        if name in context:
            return key, f"{key} must be {words} {context[name]:g}, {given}"
    if fault["type"] == "literal_error":
        return key, f"{key} must be {context['expected']}, {given}"
    return key, f"{key} must be {fault['msg'].removeprefix('Input should be ')}, {given}"
