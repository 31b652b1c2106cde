"""The hash of a component's source: what a certificate and a checkpoint are of."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from zoo import source


def source_sha256(target: str) -> str | None:
    """The SHA-256 of the code behind `"package.module:Class"`, as hexadecimal digits.

    Over the module of the class and every module of the same top-level package that it imports,
    directly or not; read as text, never imported. A package's `__init__` counts where something of
    its own is imported, not for lying on the way. What belongs to `zoo` itself is the host's and
    not followed. None where there is no source to read.
    """
    module = target.partition(":")[0]
    package = module.partition(".")[0]
    try:
        texts = {module: source.text_of(module)}
        waiting = [module]
        while waiting:
            for name in _imported(waiting.pop(), texts, package):
                if name not in texts and (text := _readable(name)) is not None:
                    texts[name] = text
                    waiting.append(name)
    except source.Unreadable:
        return None
    digest = hashlib.sha256()
    for name, text in sorted(texts.items()):
        digest.update(f"{name}\n{len(text)}\n{text}\n".encode())
    return digest.hexdigest()


def _readable(module: str) -> str | None:
    """The source of a module; None for a name inside a module, and for what is compiled."""
    try:
        return source.text_of(module)
    except source.Unreadable:
        return None


def _imported(module: str, texts: dict[str, str], package: str) -> Iterator[str]:
    """The modules of the package that a module imports."""
    if package == "zoo":
        return
    try:
        statements = source.at_run_time(ast.parse(texts[module]))
    except SyntaxError as error:
        raise source.Unreadable(f"{module}: {error}") from error
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (one.name for one in statement.names if _is_in(package, one.name))
        elif _is_in(package, origin := source.origin_of(statement, module)):
            for one in statement.names:
                inner = f"{origin}.{one.name}"
                yield origin if _readable(inner) is None else inner


def _is_in(package: str, module: str) -> bool:
    return module.partition(".")[0] == package
