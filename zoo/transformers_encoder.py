"""Any encoder of transformers as an encoder of `zoo`, without its pooler."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES, MODEL_MAPPING

from zoo.errors import CheckpointError, OptionError

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
PICKLED_WEIGHTS = "pytorch_model.bin"


class TransformersEncoder(nn.Module):
    """Token ids → the last hidden states of a transformers encoder.

    `configuration` is a transformers configuration as a mapping, `model_type` included; the weights
    are random, as the family initialises them. `from_pretrained` loads weights. `dropout` replaces
    every dropout rate of the architecture.
    """

    hidden_size: int
    tokenizer: PreTrainedTokenizerBase | None
    configuration: dict[str, Any]

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
        self._adopt(AutoModel.from_config(config, **without_pooler(config)), tokenizer)

    @classmethod
    def from_pretrained(
        cls, checkpoint: str, *, revision: str | None = None, dropout: float | None = None
    ) -> Self:
        """The encoder of a hub id or a local folder, in float32, from safetensors only.

        Raises `CheckpointError` where there is none, where weights are missing, pickled or broken,
        and for decoder-only and encoder-decoder models.
        """
        try:
            config = AutoConfig.from_pretrained(
                checkpoint, revision=revision, trust_remote_code=False
            )
            check_is_encoder(config, checkpoint)
            set_dropout(config, dropout)
            # by the commit that the configuration came from, so that nothing moves in between
            commit = getattr(config, "_commit_hash", None) or revision
            tokenizer = AutoTokenizer.from_pretrained(
                checkpoint, revision=commit, trust_remote_code=False
            )
            model = load_strictly(checkpoint, config, commit)
        except CheckpointError:
            raise
        except Exception as error:  # transformers, the hub and safetensors each raise their own
            raise CheckpointError(explain_failure(checkpoint, error)) from error
        encoder = cls.__new__(cls)
        nn.Module.__init__(encoder)
        encoder._adopt(model, tokenizer)
        return encoder

    def _adopt(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.hidden_size = model.config.hidden_size
        self.configuration = {**model.config.to_diff_dict(), "model_type": model.config.model_type}
        self.revision: str | None = getattr(model.config, "_commit_hash", None)
        self._takes_token_type_ids = "token_type_ids" in inspect.signature(model.forward).parameters

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Hidden states `(batch, seq, hidden)` of `input_ids` and `attention_mask` `(batch, seq)`."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None and self._takes_token_type_ids:
            inputs["token_type_ids"] = token_type_ids
        return self.model(**inputs).last_hidden_state


def load_strictly(
    checkpoint: str, config: PreTrainedConfig, revision: str | None
) -> PreTrainedModel:
    """The bare model, every weight of it loaded; weights of a task's head are left behind."""
    model, info = AutoModel.from_pretrained(
        checkpoint,
        config=config,
        revision=revision,
        dtype=torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
        **without_pooler(config),
    )
    absent = sorted({*info["missing_keys"], *(str(key) for key in info["mismatched_keys"])})
    if absent:
        raise CheckpointError(
            f"{checkpoint}: {len(absent)} weights of a {config.model_type} are missing or of another "
            f"shape (first: {absent[0]}); they would stay random. Is this checkpoint really a "
            f"{config.model_type}?"
        )
    return model


def without_pooler(config: PreTrainedConfig) -> dict[str, bool]:
    """The argument that leaves the pooler out: no head here reads it, so it would never learn."""
    model_class = MODEL_MAPPING[type(config)]
    if isinstance(model_class, tuple):
        model_class = model_class[0]
    has_switch = "add_pooling_layer" in inspect.signature(model_class.__init__).parameters
    return {"add_pooling_layer": False} if has_switch else {}


def check_is_encoder(config: PreTrainedConfig, checkpoint: str) -> None:
    """Raise `CheckpointError` for what is not a text encoder that sees both sides of a token."""
    kind = None
    if getattr(config, "is_encoder_decoder", False):
        kind = "an encoder-decoder"
    elif getattr(config, "is_decoder", False):
        kind = "a decoder"
    elif config.model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        kind = "not a masked-language-model encoder (decoder-only, or not made for text)"
    if kind:
        raise CheckpointError(
            f"{checkpoint}: a '{config.model_type}' model is {kind}; zoo puts heads on encoders "
            "such as BERT, ELECTRA, RoBERTa, DeBERTa or ModernBERT"
        )


def set_dropout(config: PreTrainedConfig, dropout: float | None) -> None:
    """Give every dropout rate of `config` the same value, in place."""
    if dropout is None:
        return
    if not 0 <= dropout < 1:
        raise OptionError(f"dropout must be at least 0 and below 1, got {dropout!r}")
    names = [name for name in DROPOUT_NAMES if hasattr(config, name)]
    if not names:
        raise OptionError(f"a '{config.model_type}' encoder has no dropout rate to set")
    for name in names:
        setattr(config, name, float(dropout))


def explain_failure(checkpoint: str, error: Exception) -> str:
    """One line on why a checkpoint did not load, and what helps."""
    cause = str(error).strip().split("\n")[0] or type(error).__name__
    if PICKLED_WEIGHTS in str(error) or "safetensors" in cause.lower():
        return (
            f"{checkpoint}: no readable safetensors weights ({cause}). zoo never unpickles: convert "
            "the checkpoint once, where you trust it, with transformers' "
            "`AutoModel.from_pretrained(...).save_pretrained(FOLDER)`"
        )
    if "trust_remote_code" in str(error):
        return f"{checkpoint}: it needs code of its own from the hub, which zoo never runs"
    return f"{checkpoint} cannot be loaded: {cause}"
