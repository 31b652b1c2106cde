"""The head keeps zoo's contract, and what it promises besides."""

import pytest
import torch
from zoo.checks import parametrize_with_checks

from zoo_attention_head.attention import Attention


@parametrize_with_checks(heads=["zoo_attention_head.attention:Attention"])
def test_keeps_the_contract(check):
    check()


def test_equal_scores_make_the_mean_of_real_tokens():
    torch.manual_seed(0)
    head = Attention(8, 2, num_heads=2).eval()
    torch.nn.init.zeros_(head.query)
    hidden, mask = torch.randn(1, 3, 8), torch.tensor([[1, 1, 0]])

    logits = head(hidden, mask)

    mean = head.values(hidden[:, :2]).mean(dim=1)
    torch.testing.assert_close(logits, head.output(mean))


def test_heads_that_do_not_divide_the_hidden_size_are_refused():
    with pytest.raises(ValueError) as refused:
        Attention(10, 2, num_heads=4)

    assert str(refused.value) == (
        "num_heads must divide hidden_size 10 without a remainder, got 4; "
        "this encoder takes 1, 2, 5, 10"
    )
