"""Every built-in head: its record, its options, and what it computes, by hand."""

import importlib
import pkgutil

import pytest
import torch
from torch import nn

import zoo
import zoo_heads
from zoo.registry import import_target
from zoo_heads.bilstm import BiLSTM
from zoo_heads.linear import Linear
from zoo_heads.mlp import MLP
from zoo_heads.textcnn import TextCNN

HEADS = {one.name: one for one in zoo.heads() if one.is_built_in}


@pytest.mark.parametrize("name", HEADS)
def test_the_record_counts_the_parameters(name):
    head = import_target(HEADS[name])(768, 2)
    assert sum(each.numel() for each in head.parameters()) == HEADS[name].spec.parameters


@pytest.mark.parametrize("name", HEADS)
def test_the_record_has_a_licence(name):
    assert HEADS[name].spec.licence


def test_every_module_of_the_package_is_in_the_manifest():
    written = {
        f"{file.name}:{name}"
        for file in pkgutil.iter_modules(zoo_heads.__path__, "zoo_heads.")
        for name, value in vars(importlib.import_module(file.name)).items()
        if isinstance(value, type)
        and issubclass(value, nn.Module)
        and value.__module__ == file.name
    }
    assert written == {one.spec.target for one in HEADS.values()}


def sentence(length=6, hidden=4):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(1, length, hidden, generator=generator), torch.ones(1, length).long()


@torch.inference_mode()
def test_linear_reads_the_first_token():
    head = Linear(4, 3).eval()
    hidden, mask = sentence()
    expected = hidden[:, 0] @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(head(hidden, mask), expected)


@torch.inference_mode()
def test_mlp_reads_the_first_token_through_a_leaky_layer():
    head = MLP(4, 3, hidden_units=5, negative_slope=0.2).eval()
    hidden, mask = sentence()
    (_, first, _, _, second) = head.layers
    between = hidden[:, 0] @ first.weight.T + first.bias
    between = torch.where(between > 0, between, 0.2 * between)
    torch.testing.assert_close(head(hidden, mask), between @ second.weight.T + second.bias)


@torch.inference_mode()
def test_textcnn_takes_the_maximum_over_the_windows_of_the_sentence():
    head = TextCNN(4, 3, widths=(2, 3), channels=5).eval()
    hidden, mask = sentence()
    pooled = []
    for width, convolution in zip((2, 3), head.convolutions, strict=True):
        windows = [
            (convolution.weight * hidden[0, start : start + width].T).sum((1, 2)) + convolution.bias
            for start in range(6 - width + 1)
        ]
        pooled.append(torch.stack(windows).relu().amax(0))
    expected = torch.cat(pooled) @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(head(hidden, mask)[0], expected)


@torch.inference_mode()
def test_bilstm_joins_the_last_state_of_each_direction():
    head = BiLSTM(4, 3, hidden_units=5).eval()
    hidden, mask = sentence()
    states, _ = head.lstm(hidden)
    ends = torch.cat([states[:, -1, :5], states[:, 0, 5:]], dim=1)
    expected = ends @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(head(hidden, mask), expected)


@torch.inference_mode()
def test_bilstm_with_attention_takes_a_weighted_mean():
    head = BiLSTM(4, 3, hidden_units=5, pooling="attention").eval()
    hidden, mask = sentence()
    states, _ = head.lstm(hidden)
    weights = (states.tanh() @ head.attention.weight.T).softmax(dim=1)
    expected = (weights * states).sum(1) @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(head(hidden, mask), expected)


@torch.inference_mode()
def test_bilstm_with_max_takes_the_maximum_over_time():
    head = BiLSTM(4, 3, hidden_units=5, pooling="max").eval()
    hidden, mask = sentence()
    states, _ = head.lstm(hidden)
    expected = states.amax(1) @ head.output.weight.T + head.output.bias
    torch.testing.assert_close(head(hidden, mask), expected)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_leaves_its_input_and_the_global_generator_alone(name):
    head = import_target(HEADS[name])(4, 3).eval()
    hidden, mask = sentence()
    before = hidden.clone(), torch.get_rng_state()
    head(hidden, mask)
    assert torch.equal(hidden, before[0])
    assert torch.equal(torch.get_rng_state(), before[1])
