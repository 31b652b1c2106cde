"""The kit against published mistakes: each is caught, by the checks that are about it alone."""

import pytest
import right_encoders
import right_heads
import wrong_encoders
import wrong_heads

from zoo.checks import check_encoder, check_head
from zoo.checks.report import CHECKS

MASK_RULE = {"padding_further", "garbage_under_the_mask", "longer_neighbours"}
MIXED = {"longer_neighbours", "batch_equals_one_by_one", "order_of_the_batch"}
RANDOM = MASK_RULE | MIXED | {"eval_repeats_itself", "keeps_nothing_between_calls"}

# head → the checks that fail, and a part of the remedy
WRONG_HEADS = {
    "MaxOverPadding": ({*MASK_RULE, "gradient_at_padding"}, ".amax(dim=1)"),
    "MeanOverPadding": ({*MASK_RULE, "gradient_at_padding"}, "total / attention_mask.sum"),
    "LastPosition": ({*MASK_RULE, "gradient_at_padding"}, "attention_mask.sum(dim=1) - 1"),
    "TextCNNOverPadding": ({*MASK_RULE, "gradient_at_padding"}, "windows.masked_fill"),
    "UnpackedLSTM": ({*MASK_RULE, "gradient_at_padding"}, "pack_padded_sequence"),
    "ZeroedScores": ({*MASK_RULE, "gradient_at_padding"}, "scores.masked_fill"),
    "InvertedMask": (
        {*MASK_RULE, "gradient_at_padding", "gradient_reaches_the_encoder"},
        "key_padding_mask=attention_mask.eq(0)",
    ),
    "MaskAcrossTheBatch": ({"longer_neighbours"}, ""),
    "LSTMOverTheBatch": (MIXED, "batch_first=True"),
    "ReshapeForTranspose": ({*MIXED, "gradient_reaches_the_encoder"}, ""),
    "DetachedTrunk": ({"gradient_reaches_the_encoder"}, "no .detach()"),
    "DeadParameter": ({"every_parameter_gets_a_gradient"}, "delete the layer"),
    "DropoutInEvaluation": ({*RANDOM, "leaves_global_state_alone"}, "training=self.training"),
    "ChangesItsInput": ({"leaves_its_input_alone"}, "not hidden.masked_fill_"),
    "SoftmaxInside": ({"returns_logits", "overfits_one_batch"}, "no softmax"),
    "SigmoidInside": ({"returns_logits", "overfits_one_batch"}, "no softmax, no sigmoid"),
    "WrongLabelCount": ({"one_logit_per_label"}, ""),
    "SqueezesTheBatch": (
        {"one_logit_per_label", "longer_neighbours", "batch_equals_one_by_one"},
        "",
    ),
    "SeedsTheProcess": ({"leaves_global_state_alone"}, "no torch.manual_seed"),
    "DrawsFromElsewhere": ({"same_seed_same_weights"}, ""),
    "PlainAttribute": ({"survives_saving", "moves_between_devices"}, "register_buffer"),
    "PositionsOnTheCPU": ({"moves_between_devices"}, "device=hidden.device"),
    "FloatsInside": ({"bfloat16"}, "to(hidden.dtype)"),
    "SwallowsOptions": ({"options"}, "no **kwargs"),
    "ShortTable": ({"long_input"}, ""),
}
# these break so much that only what is about the mistake is looked for
BREAK_MORE = {
    "WideConvolution": {"one_token"},
    "KeepsItsState": {"keeps_nothing_between_calls", "eval_repeats_itself"},
}
WRONG_ENCODERS = {
    "IgnoresTheMask": MASK_RULE,
    "TimeFirst": {"garbage_under_the_mask", "longer_neighbours", "batch_equals_one_by_one"},
    "UnusedPooler": {"every_parameter_gets_a_gradient"},
    "DetachedEmbeddings": {"every_parameter_gets_a_gradient"},
    "DropoutInEvaluation": {
        *RANDOM,
        "leaves_global_state_alone",
        "token_type_ids_are_optional",
    },
    "CountsFromTheEnd": {"padding_further", "longer_neighbours"},
    "WrongHiddenSize": {"hidden_states_per_token", "overfits_one_batch"},
    "NoTokenTypes": {"token_type_ids_are_optional", "every_parameter_gets_a_gradient"},
    "UnsavedConfiguration": {"has_what_heads_need", "survives_saving"},
}
# a fresh process takes seconds: only for those that are about it
COSTLY = {"survives_saving"}


