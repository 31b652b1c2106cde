"""Every built-in head on every built-in encoder that needs no network."""

import pytest
import torch

import zoo

ENCODERS = ["bert-nano", "koelectra-nano"]
HEADS = [one.name for one in zoo.heads() if one.is_built_in]
PAIRS = [(encoder, head) for encoder in ENCODERS for head in HEADS]
LENGTHS = (1, 2, 5, 9)


@pytest.fixture(scope="module", params=PAIRS, ids="+".join)
def pair(request):
    return request.param


@pytest.fixture(scope="module")
def classifier(pair):
    return zoo.build(*pair, num_labels=3, seed=0)


def batch(width, fill=0):
    """Sentences of `LENGTHS` tokens, padded to a width with a token."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.full((len(LENGTHS), width), fill)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(5, 12_000, (length,), generator=generator)
        mask[row, :length] = 1
    return ids, mask


def test_padding_further_does_not_change_logits(classifier):
    with torch.inference_mode():
        expected = classifier(*batch(max(LENGTHS))).logits
        assert (classifier(*batch(30)).logits - expected).abs().max() < 1e-5


def test_tokens_under_the_mask_do_not_change_logits(classifier):
    with torch.inference_mode():
        expected = classifier(*batch(12)).logits
        assert (classifier(*batch(12, fill=777)).logits - expected).abs().max() < 1e-5


def test_longer_neighbours_do_not_change_logits(classifier):
    ids, mask = batch(max(LENGTHS))
    with torch.inference_mode():
        together = classifier(ids, mask).logits
        for row, length in enumerate(LENGTHS):
            alone = classifier(ids[row : row + 1, :length], mask[row : row + 1, :length]).logits
            assert (together[row] - alone[0]).abs().max() < 1e-5


def test_every_parameter_gets_a_gradient(classifier):
    ids, mask = batch(12)
    classifier.train()
    classifier(ids, mask, labels=torch.tensor([0, 1, 2, 0])).loss.backward()
    without = [
        name
        for name, parameter in classifier.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    classifier.zero_grad()
    classifier.eval()
    assert without == []


def test_a_sentence_of_one_token_in_a_batch_of_one(classifier):
    logits = classifier(torch.tensor([[7]]), torch.tensor([[1]])).logits
    assert logits.shape == (1, 3)
    assert logits.isfinite().all()


def test_bf16_gives_finite_logits(classifier):
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        logits = classifier(*batch(12)).logits
    assert logits.dtype == torch.bfloat16
    assert logits.isfinite().all()


@pytest.mark.parametrize("num_labels", [2, 150])
def test_any_number_of_labels(pair, num_labels):
    classifier = zoo.build(*pair, num_labels=num_labels, seed=0)
    assert classifier(*batch(12)).logits.shape == (len(LENGTHS), num_labels)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiled_equals_eager(encoder):
    classifier = zoo.build(encoder, "mlp", num_labels=3, seed=0)
    compiled = torch.compile(classifier, backend="aot_eager")
    with torch.inference_mode():
        expected = classifier(*batch(12)).logits
        torch.testing.assert_close(compiled(*batch(12)).logits, expected, atol=1e-5, rtol=0)
