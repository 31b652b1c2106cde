"""Options are keyword-only parameters, whether read from the source or from the class."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from zoo import registry
from zoo.errors import OptionError, PluginError
from zoo.options import Option, accepted_options, check_options, declared_options


class Mlp:
    def __init__(self, hidden_size, num_labels, *, dropout: float = 0.3, layers: int = 2):
        pass


class NeedsSize:
    def __init__(self, hidden_size, num_labels, *, size: int, mode="max", **rest):
        pass


class Plain:
    pass


# what a class accepts


def test_known_options_pass():
    check_options(Mlp, {"dropout": 0.1, "layers": 3}, "head 'mlp'")


def test_an_unknown_option_is_answered_with_the_nearest_and_with_all():
    with pytest.raises(OptionError) as caught:
        check_options(Mlp, {"drpout": 0.1}, "head 'mlp'")

    assert str(caught.value) == (
        "head 'mlp' takes no option 'drpout'; did you mean 'dropout'? "
        "It takes: dropout (float = 0.3), layers (int = 2)"
    )


def test_an_unknown_option_that_is_like_none_is_answered_with_all():
    with pytest.raises(OptionError) as caught:
        check_options(Mlp, {"zzz": 1}, "head 'mlp'")

    assert str(caught.value) == (
        "head 'mlp' takes no option 'zzz'. It takes: dropout (float = 0.3), layers (int = 2)"
    )


def test_a_positional_parameter_is_no_option():
    with pytest.raises(OptionError) as caught:
        check_options(Mlp, {"hidden_size": 8}, "head 'mlp'")

    assert str(caught.value) == (
        "head 'mlp' takes no option 'hidden_size': it is a positional parameter, and only "
        "keyword-only ones are options. It takes: dropout (float = 0.3), layers (int = 2)"
    )


def test_a_component_without_options_says_so():
    with pytest.raises(OptionError) as caught:
        check_options(Plain, {"size": 1}, "head 'plain'")

    assert str(caught.value) == "head 'plain' takes no option 'size'. It takes no options"


def test_collected_keywords_are_no_options():
    with pytest.raises(OptionError, match="takes no option 'rest'"):
        check_options(NeedsSize, {"size": 1, "rest": 1}, "head 'x'")


def test_an_option_without_a_default_is_asked_for():
    with pytest.raises(OptionError) as caught:
        check_options(NeedsSize, {}, "head 'x'")

    assert str(caught.value) == "head 'x' needs a value for its option size (int, required)"


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (Option("dropout", "float", "0.3"), "dropout (float = 0.3)"),
        (Option("size", "int", None), "size (int, required)"),
        (Option("mode", "", "'max'"), "mode (= 'max')"),
        (Option("size", "", None), "size (required)"),
    ],
)
def test_an_option_reads_like_python(option, text):
    assert str(option) == text


# what the source declares


@pytest.fixture
def declared(site):
    """The options of `Part` in a package with these files, read without importing any of them."""

    def declared(source: str, target: str = "parts.head:Part", **files: str):
        files = {"head": source, **files}
        files.setdefault("__init__", "raise RuntimeError('imported')")
        (site / "parts").mkdir()
        for name, text in files.items():
            (site / "parts" / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        found = declared_options(target)
        assert "parts" not in sys.modules
        return found

    return declared


INIT = "    def __init__(self, hidden_size, num_labels, *, size: int = 3): pass\n"
SIZE = (Option("size", "int", "3"),)

# source of parts/head.py that declares SIZE → the other files it needs
SOURCES = {
    f"class Part:\n{INIT}": {},
    f"import torch_of_nobody\nclass Part(torch_of_nobody.Module):\n{INIT}": {},
    f"class Base:\n{INIT}\nclass Part(Base): pass": {},
    f"class Base:\n{INIT}\nclass Middle(Base): pass\nclass Part(Middle): pass": {},
    f"class A: pass\nclass B:\n{INIT}\nclass Part(A, B): pass": {},
    f"from abc import ABC\nclass B:\n{INIT}\nclass Part(ABC, B): pass": {},
    f"import typing\nclass B:\n{INIT}\nclass Part(typing.Generic[int], B): pass": {},
    f"try:\n    import fast\nexcept ImportError: pass\nelse:\n    class Part:\n    {INIT}": {},
    f"class Impl:\n{INIT}\nPart = Impl": {},
    f"class Base:\n{INIT}\nclass Part(Base[int]): pass": {},
    "from parts.base import Base\nclass Part(Base): pass": {"base": f"class Base:\n{INIT}"},
    "from .base import Base as B\nclass Part(B): pass": {"base": f"class Base:\n{INIT}"},
    "from . import base\nclass Part(base.Base): pass": {"base": f"class Base:\n{INIT}"},
    "import parts.base\nclass Part(parts.base.Base): pass": {"base": f"class Base:\n{INIT}"},
    "import parts.base as b\nclass Part(b.Base): pass": {"base": f"class Base:\n{INIT}"},
    "from parts import Base\nclass Part(Base): pass": {
        "__init__": "if TYPE_CHECKING:\n    from parts.base import Base",
        "base": f"class Base:\n{INIT}",
    },
    "from parts.base import Part": {"base": f"class Part:\n{INIT}"},
}


@pytest.mark.parametrize("source", SOURCES)
def test_options_are_read_without_importing_anything(source, declared):
    assert declared(source, **SOURCES[source]) == SIZE


def test_types_and_defaults_are_read_as_they_are_written(declared):
    source = (
        "class Part:\n    def __init__(self, a, b=1, *, mode: 'str | None' = None, "
        'widths: tuple[int, ...] = (2, 3), rate=1e-5, name: Literal["x"]): pass'
    )

    assert declared(source) == (
        Option("mode", "str | None", "None"),
        Option("widths", "tuple[int, ...]", "(2, 3)"),
        Option("rate", "", "1e-05"),
        Option("name", "Literal['x']", None),
    )


def test_a_class_that_inherits_only_from_torch_has_no_options(declared):
    assert declared("from torch import nn\nclass Part(nn.Module): pass") == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "the module 'parts.head' has no class 'Part'"),
        ("class Part(make()): pass", "'make()' in 'parts.head' is not a plain name"),
        ("class Part(Base): pass", "the module 'parts.head' has no class 'Base'"),
        ("from no_such.base import B\nclass Part(B): pass", "No module named 'no_such.base'"),
        ("from parts.no import B\nclass Part(B): pass", "No module named 'parts.no'"),
        ("class Part(B): pass\nclass B(Part): pass", "imports or base classes go in a circle"),
        ("from sys import B\nclass Part(B): pass", "built-in: no Python source"),
        (
            "from ....far import B\nclass Part(B): pass",
            "'parts.head' imports from '....far': "
            "attempted relative import beyond top-level package",
        ),
    ],
)
def test_a_source_that_cannot_be_followed_says_why(source, reason, declared):
    with pytest.raises(PluginError) as caught:
        declared(source)

    assert str(caught.value) == (
        f"the options of 'parts.head:Part' cannot be read from its source: {reason}"
    )


def test_a_source_with_a_syntax_error_names_the_line(declared, site):
    with pytest.raises(PluginError, match=r"parts/head.py: invalid syntax \(<unknown>, line 2\)"):
        declared("\nclass Part(:")


def test_a_target_in_a_missing_module_says_so():
    with pytest.raises(PluginError, match=r"No module named 'no_such_package\.head'"):
        declared_options("no_such_package.head:Part")


# the built-in components


@pytest.mark.parametrize(
    "component", [*registry.encoders(), *registry.heads()], ids=lambda one: f"{one.kind}-{one.name}"
)
def test_the_source_and_the_class_of_a_component_agree(component):
    declared = declared_options(component.spec.target)

    assert declared == accepted_options(registry.import_target(component))


def test_describing_every_component_imports_no_torch():
    code = (
        "import sys, zoo\n"
        "from zoo.options import declared_options\n"
        "for one in [*zoo.encoders(), *zoo.heads()]: declared_options(one.spec.target)\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