def names(kind, *, of):
    """Every check of a kind, without the costly ones unless the expected ones name them."""
    return [check.name for check in CHECKS[kind] if check.name not in COSTLY - of]


def failures(report):
    return {result.name for result in report.failed}


@pytest.mark.parametrize("name", WRONG_HEADS)
def test_a_wrong_head_is_caught_by_what_is_about_its_mistake(name):
    expected, _ = WRONG_HEADS[name]
    head = getattr(wrong_heads, name)
    report = check_head(head, only=names("head", of=expected), raise_on_failure=False)
    assert failures(report) == expected


@pytest.mark.parametrize("name", [name for name, (_, remedy) in WRONG_HEADS.items() if remedy])
def test_a_wrong_head_is_told_how_it_is_mended(name):
    expected, remedy = WRONG_HEADS[name]
    report = check_head(
        getattr(wrong_heads, name), only=sorted(expected - COSTLY), raise_on_failure=False
    )
    assert any(remedy in result.remedy for result in report.failed)
    assert all(result.expected and result.got for result in report.failed)


@pytest.mark.parametrize("name", BREAK_MORE)
def test_a_head_that_breaks_more_is_caught_by_what_is_about_its_mistake_too(name):
    expected = BREAK_MORE[name]
    report = check_head(getattr(wrong_heads, name), only=sorted(expected), raise_on_failure=False)
    assert failures(report) == expected


@pytest.mark.parametrize("name", WRONG_ENCODERS)
def test_a_wrong_encoder_is_caught_by_what_is_about_its_mistake(name):
    expected = WRONG_ENCODERS[name]
    encoder = getattr(wrong_encoders, name)
    report = check_encoder(encoder, only=names("encoder", of=expected), raise_on_failure=False)
    assert failures(report) == expected


def test_an_encoder_that_gives_one_vector_is_told_what_heads_need():
    report = check_encoder(
        wrong_encoders.PooledVector, only=["hidden_states_per_token"], raise_on_failure=False
    )
    (result,) = report.failed
    assert result.expected == "floating-point (batch, seq, hidden) = (4, 9, 32)"
    assert result.got == "torch.float32 of shape (4, 32)"


def specimens(module):
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, type)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


def test_every_wrong_specimen_is_in_a_table():
    assert set(specimens(wrong_heads)) == {*WRONG_HEADS, *BREAK_MORE}
    assert set(specimens(wrong_encoders)) == {*WRONG_ENCODERS, "PooledVector"}


UNCLAIMED = {"compiles", "exports"}
# packing by length looks at values, which only a real device has
PACKED = {"GRU", "Recurrent"}


UNTRAINED = {"FixedProjection"}


def skips_of(name, report):
    no_gpu = {"moves_between_devices"} & {result.name for result in report.skipped}
    untrained = {"bfloat16", "overfits_one_batch"} if name in UNTRAINED else set()
    return UNCLAIMED | untrained | (no_gpu if name in PACKED else set())


def test_a_head_without_parameters_skips_what_trains_it():
    report = check_head(right_heads.FixedProjection, only=["bfloat16", "overfits_one_batch"])
    assert {one.name: one.reason for one in report.skipped} == {
        "bfloat16": "it has no parameters to train",
        "overfits_one_batch": "it has no parameters to train",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", specimens(right_heads))
def test_a_right_head_passes(name):
    report = check_head(getattr(right_heads, name), raise_on_failure=False)
    assert [(result.name, result.got) for result in report.failed] == []
    assert {result.name for result in report.skipped} == skips_of(name, report)


@pytest.mark.slow
@pytest.mark.parametrize("name", specimens(right_encoders))
def test_a_right_encoder_passes(name):
    report = check_encoder(getattr(right_encoders, name), raise_on_failure=False)
    assert [(result.name, result.got) for result in report.failed] == []
    assert {result.name for result in report.skipped} == skips_of(name, report)
