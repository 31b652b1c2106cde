"""Classes read from source text, so that nothing is imported to describe them."""

from __future__ import annotations

import ast
import builtins
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder

# they take any arguments, or none
_ROOTS = {
    "abc.ABC",
    "torch.nn.Module",
    "torch.nn.modules.module.Module",
    "typing.Generic",
    "typing.Protocol",
}


class Unreadable(Exception):
    """Why a class cannot be followed in source text."""


def initializer(module: str, name: str) -> ast.FunctionDef | None:
    """The `__init__` of a class, its own or inherited; None for one that inherits nobody's.

    Raises `Unreadable`.
    """
    try:
        return _initializer(*_Module(module).class_named(name))
    except RecursionError as error:
        raise Unreadable("imports or base classes go in a circle") from error


def _initializer(module: _Module, node: ast.ClassDef) -> ast.FunctionDef | None:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return statement
    for base in node.bases:
        if module.dotted(base) in _ROOTS or module.is_builtin(base):
            continue
        if found := _initializer(*module.class_of(base)):
            return found
    return None


@dataclass
class _Module:
    """One parsed module, and what its names mean."""

    name: str
    statements: list[ast.stmt] = field(init=False)

    def __post_init__(self) -> None:
        try:
            self.statements = list(_top_level(ast.parse(text_of(self.name)).body))
        except (SyntaxError, ValueError) as error:
            raise Unreadable(f"{locate(self.name).origin}: {error}") from error

    def class_named(self, name: str) -> tuple[_Module, ast.ClassDef]:
        """A class defined here, or imported from elsewhere, and the module that defines it."""
        for statement in self.statements:
            match statement:
                case ast.ClassDef() if statement.name == name:
                    return self, statement
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    return self.class_of(value)
                case ast.ImportFrom():
                    for alias in statement.names:
                        if (alias.asname or alias.name) == name:
                            return _Module(self._origin(statement)).class_named(alias.name)
        raise Unreadable(f"the module {self.name!r} has no class {name!r}")

    def class_of(self, expression: ast.expr) -> tuple[_Module, ast.ClassDef]:
        """The class that a name or a dotted name in this module means."""
        match expression:
            case ast.Subscript():
                return self.class_of(expression.value)
            case ast.Name():
                return self.class_named(expression.id)
            case ast.Attribute() if module := self.dotted(expression.value):
                return _Module(module).class_named(expression.attr)
        raise Unreadable(f"{ast.unparse(expression)!r} in {self.name!r} is not a plain name")

    def dotted(self, expression: ast.expr) -> str:
        """The full name of an imported thing, `torch.nn.Module` for `nn.Module`, or empty text."""
        match expression:
            case ast.Subscript():
                return self.dotted(expression.value)
            case ast.Attribute():
                before = self.dotted(expression.value)
                return f"{before}.{expression.attr}" if before else ""
            case ast.Name(id=name):
                return self._imported().get(name, "")
        return ""

    def is_builtin(self, expression: ast.expr) -> bool:
        return isinstance(expression, ast.Name) and hasattr(builtins, expression.id)

    def _imported(self) -> dict[str, str]:
        """Every name that an import binds here, and the full name of what it binds."""
        bound = {}
        for statement in self.statements:
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    first = alias.name.partition(".")[0]
                    bound[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    bound[alias.asname or alias.name] = f"{self._origin(statement)}.{alias.name}"
        return bound

    def _origin(self, statement: ast.ImportFrom) -> str:
        return origin_of(statement, self.name)


def package_of(module: str) -> str:
    """The package that relative imports in a module begin at."""
    is_package = locate(module).submodule_search_locations
    return module if is_package else module.rpartition(".")[0]


def origin_of(statement: ast.ImportFrom, module: str) -> str:
    """The full name of the module that a `from … import` in a module reads."""
    relative = "." * statement.level + (statement.module or "")
    try:
        return importlib.util.resolve_name(relative, package_of(module))
    except ImportError as error:
        raise Unreadable(f"{module!r} imports from {relative!r}: {error}") from error


def at_run_time(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import below a node, those in functions included, those for types alone left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_for_types(child.test):
            for other in child.orelse:
                yield from at_run_time(ast.Module([other], []))
        elif isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        else:
            yield from at_run_time(child)


def _is_for_types(test: ast.expr) -> bool:
    return "TYPE_CHECKING" in (getattr(test, "id", ""), getattr(test, "attr", ""))


def _top_level(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run at import, those under `if TYPE_CHECKING` and `try` included."""
    for statement in statements:
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            yield from _top_level(statement.body)
            yield from _top_level(statement.orelse)


def locate(module: str) -> ModuleSpec:
    """Where a module would be imported from; unlike `find_spec`, imports no parent package."""
    first, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except ValueError:  # a module that was made by hand has no spec
        spec = None
    name = first
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            break
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    if spec is None or name != module:
        raise Unreadable(f"No module named {module!r}")
    return spec


def text_of(module: str) -> str:
    """The source of a module, its lines ending in line feeds; raises `Unreadable` without any."""
    spec = locate(module)
    read = getattr(spec.loader, "get_source", None)
    try:
        text = read(spec.name) if read else None
    except (ImportError, OSError, SyntaxError, ValueError) as error:  # the last two: its encoding
        raise Unreadable(f"{spec.origin}: {error}") from error
    if text is None:
        raise Unreadable(f"{spec.origin or spec.name}: no Python source")
    return str(text)
