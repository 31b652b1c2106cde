"""Text classifiers out of an encoder and a head, joined by name.

    >>> import zoo
    >>> classifier = zoo.build("koelectra-nano", "bilstm", num_labels=3)  # doctest: +SKIP

`import zoo` stays light: it loads no torch. What needs torch is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from zoo import auto_classes
from zoo.errors import ZooError
from zoo.hookspecs import hookimpl
from zoo.plugins import plugins
from zoo.registry import encoders, heads, tasks
from zoo.specs import CommandSpec, EncoderSpec, HeadSpec, TaskSpec

if TYPE_CHECKING:
    from zoo.auditing import audit
    from zoo.building import build, load
    from zoo.classifier import TextClassifier
    from zoo.data import Examples, Task, load_task, read_examples
    from zoo.doctor import diagnose
    from zoo.evaluation import evaluate
    from zoo.recipe import Recipe
    from zoo.training import train
    from zoo.transformers_encoder import TransformersEncoder

    __version__: str

__all__ = [
    "CommandSpec",
    "EncoderSpec",
    "Examples",
    "HeadSpec",
    "Recipe",
    "Task",
    "TaskSpec",
    "TextClassifier",
    "TransformersEncoder",
    "ZooError",
    "__version__",
    "audit",
    "build",
    "diagnose",
    "encoders",
    "evaluate",
    "heads",
    "hookimpl",
    "load",
    "load_task",
    "plugins",
    "read_examples",
    "tasks",
    "train",
]

# imported on first use (PEP 562), because a manifest, `zoo list` and `zoo --help` have to be quick
_MODULE_OF = {
    "Examples": "zoo.data",
    "Recipe": "zoo.recipe",
    "Task": "zoo.data",
    "TextClassifier": "zoo.classifier",
    "TransformersEncoder": "zoo.transformers_encoder",
    "audit": "zoo.auditing",
    "build": "zoo.building",
    "diagnose": "zoo.doctor",
    "evaluate": "zoo.evaluation",
    "load": "zoo.building",
    "load_task": "zoo.data",
    "read_examples": "zoo.data",
    "train": "zoo.training",
}


auto_classes.register()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from zoo.entry_points import zoo_version

        value: Any = zoo_version()
    elif name in _MODULE_OF:
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    else:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    # from now on found without coming here
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
