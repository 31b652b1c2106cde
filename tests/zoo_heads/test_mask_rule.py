"""Padding has no say: the claims that every built-in head is held to."""

import re

import pytest
import torch

from zoo_heads.bilstm import BiLSTM
from zoo_heads.linear import Linear
from zoo_heads.mlp import MLP
from zoo_heads.textcnn import TextCNN

HIDDEN, LABELS = 16, 3
HEADS = {
    "linear": lambda labels=LABELS: Linear(HIDDEN, labels),
    "mlp": lambda labels=LABELS: MLP(HIDDEN, labels),
    "textcnn": lambda labels=LABELS: TextCNN(HIDDEN, labels, channels=8),
    "bilstm": lambda labels=LABELS: BiLSTM(HIDDEN, labels, hidden_units=8),
    "bilstm-max": lambda labels=LABELS: BiLSTM(HIDDEN, labels, hidden_units=8, pooling="max"),
    "bilstm-attention": lambda labels=LABELS: BiLSTM(
        HIDDEN, labels, hidden_units=8, pooling="attention"
    ),
    "bilstm-two-layers": lambda labels=LABELS: BiLSTM(HIDDEN, labels, num_layers=2),
}
LENGTHS = (1, 2, 3, 4, 7)


@pytest.fixture(params=HEADS)
def make_head(request):
    def make(labels=LABELS):
        torch.manual_seed(0)
        return HEADS[request.param](labels).eval()

    return make


def sentences():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(length, HIDDEN, generator=generator) for length in LENGTHS]


def padded(sentences, width, fill=0.0, side="right"):
    """Hidden states and mask of sentences padded to `width` with `fill`."""
    hidden = torch.full((len(sentences), width, HIDDEN), fill)
    mask = torch.zeros(len(sentences), width, dtype=torch.long)
    for row, states in enumerate(sentences):
        place = slice(0, len(states)) if side == "right" else slice(width - len(states), width)
        hidden[row, place] = states
        mask[row, place] = 1
    return hidden, mask


def one_by_one(head):
    """The reference: every sentence alone, without any padding."""
    return torch.cat([head(*padded([states], len(states))) for states in sentences()])


def test_longer_neighbours_do_not_change_logits(make_head):
    head = make_head()
    torch.testing.assert_close(
        head(*padded(sentences(), max(LENGTHS))), one_by_one(head), atol=1e-5, rtol=0
    )


def test_padding_further_does_not_change_logits(make_head):
    head = make_head()
    torch.testing.assert_close(head(*padded(sentences(), 40)), one_by_one(head), atol=1e-5, rtol=0)


@pytest.mark.parametrize("fill", [1e4, -1e4, float("inf"), float("nan")])
def test_garbage_in_padded_positions_does_not_change_logits(make_head, fill):
    head = make_head()
    torch.testing.assert_close(
        head(*padded(sentences(), 12, fill)), one_by_one(head), atol=1e-5, rtol=0
    )


def test_padding_on_the_left_does_not_change_logits(make_head):
    head = make_head()
    torch.testing.assert_close(
        head(*padded(sentences(), 12, side="left")), one_by_one(head), atol=1e-5, rtol=0
    )


def test_padded_positions_get_no_gradient(make_head):
    head = make_head()
    hidden, mask = padded(sentences(), 12, fill=0.5)
    hidden.requires_grad_()
    head(hidden, mask).square().sum().backward()
    assert hidden.grad[mask == 0].abs().max() == 0


def test_a_mask_of_booleans_means_the_same(make_head):
    head = make_head()
    hidden, mask = padded(sentences(), 12)
    torch.testing.assert_close(head(hidden, mask.bool()), head(hidden, mask))


@pytest.mark.parametrize("labels", [2, 7, 150])
@pytest.mark.parametrize("length", [1, 9])
def test_one_sentence_gives_one_logit_per_label(make_head, labels, length):
    head = make_head(labels)
    logits = head(torch.randn(1, length, HIDDEN), torch.ones(1, length, dtype=torch.long))
    assert logits.shape == (1, labels)


def test_every_parameter_gets_a_gradient(make_head):
    head = make_head().train()
    hidden, mask = padded(sentences(), 12)
    torch.nn.functional.cross_entropy(head(hidden, mask), torch.tensor([0, 1, 2, 0, 1])).backward()
    without = [
        name
        for name, parameter in head.named_parameters()
        if parameter.grad is None or parameter.grad.abs().max() == 0
    ]
    assert without == []


def test_bfloat16_states_give_finite_logits(make_head):
    head = make_head().to(torch.bfloat16)
    hidden, mask = padded(sentences(), 12)
    logits = head(hidden.bfloat16(), mask)
    assert logits.dtype == torch.bfloat16
    assert logits.isfinite().all()


def test_autocast_trains(make_head):
    head = make_head().train()
    hidden, mask = padded(sentences(), 12)
    with torch.autocast("cpu", torch.bfloat16):
        loss = head(hidden, mask).float().square().mean()
    loss.backward()
    assert all(parameter.grad.isfinite().all() for parameter in head.parameters())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiled_equals_eager(make_head):
    head = make_head()
    inputs = padded(sentences(), 12)
    compiled = torch.compile(head, backend="aot_eager")
    torch.testing.assert_close(compiled(*inputs), head(*inputs), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("head", "options", "message"),
    [
        (BiLSTM, {"pooling": "mean"}, "pooling must be 'final', 'max' or 'attention', got 'mean'"),
        (TextCNN, {"widths": []}, "widths must be one or more numbers of tokens, got []"),
        (TextCNN, {"widths": [3, 0]}, "widths must be one or more numbers of tokens, got [3, 0]"),
        (TextCNN, {"channels": 0}, "channels must be 1 or more, got 0"),
        (MLP, {"hidden_units": 0}, "hidden_units must be 1 or more, got 0"),
    ],
)
def test_options_that_leave_nothing_to_learn_are_refused(head, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        head(HIDDEN, LABELS, **options)
