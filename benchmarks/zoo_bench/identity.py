"""The identity of a run: a hash of everything that decides its number, and of nothing else.

| decides the number, so it is hashed                 | does not, so it is only recorded          |
|-----------------------------------------------------|-------------------------------------------|
| protocol name and version (our code: a change that  | zoo's own version, git commit, versions   |
| moves results bumps it)                             | of Python, torch and transformers         |
| task name and content (its SHA-256)                 | counts and labels (they follow from it)   |
| each component: name, distribution, target, options | the suite that asked for it               |
| the version of a component from another             | the version of a component of ours: the   |
| distribution (nobody bumps our protocol for it)     | protocol version stands for it            |
| the encoder's checkpoint, revision, weights hash,   | where the weights were cached             |
| and whether it was pretrained at all                |                                           |
| the whole recipe, defaults written out and          | executor, workers, attempts               |
| `precision: auto` settled by the planning machine   |                                           |
| the seed                                            | when it ran, on which machine             |
| the threads: sums in another order differ in bits   | how long it took                          |
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from zoo.entry_points import BUILT_IN

SHORT_ID_LENGTH = 12
_LONGEST_SLUG = 80
_COMPONENT_FIELDS = ("name", "distribution", "target", "options")
_ENCODER_FIELDS = (*_COMPONENT_FIELDS, "pretrained", "checkpoint", "revision", "weights_sha256")


def identity(run: Mapping[str, Any]) -> dict[str, Any]:
    """What of a dumped `RunSpec` decides its number, see the table above."""
    return {
        "kind": run["kind"],
        "protocol": {key: run["protocol"][key] for key in ("name", "version")},
        "task": {key: run["task"][key] for key in ("name", "content_sha256")},
        "encoder": _component(run["encoder"], _ENCODER_FIELDS),
        "head": _component(run["head"], _COMPONENT_FIELDS),
        "baseline": _component(run["baseline"], _COMPONENT_FIELDS),
        "recipe": run["recipe"],
        "seed": run["seed"],
        "threads": run["threads"],
    }


def _component(
    component: Mapping[str, Any] | None, fields: tuple[str, ...]
) -> dict[str, Any] | None:
    if component is None:
        return None
    chosen = {key: component[key] for key in fields}
    if component["distribution"] != BUILT_IN:
        chosen["version"] = component["version"]
    return chosen


def canonical_json(value: Any) -> str:
    """One text per value: sorted keys, no spaces, ASCII, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def sha256(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON, in hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()


def run_id(run: Mapping[str, Any]) -> str:
    """The identity of a dumped `RunSpec` as 64 hexadecimal digits."""
    return sha256(identity(run))


def folder_name(run: Mapping[str, Any]) -> str:
    """`<slug>-<run_id[:12]>`: the slug is for people, the digits alone tell runs apart.

    Names never become paths: only `a-z`, `0-9` and single `-` are left of them.
    """
    who = [run[role]["name"] for role in ("encoder", "head", "baseline") if run[role] is not None]
    words = "-".join([*who, run["task"]["name"], f"s{run['seed']}"])
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower())[:_LONGEST_SLUG].strip("-")
    return f"{slug}-{run['run_id'][:SHORT_ID_LENGTH]}"
