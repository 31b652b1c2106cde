"""What a saved classifier says about itself."""

from __future__ import annotations

import dataclasses
from typing import Any

# by module, not from `transformers`: this is imported while transformers is still importing
from transformers.configuration_utils import PreTrainedConfig
from transformers.models.auto.configuration_auto import AutoConfig

from zoo.saved_classifier import MODEL_TYPE


class ClassifierConfig(PreTrainedConfig):
    """What rebuilds a `TextClassifier`: both components' identity, options and architecture.

    `encoder` and `head` hold name, distribution, version, target, options and `source_sha256`, the
    hash of the source (None where there is none to read); `encoder` also its architecture
    (`configuration`), `checkpoint`, `revision`, whether it `is_pretrained`, and the `learning_rate`
    at which its weights are fine-tuned (None: the recipe's). `max_length` is where texts are cut,
    in tokens; None leaves it to the tokenizer.
    """

    model_type = MODEL_TYPE
    # empty, because transformers asks for a configuration without arguments to compare others with
    encoder: dict[str, Any] = dataclasses.field(default_factory=dict)
    head: dict[str, Any] = dataclasses.field(default_factory=dict)
    max_length: int | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label names, in the order of the logits."""
        names: dict[Any, str] = dict(self.id2label or {})
        return tuple(names[index] for index in range(len(names)))


AutoConfig.register(ClassifierConfig.model_type, ClassifierConfig)
