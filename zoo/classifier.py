"""`TextClassifier`: an encoder plus a head, as a transformers model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.models.auto.modeling_auto import AutoModelForSequenceClassification

from zoo import checkpoints, prediction
from zoo.components import construct_encoder, construct_head
from zoo.configuration import ClassifierConfig
from zoo.errors import CheckpointError, PairError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from zoo.prediction import Prediction


class TextClassifier(PreTrainedModel):
    """An encoder and a head: `input_ids`, `attention_mask` `(batch, seq)` → logits `(batch, label)`.

    Made by `zoo.build` and `zoo.load`. Attributes `encoder`, `head` and `tokenizer`. It saves,
    loads and is served as any transformers model for sequence classification.
    """

    config_class = ClassifierConfig
    base_model_prefix = "encoder"
    main_input_name = "input_ids"

    def __init__(
        self,
        config: ClassifierConfig,
        *,
        encoder: nn.Module | None = None,
        head: nn.Module | None = None,
        tokenizer: PreTrainedTokenizerBase | None = None,
    ) -> None:
        super().__init__(config)
        if config.encoder is None or config.head is None:
            raise CheckpointError(
                "this configuration names no encoder and no head; use zoo.build or zoo.load"
            )
        self.encoder = encoder or construct_encoder(config.encoder, tokenizer)
        self.head = head or construct_head(config.head, self.encoder.hidden_size, config.num_labels)
        self.tokenizer = tokenizer if tokenizer is not None else self.encoder.tokenizer
        self.is_encoder_frozen = False
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Leave the head as its author initialises it; the encoder's own model has its own."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The label names, in the order of the logits."""
        return self.config.labels

    def get_input_embeddings(self) -> nn.Module:
        """The encoder's token embeddings, where it has a transformers model."""
        return self.encoder.model.get_input_embeddings()

    def freeze_encoder(self) -> None:
        """Train the head alone: no gradient and no dropout in the encoder."""
        self.is_encoder_frozen = True
        self.encoder.requires_grad_(False)
        self.encoder.eval()

    def train(self, mode: bool = True) -> Self:
        """Training mode, a frozen encoder left in evaluation mode."""
        super().train(mode)
        if self.is_encoder_frozen:
            self.encoder.eval()
        return self

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        return_dict: bool | None = None,
    ) -> SequenceClassifierOutput | tuple[torch.Tensor, ...]:
        """Logits `(batch, label)`, with `labels` `(batch,)` also their mean cross-entropy.

        Without `attention_mask`, `(batch, seq)` of 0 and 1, every position is real. Raises
        `PairError` where the head returns anything but one logit per label.
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        hidden = self.encoder(input_ids, attention_mask, token_type_ids)
        logits = self.head(hidden, attention_mask)
        expected = (input_ids.shape[0], self.config.num_labels)
        if tuple(logits.shape) != expected:
            raise PairError(
                f"head {self.config.head['name']!r} returned shape {tuple(logits.shape)} where "
                f"(batch, label) = {expected} is due"
            )
        loss = None if labels is None else nn.functional.cross_entropy(logits.float(), labels)
        if return_dict is False:
            return (logits,) if loss is None else (loss, logits)
        return SequenceClassifierOutput(loss=loss, logits=logits)

    @overload
    def predict(self, texts: str, **options: Any) -> Prediction: ...
    @overload
    def predict(self, texts: Sequence[str], **options: Any) -> list[Prediction]: ...
    @overload
    def predict(self, texts: Iterable[str], **options: Any) -> Iterator[Prediction]: ...

    def predict(
        self, texts: str | Iterable[str], *, max_tokens: int = 8192
    ) -> Prediction | list[Prediction] | Iterator[Prediction]:
        """The label, its score and every label's score, for each text in order.

        One text gives one prediction, a list a list; any other iterable is read as a stream, in
        constant memory. Batches hold texts of like length and at most `max_tokens` padded tokens.
        """
        if isinstance(texts, str):
            return next(prediction.predict(self, [texts], max_tokens))
        predictions = prediction.predict(self, texts, max_tokens)
        return list(predictions) if isinstance(texts, Sequence) else predictions

    def save_pretrained(self, save_directory: str | Path, **options: Any) -> None:
        """Weights as safetensors, configuration, tokenizer and the weights' sha256, in one folder.

        Raises `CheckpointError` for a component that no fresh process could import.
        """
        checkpoints.check_saveable(self.config)
        options.pop("safe_serialization", None)
        super().save_pretrained(save_directory, **options)
        if self.tokenizer is not None:
            self.tokenizer.save_pretrained(save_directory)
        if Path(save_directory).is_dir():
            checkpoints.write_checksums(Path(save_directory))

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, *model_args: Any, **options: Any
    ) -> Any:
        """The classifier of a folder or a hub id, every weight of it as saved, in evaluation mode.

        Takes `revision`, `token`, `cache_dir`, `local_files_only`, `subfolder`, `dtype`,
        `device_map` (one device) and `config`. Nothing is ever initialised anew: a missing,
        unexpected or misshapen weight raises `CheckpointError`.
        """
        return checkpoints.load(cls, str(pretrained_model_name_or_path), **options)


AutoModelForSequenceClassification.register(ClassifierConfig, TextClassifier)
