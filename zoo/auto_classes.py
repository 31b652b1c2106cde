"""Makes transformers' Auto classes know `zoo`, while `import zoo` loads neither it nor torch."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

# module of transformers → module of zoo that registers itself there
REGISTERED_BY = {
    "transformers.models.auto.configuration_auto": "zoo.configuration",
    "transformers.models.auto.modeling_auto": "zoo.classifier",
}


def register() -> None:
    """Register now what transformers has loaded already, and the rest when it loads it.

    transformers has no entry point for models from elsewhere; its documented way is a call that
    imports torch (https://huggingface.co/docs/transformers/custom_models).
    """
    awaited = {name: ours for name, ours in REGISTERED_BY.items() if name not in sys.modules}
    if awaited:
        sys.meta_path.insert(0, AfterImport(awaited))
    for theirs, ours in REGISTERED_BY.items():
        if theirs not in awaited:
            importlib.import_module(ours)


class AfterImport(importlib.abc.MetaPathFinder):
    """Imports a module of ours right after a certain other one, whoever imports that."""

    def __init__(self, awaited: dict[str, str]) -> None:
        self.awaited = awaited

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The ordinary spec of an awaited module, with our import behind its own; else None."""
        if fullname not in self.awaited:
            return None
        ours = self.awaited.pop(fullname)
        if not self.awaited and self in sys.meta_path:
            sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            execute: Callable[[ModuleType], Any] = spec.loader.exec_module

            def execute_then_import(module: ModuleType) -> None:
                execute(module)
                importlib.import_module(ours)

            spec.loader.exec_module = execute_then_import  # type: ignore[method-assign]
        return spec
