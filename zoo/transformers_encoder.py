"""Any encoder of transformers as an encoder of `zoo`, without its pooler."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES, MODEL_MAPPING

from zoo.checksums import check_checksums
from zoo.errors import CheckpointError, OptionError, OutOfReach
from zoo.fresh_weights import begin_with_words
from zoo.hub import locate
from zoo.positions import longest_input
from zoo.quietness import quiet_transformers

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

# what the families of transformers call the dropout of hidden states and of attention
DROPOUT_NAMES = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "dropout",
    "attention_dropout",
    "embedding_dropout",
    "mlp_dropout",
)


class TransformersEncoder(nn.Module):
    """Token ids → the last hidden states of a transformers encoder.

    `configuration` is a transformers configuration as a mapping, `model_type` included; the weights
    are random, as the family initialises them but for `begin_with_words`. `from_pretrained` loads
    weights. `dropout` replaces every dropout rate of the architecture.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase | None
    hidden_size: int
    configuration: dict[str, Any]
    revision: str | None

    def __init__(
        self,
        configuration: Mapping[str, Any],
        tokenizer: PreTrainedTokenizerBase | None,
        *,
        dropout: float | None = None,
    ) -> None:
        super().__init__()
        config = AutoConfig.for_model(**configuration)
        set_dropout(config, dropout)
        check_is_encoder(config, str(configuration["model_type"]))
        # float32 whatever the configuration says, as `from_pretrained` does
        model = AutoModel.from_config(config, dtype=torch.float32, **without_pooler(config))
        begin_with_words(model)
        self._adopt(model, tokenizer, None)

    @classmethod
    def from_pretrained(
        cls, checkpoint: str, *, revision: str | None = None, dropout: float | None = None
    ) -> Self:
        """The encoder of a hub id or a local folder, in float32, from safetensors only.

        A folder's `SHA256SUMS` are checked where it has them. Raises `CheckpointError` where there
        is no checkpoint, where weights are missing, pickled, broken or not those that were saved,
        and for decoder-only and encoder-decoder models; `OutOfReach` where there is no network.
        """
        place = locate(checkpoint, revision)
        options = {
            "revision": place.commit,
            "local_files_only": place.is_local,
            "trust_remote_code": False,
        }
        try:
            # a folder's own; the hub keeps checksums of its files itself
            check_checksums(sorted(Path(checkpoint).glob("*.safetensors")))
            config = AutoConfig.from_pretrained(checkpoint, **options)
            check_is_encoder(config, checkpoint)
            set_dropout(config, dropout)
            tokenizer = AutoTokenizer.from_pretrained(checkpoint, **options)
            check_tokenizer(tokenizer, config, checkpoint)
            with quiet_transformers():
                model = load_strictly(checkpoint, config, options)
        except (CheckpointError, OptionError):
            raise
        except Exception as error:  # transformers, the hub and safetensors each raise their own
            # what a snapshot in the cache lacks is on the hub
            kind = OutOfReach if place.is_local and place.commit else CheckpointError
            raise kind(explain_failure(checkpoint, error)) from error
        encoder = cls.__new__(cls)
        nn.Module.__init__(encoder)
        encoder._adopt(model, tokenizer, place.commit)
        return encoder

    def _adopt(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase | None,
        revision: str | None,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.hidden_size = model.config.hidden_size
        self.configuration = {**model.config.to_diff_dict(), "model_type": model.config.model_type}
        # names code that is never run
        self.configuration.pop("auto_map", None)
        self.revision = revision
        limit = longest_input(model)
        if tokenizer is not None and limit is not None:
            tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
        self._takes_token_type_ids = "token_type_ids" in inspect.signature(model.forward).parameters

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """`input_ids` and `attention_mask` `(batch, seq)` → states `(batch, seq, hidden)`."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None and self._takes_token_type_ids:
            inputs["token_type_ids"] = token_type_ids
        return self.model(**inputs).last_hidden_state


def load_strictly(
    checkpoint: str, config: PreTrainedConfig, options: Mapping[str, Any]
) -> PreTrainedModel:
    """The bare model, every weight of it loaded; weights of a task's head are left behind."""
    model, info = AutoModel.from_pretrained(
        checkpoint,
        config=config,
        dtype=torch.float32,
        use_safetensors=True,
        # reported instead of raised, so that all faults are told alike
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        **options,
        **without_pooler(config),
    )
    absent = sorted({*info["missing_keys"], *(name for name, *_ in info["mismatched_keys"])})
    if absent:
        raise CheckpointError(
            f"{checkpoint}: {len(absent)} weights of a {config.model_type} are missing or of "
            f"another shape (first: {absent[0]}); they would stay random. Is this checkpoint "
            f"really a {config.model_type}?"
        )
    return model


def without_pooler(config: PreTrainedConfig) -> dict[str, bool]:
    """The argument that leaves the pooler out: no head here reads it, so it would never learn."""
    parameters = inspect.signature(bare_class(config).__init__).parameters
    has_switch = "add_pooling_layer" in parameters
    return {"add_pooling_layer": False} if has_switch else {}


def bare_class(config: PreTrainedConfig) -> Any:
    """The class of the model without any task's head."""
    found = MODEL_MAPPING[type(config)]
    return found[0] if isinstance(found, tuple) else found


def check_is_encoder(config: PreTrainedConfig, checkpoint: str) -> None:
    """Raise `CheckpointError` for what is not a text encoder that sees both sides of a token."""
    kind = None
    if getattr(config, "is_encoder_decoder", False):
        kind = "an encoder-decoder"
    elif getattr(config, "is_decoder", False):
        kind = "a decoder"
    elif config.model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        kind = "not a masked-language-model encoder (decoder-only, or not made for text)"
    elif not {"input_ids", "attention_mask"} <= {
        *inspect.signature(bare_class(config).forward).parameters
    }:
        kind = "an encoder that takes no attention mask: padding would have a say"
    if kind:
        raise CheckpointError(
            f"{checkpoint}: a '{config.model_type}' model is {kind}; zoo puts heads on encoders "
            "such as BERT, ELECTRA, RoBERTa, DeBERTa or ModernBERT"
        )


def set_dropout(config: PreTrainedConfig, dropout: float | None) -> None:
    """Give every dropout rate of `config` the same value, in place."""
    if dropout is None:
        return
    if not isinstance(dropout, int | float) or not 0 <= dropout < 1:
        raise OptionError(f"dropout must be at least 0 and below 1, got {dropout!r}")
    names = [name for name in DROPOUT_NAMES if hasattr(config, name)]
    if not names:
        raise OptionError(f"a '{config.model_type}' encoder has no dropout rate to set")
    for name in names:
        setattr(config, name, float(dropout))


def check_tokenizer(
    tokenizer: PreTrainedTokenizerBase, config: PreTrainedConfig, checkpoint: str
) -> None:
    """Raise `CheckpointError` for a tokenizer without words, or with more than the model has."""
    # where its files are missing, transformers makes one that knows the special tokens only
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise CheckpointError(
            f"{checkpoint}: there is no vocabulary; tokenizer.json, or the file of its family such "
            "as vocab.txt, is missing"
        )
    if len(tokenizer) > config.vocab_size:
        raise CheckpointError(
            f"{checkpoint}: the tokenizer has {len(tokenizer):,} tokens, the model embeds "
            f"{config.vocab_size:,}; they do not belong together"
        )


def explain_failure(checkpoint: str, error: Exception) -> str:
    """One line on why a checkpoint did not load, and what helps."""
    cause = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    if isinstance(error, SafetensorError):
        return (
            f"{checkpoint}: its safetensors weights are truncated or damaged ({cause}); copy again"
        )
    if "safetensors" in cause.lower():
        return (
            f"{checkpoint}: no safetensors weights ({cause}). zoo never unpickles: convert the "
            "checkpoint once, where you trust it, with transformers' "
            "AutoModel.from_pretrained(...).save_pretrained(FOLDER)"
        )
    if "trust_remote_code" in str(error):
        return f"{checkpoint}: it needs code of its own from the hub, which zoo never runs"
    return f"{checkpoint} cannot be loaded: {cause}"
