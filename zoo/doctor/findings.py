"""What was found: cause, evidence, fix, in the order in which causes should be mended."""

from __future__ import annotations

from dataclasses import dataclass

# A cause that stands earlier explains later ones: nothing learns from labels that are out of range,
# whatever the learning rate. The list is the order in which findings are told.
CAUSES = (
    "labels_out_of_range",
    "ids_beyond_vocabulary",
    "too_long",
    "not_finite",
    "weights_do_not_move",
    "optimizer_of_other_model",
    "labels_constant",
    "identical_inputs",
    "loss_ignores_labels",
    "loss_sign",
    "loss_needs_log_probabilities",
    "detached",
    "dropout_drops_all",
    "dead_units",
    "input_ignored",
    "frozen",
    "mask_all_zero",
    "mask_inverted",
    "not_in_optimizer",
    "learning_rate_zero",
    "schedule_at_zero",
    "one_class_per_batch",
    "labels_in_order",
    "unknown_tokens",
    "truncated",
    "labels_unrelated",
    "gradients_not_zeroed",
    "clipped_to_nothing",
    "low_precision",
    "learning_rate_too_high",
    "learning_rate_too_low",
    "vanishing_gradient",
    "loss_on_probabilities",
    "warmup_too_long",
    "schedule_restarts",
    "labels_shifted",
    "padding_id",
    "padding_side",
    "mask_missing",
    "dropout_in_eval",
    "freezing_without_effect",
    "loss_scale",
    "logits_too_large",
    "untrained_pooler",
    "class_imbalance",
    "twice_in_optimizer",
    "no_gradient",
    "cannot_overfit",
)

# with one of these, to train for a few steps tells nothing new
DECISIVE = frozenset(CAUSES[: CAUSES.index("learning_rate_too_high")])


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `cause` is one of `CAUSES`, the rest are sentences.

    `title` says what is wrong, `evidence` the numbers that show it, `fix` the line to change.
    """

    cause: str
    title: str
    evidence: str
    fix: str

    def __post_init__(self) -> None:
        assert self.cause in CAUSES, self.cause

    @property
    def rank(self) -> int:
        """The place of its cause: the lower, the earlier it is to be mended."""
        return CAUSES.index(self.cause)
