"""The records that plugins yield, and the hooks that yield them."""

from __future__ import annotations

import dataclasses
import doctest
from typing import get_type_hints

import pytest

from zoo import hookspecs
from zoo.errors import PluginError
from zoo.manifests import _FITS, RECORD_OF_HOOK
from zoo.specs import CommandSpec, EncoderSpec, HeadSpec, TaskSpec

KINDS = (CommandSpec, EncoderSpec, HeadSpec, TaskSpec)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["a", "7b", "ko-electra_v3.1", "x" * 300])
def test_names_of_lower_case_digits_and_marks_are_taken(kind, name):
    assert kind(name=name, target="a:b", description="").name == name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["", "A", "../x", "/abs", "a b", "a:b", "a+b", "-a", "é", "a\n", "\x1b[31m", None, 3]
)
def test_other_names_are_refused(kind, name):
    with pytest.raises(PluginError) as caught:
        kind(name=name, target="a:b", description="")

    assert str(caught.value) == (
        f"{kind.__name__} name {name!r}: use lower-case letters, digits, '.', '_' and '-', "
        "beginning with a letter or a digit"
    )


@pytest.mark.parametrize(
    "target", ["", "a", "a.b", ":b", "a:", "a:b.c", "a b:c", "a:b\n", None, int]
)
def test_a_target_is_a_module_and_an_attribute(target):
    with pytest.raises(PluginError) as caught:
        HeadSpec(name="mlp", target=target, description="")

    assert str(caught.value) == (
        f"HeadSpec 'mlp': target {target!r} must be text of the form 'package.module:Attribute'"
    )


@pytest.mark.parametrize("field", ["vocabulary", "weights"])
@pytest.mark.parametrize("resource", ["", "vocab.txt", "/abs/vocab.txt", "package:"])
def test_a_resource_is_a_file_inside_a_package(field, resource):
    with pytest.raises(PluginError) as caught:
        EncoderSpec(name="bert", target="a:b", description="", **{field: resource})

    assert str(caught.value) == (
        f"EncoderSpec 'bert': {resource!r} must name a file inside a package as "
        "'package:folder/file'"
    )


@pytest.mark.parametrize(
    ("source", "has_weights"),
    [
        ({}, False),
        ({"configuration": {"hidden_size": 8}, "vocabulary": "a:v.txt"}, False),
        ({"checkpoint": "me/bert"}, True),
        ({"weights": "a:w.safetensors"}, True),
        ({"takes_checkpoint": True}, True),
    ],
)
def test_an_encoder_knows_whether_it_has_pretrained_weights(source, has_weights):
    spec = EncoderSpec(name="bert", target="a:b", description="", **source)

    assert spec.has_pretrained_weights is has_weights


def test_a_record_cannot_be_changed():
    configuration = {"hidden_size": 8}
    spec = EncoderSpec(name="bert", target="a:b", description="", configuration=configuration)
    configuration["hidden_size"] = 9

    assert spec.configuration["hidden_size"] == 8
    with pytest.raises(TypeError):
        spec.configuration["hidden_size"] = 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "other"


@pytest.mark.parametrize("kind", RECORD_OF_HOOK.values())
def test_every_field_of_a_record_is_checked_when_a_plugin_is_loaded(kind):
    assert set(get_type_hints(kind).values()) <= set(_FITS)


def test_the_example_of_every_hook_runs():
    result = doctest.testmod(hookspecs)

    assert (result.failed, result.attempted) == (0, 8)
