"""`TextClassifier`: an encoder plus a head, as a transformers model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, overload

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.models.auto.modeling_auto import AutoModelForSequenceClassification

from zoo import checkpoints, durable, prediction
from zoo.checksums import write_checksums
from zoo.components import apply_encoder, apply_head, construct_encoder, construct_head
from zoo.configuration import ClassifierConfig
from zoo.errors import CheckpointError
from zoo.quietness import quiet_transformers

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from zoo.prediction import Prediction


class TextClassifier(PreTrainedModel):
    """An encoder and a head: `input_ids` and `attention_mask` → logits `(batch, label)`.

    Made by `zoo.build` and `zoo.load`. Attributes `encoder`, `head` and `tokenizer`. It saves,
    loads and is served as any transformers model for sequence classification.
    """

    config_class = ClassifierConfig
    base_model_prefix = "encoder"
    main_input_name = "input_ids"
    config: ClassifierConfig
    # a module with `hidden_size`, `tokenizer` and `configuration`; see `zoo.components`
    encoder: Any
    head: nn.Module
    # a PreTrainedTokenizerBase or None; transformers evaluates what stands here
    tokenizer: Any

    def __init__(
        self,
        config: ClassifierConfig,
        *,
        encoder: nn.Module | None = None,
        head: nn.Module | None = None,
        tokenizer: PreTrainedTokenizerBase | None = None,
    ) -> None:
        super().__init__(config)
        if not config.encoder or not config.head:
            raise CheckpointError(
                "this configuration names no encoder and no head; use zoo.build or zoo.load"
            )
        # not `or`: a module that is an empty container counts as false
        self.encoder = construct_encoder(config, tokenizer) if encoder is None else encoder
        self.head = construct_head(config, self.encoder.hidden_size) if head is None else head
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

    @contextlib.contextmanager
    def frozen_encoder(self) -> Iterator[None]:
        """For as long, the head trains alone: no gradient and no dropout in the encoder."""
        trainable = [each for each in self.encoder.parameters() if each.requires_grad]
        self.is_encoder_frozen = True
        self.encoder.requires_grad_(False).eval()
        try:
            yield
        finally:
            self.is_encoder_frozen = False
            for parameter in trainable:
                parameter.requires_grad_(True)

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

        `input_ids`, `attention_mask` (0 or 1) and `token_type_ids` are `(batch, seq)`; without a
        mask every position is real. Raises `PairError` where the encoder returns anything but
        hidden states, or the head anything but one logit per label.
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        hidden = apply_encoder(self.encoder, self.config, input_ids, attention_mask, token_type_ids)
        logits = apply_head(self.head, self.config, hidden, attention_mask)
        loss = None if labels is None else nn.functional.cross_entropy(logits.float(), labels)
        if return_dict is False:
            return (logits,) if loss is None else (loss, logits)
        return SequenceClassifierOutput(loss=loss, logits=logits)

    # a text is a sequence of texts and a sequence an iterable; the first that fits counts
    @overload
    def predict(  # type: ignore[overload-overlap]
        self, texts: str, *, max_tokens: int = ...
    ) -> Prediction: ...
    @overload
    def predict(  # type: ignore[overload-overlap]
        self, texts: Sequence[str], *, max_tokens: int = ...
    ) -> list[Prediction]: ...
    @overload
    def predict(self, texts: Iterable[str], *, max_tokens: int = ...) -> Iterator[Prediction]: ...

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

    def save_pretrained(  # type: ignore[override]
        self, save_directory: str | Path, *, push_to_hub: bool = False, **options: Any
    ) -> None:
        """Weights as safetensors, configuration, tokenizer and the weights' sha256, in one folder.

        `options` are those of `PreTrainedModel.save_pretrained`. Raises `CheckpointError` for a
        component that no fresh process could import, and for a folder that cannot be written.
        """
        checkpoints.check_saveable(self)
        if push_to_hub:
            raise CheckpointError(
                "save_pretrained(push_to_hub=True) would upload before the tokenizer is saved; "
                "call classifier.push_to_hub('OWNER/NAME') instead"
            )
        folder = Path(save_directory)
        # transformers would log it and return as if it had saved
        if folder.exists() and not folder.is_dir():
            raise CheckpointError(f"{folder} is a file; name a folder to save the classifier in")
        try:
            with quiet_transformers():
                super().save_pretrained(save_directory, **options)
            if self.tokenizer is not None:
                self.tokenizer.save_pretrained(save_directory)
            for weights in folder.glob("model*.safetensors"):
                durable.give_usual_mode(weights)
            write_checksums(folder)
        except (OSError, SafetensorError) as error:
            cause = getattr(error, "strerror", None) or str(error)
            raise CheckpointError(
                f"the classifier cannot be saved in {folder}: {cause}; mend that, or name another "
                "folder"
            ) from error

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, pretrained_model_name_or_path: str | Path, *model_args: Any, **options: Any
    ) -> Any:
        """The classifier of a folder or a hub id, all weights as saved, in evaluation mode.

        Takes `revision`, `token`, `cache_dir`, `local_files_only`, `subfolder`, `dtype`,
        `device_map` (one device) and `config`. Nothing is ever initialised anew: a missing,
        unexpected or misshapen weight raises `CheckpointError`.
        """
        return checkpoints.load(cls, str(pretrained_model_name_or_path), **options)


AutoModelForSequenceClassification.register(ClassifierConfig, TextClassifier)
