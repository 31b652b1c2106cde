"""The page, put together: the template, styles, scripts and data as one file, and its CSP."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import json
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any

from zoo_bench import tables
from zoo_bench.leaderboard import Leaderboard
from zoo_bench.page.data import TaskKey, page_fields
from zoo_bench.page.examples import Texts, texts_of
from zoo_bench.reading import Contents

VENDORED = ("vega.js", "vega-lite.js", "vega-interpreter.js")
SCRIPTS = (
    "elements.js",
    "numbers.js",
    "tooltip.js",
    "charts.js",
    "filters.js",
    "ranking.js",
    "overview.js",
    "heat_map.js",
    "scatter.js",
    "problems.js",
    "audit.js",
    "across.js",
    "pair_charts.js",
    "pair_sections.js",
    "pair.js",
    "page.js",
)
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" '
    'rx="4" fill="#0b6786"/><path d="M4 5h8L4 11h8" fill="none" stroke="#fff" '
    'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)


def build_page(leaderboard: Leaderboard, contents: Contents, *, with_examples: bool = True) -> str:
    """The whole page as HTML; `with_examples` reads the texts of the tasks, see `texts_of`."""
    texts = _texts(leaderboard) if with_examples else {}
    return render(leaderboard, page_fields(leaderboard, contents, texts))


def _texts(leaderboard: Leaderboard) -> Mapping[TaskKey, Texts]:
    tasks = {one.task.key: one.task for board in leaderboard.boards for one in board.tasks}
    return {key: texts_of(task) for key, task in tasks.items()}


def render(leaderboard: Leaderboard, fields: Mapping[str, Any]) -> str:
    """The page that shows `fields`, and the leaderboard as text where scripts are off."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from zoo import __version__

    folder = importlib.resources.files("zoo_bench.page")
    style = _read(folder / "page.css")
    vendored = [_read(folder / "vendor" / name) for name in VENDORED]
    own = "\n".join(_read(folder / "scripts" / name) for name in SCRIPTS)
    scripts = [*vendored, f'"use strict";\n{own}']
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(_read(folder / "template.html"))
    return template.render(
        policy=content_security_policy(scripts, [style]),
        icon=base64.b64encode(_ICON.encode()).decode(),
        style=Markup(style),
        scripts=[Markup(script) for script in scripts],
        data=Markup(script_json(fields)),
        plain_table=tables.render(leaderboard),
        versions=_read(folder / "vendor" / "VERSIONS"),
        zoo_version=__version__,
    )


def _read(file: Traversable) -> str:
    text = file.read_text(encoding="utf-8")
    # inside HTML they would end the element, and a carriage return would change the hash
    assert not any(mark in text.lower() for mark in ("</script", "</style", "<!--", "\r")) or (
        file.name == "template.html"
    ), file.name
    return text


def content_security_policy(scripts: list[str], styles: list[str]) -> str:
    """Nothing may load or run but these scripts and styles, by their hashes."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src " + " ".join(map(_source, scripts)),
            "style-src " + " ".join(map(_source, styles)),
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def script_json(value: Any) -> str:
    """JSON that no HTML parser can take for the end of its element; ASCII alone."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
