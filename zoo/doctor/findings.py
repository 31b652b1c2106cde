"""What was found: cause, evidence, fix, in the order in which causes should be mended."""

from __future__ import annotations

from dataclasses import dataclass

# What each cause means. An earlier one explains later ones: nothing learns from labels that are out
# of range, whatever the learning rate. So this is also the order in which findings are told.
MEANINGS = {
    "labels_out_of_range": "a label has no logit: below 0, or num_labels and above",
    "ids_beyond_vocabulary": "a token id has no embedding: tokenizer and encoder do not match",
    "too_long": "more tokens than the encoder has positions",
    "not_finite": "NaN or infinity in weights, activations, loss or gradients",
    "training_raises": "the model in training, the loss or the step raises an error",
    "weights_do_not_move": "the loop runs, and no weight changes",
    "optimizer_of_other_model": "the optimizer holds parameters that are not this model's",
    "labels_constant": "all examples have the same label",
    "identical_inputs": "most examples are the same tokens",
    "loss_ignores_labels": "other labels give the same loss",
    "loss_sign": "the loss rises as the model gets better",
    "loss_needs_log_probabilities": "the loss takes log-probabilities and gets logits",
    "detached": "a part decides the logits, and no gradient comes back to it",
    "dropout_drops_all": "dropout leaves next to nothing in training",
    "dead_units": "ReLUs that are zero for every example",
    "input_ignored": "every text gets the same logits",
    "examples_mixed": "the logits of a text depend on the other texts of its batch",
    "frozen": "a part is not trained that has to be",
    "mask_all_zero": "the attention mask hides every token",
    "mask_inverted": "the attention mask hides the words and shows the padding",
    "not_in_optimizer": "parameters get gradients, and the optimizer does not hold them",
    "learning_rate_zero": "a group of the optimizer has a rate of 0",
    "schedule_at_zero": "the rate is next to nothing for a fifth of the training or more",
    "one_class_per_batch": "each batch holds one class alone",
    "labels_in_order": "examples are served in the order of their labels",
    "unknown_tokens": "the tokenizer does not know the words of the texts",
    "truncated": "what tells the classes apart is cut off",
    "labels_unrelated": "the words of the texts tell nothing of the labels",
    "gradients_not_zeroed": "gradients of earlier batches are never cleared",
    "clipped_to_nothing": "clipping leaves nothing of the gradients",
    "low_precision": "weights in half precision: steps are rounded away, or overflow",
    "gradient_underflow": "float16 makes zeros of a gradient that nobody scales",
    "weight_decay_too_high": "each step takes a noticeable share of every weight away",
    "learning_rate_too_high": "a rate that throws the model about; a lower one learns",
    "learning_rate_too_low": "training ends before anything is learned; a higher rate learns",
    "vanishing_gradient": "the gradient vanishes on its way back",
    "loss_on_probabilities": "cross-entropy of what softmax or sigmoid has squeezed already",
    "warmup_too_long": "the rate reaches its peak when most of the training is over",
    "schedule_restarts": "the rate falls and rises again",
    "labels_shifted": "labels count from 1, so that the first class never occurs",
    "padding_id": "texts are filled up with a token that is not the padding",
    "padding_side": "the head reads a position where padding stands",
    "mask_missing": "padding has a say in the logits",
    "dropout_in_eval": "predictions are a matter of chance",
    "freezing_without_effect": "a part was to be frozen and is trained",
    "loss_scale": "the loss grows or shrinks with the batch",
    "logits_too_large": "being wrong costs many times what guessing does",
    "untrained_pooler": "a pooler with random weights on a pretrained encoder",
    "class_imbalance": "one class is nearly everything, and the loss does not know it",
    "twice_in_optimizer": "a parameter is changed more than once by each step",
    "no_gradient": "a part is never used, or its gradient is exactly zero",
    "cannot_overfit": "not even a few examples can be learned by heart, and none of the above",
}
CAUSES = tuple(MEANINGS)

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
